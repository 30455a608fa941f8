// Moving bytes between slice buffers: whole slices change hands, the one at the boundary is split.

import * as buffers from "./slice-buffer";
import { SliceBuffer } from "./slice-buffer";
import * as slices from "./slice";
import { Slice } from "./slice";

/** Where a slice rests between two buffers; empty outside of these functions. */
const scratch = changetype<Slice>(memory.data(16, 8));

/** Moves the first `length` bytes of `source` to the end of `target`. */
export function moveFirst(source: SliceBuffer, length: u32, target: SliceBuffer): void {
  assert(source != target, "from a buffer to itself");
  assert(length <= source.length, "beyond the buffer");
  if (length == source.length && target.count == 0) {
    buffers.swap(source, target);
    return;
  }
  while (length) {
    if (buffers.lengthAt(source, 0) > length) {
      buffers.passPart(source, length, target);
      return;
    }
    length -= buffers.passFirst(source, target);
  }
}

/** Moves the last `length` bytes of `source` to the end of `target`, in their order. */
export function moveLast(source: SliceBuffer, length: u32, target: SliceBuffer): void {
  assert(source != target, "from a buffer to itself");
  assert(length <= source.length, "beyond the buffer");
  if (length == source.length && target.count == 0) {
    buffers.swap(source, target);
    return;
  }
  let index = source.count;
  let found: u32 = 0;
  while (found < length) found += buffers.lengthAt(source, --index);
  let left = length;
  if (found > length) {
    const slice = buffers.at(source, index++);
    const has = slices.lengthOf(slice);
    slices.sub(slice, found - length, has, scratch);
    left -= slices.lengthOf(scratch);
    buffers.append(target, scratch);
  }
  for (; left; index++) {
    slices.share(buffers.at(source, index), scratch);
    left -= slices.lengthOf(scratch);
    buffers.append(target, scratch);
  }
  buffers.trimEnd(source, length);
}

/** Copies the first `length` bytes of `source` to `target` and drops them. */
export function moveFirstTo(source: SliceBuffer, length: u32, target: usize): void {
  buffers.copyOut(source, 0, length, target);
  buffers.trimStart(source, length);
}
