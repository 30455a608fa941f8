// What a guest may ask ip-name-lookup for: names and address literals, read as WHATWG's hosts are, as Wasmtime reads
// them. Names outside ASCII become what resolvers understand (xn--...), and 127.1 is an address, not a name.

import { Family, isIpv4Mapped, makeAddress, parseIp, type SocketAddress } from "./ip-address.js";
import { LABEL_BYTES_MAX, NAME_BYTES_MAX } from "./limits.js";

/** What would end the host of a URL, or begin something else in it. */
const NOT_IN_NAMES = /[\s\0-\x1f/:@[\]%?#\\]/;

/** The address that it spells, with port 0; or the name in ASCII; null when it can be neither. */
export function parseName(text: string): SocketAddress | string | null {
  const literal = parseLiteral(text);
  if (literal !== null) return literal;
  // No name is so much shorter in ASCII: long texts need no closer look.
  if (text.length > 2 * NAME_BYTES_MAX || NOT_IN_NAMES.test(text)) return null;
  const name = hostOf(text);
  if (name === null) return null;
  return parseLiteral(name) ?? (isName(name) ? name : null);
}

/** Names that never leave a machine (RFC 6761). */
export function isLocalName(name: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(name);
}

function parseLiteral(text: string): SocketAddress | null {
  if (text.includes("%")) return null; // what is told has no room for a zone
  const isBracketed = text.startsWith("[") && text.endsWith("]");
  const ip = parseIp(isBracketed ? text.slice(1, -1) : text);
  if (ip === null || (isBracketed && ip.family === Family.Ipv4)) return null;
  return canonical(makeAddress(ip.family, ip.parts, 0));
}

function hostOf(text: string): string | null {
  try {
    return new URL(`http://${text}`).hostname;
  } catch {
    return null;
  }
}

function isName(name: string): boolean {
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  return bare.length > 0 && bare.length <= NAME_BYTES_MAX
    && bare.split(".").every((label) => label.length > 0 && label.length <= LABEL_BYTES_MAX);
}

/** IPv4-mapped IPv6 addresses are told as IPv4: sockets here never speak IPv4 over IPv6. */
export function canonical(address: SocketAddress): SocketAddress {
  if (!isIpv4Mapped(address)) return address;
  const [high, low] = address.parts.slice(6) as [number, number];
  return makeAddress(Family.Ipv4, [high >> 8, high & 0xff, low >> 8, low & 0xff], address.port);
}
