// Who may open a WebSocket to the gateway: checks of the request, before anything is upgraded.
//
// A browser lets every page open a WebSocket to everywhere, also to 127.0.0.1, and tells only where the page is from.
// So the Origin is what keeps other people's pages out; the Host keeps names out that somebody else made mean this
// machine.

import { isIP } from "node:net";
import { isLoopback, makeAddress, parseIp } from "../../wasi/ip-address.js";

/** What is looked at of a request. */
export interface UpgradeRequest {
  readonly url: string | undefined;
  readonly origin: string | undefined;
  readonly host: string | undefined;
  /** Where the connection came in. */
  readonly localAddress: string;
  readonly localPort: number;
}

export interface RequestRules {
  readonly path: string;
  /** As browsers write them: https://example.com, http://127.0.0.1:8080. */
  readonly origins: ReadonlySet<string>;
  /** Beside the address that the connection came in by. */
  readonly hosts: ReadonlySet<string>;
  /** Clients need a token. */
  readonly hasSecret: boolean;
}

/** An origin as browsers write it; throws when the text is none. */
export function originFrom(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.origin === "null" || !/^https?:\/\/[^/?#*]+\/?$/i.test(text)) {
    throw new Error(`${JSON.stringify(text)} is not an origin, such as https://example.com or http://127.0.0.1:8080`);
  }
  return url.origin;
}

/** The address without the form that sockets for both families give it. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

export function isLoopbackText(address: string): boolean {
  const ip = parseIp(plainAddress(address));
  return ip !== null && isLoopback(makeAddress(ip.family, ip.parts, 0));
}

/** Why the request is refused, with the HTTP status; null when it may go on. */
export function refusalOf(request: UpgradeRequest, rules: RequestRules): [status: number, reason: string] | null {
  if (pathOf(request.url) !== rules.path) return [404, "nothing is here"];
  if (request.url?.includes("?")) return [400, "a token belongs into the first frame, not into the URL"];
  if (!isHostAllowed(request, rules.hosts)) return [403, "the Host is not one of this gateway"];
  if (request.origin === undefined) {
    if (!rules.hasSecret) return [403, "there is no Origin"];
  } else if (!rules.origins.has(request.origin)) {
    return [403, "the Origin is not allowed"];
  }
  if (!rules.hasSecret && !isLoopbackText(request.localAddress)) {
    return [403, "without a secret the gateway serves its own machine only"];
  }
  return null;
}

export function pathOf(url: string | undefined): string {
  return (url ?? "").split("?", 1)[0] as string;
}

function isHostAllowed({ host, localAddress, localPort }: UpgradeRequest, hosts: ReadonlySet<string>): boolean {
  if (host === undefined) return false;
  const asked = host.toLowerCase();
  if (hosts.has(asked)) return true;
  const plain = plainAddress(localAddress).toLowerCase();
  const own = [isIP(plain) === 6 ? `[${plain}]` : plain, ...(isLoopbackText(plain) ? ["localhost"] : [])];
  return own.some((name) => asked === `${name}:${localPort}` || (localPort === 80 && asked === name));
}
