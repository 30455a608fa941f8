// The cache of one resolver: results by (name, type), good and bad ones, for as long as their TTL says.
//
//   put ──> newest ⇄ … ⇄ oldest ──> evicted when the bytes are over their bound
//              ▲──── find ────┘     an expired entry goes when it is found, or as the oldest
//
// Every step costs the same however much there is. All bytes are charged to the allocator of the resolver; when its
// quota is short nothing more is kept, and a benign reclaimer gives everything back.

import { MemoryAllocator } from "../quota/memory-allocator";
import * as quotas from "../quota/memory-quota";
import * as reclamation from "../quota/reclamation";
import { BENIGN, Reclaimer } from "../quota/reclamation";
import * as records from "../quota/record";
import * as clock from "../time/clock";
import * as tables from "./name-table";
import { NameEntry, NameTable } from "./name-table";
import * as results from "./result";
import { Result } from "./result";

@unmanaged
class CacheEntry extends NameEntry {
  newer: usize;
  older: usize;
  expiresNs: u64;
  result: Result;
}

@unmanaged
export class Cache extends NameTable {
  newest: usize;
  oldest: usize;
  /** Bytes of entries and their results, never more than `bytesMax`. */
  bytes: u32;
  bytesMax: u32;
  /** The posted reclaimer, or 0. */
  reclaimer: usize;
}

const ENTRY_BYTES: u32 = offsetof<CacheEntry>();
/** What an entry costs beside itself, its name and its result: a header of a record, its part of the buckets. */
const OVERHEAD_BYTES: u32 = 24;
const NS_PER_SECOND: u64 = 1_000_000_000;

let live: i32 = 0;

/** Makes `cache`, whose memory is the caller's and zeroed, an empty one. No bytes: nothing is ever kept. */
export function init(cache: Cache, allocator: MemoryAllocator, bytesMax: u32): void {
  cache.allocator = allocator;
  cache.bytesMax = bytesMax;
}

/** Entries of all caches. */
export function liveCount(): i32 {
  return live;
}

/** What is known of a name in small letters and did not expire, or null. The cache keeps its reference. */
export function find(cache: Cache, hash: u32, name: usize, length: u32, type: u16): Result | null {
  const at = tables.find(cache, hash, name, length, type);
  if (!at) return null;
  const entry = changetype<CacheEntry>(at);
  if (entry.expiresNs <= clock.now()) {
    drop(cache, entry);
    return null;
  }
  if (cache.newest != at) {
    takeOut(cache, entry);
    putFirst(cache, entry);
  }
  return entry.result;
}

/** Keeps `result` for `ttlSeconds` if it fits; the cache takes a reference of its own. What was there is replaced. */
export function put(
  cache: Cache, hash: u32, name: usize, length: u32, type: u16, result: Result, ttlSeconds: u32,
): void {
  const known = tables.find(cache, hash, name, length, type);
  if (known) drop(cache, changetype<CacheEntry>(known));
  const bytes = bytesOf(length, result);
  if (!ttlSeconds || bytes > cache.bytesMax || quotas.isShort(cache.allocator.quota)) return;
  while (cache.bytes + bytes > cache.bytesMax) drop(cache, changetype<CacheEntry>(cache.oldest));
  const entry = changetype<CacheEntry>(records.createBytes(cache.allocator, ENTRY_BYTES + length));
  entry.name = changetype<usize>(entry) + ENTRY_BYTES;
  memory.copy(entry.name, name, length);
  entry.nameLength = length;
  entry.hash = hash;
  entry.type = type;
  entry.expiresNs = clock.after(<u64>ttlSeconds * NS_PER_SECOND);
  entry.result = results.retain(result);
  cache.bytes += bytes;
  live++;
  tables.add(cache, entry);
  putFirst(cache, entry);
  if (!cache.reclaimer) {
    const home = changetype<usize>(cache) + offsetof<Cache>("reclaimer");
    reclamation.post(cache.allocator.quota.reclamation, BENIGN, home, giveUp, changetype<usize>(cache));
  }
}

/** Forgets everything, and is ready for more. */
export function clear(cache: Cache): void {
  while (cache.oldest) drop(cache, changetype<CacheEntry>(cache.oldest));
  if (cache.reclaimer) reclamation.cancel(changetype<Reclaimer>(cache.reclaimer));
}

/** Whether the list holds every entry, and the bytes add up; for tests. */
export function isValid(cache: Cache): bool {
  let count: u32 = 0;
  let bytes: u32 = 0;
  let newer: usize = 0;
  for (let at = cache.newest; at; at = changetype<CacheEntry>(at).older) {
    const entry = changetype<CacheEntry>(at);
    if (entry.newer != newer) return false;
    if (tables.find(cache, entry.hash, entry.name, entry.nameLength, entry.type) != at) return false;
    bytes += bytesOf(entry.nameLength, entry.result);
    newer = at;
    count++;
  }
  return newer == cache.oldest && count == cache.count && bytes == cache.bytes && bytes <= cache.bytesMax;
}

@inline function bytesOf(nameLength: u32, result: Result): u32 {
  return ENTRY_BYTES + nameLength + OVERHEAD_BYTES + result.charged;
}

/** The quota is short, or (sweep 0) the reclaimer was cancelled. */
function giveUp(owner: usize, sweep: u32): void {
  if (!sweep) return;
  clear(changetype<Cache>(owner));
  quotas.finishSweep(sweep);
}

function drop(cache: Cache, entry: CacheEntry): void {
  tables.remove(cache, entry);
  takeOut(cache, entry);
  cache.bytes -= bytesOf(entry.nameLength, entry.result);
  live--;
  results.release(entry.result);
  records.destroy(changetype<usize>(entry));
}

function putFirst(cache: Cache, entry: CacheEntry): void {
  entry.newer = 0;
  entry.older = cache.newest;
  if (cache.newest) changetype<CacheEntry>(cache.newest).newer = changetype<usize>(entry);
  else cache.oldest = changetype<usize>(entry);
  cache.newest = changetype<usize>(entry);
}

function takeOut(cache: Cache, entry: CacheEntry): void {
  if (entry.newer) changetype<CacheEntry>(entry.newer).older = entry.older;
  else cache.newest = entry.older;
  if (entry.older) changetype<CacheEntry>(entry.older).newer = entry.newer;
  else cache.oldest = entry.newer;
}
