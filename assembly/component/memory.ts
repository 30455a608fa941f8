// The interface `memory`.

import { RETURN_AREA } from "../abi/return-area";
import * as codes from "../base/status";
import * as queues from "../cq/completion-queue";
import { Operation } from "../cq/operation";
import { SliceBuffer } from "../data/slice-buffer";
import * as engineMemory from "../engine/memory";
import { CANCELLED, OK } from "../net/reason";
import * as allocators from "../quota/memory-allocator";
import * as quotas from "../quota/memory-quota";
import { MemoryQuota } from "../quota/memory-quota";
import * as sliceAllocator from "../quota/slice-allocator";
import { Pool } from "../base/pool";
import * as buffers from "./buffers";
import { QUOTA_COST, charge, defaultQuota, discharge } from "./charges";
import * as guests from "./guest-allocator";
import { GuestAllocator } from "./guest-allocator";
import { newMemoryAllocator, newMemoryQuota } from "./resources";
import { exhausted, PENDING, REFUSED } from "./results";
import { begin, GuestQueue } from "./queue";

/** An `allocate` that waits: it has the guest's buffer. */
@unmanaged
class Allocation {
  operation: usize;
  buffer: usize;
}

const allocations = new Pool(offsetof<Allocation>(), 8);

export function memory$constructor$memoryQuota(size: u64): u32 {
  charge(QUOTA_COST);
  return newMemoryQuota(changetype<usize>(engineMemory.createQuota(sizeFrom(size))));
}

export function memory$static$memoryQuota$default(): u32 {
  return newMemoryQuota(changetype<usize>(defaultQuota()));
}

export function memory$method$memoryQuota$setSize(quota: MemoryQuota, size: u64): void {
  engineMemory.setQuotaSize(quota, sizeFrom(size));
}

export function memory$method$memoryQuota$free(quota: MemoryQuota): i64 {
  return quota.sizeBytes == quotas.UNLIMITED ? i64.MAX_VALUE : quota.freeBytes;
}

export function memory$method$memoryQuota$pressure(quota: MemoryQuota): f64 {
  return quotas.pressureOf(quota);
}

export function memory$dtor$memoryQuota(quota: MemoryQuota): void {
  if (quota == defaultQuota()) return;
  quotas.destroy(quota);
  discharge(QUOTA_COST);
}

export function memory$constructor$memoryAllocator(quota: MemoryQuota): u32 {
  return newMemoryAllocator(changetype<usize>(guests.create(allocators.create(quota))));
}

export function memory$method$memoryAllocator$reserve(self: GuestAllocator, least: u32, most: u32): u32 {
  return guests.reserve(self, least, most);
}

export function memory$method$memoryAllocator$release(self: GuestAllocator, bytes: u32): void {
  guests.release(self, bytes);
}

export function memory$method$memoryAllocator$taken(self: GuestAllocator): u64 {
  return <u64>allocators.outstandingBytes(self.allocator);
}

export function memory$method$memoryAllocator$allocate(
  self: GuestAllocator, queue: GuestQueue, tag: u64, bytes: u32, into: SliceBuffer,
): usize {
  const operation = begin(queue, tag);
  if (!operation) return started(REFUSED);
  const allocation = changetype<Allocation>(allocations.take());
  allocation.operation = changetype<usize>(operation);
  allocation.buffer = changetype<usize>(buffers.lend(into));
  const code = sliceAllocator.allocate(self.allocator, bytes, into, allocated, changetype<usize>(allocation));
  if (code == codes.OK) return started(PENDING);
  allocations.give(changetype<usize>(allocation));
  buffers.giveBack(into);
  queues.dropOp(operation);
  return exhausted(1);
}

export function memory$method$memoryAllocator$postReclaimer(
  self: GuestAllocator, queue: GuestQueue, tag: u64, pass: u32,
): i32 {
  const operation = begin(queue, tag);
  if (!operation) return REFUSED;
  allocators.postReclaimer(self.allocator, pass, reclaim, changetype<usize>(operation));
  return PENDING;
}

export function memory$finishSweep(ticket: u64): void {
  assert(ticket <= <u64>u32.MAX_VALUE, "no such sweep");
  quotas.finishSweep(<u32>ticket);
}

export function memory$dtor$memoryAllocator(self: GuestAllocator): void {
  guests.drop(self);
}

function sizeFrom(bytes: u64): i64 {
  return bytes >= <u64>i64.MAX_VALUE ? quotas.UNLIMITED : <i64>bytes;
}

/** `ok` of a result whose payload is an enum. */
function started(how: i32): usize {
  store<u8>(RETURN_AREA, 0);
  store<u8>(RETURN_AREA, <u8>how, 1);
  return RETURN_AREA;
}

function allocated(owner: usize): void {
  const allocation = changetype<Allocation>(owner);
  const operation = changetype<Operation>(allocation.operation);
  buffers.giveBack(changetype<SliceBuffer>(allocation.buffer));
  allocations.give(owner);
  const code = sliceAllocator.lastStatus;
  queues.endOp(operation, code, <u8>(code ? CANCELLED : OK));
}

function reclaim(owner: usize, sweep: u32): void {
  const operation = changetype<Operation>(owner);
  if (!sweep) queues.endOp(operation, codes.CANCELLED, <u8>CANCELLED);
  else if (!queues.endOp(operation, codes.OK, 0, sweep)) quotas.finishSweep(sweep);
}
