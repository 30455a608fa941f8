// A slice: a value of 16 bytes that stands for a run of bytes. It is of one of three kinds:
//
//   counted   | block   | length | address | -      |   bytes of a block; holds one of its references
//   static    | 1       | length | address | -      |   bytes that outlive everything; nobody frees them
//   inlined   | 0       | n | up to 11 bytes …      |   the bytes are in the value itself
//
// A slice lives in a slice buffer's array, in a record of `create`, or in memory of the caller's. It is moved, not
// copied: a copy of the 16 bytes would be a second owner of one reference. Zeroed memory is the empty slice.

import { Pool } from "../base/pool";
import * as blocks from "./block";
import { Block } from "./block";

@unmanaged
export class Slice {
  /** 0 inlined, 1 static, otherwise the block. */
  block: usize;
  /** Of counted and static ones; use `lengthOf`. */
  words: u32;
  /** Of counted and static ones; use `addressOf`. */
  start: usize;
  reserved: u32;
}

/** Bytes of a slice value. */
export const SLICE_BYTES: u32 = 16;
/** Most bytes that fit into the value itself. Parts that are no longer than this are copied, not shared. */
export const INLINED_BYTES_MAX: u32 = 11;
/** Most bytes of one slice. */
export const SLICE_LENGTH_MAX: u32 = 0x7fff_ffff;

const INLINED: usize = 0;
const STATIC: usize = 1;
const INLINED_LENGTH: usize = 4;
const INLINED_BYTES: usize = 5;

const pool = new Pool(SLICE_BYTES);

/** A record with the empty slice. The caller owns it until `destroy`. */
export function create(): Slice {
  return changetype<Slice>(pool.take());
}

/** Drops what the slice holds, and its record. */
export function destroy(slice: Slice): void {
  clear(slice);
  pool.give(changetype<usize>(slice));
}

/** Records of `create` that were not destroyed. */
export function liveSlices(): i32 {
  return pool.live;
}

@inline export function lengthOf(slice: Slice): u32 {
  return slice.block == INLINED ? load<u8>(changetype<usize>(slice), INLINED_LENGTH) : slice.words;
}

/** Where the bytes are. Of an inlined slice that is inside of the value, so it moves when the value moves. */
@inline export function addressOf(slice: Slice): usize {
  return slice.block == INLINED ? changetype<usize>(slice) + INLINED_BYTES : slice.start;
}

@inline export function isInlined(slice: Slice): bool {
  return slice.block == INLINED;
}

/** Whether the slice holds a reference of a block. */
@inline export function isCounted(slice: Slice): bool {
  return slice.block > STATIC;
}

/** Drops the reference, if it holds one; empty afterwards. */
@inline export function clear(slice: Slice): void {
  const block = slice.block;
  forget(slice);
  if (block > STATIC) blocks.unref(changetype<Block>(block));
}

/** Makes `target`, which must hold no reference, what `source` is; `source` is empty afterwards. */
@inline export function move(source: Slice, target: Slice): void {
  assert(!isCounted(target), "a slice would leak");
  moveToEmpty(source, target);
}

/** The same when the target is known to hold nothing. */
@inline export function moveToEmpty(source: Slice, target: Slice): void {
  const from = changetype<usize>(source);
  const to = changetype<usize>(target);
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  forget(source);
}

/** `target` becomes a slice of bytes that stay where they are for as long as anything runs. */
export function setStatic(target: Slice, address: usize, length: u32): void {
  set(target, STATIC, address, length);
}

/** `target` becomes a part of `block`, taking over one reference that the caller holds. */
export function setPart(target: Slice, block: Block, offset: u32, length: u32): void {
  assert(offset <= block.capacity && length <= block.capacity - offset, "beyond the block");
  set(target, changetype<usize>(block), blocks.bytesOf(block) + offset, length);
}

/** `target` becomes a copy of the bytes, in a block that nobody pays for or inlined. */
export function setCopy(target: Slice, address: usize, length: u32): void {
  if (length <= INLINED_BYTES_MAX) {
    setInlined(target, address, length);
    return;
  }
  const block = blocks.allocate(length);
  memory.copy(blocks.bytesOf(block), address, length);
  set(target, changetype<usize>(block), blocks.bytesOf(block), length);
}

/** `target` becomes `length` bytes for the caller to write: inlined or in a block, and not zeroed. */
export function setSpace(target: Slice, length: u32): void {
  if (length <= INLINED_BYTES_MAX) {
    setInlined(target, 0, 0);
    store<u8>(changetype<usize>(target), <u8>length, INLINED_LENGTH);
  } else {
    const block = blocks.allocate(length);
    set(target, changetype<usize>(block), blocks.bytesOf(block), length);
  }
}

/** `target` becomes an inlined copy of at most INLINED_BYTES_MAX bytes. */
export function setInlined(target: Slice, address: usize, length: u32): void {
  assert(!isCounted(target), "a slice would leak");
  assert(length <= INLINED_BYTES_MAX);
  const to = changetype<usize>(target);
  const low = length < 8 ? smallWord(address, length) : load<u64>(address);
  const high = length > 8 ? smallWord(address + 8, length - 8) : 0;
  // The value's bytes 5..15: bytes 5..7 of the first word, then the second.
  store<u64>(to, (<u64>length << 32) | (low << 40));
  store<u64>(to, (low >> 24) | (high << 40), 8);
}

