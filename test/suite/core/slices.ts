// Slices and their buffers: bytes keep their order, nobody else's bytes change, and every block goes back.

import * as slices from "../../../assembly/data/slice";
import { INLINED_BYTES_MAX, Slice } from "../../../assembly/data/slice";
import * as buffers from "../../../assembly/data/slice-buffer";
import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import { moveFirst, moveLast } from "../../../assembly/data/slice-moves";
import * as blocks from "../../../assembly/data/block";
import { body, equal, expect } from "./harness";
import { Random } from "./random";

const area: usize = memory.data(4096, 8);
const slice = changetype<Slice>(memory.data(16, 8));

/** Appends `length` bytes, counting up from `first`. */
export function appendCounting(buffer: SliceBuffer, first: u32, length: u32): void {
  for (let i: u32 = 0; i < length; i++) store<u8>(area + i, <u8>(first + i));
  slices.setCopy(slice, area, length);
  buffers.append(buffer, slice);
}

/** The buffer is valid and holds bytes that count up from `first`. */
export function expectCounting(buffer: SliceBuffer, first: u32, length: u32, what: string): void {
  expect(buffers.isValid(buffer), "a valid buffer: " + what);
  equal(buffer.length, length, "bytes: " + what);
  let at = first;
  for (let i: u32 = 0; i < buffer.count; i++) {
    const address = buffers.addressAt(buffer, i);
    const end = address + buffers.lengthAt(buffer, i);
    for (let byte = address; byte < end; byte++) {
      if (load<u8>(byte) != <u8>(at++)) return expect(false, "bytes in their order: " + what);
    }
  }
}

export function add(): void {
  addBuffers();
  addSlices();
}

function addBuffers(): void {
  body("slice-merge", "should merge slices that continue each other, and small ones into one")
    .then((): void => {
      const buffer = buffers.create();
      const quarters = buffers.create();
      appendCounting(buffer, 0, 400);
      for (let i = 0; i < 4; i++) moveFirst(buffer, 100, quarters);
      equal(quarters.count, 1, "slice of four quarters");
      expectCounting(quarters, 0, 400, "four quarters");
      for (let i = 0; i < 5; i++) appendCounting(quarters, 400 + i * 2, 2);
      equal(quarters.count, 2, "slices with the small ones");
      expectCounting(quarters, 0, 410, "with the small ones");
      buffers.destroy(buffer);
      buffers.destroy(quarters);
    });

  body("slice-take-first", "should give back in front what was taken there")
    .then((): void => {
      const buffer = buffers.create();
      for (let i = 0; i < 9; i++) appendCounting(buffer, i * 50, 50);
      const count = buffer.count;
      for (let i = 0; i < 9; i++) {
        buffers.takeFirst(buffer, slice);
        equal(slices.lengthOf(slice), 50, "bytes of the first slice");
        buffers.prepend(buffer, slice);
        expect(slices.lengthOf(slice) == 0, "the given slice to be empty");
        expectCounting(buffer, 0, 450, "after taking and giving back");
      }
      equal(buffer.count, count, "slices");
      buffers.destroy(buffer);
    });

  body("slice-moves", "should move from both ends at every place, within a slice and between")
    .then((): void => {
      const buffer = buffers.create();
      const other = buffers.create();
      for (let cut: u32 = 0; cut <= 90; cut++) {
        for (let i = 0; i < 3; i++) appendCounting(buffer, i * 30, 30);
        moveFirst(buffer, cut, other);
        expectCounting(other, 0, cut, "moved from the front");
        expectCounting(buffer, cut, 90 - cut, "left at the end");
        buffers.swap(buffer, other);
        moveLast(other, 90 - cut, buffer);
        expectCounting(buffer, 0, 90, "moved from the end");
        buffers.trimEnd(buffer, cut);
        expectCounting(buffer, 0, 90 - cut, "trimmed");
        buffers.clear(buffer);
      }
      buffers.destroy(buffer);
      buffers.destroy(other);
    });

  body("slice-model", "should keep every byte in order through ten thousand random moves")
    .then(moveAtRandom);
}

function addSlices(): void {
  body("slice-copy-on-write", "should copy shared bytes before they are written")
    .then((): void => {
      const buffer = buffers.create();
      appendCounting(buffer, 0, 200);
      const other = slices.create();
      slices.share(buffers.at(buffer, 0), other);
      store<u8>(buffers.mutableAt(buffer, 0), 77);
      equal(load<u8>(slices.addressOf(other)), 0, "in the other reference");
      equal(load<u8>(buffers.addressAt(buffer, 0)), 77, "in the written one");
      const alone = buffers.addressAt(buffer, 0);
      expect(buffers.mutableAt(buffer, 0) == alone, "bytes that nobody shares to stay in place");
      slices.destroy(other);
      buffers.destroy(buffer);
    });

  body("slice-inlined", "should keep small parts in the value, so that they hold no block")
    .then((): void => {
      const buffer = buffers.create();
      appendCounting(buffer, 0, 300);
      const small = buffers.create();
      moveFirst(buffer, INLINED_BYTES_MAX, small);
      const live = blocks.liveBlocks();
      buffers.destroy(buffer);
      equal(blocks.liveBlocks(), live - 1, "blocks when only the small part is left");
      expectCounting(small, 0, INLINED_BYTES_MAX, "the small part");
      buffers.destroy(small);
    });
}

/** Two buffers that together hold a run of counted bytes: what leaves one at its end enters the other in front. */
function moveAtRandom(): void {
  const random = Random.seeded();
  const front = buffers.create();
  const back = buffers.create();
  const passing = buffers.create();
  let first: u32 = 0;
  let end: u32 = 0;
  for (let step = 0; step < 10_000; step++) {
    const choice = random.below(5);
    if (choice == 0 && end - first < 20_000) {
      const length = random.below(random.below(2) ? 12 : 2000);
      appendCounting(back, end, length);
      end += length;
    } else if (choice == 1) {
      moveFirst(back, random.below(back.length + 1), front);
    } else if (choice == 2) {
      const length = random.below(front.length + 1);
      moveLast(front, length, passing);
      moveFirst(back, back.length, passing);
      buffers.swap(passing, back);
    } else if (choice == 3 && front.count) {
      buffers.takeFirst(front, slice);
      first += slices.lengthOf(slice);
      slices.clear(slice);
    } else {
      const length = random.below(back.length + 1);
      buffers.trimEnd(back, length);
      end -= length;
    }
    const cut = first + front.length;
    if (step % 16 == 0) {
      expectCounting(front, first, cut - first, "in front, " + random.text());
      expectCounting(back, cut, end - cut, "behind, " + random.text());
    }
  }
  buffers.destroy(front);
  buffers.destroy(back);
  buffers.destroy(passing);
}
