// A slice buffer: a sequence of slices, and so of bytes. What endpoints read into and write from.
//
//   slots (a ring of 2^n):  |  d  |     |     |     |     |  a  |  b  |  c  |      first 5, count 4, mask 7
//
// Taking from the front and putting back there cost the same as at the end. Four slots are in the record itself;
// more come from data/chunks.ts and double. Work on single slices is in data/slice.ts, moving bytes between buffers
// in data/slice-moves.ts.
//
// Invariants (`isValid`): 1. no slice is empty   2. `length` is the sum of the lengths   3. every slot that is not
// in use is zero, so that nothing is owned twice

import { Pool } from "../base/pool";
import * as chunks from "./chunks";
import * as slices from "./slice";
import { INLINED_BYTES_MAX, Slice, SLICE_BYTES } from "./slice";

@unmanaged
export class SliceBuffer {
  slots: usize;
  /** Slots less one. */
  mask: u32;
  first: u32;
  count: u32;
  /** Bytes of all slices. */
  length: u32;
  /** A word of whoever made it; 0 at first. */
  mark: u32;
}

/** Most bytes of one buffer. */
export const LENGTH_MAX: u32 = 0x7fff_ffff;
/** Most slices of one buffer. */
export const COUNT_MAX: u32 = 1 << 24;

const OWN_SLOTS: u32 = 4;
const OWN_SLOTS_AT: u32 = offsetof<SliceBuffer>();

const pool = new Pool(OWN_SLOTS_AT + OWN_SLOTS * SLICE_BYTES);

/** Where a part of a slice rests between two buffers; empty outside of `passPart`. */
const scratch = changetype<Slice>(memory.data(16, 8));

/** An empty buffer. The caller owns it until `destroy`. */
export function create(): SliceBuffer {
  const buffer = changetype<SliceBuffer>(pool.take());
  useOwnSlots(buffer);
  return buffer;
}

/** Drops every slice, and the buffer. */
export function destroy(buffer: SliceBuffer): void {
  clear(buffer);
  pool.give(changetype<usize>(buffer));
}

/** Buffers that were not destroyed. */
export function liveBuffers(): i32 {
  return pool.live;
}

/** Drops every slice. Room for more than a few slots is given back. */
export function clear(buffer: SliceBuffer): void {
  const count = buffer.count;
  for (let i: u32 = 0; i < count; i++) slices.clear(slotAt(buffer, i));
  buffer.count = 0;
  buffer.length = 0;
  buffer.first = 0;
  if (buffer.mask >= OWN_SLOTS) {
    freeSlots(buffer);
    useOwnSlots(buffer);
  }
}

/** Slice `index`, still the buffer's. Its address is good until the buffer changes. */
export function at(buffer: SliceBuffer, index: u32): Slice {
  assert(index < buffer.count, "no such slice");
  return slotAt(buffer, index);
}

/** Where the bytes of slice `index` are, until the buffer changes: small slices lie inside of it. */
@inline export function addressAt(buffer: SliceBuffer, index: u32): usize {
  return slices.addressOf(at(buffer, index));
}

@inline export function lengthAt(buffer: SliceBuffer, index: u32): u32 {
  return slices.lengthOf(at(buffer, index));
}

/** The same, for writing: shared and static bytes are copied first. */
export function mutableAt(buffer: SliceBuffer, index: u32): usize {
  return slices.mutableAddress(at(buffer, index));
}

/**
 * Puts `slice` at the end and leaves it empty: the buffer owns what it held. A slice that continues the last one in
 * memory makes that one longer, and inlined ones fill each other up, so `count` may stay what it was.
 */
export function append(buffer: SliceBuffer, slice: Slice): void {
  const length = slices.lengthOf(slice);
  addLength(buffer, length);
  if (length == 0) {
    slices.clear(slice);
    return;
  }
  if (buffer.count) {
    const last = slotAt(buffer, buffer.count - 1);
    if (slices.isInlined(slice)) {
      if (slices.isInlined(last) && slices.lengthOf(last) < INLINED_BYTES_MAX) fillUp(last, slice);
      if (slices.lengthOf(slice) == 0) return;
    } else if (last.block == slice.block && last.start + last.words == slice.start) {
      last.words += length;
      slices.clear(slice);
      return;
    }
  }
  slices.moveToEmpty(slice, pushBack(buffer));
}

