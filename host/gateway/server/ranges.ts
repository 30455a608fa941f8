// Address ranges as a gateway sees them: which addresses lie in which, which other addresses hide in one, and which
// ranges are not the public Internet.
//
// IPv6 has several ways to spell an IPv4 address, and a machine that translates or tunnels follows them. So an address
// is judged by itself and by every IPv4 address that hides in it: one that is refused refuses the whole.

import { Family, isIpv4Mapped, makeAddress, parseIp, type SocketAddress } from "../../wasi/ip-address.js";
import { canonical } from "../../wasi/lookup-name.js";

/** The addresses that share their first `bits` with `parts`; the other bits of `parts` are 0. */
export interface Cidr {
  readonly family: Family;
  readonly parts: readonly number[];
  readonly bits: number;
}

/** What is known of an address without asking for ports or names. */
export interface BareAddress {
  readonly family: Family;
  readonly parts: readonly number[];
}

const partBits = (family: Family): number => (family === Family.Ipv4 ? 8 : 16);
const addressBits = (family: Family): number => (family === Family.Ipv4 ? 32 : 128);

/** Reads `10.0.0.0/8`, `fd00::/8`, or an address as the range of itself; a text says what is wrong. */
export function parseCidr(text: string): Cidr | string {
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const ip = host.includes("%") ? null : parseIp(host);
  if (ip === null) return `${host} is not an IP address`;
  const most = addressBits(ip.family);
  const bitsText = slash < 0 ? `${most}` : text.slice(slash + 1);
  const bits = Number(bitsText);
  if (!/^\d{1,3}$/.test(bitsText) || bits > most) return `/${bitsText} is not a length from 0 to ${most}`;
  const cidr = { family: ip.family, parts: ip.parts, bits };
  if (bits >= 96 && isIpv4Mapped(makeAddress(ip.family, ip.parts, 0))) return `${host} is written as IPv4`;
  const rest = { ...cidr, parts: maskedParts(cidr) };
  return rest.parts.every((part, index) => part === ip.parts[index]) ? cidr : `${text} has bits beyond its length`;
}

/** The parts with everything after the first `bits` at 0. */
function maskedParts({ family, parts, bits }: Cidr): number[] {
  const width = partBits(family);
  return parts.map((part, index) => {
    const kept = Math.min(width, Math.max(0, bits - index * width));
    return part & ~((1 << (width - kept)) - 1) & ((1 << width) - 1);
  });
}

export function contains(cidr: Cidr, { family, parts }: BareAddress): boolean {
  if (family !== cidr.family) return false;
  const masked = maskedParts({ family, parts, bits: cidr.bits });
  return masked.every((part, index) => part === cidr.parts[index]);
}

/** Whether every address of `inner` is one of `outer`. */
export function liesInside(inner: Cidr, outer: Cidr): boolean {
  return inner.bits >= outer.bits && contains(outer, inner);
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
}

/** A range that a rule reaches only by naming an address or a range inside of it. */
export interface SpecialRange {
  readonly name: string;
  readonly cidr: Cidr;
}

/** After IANA's registries of special-purpose addresses. Of those that overlap the narrower comes first. */
const SPECIAL: readonly SpecialRange[] = ([
  ["unspecified", "0.0.0.0/8"],
  ["private", "10.0.0.0/8"],
  ["carrier-grade NAT", "100.64.0.0/10"],
  ["loopback", "127.0.0.0/8"],
  ["link-local", "169.254.0.0/16"],
  ["private", "172.16.0.0/12"],
  // Not IANA's: what machines of Azure ask about themselves, at an address that looks public.
  ["cloud platform", "168.63.129.16/32"],
  ["protocol assignments", "192.0.0.0/24"],
  ["documentation", "192.0.2.0/24"],
  ["6to4 relay", "192.88.99.0/24"],
  ["private", "192.168.0.0/16"],
  ["benchmarking", "198.18.0.0/15"],
  ["documentation", "198.51.100.0/24"],
  ["documentation", "203.0.113.0/24"],
  ["multicast", "224.0.0.0/4"],
  ["broadcast", "255.255.255.255/32"],
  ["reserved", "240.0.0.0/4"],
  ["unspecified", "::/128"],
  ["loopback", "::1/128"],
  ["local NAT64", "64:ff9b:1::/48"],
  ["Teredo", "2001::/32"],
  ["benchmarking", "2001:2::/48"],
  ["documentation", "2001:db8::/32"],
  ["protocol assignments", "2001::/23"],
  ["6to4", "2002::/16"],
  ["documentation", "3fff::/20"],
  ["unique local", "fc00::/7"],
  ["link-local", "fe80::/10"],
  ["multicast", "ff00::/8"],
  // What is left outside of 2000::/3 is not given to anybody.
  ...["::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/3", "6000::/3", "8000::/3", "a000::/3",
    "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fe00::/9", "fec0::/10"].map((text) => ["reserved", text] as const),
] as const).map(([name, text]) => ({ name, cidr: cidr(text) }));

/** Within ::/8, yet in use: what an IPv6-only network reaches IPv4 by. */
const NAT64 = cidr("64:ff9b::/96");

/** The special range that the address itself lies in; null for an address of the public Internet. */
export function specialRangeOf(address: BareAddress): SpecialRange | null {
  if (contains(NAT64, address)) return null;
  return SPECIAL.find((range) => contains(range.cidr, address)) ?? null;
}

const LOCAL_NAT64 = cidr("64:ff9b:1::/48");
const COMPATIBLE = cidr("::/96");
const SIX_TO_FOUR = cidr("2002::/16");
const TEREDO = cidr("2001::/32");

/**
 * The address in its one spelling (IPv4-mapped becomes IPv4), and after it every IPv4 address that hides in it: of
 * NAT64, 6to4, Teredo (server and client) and the old IPv4-compatible form. The ports are those of the address.
 */
export function formsOf(address: SocketAddress): SocketAddress[] {
  const outer = canonical(address);
  const { parts, port } = outer;
  const inner = (high: number, low: number): SocketAddress =>
    makeAddress(Family.Ipv4, [high >> 8, high & 0xff, low >> 8, low & 0xff], port);
  const at = (index: number): number => parts[index] as number;
  if (contains(NAT64, outer) || contains(LOCAL_NAT64, outer)) return [outer, inner(at(6), at(7))];
  if (contains(SIX_TO_FOUR, outer)) return [outer, inner(at(1), at(2))];
  if (contains(TEREDO, outer)) return [outer, inner(at(2), at(3)), inner(at(6) ^ 0xffff, at(7) ^ 0xffff)];
  const isOwn = contains(COMPATIBLE, outer) && at(6) === 0 && at(7) <= 1; // `::` and `::1`
  return contains(COMPATIBLE, outer) && !isOwn ? [outer, inner(at(6), at(7))] : [outer];
}
