// Exports of the direct face: memory quotas, allocators, reclaimers. Each is its address; the caller owns it until it
// is destroyed or shut down. Sizes are doubles, Infinity is no limit.

import { SliceBuffer } from "../data/slice-buffer";
import * as engineMemory from "../engine/memory";
import * as ring from "../exec/completion-ring";
import { CANCELLED, OK } from "../base/status";
import * as allocators from "../quota/memory-allocator";
import { MemoryAllocator } from "../quota/memory-allocator";
import * as quotas from "../quota/memory-quota";
import { MemoryQuota } from "../quota/memory-quota";
import * as sliceAllocator from "../quota/slice-allocator";

export function quota_create(sizeBytes: f64): MemoryQuota {
  return engineMemory.createQuota(sizeFrom(sizeBytes));
}

/** The quota lives on for the allocators that use it. */
export function quota_destroy(quota: MemoryQuota): void {
  quotas.destroy(quota);
}

export function quota_set_size(quota: MemoryQuota, sizeBytes: f64): void {
  engineMemory.setQuotaSize(quota, sizeFrom(sizeBytes));
}

/** 0 to 1. */
export function quota_pressure(quota: MemoryQuota): f64 {
  return quotas.pressureOf(quota);
}

/** Bytes that nobody took, negative when overcommitted; Infinity without a limit. */
export function quota_free(quota: MemoryQuota): f64 {
  return quota.sizeBytes == quotas.UNLIMITED ? Infinity : <f64>quota.freeBytes;
}

export function allocator_create(quota: MemoryQuota): MemoryAllocator {
  return allocators.create(quota);
}

/** What was handed out lives on and comes back by itself. Posted reclaimers end with RECLAIM entries, no sweep. */
export function allocator_shutdown(allocator: MemoryAllocator): void {
  allocators.shutdown(allocator);
}

/** Bytes reserved, from `least` to `most`; never fails. */
export function allocator_reserve(allocator: MemoryAllocator, least: u32, most: u32): u32 {
  return allocators.reserve(allocator, least, most);
}

export function allocator_release(allocator: MemoryAllocator, bytes: u32): void {
  allocators.release(allocator, bytes);
}

/** Bytes reserved and not yet released. */
export function allocator_taken(allocator: MemoryAllocator): f64 {
  return <f64>allocators.outstandingBytes(allocator);
}

/** Exactly one RECLAIM entry will carry `tag`: with a sweep to be finished, or with 0 when it was replaced or ended. */
export function reclaimer_post(allocator: MemoryAllocator, pass: i32, tag: u32): void {
  allocators.postReclaimer(allocator, <u8>pass, reclaim, tag);
}

/** The next reclaimer is asked, if that is still necessary. Once per sweep. */
export function sweep_finish(sweep: u32): void {
  quotas.finishSweep(sweep);
}

/**
 * Appends `bytes` to `buffer` once the quota has them (the text of 2021): OK, and exactly one ALLOCATED entry will
 * carry `tag`, with OK or CANCELLED; or RESOURCE_EXHAUSTED, when the quota is smaller than that.
 */
export function slice_allocate(allocator: MemoryAllocator, bytes: u32, buffer: SliceBuffer, tag: u32): i32 {
  return sliceAllocator.allocate(allocator, bytes, buffer, allocated, tag);
}

function allocated(tag: usize): void {
  ring.push(ring.ALLOCATED, sliceAllocator.lastStatus, 0, <u32>tag);
}

function reclaim(tag: usize, sweep: u32): void {
  ring.push(ring.RECLAIM, sweep ? OK : CANCELLED, 0, <u32>tag, sweep);
}

function sizeFrom(bytes: f64): i64 {
  assert(bytes >= 0);
  return bytes >= 9223372036854775807.0 ? quotas.UNLIMITED : <i64>bytes;
}
