// Who has a guest's slice buffer.
//
//           lend()                          dtor
//   FREE ----------> LENT to an operation ----------> LENT, DROPPED
//    |  <----------                                      |
//    |     giveBack()                                    | giveBack()
//    +----------------- dtor --------------------------> gone
//
// While it is lent, every use by the guest is a broken rule, and a trap.
//
// A table of many slices is memory, too. What is paid for it stands in `mark`, above the state, and so it changes hands
// with the table when two buffers swap.

import * as buffers from "../data/slice-buffer";
import { SliceBuffer } from "../data/slice-buffer";
import { BUFFER_COST, discharge, overcharge } from "./charges";

const LENT: u32 = 1;
const DROPPED: u32 = 2;
const STATE: u32 = 3;
/** Tables have a multiple of 16 bytes; this many bits of that are the state's. */
const PAID: u32 = ~STATE;

/** The buffer, for its guest to use. */
@inline export function free(buffer: SliceBuffer): SliceBuffer {
  assert(!(buffer.mark & STATE), "an operation has this buffer");
  return buffer;
}

/** The buffer, for an operation to use. */
export function lend(buffer: SliceBuffer): SliceBuffer {
  free(buffer).mark |= LENT;
  return buffer;
}

export function giveBack(buffer: SliceBuffer): void {
  const wasDropped = (buffer.mark & DROPPED) != 0;
  buffer.mark &= PAID;
  settle(buffer);
  if (wasDropped) drop(buffer);
}

export function drop(buffer: SliceBuffer): void {
  if (buffer.mark & STATE) {
    buffer.mark |= DROPPED;
    return;
  }
  unsettle(buffer);
  buffers.destroy(buffer);
  discharge(BUFFER_COST);
}

/** Drops what is in it. */
export function clear(buffer: SliceBuffer): void {
  buffers.clear(free(buffer));
  settle(buffer);
}

/** To be called when the table may have grown or gone: pays for what it has now. */
export function settle(buffer: SliceBuffer): void {
  const paid = buffer.mark & PAID;
  const bytes = buffers.tableBytes(buffer);
  if (bytes == paid) return;
  buffer.mark = bytes | (buffer.mark & STATE);
  if (bytes > paid) overcharge(bytes - paid);
  else discharge(paid - bytes);
}

/** Pays for nothing any more, before somebody else takes the table. */
export function unsettle(buffer: SliceBuffer): void {
  const paid = buffer.mark & PAID;
  buffer.mark &= STATE;
  if (paid) discharge(paid);
}
