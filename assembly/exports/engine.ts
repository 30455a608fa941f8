// Exports of the direct face: the engine as a whole, for a host that brings its own program.

import * as shutdown from "../engine/shutdown";
import * as ring from "../exec/completion-ring";
import * as waitList from "../poll/wait-list";
import * as clock from "../time/clock";

/** Begins without a program: to be called once, instead of `start`. Then `turn` it. */
export function engine_start(): void {
  waitList.deliverByHandle();
  clock.update();
}

/** Ends every task, and returns how many were dropped. From then on `turn` answers -2 once nothing is left. */
export function engine_shutdown(): i32 {
  clock.update();
  return shutdown.begin();
}

/**
 * Eight words: 0 address, 1 capacity (a power of two), 2 head and 3 tail of the completion ring, which the host reads
 * anew after each call, putting the head forward; 4 to 7 further results of the latest call.
 */
export function ring_state(): usize {
  return ring.stateAddress();
}