/** Puts `slice` in front and leaves it empty. It is never merged, so `takeFirst` gives it back as it was. */
export function prepend(buffer: SliceBuffer, slice: Slice): void {
  const length = slices.lengthOf(slice);
  addLength(buffer, length);
  if (length == 0) slices.clear(slice);
  else slices.moveToEmpty(slice, pushFront(buffer));
}

/** Moves the first slice into `target`, which must hold no reference. */
export function takeFirst(buffer: SliceBuffer, target: Slice): void {
  assert(buffer.count != 0, "the buffer is empty");
  const slot = slotAt(buffer, 0);
  buffer.length -= slices.lengthOf(slot);
  slices.move(slot, target);
  popFront(buffer);
}

/** Appends a copy of `length` bytes. Small copies fill up what is there before they make a new slice. */
export function appendCopy(buffer: SliceBuffer, address: usize, length: u32): void {
  if (length == 0) return;
  const room = tailRoom(buffer);
  const filled = min(room, length);
  if (filled) memory.copy(growTail(buffer, filled), address, filled);
  const rest = length - filled;
  if (rest == 0) return;
  addLength(buffer, rest);
  slices.setCopy(pushBack(buffer), address + filled, rest);
}

/** Appends `length` bytes, which are one piece and not zeroed, and returns their address for the caller to write. */
export function appendSpace(buffer: SliceBuffer, length: u32): usize {
  assert(length != 0, "no bytes asked for");
  if (tailRoom(buffer) >= length) return growTail(buffer, length);
  addLength(buffer, length);
  const slot = pushBack(buffer);
  slices.setSpace(slot, length);
  return slices.addressOf(slot);
}

/** The same in front, as a slice of its own. */
export function prependSpace(buffer: SliceBuffer, length: u32): usize {
  assert(length != 0, "no bytes asked for");
  addLength(buffer, length);
  const slot = pushFront(buffer);
  slices.setSpace(slot, length);
  return slices.addressOf(slot);
}

/** Exchanges what two buffers hold. */
export function swap(one: SliceBuffer, other: SliceBuffer): void {
  const ownSlotsUsed = min(one.mask, other.mask) < OWN_SLOTS; // otherwise they are zero in both
  const bytes = ownSlotsUsed ? OWN_SLOTS_AT + OWN_SLOTS * SLICE_BYTES : OWN_SLOTS_AT;
  for (let i: usize = 0; i < bytes; i += 8) {
    const word = load<u64>(changetype<usize>(one) + i);
    store<u64>(changetype<usize>(one) + i, load<u64>(changetype<usize>(other) + i));
    store<u64>(changetype<usize>(other) + i, word);
  }
  if (one.mask < OWN_SLOTS) one.slots = changetype<usize>(one) + OWN_SLOTS_AT;
  if (other.mask < OWN_SLOTS) other.slots = changetype<usize>(other) + OWN_SLOTS_AT;
}

/** Appends the first slice of `source` to `target`, another buffer, and returns its length. `source` has one. */
export function passFirst(source: SliceBuffer, target: SliceBuffer): u32 {
  const slot = slotAt(source, 0);
  const length = slices.lengthOf(slot);
  append(target, slot);
  source.length -= length;
  popFront(source);
  return length;
}

/** Appends the first `length` bytes of the first slice, which has more, to `target`, another buffer. */
export function passPart(source: SliceBuffer, length: u32, target: SliceBuffer): void {
  slices.splitHead(slotAt(source, 0), length, scratch);
  source.length -= length;
  append(target, scratch);
}

/** Drops the first `length` bytes. */
export function trimStart(buffer: SliceBuffer, length: u32): void {
  assert(length <= buffer.length, "beyond the buffer");
  buffer.length -= length;
  while (length) {
    const slot = slotAt(buffer, 0);
    const has = slices.lengthOf(slot);
    if (has > length) {
      slices.narrow(slot, length, has - length);
      return;
    }
    slices.clear(slot);
    popFront(buffer);
    length -= has;
  }
}

/** Drops the last `length` bytes. */
export function trimEnd(buffer: SliceBuffer, length: u32): void {
  assert(length <= buffer.length, "beyond the buffer");
  buffer.length -= length;
  while (length) {
    const slot = slotAt(buffer, buffer.count - 1);
    const has = slices.lengthOf(slot);
    if (has > length) {
      slices.narrow(slot, 0, has - length);
      return;
    }
    slices.clear(slot);
    buffer.count--;
    length -= has;
  }
}

