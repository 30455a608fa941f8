// Where a socket is to connect to, in the forms that net.Socket's `connect` takes.

import { lookup as dnsLookup, type LookupAddress, type LookupAllOptions } from "node:dns";
import { isIP } from "node:net";

export interface SocketPeer {
  readonly port: number;
  /** A name or an IP address; "localhost" when left out. */
  readonly host?: string | undefined;
  /** How names are resolved; Node's own look-up when left out. */
  readonly lookup?: LookupFunction | undefined;
}

export type LookupFunction = (
  host: string, options: LookupAllOptions, done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

export type ConnectArguments =
  | [options: SocketPeer, connected?: () => void]
  | [port: number, host?: string, connected?: () => void]
  | [port: number, connected?: () => void];

export function peerOf(args: ConnectArguments): { peer: SocketPeer; connected: (() => void) | undefined } {
  const connected = args.find((argument) => typeof argument === "function") as (() => void) | undefined;
  const [first, host] = args;
  if (typeof first === "object") return { peer: first, connected };
  return { peer: { port: Number(first), host: typeof host === "string" ? host : undefined }, connected };
}

export interface PeerAddress {
  readonly address: string;
  readonly port: number;
}

/** Runs `done` once, inside this call when there is nothing to resolve. Errors are Node's own. */
export function resolvePeer(
  { port, host = "localhost", lookup = dnsLookup }: SocketPeer,
  done: (error: Error | null, addresses: PeerAddress[]) => void,
): void {
  if (isIP(host) !== 0) return done(null, [{ address: host, port: Number(port) }]);
  lookup(host, { all: true }, (error, addresses) => {
    if (error) done(error, []);
    else done(null, addresses.map(({ address }) => ({ address, port: Number(port) })));
  });
}
