// The default quota: it pays for everything that a guest makes without naming an allocator. A guest is untrusted, so
// the engine's memory must not grow just because somebody asks for it.

import * as engineMemory from "../engine/memory";
import { DEFAULT_QUOTA_BYTES, READS_OVERCOMMIT_MAX } from "../base/limits";
import * as allocators from "../quota/memory-allocator";
import { MemoryAllocator } from "../quota/memory-allocator";
import * as quotas from "../quota/memory-quota";
import { MemoryQuota } from "../quota/memory-quota";

// What objects cost beside their bytes: their records, rounded up, with what belongs to them.
export const SLICE_COST: u32 = 48;
export const BUFFER_COST: u32 = 96;
export const POLLABLE_COST: u32 = 64;
export const FACTORY_COST: u32 = 24;
export const QUEUE_COST: u32 = 128;
export const QUOTA_COST: u32 = 256;
export const ALLOCATOR_COST: u32 = 128;
export const CONNECT_COST: u32 = 256;
export const DESCRIPTOR_COST: u32 = 384;
export const LISTENER_COST: u32 = 192;
export const RESOLVER_COST: u32 = 768;
export const LOOKUP_COST: u32 = 512;

let quota: usize = 0;
let allocator: usize = 0;

/** Made at its first use, and kept. */
export function defaultQuota(): MemoryQuota {
  if (!quota) {
    const made = engineMemory.createQuota(DEFAULT_QUOTA_BYTES);
    quota = changetype<usize>(made);
    allocator = changetype<usize>(allocators.create(made));
  }
  return changetype<MemoryQuota>(quota);
}

export function defaultAllocator(): MemoryAllocator {
  defaultQuota();
  return changetype<MemoryAllocator>(allocator);
}

/** Quotas and allocators of this file, each: 0 or 1. */
export function ownCount(): i32 {
  return i32(quota != 0);
}

/** Whether the default quota has `bytes` left. */
export function hasRoom(bytes: u32): bool {
  return quotas.availableBytes(defaultQuota()) + <i64>changetype<MemoryAllocator>(allocator).cachedBytes >= <i64>bytes;
}

/** Whether reads may go on, which take what they need from the default quota even if it is used up. */
export function allowsReads(): bool {
  return defaultQuota().freeBytes >= -READS_OVERCOMMIT_MAX;
}

/** Charges an object that a guest made; there is no way to refuse one, so no room for it is a trap. */
export function charge(bytes: u32): void {
  assert(hasRoom(bytes), "the default memory quota has no room for one more object");
  overcharge(bytes);
}

/** Charges what is there already, whether there is room for it or not. */
export function overcharge(bytes: u32): void {
  allocators.reserve(defaultAllocator(), bytes, bytes);
}

export function discharge(bytes: u32): void {
  allocators.release(defaultAllocator(), bytes);
}