/** Copies `length` bytes from offset `from` on to `target`. The buffer stays as it is. */
export function copyOut(buffer: SliceBuffer, from: u32, length: u32, target: usize): void {
  assert(from <= buffer.length && length <= buffer.length - from, "beyond the buffer");
  for (let i: u32 = 0; length; i++) {
    const slot = slotAt(buffer, i);
    const has = slices.lengthOf(slot);
    if (has <= from) {
      from -= has;
      continue;
    }
    const part = min(has - from, length);
    memory.copy(target, slices.addressOf(slot) + from, part);
    target += part;
    length -= part;
    from = 0;
  }
}

/** Bytes beyond the record, which hold the slices; not those that the slices stand for. */
@inline export function tableBytes(buffer: SliceBuffer): u32 {
  return buffer.mask < OWN_SLOTS ? 0 : (buffer.mask + 1) << 4;
}

/** Checks the invariants; for tests. */
export function isValid(buffer: SliceBuffer): bool {
  let sum: u64 = 0;
  for (let i: u32 = 0; i <= buffer.mask; i++) {
    const slot = slotAt(buffer, i);
    const length = slices.lengthOf(slot);
    if (i < buffer.count) {
      if (length == 0) return false;
      if (slices.isCounted(slot) && !slices.isWhole(slot)) return false;
    } else if (slot.block != 0 || length != 0) {
      return false;
    }
    sum += length;
  }
  return sum == buffer.length && buffer.count <= buffer.mask + 1;
}

@inline function slotAt(buffer: SliceBuffer, index: u32): Slice {
  return changetype<Slice>(buffer.slots + (((buffer.first + index) & buffer.mask) << 4));
}

@inline function addLength(buffer: SliceBuffer, length: u32): void {
  assert(length <= LENGTH_MAX - buffer.length, "more than 2 GiB");
  buffer.length += length;
}

/** The zeroed slot after the last one, which is now in use. */
@inline function pushBack(buffer: SliceBuffer): Slice {
  if (buffer.count > buffer.mask) grow(buffer);
  return slotAt(buffer, buffer.count++);
}

function pushFront(buffer: SliceBuffer): Slice {
  if (buffer.count > buffer.mask) grow(buffer);
  buffer.first = (buffer.first - 1) & buffer.mask;
  buffer.count++;
  return slotAt(buffer, 0);
}

/** The first slot, already empty, is free. */
@inline function popFront(buffer: SliceBuffer): void {
  buffer.first = (buffer.first + 1) & buffer.mask;
  buffer.count--;
}

/** Bytes by which the last slice can grow in place: what `appendSpace` takes nothing new for. */
export function tailRoom(buffer: SliceBuffer): u32 {
  if (buffer.count == 0) return 0;
  const last = slotAt(buffer, buffer.count - 1);
  return slices.isInlined(last) ? INLINED_BYTES_MAX - slices.lengthOf(last) : slices.spareOf(last);
}

/** Makes the last slice longer by at most `tailRoom` and returns where the new bytes are. */
function growTail(buffer: SliceBuffer, length: u32): usize {
  addLength(buffer, length);
  return slices.growBy(slotAt(buffer, buffer.count - 1), length);
}

/** Moves bytes of one inlined slice to the end of another, as many as fit. */
function fillUp(target: Slice, source: Slice): void {
  const has = slices.lengthOf(source);
  const part = min(INLINED_BYTES_MAX - slices.lengthOf(target), has);
  memory.copy(slices.growBy(target, part), slices.addressOf(source), part);
  slices.narrow(source, part, has - part);
}

function useOwnSlots(buffer: SliceBuffer): void {
  buffer.slots = changetype<usize>(buffer) + OWN_SLOTS_AT;
  buffer.mask = OWN_SLOTS - 1;
}

function freeSlots(buffer: SliceBuffer): void {
  if (buffer.mask >= OWN_SLOTS) chunks.free(buffer.slots, (buffer.mask + 1) << 4);
}

function grow(buffer: SliceBuffer): void {
  const old = buffer.mask + 1;
  assert(old < COUNT_MAX, "too many slices");
  const slots = chunks.allocate(old << 5);
  const untilWrap = (old - buffer.first) << 4;
  memory.copy(slots, buffer.slots + (buffer.first << 4), untilWrap);
  memory.copy(slots + untilWrap, buffer.slots, buffer.first << 4);
  memory.fill(slots + (old << 4), 0, old << 4);
  if (old == OWN_SLOTS) memory.fill(buffer.slots, 0, old << 4);
  freeSlots(buffer);
  buffer.slots = slots;
  buffer.mask = (old << 1) - 1;
  buffer.first = 0;
}
