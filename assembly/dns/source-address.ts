// Which address of ours a destination would see: that of a UDP socket which is connected to it. Connecting one sends
// nothing, it only asks the system for the way. RFC 6724 orders destinations by it.
//
// Destinations of one subnet (the first 24 bits of IPv4, 64 of IPv6) go one way; what was found is kept for a moment,
// because a socket costs more than everything else about a look-up.

import { SOURCES_KEPT_NS, SOURCE_PROBES_MAX } from "../base/limits";
import * as clock from "../time/clock";
import * as errors from "../wasi/error-code";
import { Status } from "../wasi/error-code";
import { IPV4, SocketAddress, instanceNetwork } from "../wasi/network";
import * as udp from "../wasi/udp";
import * as order from "./address-order";

const ADDRESS_BYTES: usize = offsetof<SocketAddress>();
/** Any port but 0 does. */
const PORT: u16 = 9;

@unmanaged
class Way {
  prefix: u64;
  /** When it is to be asked for again, 0 when it was never found. */
  expiresNs: u64;
  family: u8;
}

// The source stands behind the record.
const SOURCE_AT: usize = 20;
const WAY_BYTES: usize = 48;
const WAYS_BITS: u64 = 6;
const ways: usize = memory.data(48 << 6, 8);
const wildcard = changetype<SocketAddress>(memory.data(28, 4));
const destination = changetype<SocketAddress>(memory.data(28, 4));

let probesLeft: i32 = 0;
/** The latest sources of this sort, by family, 0 before the first one. */
const latest: usize = memory.data(2 << 2, 4);

/**
 * Puts `count` addresses into the order of RFC 6724. Leaves them as they are when the host lets nobody make sockets, or
 * cannot bind one at once. Of a long list only the first SOURCE_PROBES_MAX unknown subnets are asked for; the rest is
 * taken to be reached like others of its family.
 */
export function sort(list: usize, count: i32): void {
  if (count < 2) return;
  const sources = heap.alloc(<usize>count * ADDRESS_BYTES);
  probesLeft = SOURCE_PROBES_MAX;
  store<u64>(latest, 0);
  let i = 0;
  while (i < count && find(addressAt(list, i), addressAt(sources, i))) i++;
  if (i == count) order.sort(list, count, sources);
  heap.free(sources);
}

/** Sets `source`; false when it is not to be known. */
function find(address: SocketAddress, source: SocketAddress): bool {
  const prefix = prefixOf(address);
  const slot = (prefix ^ <u64>address.family) * 0x9e3779b97f4a7c15 >> (64 - WAYS_BITS);
  const way = changetype<Way>(ways + <usize>slot * WAY_BYTES);
  const kept = changetype<SocketAddress>(changetype<usize>(way) + SOURCE_AT);
  const known = latest + (<usize>address.family << 2);
  if (way.prefix != prefix || way.family != address.family || way.expiresNs <= clock.now()) {
    if (!probesLeft && load<usize>(known)) {
      source.copyFrom(changetype<SocketAddress>(load<usize>(known)));
      return true;
    }
    if (probesLeft) probesLeft--;
    way.expiresNs = 0;
    const status = probe(address, kept);
    // These say nothing about the destination.
    switch (status) {
      case errors.ACCESS_DENIED:
      case errors.WOULD_BLOCK:
      case errors.NEW_SOCKET_LIMIT:
      case errors.OUT_OF_MEMORY: return false;
    }
    if (status) kept.family = order.UNREACHABLE;
    way.prefix = prefix;
    way.family = address.family;
    way.expiresNs = clock.after(SOURCES_KEPT_NS);
  }
  source.copyFrom(kept);
  store<usize>(known, changetype<usize>(source));
  return true;
}

function probe(address: SocketAddress, source: SocketAddress): Status {
  let status = udp.create(address.family);
  if (status) return status;
  const socket = udp.socket;
  wildcard.family = address.family;
  status = udp.startBind(socket, instanceNetwork(), wildcard);
  if (!status) status = udp.finishBind(socket);
  if (!status) {
    destination.copyFrom(address);
    destination.port = PORT;
    status = udp.stream(socket, destination);
  }
  if (!status) {
    udp.dropIncoming(udp.incoming);
    udp.dropOutgoing(udp.outgoing);
    status = udp.localAddress(socket, source);
  }
  udp.drop(socket);
  return status;
}

function prefixOf(address: SocketAddress): u64 {
  if (address.family == IPV4) {
    return <u64>address.part(0) << 16 | <u64>address.part(1) << 8 | <u64>address.part(2);
  }
  return <u64>address.part(0) << 48 | <u64>address.part(1) << 32 | <u64>address.part(2) << 16 | <u64>address.part(3);
}

@inline function addressAt(list: usize, index: i32): SocketAddress {
  return changetype<SocketAddress>(list + <usize>index * ADDRESS_BYTES);
}
