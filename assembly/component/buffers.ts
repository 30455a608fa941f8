// Who has a guest's slice buffer.
//
//           lend()                          dtor
//   FREE ----------> LENT to an operation ----------> LENT, DROPPED
//    |  <----------                                      |
//    |     giveBack()                                    | giveBack()
//    +----------------- dtor --------------------------> gone
//
// While it is lent, every use by the guest is a broken rule, and a trap.

import * as buffers from "../data/slice-buffer";
import { SliceBuffer } from "../data/slice-buffer";
import { BUFFER_COST, discharge } from "./charges";

const LENT: u32 = 1;
const DROPPED: u32 = 2;

/** The buffer, for its guest to use. */
@inline export function free(buffer: SliceBuffer): SliceBuffer {
  assert(!buffer.mark, "an operation has this buffer");
  return buffer;
}

/** The buffer, for an operation to use. */
export function lend(buffer: SliceBuffer): SliceBuffer {
  free(buffer).mark = LENT;
  return buffer;
}

export function giveBack(buffer: SliceBuffer): void {
  const wasDropped = (buffer.mark & DROPPED) != 0;
  buffer.mark = 0;
  if (wasDropped) drop(buffer);
}

export function drop(buffer: SliceBuffer): void {
  if (buffer.mark) {
    buffer.mark |= DROPPED;
    return;
  }
  buffers.destroy(buffer);
  discharge(BUFFER_COST);
}
