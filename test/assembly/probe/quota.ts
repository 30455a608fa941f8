// The probe of the quota. Objects cross as their addresses; what the quota calls comes back into the test.

import * as slices from "../../../assembly/data/slice";
import { Slice } from "../../../assembly/data/slice";
import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import { AllocatorFactory } from "../../../assembly/quota/allocator-factory";
import * as factories from "../../../assembly/quota/allocator-factory";
import * as containers from "../../../assembly/quota/container";
import * as due from "../../../assembly/quota/due";
import * as allocators from "../../../assembly/quota/memory-allocator";
import { MemoryAllocator } from "../../../assembly/quota/memory-allocator";
import { MemoryQuota } from "../../../assembly/quota/memory-quota";
import { Pressure } from "../../../assembly/quota/pressure";
import * as records from "../../../assembly/quota/record";
import { Reservation } from "../../../assembly/quota/reservation";
import * as sliceAllocator from "../../../assembly/quota/slice-allocator";
import { Vector } from "../../../assembly/quota/vector";
import "../../../assembly/wasi/abort";

export { liveBlocks } from "../../../assembly/data/block";
export { liveChunks } from "../../../assembly/data/chunks";
export { create as sliceCreate, destroy as sliceDestroy, lengthOf, liveSlices } from "../../../assembly/data/slice";
export {
  appendCopy, clear as bufferClear, create as bufferCreate, destroy as bufferDestroy, liveBuffers,
} from "../../../assembly/data/slice-buffer";
export {
  createAllocator, destroy as factoryDestroy, liveFactories, ofQuota,
} from "../../../assembly/quota/allocator-factory";
export {
  admit, create as connectionsCreate, destroy as connectionsDestroy, liveConnectionQuotas,
  release as connectionsRelease, setMaximum as connectionsSetMaximum,
} from "../../../assembly/quota/connection-quota";
export { dueCount, runDue } from "../../../assembly/quota/due";
export {
  appendSpace, create as allocatorCreate, liveAllocators, makeSlice, outstandingBytes, release, reserve, shutdown,
} from "../../../assembly/quota/memory-allocator";
export {
  create as quotaCreate, destroy as quotaDestroy, finishSweep, isShort, liveQuotas, pressureOf, setSize, tick,
  usedPart,
} from "../../../assembly/quota/memory-quota";
export {
  control, create as pressureCreate, destroy as pressureDestroy, sample, update,
} from "../../../assembly/quota/pressure";
export { liveReclaimers } from "../../../assembly/quota/reclamation";
export { createBytes, destroy as recordDestroy, liveRecords } from "../../../assembly/quota/record";
export {
  create as reservationCreate, destroy as reservationDestroy, liveReservations,
} from "../../../assembly/quota/reservation";
export { liveRequests } from "../../../assembly/quota/slice-allocator";
export {
  addConnection, closeStream, create as streamsCreate, destroy as streamsDestroy, limitOf, liveStreamQuotas,
  openStream, removeConnection, setMaximum as streamsSetMaximum, tick as streamsTick,
} from "../../../assembly/quota/stream-quota";
export {
  create as threadsCreate, destroy as threadsDestroy, liveThreadQuotas, release as threadsRelease,
  reserve as threadsReserve, setMaximum as threadsSetMaximum,
} from "../../../assembly/quota/thread-quota";

@external("test", "wake")
declare function wake(): void;
@external("test", "reclaim")
declare function reclaim(owner: usize, sweep: u32): void;
@external("test", "allocated")
declare function allocated(owner: usize, status: u32): void;
@external("test", "make")
declare function make(owner: usize, peer: usize): usize;

export function recordBytes(): u32 {
  return allocators.RECORD_BYTES;
}

export function wakeTest(): void {
  due.onDue((): void => wake());
}

export function sizeBytes(quota: MemoryQuota): i64 {
  return quota.sizeBytes;
}

export function freeBytes(quota: MemoryQuota): i64 {
  return quota.freeBytes;
}

export function takenBytes(allocator: MemoryAllocator): i64 {
  return allocator.takenBytes;
}

export function cachedBytes(allocator: MemoryAllocator): u32 {
  return allocator.cachedBytes;
}

export function reservationBytes(reservation: Reservation): u32 {
  return reservation.bytes;
}

export function roundMax(pressure: Pressure): f64 {
  return pressure.roundMax;
}

export function postReclaimer(allocator: MemoryAllocator, pass: u32, owner: usize): void {
  allocators.postReclaimer(allocator, pass, (key: usize, sweep: u32): void => reclaim(key, sweep), owner);
}

export function sliceAllocate(allocator: MemoryAllocator, size: u32, buffer: SliceBuffer, owner: usize): u32 {
  const done = (key: usize): void => allocated(key, sliceAllocator.lastStatus);
  return sliceAllocator.allocate(allocator, size, buffer, done, owner);
}

export function bufferCount(buffer: SliceBuffer): u32 {
  return buffer.count;
}

export function bufferLength(buffer: SliceBuffer): u32 {
  return buffer.length;
}

export function mutableAddress(slice: Slice): usize {
  return slices.mutableAddress(slice);
}

export function share(source: Slice, target: Slice): void {
  slices.share(source, target);
}

export function factoryCreate(owner: usize): AllocatorFactory {
  return factories.create((key: usize, peer: usize): usize => make(key, peer), owner);
}

export function containerAllocate(allocator: MemoryAllocator, count: u32): usize {
  return containers.allocate<i64>(allocator, count);
}

export function containerDeallocate(allocator: MemoryAllocator, address: usize, count: u32): void {
  containers.deallocate<i64>(allocator, address, count);
}

@unmanaged
class Point {
  x: f64;
  y: f64;
}

export function pointCreate(allocator: MemoryAllocator): Point {
  return records.create<Point>(allocator);
}

export function vectorCreate(allocator: MemoryAllocator): Vector<i32> {
  return Vector.create<i32>(allocator);
}

export function vectorDestroy(vector: Vector<i32>): void {
  vector.destroy();
}

export function vectorPush(vector: Vector<i32>, value: i32): void {
  vector.push(value);
}

export function vectorPop(vector: Vector<i32>): i32 {
  return vector.pop();
}

export function vectorGet(vector: Vector<i32>, index: u32): i32 {
  return vector.get(index);
}

export function vectorSet(vector: Vector<i32>, index: u32, value: i32): void {
  vector.set(index, value);
}

export function vectorLength(vector: Vector<i32>): u32 {
  return vector.length;
}
