// The probe of look-ups: resolvers turned by hand. `done` calls `ended` with the owner's number; the result is in
// `lastResult` then, and the test owns it. Parts of the resolver that stand alone are shown below.

import { realloc, usedBytes } from "../../../assembly/abi/arena";
import * as caches from "../../../assembly/dns/cache";
import { Cache } from "../../../assembly/dns/cache";
import * as channels from "../../../assembly/dns/channel";
import * as exchanges from "../../../assembly/dns/exchange";
import * as lookups from "../../../assembly/dns/lookup";
import * as table from "../../../assembly/dns/lookup-record";
import * as tables from "../../../assembly/dns/name-table";
import * as names from "../../../assembly/dns/name";
import * as ports from "../../../assembly/dns/ports";
import * as questions from "../../../assembly/dns/question";
import * as resolvers from "../../../assembly/dns/resolver";
import { Resolver, ResolverOptions } from "../../../assembly/dns/resolver";
import * as results from "../../../assembly/dns/result";
import { Result } from "../../../assembly/dns/result";
import * as sources from "../../../assembly/dns/source-address";
import * as streamChannels from "../../../assembly/dns/stream-channel";
import * as target from "../../../assembly/dns/target";
import * as engineMemory from "../../../assembly/engine/memory";
import * as tasks from "../../../assembly/exec/tasks";
import * as connections from "../../../assembly/net/connection";
import * as endpoints from "../../../assembly/net/endpoint";
import * as ipText from "../../../assembly/net/ip-text";
import * as reasons from "../../../assembly/net/reason";
import * as readiness from "../../../assembly/poll/readiness";
import * as allocators from "../../../assembly/quota/memory-allocator";
import { MemoryAllocator } from "../../../assembly/quota/memory-allocator";
import * as quotas from "../../../assembly/quota/memory-quota";
import { MemoryQuota } from "../../../assembly/quota/memory-quota";
import * as reclamation from "../../../assembly/quota/reclamation";
import * as records from "../../../assembly/quota/record";
import * as clock from "../../../assembly/time/clock";
import * as timers from "../../../assembly/time/timer-heap";
import { SocketAddress, dropInstanceNetwork } from "../../../assembly/wasi/network";
import "../../../assembly/wasi/abort";

export { realloc as cabi_realloc, dropInstanceNetwork };
export { begin, readyBuffer, turn } from "./turns";

@external("test", "ended")
declare function ended(owner: usize): void;

/** Two texts, or what a part reads and writes. */
const input: usize = memory.data(1 << 17, 16);
const SECOND: usize = 1 << 16;
const options = changetype<ResolverOptions>(memory.data(offsetof<ResolverOptions>(), 8));

/** Live records by kind. */
export function live(kind: i32): i32 {
  switch (kind) {
    case 0: return resolvers.liveCount();
    case 1: return lookups.liveCount();
    case 2: return results.liveCount();
    case 3: return questions.liveCount();
    case 4: return exchanges.liveCount();
    case 5: return channels.liveCount();
    case 6: return ports.liveCount();
    case 7: return streamChannels.liveCount();
    case 8: return caches.liveCount();
    case 9: return records.liveRecords();
    case 10: return readiness.liveCount();
    case 11: return timers.liveCount();
    case 12: return timers.scheduledCount();
    case 13: return endpoints.liveCount();
    case 14: return connections.liveCount();
    case 15: return usedBytes();
    case 16: return tasks.liveCount();
    case 17: return reclamation.liveReclaimers();
    case 18: return quotas.liveQuotas();
    case 19: return allocators.liveAllocators();
    default: return -1;
  }
}

export function firstText(): usize {
  return input;
}

export function secondText(): usize {
  return input + SECOND;
}

// Quotas

export function createQuota(bytes: i64): MemoryQuota {
  return engineMemory.createQuota(bytes);
}

export function setQuotaSize(quota: MemoryQuota, bytes: i64): void {
  quotas.setSize(quota, bytes);
}

export function destroyQuota(quota: MemoryQuota): void {
  quotas.destroy(quota);
}

export function createAllocator(quota: MemoryQuota): MemoryAllocator {
  return allocators.create(quota);
}

export function shutDownAllocator(allocator: MemoryAllocator): void {
  allocators.shutdown(allocator);
}

export function outstanding(allocator: MemoryAllocator): i32 {
  return <i32>allocators.outstandingBytes(allocator);
}

// Resolvers

/** 0: `failure()` says why. */
export function createResolver(
  serversLength: u32, searchLength: u32, timeoutMs: u32, tries: u32, cacheBytes: u32, allocator: MemoryAllocator,
): usize {
  options.servers = input;
  options.serversLength = serversLength;
  options.search = input + SECOND;
  options.searchLength = searchLength;
  options.timeoutMs = timeoutMs;
  options.tries = tries;
  options.cacheBytes = cacheBytes;
  return changetype<usize>(resolvers.create(options, allocator));
}

