// The interface `resolvers`. Texts of a list that is returned stay where they are, in the result of the look-up, which
// is held until the caller has read them.

import { RETURN_AREA } from "../abi/return-area";
import * as failures from "../dns/failure";
import * as lookups from "../dns/lookup";
import * as resolvers from "../dns/resolver";
import { DEFAULT_CACHE_BYTES, ResolverOptions } from "../dns/resolver";
import * as results from "../dns/result";
import { Result } from "../dns/result";
import { CANCELLED } from "../net/reason";
import { MemoryQuota } from "../quota/memory-quota";
import * as clock from "../time/clock";
import { SocketAddress, lowerSocketAddress } from "../wasi/network";
import { defaultAllocator, defaultQuota } from "./charges";
import * as guests from "./guest-lookup";
import { GuestLookup, GuestResolver } from "./guest-lookup";
import { GuestQueue } from "./queue";
import { newDnsResolver } from "./resources";
import { listSpace, none, ok, presentPair, releaseLists } from "./results";

// Bytes of list elements.
const ADDRESS_BYTES: u32 = 32;
const SERVICE_BYTES: u32 = 16;
const TEXT_BYTES: u32 = 8;

const NS_PER_MS: u64 = 1_000_000;

const options = changetype<ResolverOptions>(memory.data(32, 8));
/** The result whose texts the caller reads, or 0. */
let held: usize = 0;

export function resolvers$static$dnsResolver$create(
  servers: usize, serversLength: u32, search: usize, searchLength: u32, timeout: u64, tries: u32,
  hasCacheBytes: bool, cacheBytes: u32, hasQuota: bool, quota: MemoryQuota,
): usize {
  options.servers = servers;
  options.serversLength = serversLength;
  options.search = search;
  options.searchLength = searchLength;
  options.timeoutMs = <u32>min<u64>(timeout / NS_PER_MS + u64(timeout % NS_PER_MS != 0), u32.MAX_VALUE);
  options.tries = tries;
  options.cacheBytes = hasCacheBytes ? min(cacheBytes, DEFAULT_CACHE_BYTES - 1) : DEFAULT_CACHE_BYTES;
  clock.update();
  const self = guests.createResolver(options, hasQuota ? quota : defaultQuota());
  releaseLists();
  return self ? ok(newDnsResolver(changetype<usize>(self))) : failure(resolvers.createFailure);
}

export function resolvers$post$static$dnsResolver$create(area: usize): void {
  letGo();
}

export function resolvers$method$dnsResolver$lookupHostname(
  self: GuestResolver, queue: GuestQueue, tag: u64, name: usize, length: u32, port: usize, portLength: u32,
  deadline: u64,
): usize {
  const lookup = begin(self, queue, tag, results.ADDRESSES);
  return lookup ? started(lookups.hostname(
    self.resolver, name, length, port, portLength, deadline, guests.done, changetype<usize>(lookup))) : none();
}

export function resolvers$method$dnsResolver$lookupSrv(
  self: GuestResolver, queue: GuestQueue, tag: u64, name: usize, length: u32, deadline: u64,
): usize {
  const lookup = begin(self, queue, tag, results.SRV);
  return lookup ? started(lookups.srv(
    self.resolver, name, length, deadline, guests.done, changetype<usize>(lookup))) : none();
}

export function resolvers$method$dnsResolver$lookupTxt(
  self: GuestResolver, queue: GuestQueue, tag: u64, name: usize, length: u32, deadline: u64,
): usize {
  const lookup = begin(self, queue, tag, results.TXT);
  return lookup ? started(lookups.txt(
    self.resolver, name, length, deadline, guests.done, changetype<usize>(lookup))) : none();
}

export function resolvers$dtor$dnsResolver(self: GuestResolver): void {
  guests.dropResolver(self);
}

export function resolvers$cancelLookup(slot: u32, generation: u32): bool {
  return guests.cancel(slot, generation);
}

