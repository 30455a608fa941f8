// The probe of slices: chunks, blocks, slices and slice buffers. Objects cross as their addresses.

import * as blocks from "../../../assembly/data/block";
import { Block } from "../../../assembly/data/block";
import * as slices from "../../../assembly/data/slice";
import { Slice } from "../../../assembly/data/slice";
import "../../../assembly/wasi/abort";

export {
  allocate as chunkAllocate, free as chunkFree, liveChunks, roundUp as chunkRoundUp,
} from "../../../assembly/data/chunks";
export {
  allocate as blockAllocate, allocateLike as blockAllocateLike, liveBlocks, ref as blockRef, unref as blockUnref,
} from "../../../assembly/data/block";
export {
  addressOf, clear as sliceClear, create as sliceCreate, destroy as sliceDestroy, equals, isCounted, isInlined,
  lengthOf, liveSlices, move, mutableAddress, narrow, setCopy, setInlined, setPart, setSpace, setStatic, share,
  spareOf, splitHead, splitTail, sub,
} from "../../../assembly/data/slice";
export {
  addressAt, append, appendCopy, appendSpace, clear, copyOut, create, destroy, isValid, lengthAt, liveBuffers,
  mutableAt, prepend, prependSpace, swap, takeFirst, trimEnd, trimStart,
} from "../../../assembly/data/slice-buffer";
export { moveFirst, moveFirstTo, moveLast } from "../../../assembly/data/slice-moves";

import { SliceBuffer } from "../../../assembly/data/slice-buffer";

@external("test", "account")
declare function account(owner: usize, bytes: i32): void;

/** Memory that the test writes into. */
export function memoryFor(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function blockAllocatePaid(capacity: u32, owner: usize): Block {
  return blocks.allocatePaid(capacity, (payer: usize, bytes: i32): void => account(payer, bytes), owner);
}

export function blockRefs(block: Block): u32 {
  return block.refs;
}

export function blockCapacity(block: Block): u32 {
  return block.capacity;
}

export function blockBytes(block: Block): usize {
  return blocks.bytesOf(block);
}

export function count(buffer: SliceBuffer): u32 {
  return buffer.count;
}

export function length(buffer: SliceBuffer): u32 {
  return buffer.length;
}

/** The block of a counted slice. */
export function blockOf(slice: Slice): usize {
  return slices.isCounted(slice) ? slice.block : 0;
}

/** Chunks of mixed sizes come and go, `kept` at a time; returns how many bytes of content were found changed. */
export function churn(steps: u32, kept: u32, sizeMax: u32, seed: u32): u32 {
  const table = heap.alloc(<usize>kept << 3);
  memory.fill(table, 0, <usize>kept << 3);
  let state = seed | 1;
  let wrong: u32 = 0;
  for (let step: u32 = 0; step < steps; step++) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    const entry = table + <usize>(state % kept) * 8;
    const old = changetype<Block>(load<usize>(entry));
    if (old) {
      const mark = load<u32>(entry, 4);
      if (load<u32>(blocks.bytesOf(old)) != mark) wrong++;
      if (load<u32>(blocks.bytesOf(old) + old.capacity - 4) != mark) wrong++;
      blocks.unref(old);
    }
    // Sizes of all magnitudes alike: a few bits of the number decide how many bits the size has.
    const size = 8 + (state >> 7) % (sizeMax >> ((state >> 3) & 15) | 1);
    const block = blocks.allocate(size);
    store<u32>(blocks.bytesOf(block), step);
    store<u32>(blocks.bytesOf(block) + block.capacity - 4, step);
    store<usize>(entry, changetype<usize>(block));
    store<u32>(entry, step, 4);
  }
  for (let i: u32 = 0; i < kept; i++) {
    const old = load<usize>(table + <usize>i * 8);
    if (old) blocks.unref(changetype<Block>(old));
  }
  heap.free(table);
  return wrong;
}
