// The ready buffer: handles of pollables that became ready, written by a host that turns us by hand.

import { READY_CAPACITY } from "../base/limits";
import * as readiness from "./readiness";
import * as waitList from "./wait-list";

export const READY_BUFFER: usize = memory.data(READY_CAPACITY * 4, 4);

/** Signals the sources of the first `count` handles. Unknown handles are stale hints and are passed over. */
export function take(count: i32): void {
  assert(count >= 0 && count <= READY_CAPACITY);
  for (let i = 0; i < count; i++) {
    const found = waitList.find(load<u32>(READY_BUFFER + (<usize>i << 2)));
    if (found) readiness.signal(found, 0); // hot or cold is a matter of polls
  }
  readiness.runPrompt();
}
