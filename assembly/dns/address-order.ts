// The order in which to try the addresses of a name: RFC 6724 §6, by the source that each would be reached from.
//
// Its rules are made into one number per address, highest rule in the highest bits; the lower number goes first:
//
//   | 1 no source | 2 other scope | 5 other label | 6 63 - precedence | 8 scope | 9 64 - common prefix |
//
// Rules 3, 4 and 7 ask what no component can know: deprecated and home addresses, tunnels. Rule 9 is for IPv6 only: how
// long the prefix of an IPv4 source is nobody tells us, and to guess would undo the rotation that servers answer with.

import { IPV4, SocketAddress } from "../wasi/network";

/** Family of a source that there is not: the address cannot be reached. */
export const UNREACHABLE: u8 = 0xff;

const ADDRESS_BYTES: usize = offsetof<SocketAddress>();
/** Scopes as multicast addresses spell them (RFC 4291 §2.7). */
const LINK_LOCAL: u32 = 2;
const SITE_LOCAL: u32 = 5;
const GLOBAL: u32 = 14;
/** The rest of an IPv6 address names an interface, not a network. */
const PREFIX_BITS: u32 = 64;

/**
 * Puts the `count` addresses at `list` into the order in which to try them; those that are equal keep theirs. At
 * `sources` is the source for each, of family UNREACHABLE when there is none; they are used up. The time grows with the
 * number of addresses times that of different ranks, which are some dozens at most.
 */
export function sort(list: usize, count: i32, sources: usize): void {
  if (count < 2) return;
  for (let i = 0; i < count; i++) at(sources, i).flowInfo = rankOf(at(list, i), at(sources, i));
  const sorted = heap.alloc(<usize>count * ADDRESS_BYTES);
  let done = 0;
  for (let rank: u32 = 0; done < count;) {
    let next = u32.MAX_VALUE;
    for (let i = 0; i < count; i++) {
      const other = at(sources, i).flowInfo;
      if (other == rank) at(sorted, done++).copyFrom(at(list, i));
      else if (other > rank) next = min(next, other);
    }
    rank = next;
  }
  memory.copy(list, sorted, <usize>count * ADDRESS_BYTES);
  heap.free(sorted);
}

@inline function at(list: usize, index: i32): SocketAddress {
  return changetype<SocketAddress>(list + <usize>index * ADDRESS_BYTES);
}

function rankOf(address: SocketAddress, source: SocketAddress): u32 {
  const scope = scopeOf(address);
  const policy = policyOf(address);
  let rank: u32 = 7; // no source
  let common: u32 = 0;
  if (source.family != UNREACHABLE) {
    rank = <u32>(scopeOf(source) != scope) << 1 | <u32>((policyOf(source) & 0xff) != (policy & 0xff));
    if (!isIpv4(address) && !isIpv4(source)) common = commonPrefix(address, source);
  }
  return rank << 17 | (63 - (policy >> 8)) << 11 | scope << 7 | (PREFIX_BITS - common);
}

/** An IPv4 address, or one that is written as IPv6. */
function isIpv4(address: SocketAddress): bool {
  return address.family == IPV4 || (isZero(address, 5) && address.part(5) == 0xffff);
}

/** Whether the first `count` segments are zero. */
function isZero(address: SocketAddress, count: i32): bool {
  for (let i = 0; i < count; i++) {
    if (address.part(i)) return false;
  }
  return true;
}

/** RFC 6724 §3.1 and §3.2. */
function scopeOf(address: SocketAddress): u32 {
  const first = <u32>address.part(0);
  if (isIpv4(address)) {
    const isPlain = address.family == IPV4;
    const a = isPlain ? first : <u32>address.part(6) >> 8;
    const b = isPlain ? <u32>address.part(1) : <u32>address.part(6) & 0xff;
    return a == 127 || (a == 169 && b == 254) ? LINK_LOCAL : GLOBAL;
  }
  if (first >> 8 == 0xff) return first & 15;
  if (first >> 6 == 0xfe80 >> 6) return LINK_LOCAL;
  if (first >> 6 == 0xfec0 >> 6) return SITE_LOCAL;
  return isLoopback(address) ? LINK_LOCAL : GLOBAL;
}

function isLoopback(address: SocketAddress): bool {
  return isZero(address, 7) && address.part(7) == 1;
}

/** Precedence << 8 | label of the default table, RFC 6724 §2.1. */
function policyOf(address: SocketAddress): u32 {
  if (isIpv4(address)) return 35 << 8 | 4;
  if (isLoopback(address)) return 50 << 8;
  if (isZero(address, 6)) return 1 << 8 | 3; // ::/96
  const first = <u32>address.part(0);
  if (first == 0x2002) return 30 << 8 | 2; // 6to4
  if (first == 0x2001 && !address.part(1)) return 5 << 8 | 5; // Teredo
  if (first >> 9 == 0xfc00 >> 9) return 3 << 8 | 13; // unique local
  if (first >> 6 == 0xfec0 >> 6) return 1 << 8 | 11; // site-local
  if (first == 0x3ffe) return 1 << 8 | 12; // 6bone
  return 40 << 8 | 1;
}

/** Bits that two IPv6 addresses begin with alike, of the 64 that name a network. */
function commonPrefix(a: SocketAddress, b: SocketAddress): u32 {
  for (let i = 0; i < 4; i++) {
    const difference = <u32>(a.part(i) ^ b.part(i));
    if (difference) return <u32>i * 16 + clz(difference) - 16;
  }
  return PREFIX_BITS;
}
