// Addresses as applications write them: a resolved address is an IP literal and a port, never a name.

import { Family, hostText, makeAddress, parseIp, type SocketAddress } from "../wasi/ip-address.js";
import { refuseArgument } from "./status.js";

/** "127.0.0.1:80", "[::1]:80", or the parts of one. */
export type AddressLike = string | { readonly address: string; readonly port: number };

/** An IP address and a port. Values: nobody owns them, and they never change. */
export class ResolvedAddress {
  private text = "";

  /** @internal */
  constructor(readonly socketAddress: SocketAddress) {}

  get family(): "ipv4" | "ipv6" {
    return this.socketAddress.family === Family.Ipv4 ? "ipv4" : "ipv6";
  }

  get port(): number {
    return this.socketAddress.port;
  }

  /** The bare address, IPv6 in its shortest form: "127.0.0.1", "::1". */
  get address(): string {
    if (this.text === "") this.text = shortText(this.socketAddress);
    return this.text;
  }

  /** Reads "127.0.0.1:80" or "[::1]:80". Anything else is thrown back as INVALID_ARGUMENT. */
  static parse(text: string): ResolvedAddress {
    const [, bracketed, bare, digits = ""] = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]{1,5})$/.exec(text) ?? [];
    const ip = parseIp(bracketed ?? bare ?? "");
    const isRightKind = ip !== null && (ip.family === Family.Ipv6) === (bracketed !== undefined);
    if (!isRightKind || Number(digits) > 0xffff) {
      refuseArgument(`'${text}' is not an address: want IPV4:PORT or [IPV6]:PORT`);
    }
    return new ResolvedAddress(makeAddress(ip.family, ip.parts, Number(digits)));
  }

  static from(address: AddressLike): ResolvedAddress {
    if (address instanceof ResolvedAddress) return address;
    if (typeof address === "string") return ResolvedAddress.parse(address);
    const { address: text, port } = address;
    const ip = parseIp(text);
    if (ip === null) refuseArgument(`'${text}' is not an IP address`);
    if (!Number.isInteger(port) || port < 0 || port > 0xffff) refuseArgument(`${port} is not a port: want 0 to 65535`);
    return new ResolvedAddress(makeAddress(ip.family, ip.parts, port));
  }

  toString(): string {
    return this.family === "ipv4" ? `${this.address}:${this.port}` : `[${this.address}]:${this.port}`;
  }
}

function shortText(address: SocketAddress): string {
  return address.family === Family.Ipv4 ? hostText(address) : shortIpv6(address.parts);
}

/** As RFC 5952 says: the first of the longest runs of zeros is left out, if it is two groups or more. */
function shortIpv6(parts: readonly number[]): string {
  let omitted = -1;
  let longest = 1;
  for (let at = 0; at < parts.length; at++) {
    const first = at;
    while (parts[at] === 0) at++;
    if (at - first <= longest) continue;
    longest = at - first;
    omitted = first;
  }
  let text = "";
  for (let at = 0; at < parts.length; at++) {
    if (at === omitted) {
      text += at === 0 ? "::" : ":";
      at += longest - 1;
    } else {
      text += (parts[at] as number).toString(16) + (at < parts.length - 1 ? ":" : "");
    }
  }
  return text;
}
