// A memory allocator: how one user of a quota takes and gives back bytes.
//
//   taken from the quota = RECORD_BYTES + cached + outstanding
//
//   create --> OPEN -- shutdown() --> CLOSED, while bytes are outstanding --> freed with the last byte
//
// Most requests are served from a small cache and do not touch the quota. The cache never overcommits the quota,
// and while the quota is short nothing is cached. What an allocator gave out may outlive it: slices, records.

import { Pool } from "../base/pool";
import * as blocks from "../data/block";
import { Block } from "../data/block";
import * as slices from "../data/slice";
import { Slice } from "../data/slice";
import * as buffers from "../data/slice-buffer";
import { SliceBuffer } from "../data/slice-buffer";
import * as quotas from "./memory-quota";
import { Account, MemoryQuota } from "./memory-quota";
import * as reclamation from "./reclamation";
import { PASSES, Reclaimer } from "./reclamation";

@unmanaged
export class MemoryAllocator extends Account {
  /** The reclaimer of each pass that is posted, or 0. */
  benign: usize;
  idle: usize;
  destructive: usize;
  /** When the cache is halved even if it is small. */
  donateAtNs: u64;
  isShutDown: bool;
  /** Not yet given up by its owner: true from `create` to the end of `shutdown`. */
  isHeld: bool;
}

/** Most bytes of one request. */
export const REQUEST_MAX: u32 = 1 << 30;
/** Bytes that an allocator itself is charged with. */
export const RECORD_BYTES: u32 = offsetof<MemoryAllocator>();

const TAKE_MIN: i64 = 4096;
const TAKE_MAX: i64 = 1 << 20;
const CACHE_MAX: u32 = 1 << 20;
/** What a cache that grew too large is left with. */
const CACHE_KEPT: u32 = 512 * 1024;
/** A smaller cache is given back whole. */
const CACHE_HALVED_MIN: u32 = 8192;
const DONATE_EVERY_NS: u64 = 10_000_000_000;
/** Pressure from which on requests with a range get less than their most. */
const PRESSURE_FREE: f64 = 0.8;

const pool = new Pool(offsetof<MemoryAllocator>());
const scratch = changetype<Slice>(memory.data(16, 8));

/** An allocator of `quota`. The caller owns it until `shutdown`. */
export function create(quota: MemoryQuota): MemoryAllocator {
  const allocator = changetype<MemoryAllocator>(pool.take());
  quotas.join(quota, allocator);
  allocator.donateAtNs = quotas.latestNs + DONATE_EVERY_NS;
  allocator.isHeld = true;
  allocator.takenBytes = RECORD_BYTES;
  quotas.take(quota, RECORD_BYTES);
  return allocator;
}

/** Allocators that are not freed, those that live on for what they gave out included. */
export function liveAllocators(): i32 {
  return pool.live;
}

/**
 * No more requests. Reclaimers are called with 0 before this returns; who waits (slice-allocator.ts) is told a little
 * later. What is outstanding may be released for as long as it takes; the caller forgets the allocator at once.
 */
export function shutdown(allocator: MemoryAllocator): void {
  assert(!allocator.isShutDown, "the allocator is shut down");
  allocator.isShutDown = true;
  for (let pass: u32 = 0; pass < PASSES; pass++) {
    const posted = load<usize>(homeOf(allocator, pass));
    if (posted) reclamation.cancel(changetype<Reclaimer>(posted));
  }
  quotas.cancelWaiters(allocator);
  returnCached(allocator, allocator.cachedBytes);
  allocator.isHeld = false;
  freeIfUnused(allocator);
}

/**
 * Takes `least` to `most` bytes and returns how many: most, unless the quota is under pressure. Never fails, but
 * may overcommit the quota, which then reclaims. The caller gives the same number back with `release`.
 */
export function reserve(allocator: MemoryAllocator, least: u32, most: u32): u32 {
  assert(!allocator.isShutDown, "the allocator is shut down");
  assert(least <= most && most <= REQUEST_MAX, "not a range, or more than 1 GiB");
  const bytes = least == most ? least : least + extraOf(allocator, least, most);
  if (bytes > allocator.cachedBytes) replenish(allocator, bytes);
  allocator.cachedBytes -= bytes;
  return bytes;
}

/** Gives bytes back that were reserved. An allocator that was shut down is freed with its last one. */
export function release(allocator: MemoryAllocator, bytes: u32): void {
  assert(<i64>bytes <= outstandingBytes(allocator), "released more than reserved");
  if (allocator.isShutDown || bytes > CACHE_MAX || quotas.isShort(allocator.quota)) {
    returnTaken(allocator, bytes);
    freeIfUnused(allocator);
    return;
  }
  allocator.cachedBytes += bytes;
  if (allocator.cachedBytes > CACHE_MAX || quotas.latestNs >= allocator.donateAtNs) donate(allocator);
}