export function failure(): Result {
  return resolvers.createFailure;
}

export function destroyResolver(resolver: Resolver): void {
  resolvers.destroy(resolver);
}

export function cacheOf(resolver: Resolver): Cache {
  return resolver.cache;
}

export function questionCount(resolver: Resolver): u32 {
  return resolver.questions.count;
}

// Look-ups

export function hostname(
  resolver: Resolver, nameLength: u32, portLength: u32, deadlineNs: i64, owner: usize,
): u32 {
  clock.update();
  return lookups.hostname(resolver, input, nameLength, input + SECOND, portLength, <u64>deadlineNs, ended, owner);
}

export function srv(resolver: Resolver, nameLength: u32, deadlineNs: i64, owner: usize): u32 {
  clock.update();
  return lookups.srv(resolver, input, nameLength, <u64>deadlineNs, ended, owner);
}

export function txt(resolver: Resolver, nameLength: u32, deadlineNs: i64, owner: usize): u32 {
  clock.update();
  return lookups.txt(resolver, input, nameLength, <u64>deadlineNs, ended, owner);
}

export function lastGeneration(): u32 {
  return lookups.lastGeneration;
}

export function cancel(slot: u32, generation: u32): bool {
  return lookups.cancel(slot, generation);
}

export function tryCancel(slot: u32, generation: u32): void {
  lookups.tryCancel(slot, generation);
}

export function ownerOf(slot: u32, generation: u32): usize {
  return lookups.ownerOf(slot, generation);
}

export function isWaiting(slot: u32, generation: u32): bool {
  const lookup = table.find(slot, generation);
  return lookup ? lookup.state == table.WAITING : false;
}

export function lastResult(): Result {
  return lookups.lastResult;
}

export function releaseResult(result: Result): void {
  results.release(result);
}

export function codeOf(reason: i32): i32 {
  return reasons.codeOf(reason);
}

// Caches: the name is the wire name of `length` bytes in `firstText`, its hash as given

export function createCache(allocator: MemoryAllocator, bytesMax: u32): Cache {
  const cache = records.create<Cache>(allocator);
  caches.init(cache, allocator, bytesMax);
  return cache;
}

export function destroyCache(cache: Cache): void {
  caches.clear(cache);
  records.destroy(changetype<usize>(cache));
}

/** Keeps a TXT of `bytes` bytes that begins with `mark`. */
export function cachePut(cache: Cache, hash: u32, length: u32, type: u16, bytes: u32, mark: u32, ttl: u32): void {
  clock.update();
  const result = results.create(cache.allocator, results.TXT, 1, bytes);
  store<u32>(result.payload, mark);
  caches.put(cache, hash, input, length, type, result, ttl);
  results.release(result);
}

/** The mark of what is kept, -1 for nothing. */
export function cacheFind(cache: Cache, hash: u32, length: u32, type: u16): i32 {
  clock.update();
  const result = caches.find(cache, hash, input, length, type);
  return result ? load<i32>(result.payload) : -1;
}

export function cacheClear(cache: Cache): void {
  caches.clear(cache);
}

export function cacheBytes(cache: Cache): u32 {
  return cache.bytes;
}

export function cacheCount(cache: Cache): u32 {
  return cache.count;
}

/** Walks the list and the buckets: whether both hold every entry once, and their bytes add up. */
export function cacheIsValid(cache: Cache): bool {
  return caches.isValid(cache);
}

export function hashOf(length: u32): u32 {
  return tables.hashOf(input, length);
}

// Targets, literals, sources

export function parseTarget(length: u32, portLength: u32): i32 {
  return target.parseTarget(input, length, input + SECOND, portLength);
}

export function targetPort(): u32 {
  return target.port;
}

export function targetError(): string {
  return target.error;
}

export function targetIsAbsolute(): bool {
  return target.isAbsolute;
}

/** Text of the wire name, written to `firstText`; its length. */
export function targetName(): u32 {
  return names.toText(target.wire, input);
}

export function targetAddress(): SocketAddress {
  return target.address;
}

export function parseAddress(length: u32): bool {
  return ipText.parse(input, length, target.address);
}

/** Writes the address that was parsed last, with this port, to `firstText`. */
export function writeAddress(port: u16): u32 {
  target.address.port = port;
  return ipText.write(target.address, input);
}

export function parsePort(length: u32): i32 {
  return ipText.parsePort(input, length);
}

/** Sorts `count` socket addresses of 28 bytes at `firstText`. */
export function sortAddresses(count: i32): void {
  clock.update();
  sources.sort(input, count);
}
