// The probe of what the interfaces keep for guests: tickets, slice buffers that are lent, what they cost, the arena.

import * as arena from "../../../assembly/abi/arena";
import * as buffersOfGuest from "../../../assembly/component/buffers";
import * as charges from "../../../assembly/component/charges";
import * as claims from "../../../assembly/component/claims";
import * as slices from "../../../assembly/data/slice";
import { Slice } from "../../../assembly/data/slice";
import * as buffers from "../../../assembly/data/slice-buffer";
import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import * as allocators from "../../../assembly/quota/memory-allocator";
import "../../../assembly/wasi/abort";

const scratch = changetype<Slice>(memory.data(16, 8));

export function deposit(record: usize, kind: usize): u32 {
  return claims.deposit(record, kind);
}

export function take(ticket: u64, kind: usize): usize {
  return claims.take(ticket, kind);
}

export function unclaimed(): i32 {
  return claims.liveCount();
}

/** Bytes that the default allocator has given out. */
export function charged(): f64 {
  return <f64>allocators.outstandingBytes(charges.defaultAllocator());
}

export function bufferCreate(): SliceBuffer {
  charges.charge(charges.BUFFER_COST);
  return buffers.create();
}

/** Appends `count` slices of 12 bytes that do not join, as a guest would. */
export function bufferFill(buffer: SliceBuffer, count: u32): void {
  fill(buffersOfGuest.free(buffer), count);
  buffersOfGuest.settle(buffer);
}

/** The same by the operation that it is lent to. */
export function bufferFillLent(buffer: SliceBuffer, count: u32): void {
  fill(buffer, count);
}

export function bufferClear(buffer: SliceBuffer): void {
  buffers.clear(buffersOfGuest.free(buffer));
  buffersOfGuest.settle(buffer);
}

export function bufferSwap(one: SliceBuffer, other: SliceBuffer): void {
  buffers.swap(buffersOfGuest.free(one), buffersOfGuest.free(other));
}

export function bufferCount(buffer: SliceBuffer): u32 {
  return buffersOfGuest.free(buffer).count;
}

export function bufferLend(buffer: SliceBuffer): void {
  buffersOfGuest.lend(buffer);
}

export function bufferGiveBack(buffer: SliceBuffer): void {
  buffersOfGuest.giveBack(buffer);
}

export function bufferDrop(buffer: SliceBuffer): void {
  buffersOfGuest.drop(buffer);
}

export function liveBuffers(): i32 {
  return buffers.liveBuffers();
}

export function realloc(size: usize): usize {
  return arena.realloc(0, 0, 8, size);
}

export function releaseAll(): void {
  arena.releaseAll();
}

export function usedBytes(): i32 {
  return arena.usedBytes();
}

function fill(buffer: SliceBuffer, count: u32): void {
  for (; count; count--) {
    slices.setStatic(scratch, 64, 12);
    buffers.append(buffer, scratch);
  }
}