export function resolvers$tryCancelLookup(slot: u32, generation: u32): void {
  lookups.tryCancel(slot, generation);
}

export function resolvers$claimAddresses(ticket: u64): usize {
  const result = claim(ticket, results.ADDRESSES);
  if (!result) return RETURN_AREA;
  const target = listSpace(result.count * ADDRESS_BYTES);
  let from = result.payload;
  for (let i: u32 = 0; i < result.count; i++, from += offsetof<SocketAddress>()) {
    lowerSocketAddress(changetype<SocketAddress>(from), target + i * ADDRESS_BYTES);
  }
  return listed(target, result);
}

export function resolvers$post$claimAddresses(area: usize): void {
  letGo();
}

export function resolvers$claimServices(ticket: u64): usize {
  const result = claim(ticket, results.SRV);
  if (!result) return RETURN_AREA;
  const target = listSpace(result.count * SERVICE_BYTES);
  let from = result.payload;
  for (let to = target, end = target + result.count * SERVICE_BYTES; to < end; to += SERVICE_BYTES) {
    // Priority, weight and port stand in the same order on both sides.
    store<u32>(to, load<u16>(from) | <u32>load<u16>(from, 2) << 16);
    store<u16>(to, load<u16>(from, 4), 4);
    const length = <u32>load<u16>(from, 6);
    store<u32>(to, <u32>from + 8, 8);
    store<u32>(to, length, 12);
    from = (from + 8 + length + 1) & ~1;
  }
  return listed(target, result);
}

export function resolvers$post$claimServices(area: usize): void {
  letGo();
}

export function resolvers$claimTexts(ticket: u64): usize {
  const result = claim(ticket, results.TXT);
  if (!result) return RETURN_AREA;
  const target = listSpace(result.count * TEXT_BYTES);
  let from = result.payload;
  for (let to = target, end = target + result.count * TEXT_BYTES; to < end; to += TEXT_BYTES) {
    const length = load<u32>(from);
    store<u32>(to, <u32>from + 4);
    store<u32>(to, length, 4);
    from = (from + 4 + length + 3) & ~3;
  }
  return listed(target, result);
}

export function resolvers$post$claimTexts(area: usize): void {
  letGo();
}

/** Null when it is refused: the caller answers so. */
function begin(self: GuestResolver, queue: GuestQueue, tag: u64, kind: u8): GuestLookup | null {
  const lookup = guests.begin(self, queue, tag, kind);
  if (lookup) clock.update();
  else releaseLists();
  return lookup;
}

function started(slot: u32): usize {
  releaseLists();
  return presentPair(slot, lookups.lastGeneration);
}

/** The result, held; null when the answer is a failure, which stands in the return area then. */
function claim(ticket: u64, kind: u8): Result | null {
  const result = guests.claim(ticket, kind);
  if (!result) {
    failures.beginWords("claimed before, or its resolver is gone");
    failure(failures.finish(defaultAllocator(), CANCELLED));
    return null;
  }
  if (result.kind == results.FAILURE) {
    failure(result);
    return null;
  }
  held = changetype<usize>(result);
  return result;
}

/** `ok` with a list. */
function listed(target: usize, result: Result): usize {
  return text(target, result.count, 0);
}

/** `err` with the text of a FAILURE, whose reference is ours. */
function failure(result: Result): usize {
  held = changetype<usize>(result);
  return text(result.payload, result.bytes, 1);
}

/** A list or a string, as one case or the other of a result. */
function text(address: usize, length: u32, isFailure: u8): usize {
  ok(<u32>address);
  store<u8>(RETURN_AREA, isFailure);
  store<u32>(RETURN_AREA, length, 8);
  return RETURN_AREA;
}

/** The caller has read what was returned. */
function letGo(): void {
  if (held) results.release(changetype<Result>(held));
  held = 0;
  releaseLists();
}
