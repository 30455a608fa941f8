// Slice buffers inside the component: `size` slices of 1 KiB go to another buffer in pieces of 1,000 bytes, so that
// nearly every piece splits a slice. See vs/grpc-event-engine.cc, which does the same with gRPC's slice buffers.

import * as buffers from "../../assembly/data/slice-buffer";
import { moveFirst } from "../../assembly/data/slice-moves";
import * as slices from "../../assembly/data/slice";
import { Slice, SLICE_BYTES } from "../../assembly/data/slice";
import * as figures from "./figures";

const SLICE_LENGTH: u32 = 1024;
const PIECE_LENGTH: u32 = 1000;
const WHOLE_MOVES: u32 = 100;

export function measure(size: u32, operations: u32): void {
  const cycles = (operations + size - 1) / size;
  const from = buffers.create();
  const to = buffers.create();
  const made = heap.alloc(<usize>size * SLICE_BYTES);
  memory.fill(made, 0, <usize>size * SLICE_BYTES);
  const one = slices.create();
  let appended: f64 = 0, moved: f64 = 0, movedAll: f64 = 0, taken: f64 = 0;
  let moves: u32 = 0, takes: u32 = 0;
  for (let cycle: u32 = 0; cycle < cycles; cycle++) {
    for (let i: u32 = 0; i < size; i++) {
      slices.setSpace(changetype<Slice>(made + <usize>i * SLICE_BYTES), SLICE_LENGTH);
    }
    figures.startWatch();
    for (let i: u32 = 0; i < size; i++) buffers.append(from, changetype<Slice>(made + <usize>i * SLICE_BYTES));
    appended += figures.watch();
    figures.startWatch();
    for (; from.length >= PIECE_LENGTH; moves++) moveFirst(from, PIECE_LENGTH, to);
    moved += figures.watch();
    moveFirst(from, from.length, to);
    figures.verify(to.length == size * SLICE_LENGTH, "bytes were lost");
    figures.startWatch();
    for (let i: u32 = 0; i < WHOLE_MOVES; i++) {
      moveFirst(to, size * SLICE_LENGTH, from);
      moveFirst(from, size * SLICE_LENGTH, to);
    }
    movedAll += figures.watch();
    takes += to.count;
    figures.startWatch();
    while (to.count) {
      buffers.takeFirst(to, one);
      slices.clear(one);
    }
    taken += figures.watch();
  }
  slices.destroy(one);
  heap.free(made);
  buffers.destroy(from);
  buffers.destroy(to);
  figures.verify(buffers.liveBuffers() == 0, "a slice buffer is left");
  figures.add("append", appended, <f64>cycles * <f64>size);
  figures.add("move", moved, <f64>moves);
  figures.add("move-all", movedAll, <f64>cycles * <f64>(2 * WHOLE_MOVES));
  figures.add("take", taken, <f64>takes);
}