/** `target` becomes another reference to what `source` is. */
export function share(source: Slice, target: Slice): void {
  sub(source, 0, lengthOf(source), target);
}

/** `target` becomes bytes `begin` to `end` of `source`, which stays as it is. */
export function sub(source: Slice, begin: u32, end: u32, target: Slice): void {
  assert(begin <= end && end <= lengthOf(source), "beyond the slice");
  const block = source.block;
  const address = addressOf(source) + begin;
  const length = end - begin;
  if (block == STATIC) {
    set(target, STATIC, address, length);
  } else if (length <= INLINED_BYTES_MAX) {
    setInlined(target, address, length);
  } else {
    set(target, block, address, length);
    blocks.ref(changetype<Block>(block));
  }
}

/** `target` becomes the first `length` bytes; `slice` keeps the rest. */
export function splitHead(slice: Slice, length: u32, target: Slice): void {
  const block = slice.block;
  if (block > STATIC && length > INLINED_BYTES_MAX && <u64>slice.words > <u64>length + INLINED_BYTES_MAX) {
    set(target, block, slice.start, length);
    blocks.ref(changetype<Block>(block));
    slice.start += length;
    slice.words -= length;
    return;
  }
  sub(slice, 0, length, target);
  narrow(slice, length, lengthOf(slice) - length);
}

/** `target` becomes what follows the first `length` bytes; `slice` keeps those. */
export function splitTail(slice: Slice, length: u32, target: Slice): void {
  sub(slice, length, lengthOf(slice), target);
  narrow(slice, 0, length);
}

/** Drops all but `length` bytes from `begin` on. A small rest is inlined, so that it does not hold its block. */
export function narrow(slice: Slice, begin: u32, length: u32): void {
  const before = lengthOf(slice);
  assert(begin <= before && length <= before - begin, "beyond the slice");
  const block = slice.block;
  const address = addressOf(slice) + begin;
  if (block != STATIC && length <= INLINED_BYTES_MAX) {
    slice.block = INLINED; // the reference is dropped below, after the bytes were copied
    setInlined(slice, address, length);
    if (block > STATIC) blocks.unref(changetype<Block>(block));
  } else {
    slice.start = address;
    slice.words = length;
  }
}

/** The bytes, for writing: nobody else sees them. Copies them first when they are shared or static. */
export function mutableAddress(slice: Slice): usize {
  const block = slice.block;
  if (block == INLINED || isSole(slice)) return addressOf(slice);
  const address = addressOf(slice);
  const length = lengthOf(slice);
  forget(slice);
  if (block == STATIC || length <= INLINED_BYTES_MAX) {
    setCopy(slice, address, length);
  } else {
    const copy = blocks.allocateLike(changetype<Block>(block), length);
    memory.copy(blocks.bytesOf(copy), address, length);
    set(slice, changetype<usize>(copy), blocks.bytesOf(copy), length);
  }
  if (block > STATIC) blocks.unref(changetype<Block>(block));
  return addressOf(slice);
}

/** Whether both hold the same bytes, wherever. */
export function equals(one: Slice, other: Slice): bool {
  const length = lengthOf(one);
  return length == lengthOf(other) && memory.compare(addressOf(one), addressOf(other), length) == 0;
}

/** Whether the slice holds the only reference of its block. */
@inline export function isSole(slice: Slice): bool {
  return slice.block > STATIC && changetype<Block>(slice.block).refs == 1;
}

/** Bytes behind a sole slice in its block: nobody sees them, so the slice may grow over them. */
@inline export function spareOf(slice: Slice): u32 {
  if (!isSole(slice)) return 0;
  const block = changetype<Block>(slice.block);
  return block.capacity - <u32>(slice.start - blocks.bytesOf(block)) - slice.words;
}

/** Makes an inlined or sole slice longer, by no more than there is room for. Returns where the new bytes are. */
@inline export function growBy(slice: Slice, length: u32): usize {
  const end = addressOf(slice) + lengthOf(slice);
  if (slice.block == INLINED) store<u8>(changetype<usize>(slice), <u8>(lengthOf(slice) + length), INLINED_LENGTH);
  else slice.words += length;
  return end;
}

/** Whether a counted slice is a part of a living block; for tests. */
export function isWhole(slice: Slice): bool {
  const block = changetype<Block>(slice.block);
  const offset = slice.start - blocks.bytesOf(block);
  return block.refs != 0 && offset <= block.capacity && slice.words <= block.capacity - <u32>offset;
}

@inline function forget(slice: Slice): void {
  store<u64>(changetype<usize>(slice), 0);
  store<u64>(changetype<usize>(slice), 0, 8);
}

@inline function set(target: Slice, block: usize, address: usize, length: u32): void {
  assert(!isCounted(target), "a slice would leak");
  assert(length <= SLICE_LENGTH_MAX, "more than 2 GiB");
  target.block = block;
  target.words = length;
  target.start = address;
  target.reserved = 0;
}

/** At most 8 bytes, the first in the lowest place; a call of memory.copy would cost more than the bytes. */
function smallWord(address: usize, length: u32): u64 {
  let word: u64 = 0;
  for (let i = length; i > 0; i--) word = (word << 8) | <u64>load<u8>(address + i - 1);
  return word;
}