/** Bytes that were reserved and not released. */
@inline export function outstandingBytes(allocator: MemoryAllocator): i64 {
  return allocator.takenBytes - <i64>allocator.cachedBytes - <i64>RECORD_BYTES;
}

/**
 * Asks to be called when memory is short; see `post` in reclamation.ts. One reclaimer per pass: the one before is
 * called with 0, before this returns, and so is the last one when the allocator is shut down.
 */
export function postReclaimer(
  allocator: MemoryAllocator, pass: u32, run: (owner: usize, sweep: u32) => void, owner: usize,
): void {
  assert(!allocator.isShutDown, "the allocator is shut down");
  assert(pass < PASSES, "no such pass");
  reclamation.post(allocator.quota.reclamation, pass, homeOf(allocator, pass), run, owner);
}

/** A block of `least` to `most` bytes, its header charged as well. The caller holds its one reference. */
export function makeBlock(allocator: MemoryAllocator, least: u32, most: u32): Block {
  assert(least <= most && most <= blocks.CAPACITY_MAX, "not a range, or more than 1 GiB");
  const bytes = reserve(allocator, least + blocks.HEADER_BYTES, most + blocks.HEADER_BYTES);
  return blockOfReserved(allocator, bytes);
}

/** A block for bytes that are reserved already, which it gives back when it goes. */
export function blockOfReserved(allocator: MemoryAllocator, bytes: u32): Block {
  return blocks.allocatePaid(bytes - blocks.HEADER_BYTES, account, changetype<usize>(allocator));
}

/** `target` becomes a slice of `least` to `most` bytes: what was granted. It may outlive the allocator. */
export function makeSlice(allocator: MemoryAllocator, least: u32, most: u32, target: Slice): void {
  const block = makeBlock(allocator, least, most);
  slices.setPart(target, block, 0, block.capacity);
}

/** Appends `length` bytes, which are one piece and not zeroed, and returns their address for the caller to write. */
export function appendSpace(allocator: MemoryAllocator, buffer: SliceBuffer, length: u32): usize {
  if (length <= buffers.tailRoom(buffer) || length <= slices.INLINED_BYTES_MAX) {
    return buffers.appendSpace(buffer, length); // nothing new is taken
  }
  makeSlice(allocator, length, length, scratch);
  const address = slices.addressOf(scratch);
  buffers.append(buffer, scratch);
  return address;
}

function account(owner: usize, bytes: i32): void {
  const allocator = changetype<MemoryAllocator>(owner);
  if (bytes < 0) {
    release(allocator, -bytes);
    return;
  }
  // A copy of what was paid for; also after the shutdown, because the original is outstanding still.
  allocator.takenBytes += bytes;
  quotas.take(allocator.quota, bytes);
}

/** Bytes beyond `least` that a request gets. */
function extraOf(allocator: MemoryAllocator, least: u32, most: u32): u32 {
  const quota = allocator.quota;
  let extra = most - least;
  const pressure = quotas.pressureOf(quota);
  if (pressure > PRESSURE_FREE) {
    extra = min(extra, <u32>(<f64>extra * (1 - pressure) / (1 - PRESSURE_FREE)));
  }
  const recommended = quotas.recommendedMax(quota);
  if (recommended < <i64>least) return 0;
  return <u32>min<i64>(extra, recommended - <i64>least);
}

/** Takes what is missing, and something for the next requests if the quota has it. */
function replenish(allocator: MemoryAllocator, bytes: u32): void {
  const quota = allocator.quota;
  const missing: i64 = <i64>bytes - <i64>allocator.cachedBytes;
  const wanted = min(max(allocator.takenBytes / 3, TAKE_MIN), TAKE_MAX);
  const taken = max(missing, min(wanted, quotas.availableBytes(quota)));
  allocator.takenBytes += taken;
  allocator.cachedBytes += <u32>taken;
  quotas.take(quota, taken);
}

function donate(allocator: MemoryAllocator): void {
  allocator.donateAtNs = quotas.latestNs + DONATE_EVERY_NS;
  const cached = allocator.cachedBytes;
  returnCached(allocator, cached <= CACHE_HALVED_MIN ? cached : max(cached >> 1, cached - min(cached, CACHE_KEPT)));
}

function returnCached(allocator: MemoryAllocator, bytes: u32): void {
  allocator.cachedBytes -= bytes;
  returnTaken(allocator, bytes);
}

function returnTaken(allocator: MemoryAllocator, bytes: u32): void {
  allocator.takenBytes -= bytes;
  quotas.giveBack(allocator.quota, bytes);
}

function freeIfUnused(allocator: MemoryAllocator): void {
  if (allocator.isHeld || allocator.takenBytes != <i64>RECORD_BYTES) return;
  returnTaken(allocator, RECORD_BYTES);
  quotas.leave(allocator);
  pool.give(changetype<usize>(allocator));
}

@inline function homeOf(allocator: MemoryAllocator, pass: u32): usize {
  return changetype<usize>(allocator) + offsetof<MemoryAllocator>("benign") + (<usize>pass << 2);
}
