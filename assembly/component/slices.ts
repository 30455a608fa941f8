// The interface `slices`: exports named after it (docs/abi.md, "Exports"). Lengths that do not fit trap.

import * as buffers from "../data/slice-buffer";
import { SliceBuffer } from "../data/slice-buffer";
import * as moves from "../data/slice-moves";
import * as slices from "../data/slice";
import { Slice } from "../data/slice";
import * as allocators from "../quota/memory-allocator";
import { COPY_BYTES_MAX } from "../base/limits";
import * as buffersOfGuest from "./buffers";
import { BUFFER_COST, SLICE_COST, charge, defaultAllocator, discharge, hasRoom } from "./charges";
import { dropSlice, newSlice, newSliceBuffer, sliceOf } from "./resources";
import { exhausted, list, listSpace, none, ok, present, releaseLists } from "./results";

export function slices$static$slice$copiedFrom(bytes: usize, length: u32): usize {
  if (!hasRoom(length + 2 * SLICE_COST)) {
    releaseLists();
    return exhausted(4);
  }
  const slice = made();
  if (length) {
    allocators.makeSlice(defaultAllocator(), length, length, slice);
    memory.copy(slices.addressOf(slice), bytes, length);
  }
  releaseLists();
  return ok(newSlice(changetype<usize>(slice)));
}

export function slices$method$slice$length(slice: Slice): u32 {
  return slices.lengthOf(slice);
}

export function slices$method$slice$bytes(slice: Slice): usize {
  const length = slices.lengthOf(slice);
  const target = listSpace(length);
  memory.copy(target, slices.addressOf(slice), length);
  return list(target, length);
}

export function slices$post$method$slice$bytes(area: usize): void {
  releaseLists();
}

export function slices$method$slice$clone(slice: Slice): u32 {
  const copy = made();
  slices.share(slice, copy);
  return newSlice(changetype<usize>(copy));
}

export function slices$method$slice$sub(slice: Slice, begin: u32, end: u32): u32 {
  assert(begin <= end && end <= slices.lengthOf(slice), "not a part of the slice");
  const part = made();
  slices.sub(slice, begin, end, part);
  return newSlice(changetype<usize>(part));
}

export function slices$dtor$slice(slice: Slice): void {
  slices.destroy(slice);
  discharge(SLICE_COST);
}

export function slices$constructor$sliceBuffer(): u32 {
  charge(BUFFER_COST);
  return newSliceBuffer(changetype<usize>(buffers.create()));
}

export function slices$method$sliceBuffer$length(buffer: SliceBuffer): u64 {
  return buffersOfGuest.free(buffer).length;
}

export function slices$method$sliceBuffer$count(buffer: SliceBuffer): u32 {
  return buffersOfGuest.free(buffer).count;
}

export function slices$method$sliceBuffer$append(buffer: SliceBuffer, bytes: usize, length: u32): usize {
  buffersOfGuest.free(buffer);
  if (!hasRoom(length + SLICE_COST) || length > buffers.LENGTH_MAX - buffer.length) {
    releaseLists();
    return exhausted(1);
  }
  if (length) memory.copy(allocators.appendSpace(defaultAllocator(), buffer, length), bytes, length);
  buffersOfGuest.settle(buffer);
  releaseLists();
  return none();
}

export function slices$method$sliceBuffer$appendSlice(buffer: SliceBuffer, handle: u32): void {
  buffers.append(buffersOfGuest.free(buffer), changetype<Slice>(sliceOf(handle)));
  buffersOfGuest.settle(buffer);
  dropSlice(handle);
}

export function slices$method$sliceBuffer$prependSlice(buffer: SliceBuffer, handle: u32): void {
  buffers.prepend(buffersOfGuest.free(buffer), changetype<Slice>(sliceOf(handle)));
  buffersOfGuest.settle(buffer);
  dropSlice(handle);
}

export function slices$method$sliceBuffer$takeFirst(buffer: SliceBuffer): usize {
  if (!buffersOfGuest.free(buffer).count) return none();
  const slice = made();
  buffers.takeFirst(buffer, slice);
  return present(newSlice(changetype<usize>(slice)));
}

export function slices$method$sliceBuffer$moveFirst(source: SliceBuffer, length: u64, target: SliceBuffer): void {
  checkMove(source, length, target);
  moves.moveFirst(source, <u32>length, target);
  buffersOfGuest.settle(target);
}

export function slices$method$sliceBuffer$moveLast(source: SliceBuffer, length: u64, target: SliceBuffer): void {
  checkMove(source, length, target);
  moves.moveLast(source, <u32>length, target);
  buffersOfGuest.settle(target);
}

export function slices$method$sliceBuffer$trimEnd(buffer: SliceBuffer, length: u64): void {
  assert(length <= buffersOfGuest.free(buffer).length, "more bytes than there are");
  buffers.trimEnd(buffer, <u32>length);
}

export function slices$method$sliceBuffer$swap(one: SliceBuffer, other: SliceBuffer): void {
  buffers.swap(buffersOfGuest.free(one), buffersOfGuest.free(other));
}

export function slices$method$sliceBuffer$clear(buffer: SliceBuffer): void {
  buffersOfGuest.clear(buffer);
}

export function slices$method$sliceBuffer$copyOut(buffer: SliceBuffer, offset: u64, length: u32): usize {
  const there = buffersOfGuest.free(buffer).length;
  const from = <u32>min<u64>(offset, there);
  const count = min(min(length, COPY_BYTES_MAX), there - from);
  const target = listSpace(count);
  buffers.copyOut(buffer, from, count, target);
  return list(target, count);
}

export function slices$post$method$sliceBuffer$copyOut(area: usize): void {
  releaseLists();
}

export function slices$dtor$sliceBuffer(buffer: SliceBuffer): void {
  buffersOfGuest.drop(buffer);
}

function made(): Slice {
  charge(SLICE_COST);
  return slices.create();
}

function checkMove(source: SliceBuffer, length: u64, target: SliceBuffer): void {
  assert(source != target, "a buffer cannot move to itself");
  assert(length <= buffersOfGuest.free(source).length, "more bytes than there are");
  buffersOfGuest.free(target);
}
