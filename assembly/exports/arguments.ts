// What exports take beyond plain numbers.

import { ADDRESSES_MAX } from "../base/limits";
import { NEVER } from "../time/timer-heap";
import { SocketAddress } from "../wasi/network";

/** Up to 16 socket addresses, then the options of a socket. */
const ADDRESS_BYTES: usize = offsetof<SocketAddress>();
const OPTIONS_AT: usize = ADDRESS_BYTES * <usize>ADDRESSES_MAX;
const area: usize = memory.data(28 * 16 + 64, 8);

/** Where the host writes socket addresses (28 bytes each, wasi/network.ts) and, from byte 448 on, options. */
export function argument_area(): usize {
  assert(ADDRESS_BYTES == 28 && ADDRESSES_MAX == 16);
  return area;
}

@inline export function addressArgument(index: i32): SocketAddress {
  return changetype<SocketAddress>(area + <usize>index * ADDRESS_BYTES);
}

@inline export function optionsArgument(): usize {
  return area + OPTIONS_AT;
}

/** A deadline that the host gave as a double: what is before the clock began is 0, what is beyond it never comes. */
export function deadlineFrom(ns: f64): u64 {
  if (!(ns > 0)) return 0;
  return ns >= 9223372036854775808.0 ? NEVER : <u64>ns;
}
