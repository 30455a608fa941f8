// Exports of the direct face: slices and slice buffers. A slice or buffer is its address; the caller owns it until
// `…_destroy`. Misuse (more bytes than there are, a slice that holds something already) fails an assertion.

import * as slices from "../data/slice";
import { Slice } from "../data/slice";
import * as buffers from "../data/slice-buffer";
import { SliceBuffer } from "../data/slice-buffer";
import * as moves from "../data/slice-moves";
import * as ring from "../exec/completion-ring";
import * as allocators from "../quota/memory-allocator";
import { MemoryAllocator } from "../quota/memory-allocator";

export function slice_buffer_create(): SliceBuffer {
  return buffers.create();
}

export function slice_buffer_destroy(buffer: SliceBuffer): void {
  buffers.destroy(buffer);
}

export function slice_buffer_clear(buffer: SliceBuffer): void {
  buffers.clear(buffer);
}

export function slice_buffer_length(buffer: SliceBuffer): u32 {
  return buffer.length;
}

export function slice_buffer_count(buffer: SliceBuffer): u32 {
  return buffer.count;
}

/** Address of slice `index`, good until the buffer changes; result 0 is its length. */
export function slice_buffer_at(buffer: SliceBuffer, index: u32): usize {
  ring.setResult(0, buffers.lengthAt(buffer, index));
  return buffers.addressAt(buffer, index);
}

/** The same for writing: a slice that is shared is copied first. */
export function slice_buffer_mutable_at(buffer: SliceBuffer, index: u32): usize {
  ring.setResult(0, buffers.lengthAt(buffer, index));
  return buffers.mutableAt(buffer, index);
}

/** `length` (> 0) writable bytes at the end, in one piece; `allocator` pays unless it is 0. */
export function slice_buffer_append_space(buffer: SliceBuffer, allocator: usize, length: u32): usize {
  if (!allocator) return buffers.appendSpace(buffer, length);
  return allocators.appendSpace(changetype<MemoryAllocator>(allocator), buffer, length);
}

/** `length` (> 0) writable bytes at the start, in one piece; nobody pays. */
export function slice_buffer_prepend_space(buffer: SliceBuffer, length: u32): usize {
  return buffers.prependSpace(buffer, length);
}

/** The slice moves into the buffer and is given back. */
export function slice_buffer_append(buffer: SliceBuffer, slice: Slice): void {
  buffers.append(buffer, slice);
  slices.destroy(slice);
}

/** The slice moves into the buffer and is given back. */
export function slice_buffer_prepend(buffer: SliceBuffer, slice: Slice): void {
  buffers.prepend(buffer, slice);
  slices.destroy(slice);
}

/** The first slice, now the caller's. */
export function slice_buffer_take_first(buffer: SliceBuffer): Slice {
  const slice = slices.create();
  buffers.takeFirst(buffer, slice);
  return slice;
}

export function slice_buffer_move_first(source: SliceBuffer, length: u32, target: SliceBuffer): void {
  moves.moveFirst(source, length, target);
}

export function slice_buffer_move_last(source: SliceBuffer, length: u32, target: SliceBuffer): void {
  moves.moveLast(source, length, target);
}

export function slice_buffer_trim_end(buffer: SliceBuffer, length: u32): void {
  buffers.trimEnd(buffer, length);
}

export function slice_buffer_swap(one: SliceBuffer, other: SliceBuffer): void {
  buffers.swap(one, other);
}

/**
 * A new slice of writable bytes, not zeroed: `least` to `most` of them as `allocator` grants, or `most` when that is 0
 * and nobody pays.
 */
export function slice_create(allocator: usize, least: u32, most: u32): Slice {
  const slice = slices.create();
  if (allocator) allocators.makeSlice(changetype<MemoryAllocator>(allocator), least, most, slice);
  else slices.setSpace(slice, most);
  return slice;
}

/** Another reference to the same bytes. */
export function slice_ref(slice: Slice): Slice {
  const copy = slices.create();
  slices.share(slice, copy);
  return copy;
}

export function slice_destroy(slice: Slice): void {
  slices.destroy(slice);
}

/** Address of the bytes, good as long as the slice; result 0 is the length. */
export function slice_address(slice: Slice): usize {
  ring.setResult(0, slices.lengthOf(slice));
  return slices.addressOf(slice);
}

/** Another reference to bytes `begin` to `end`; a tiny part is copied. */
export function slice_sub(slice: Slice, begin: u32, end: u32): Slice {
  const part = slices.create();
  slices.sub(slice, begin, end, part);
  return part;
}
