// What every probe exports whose test turns the loop by hand.

import * as loop from "../../../assembly/engine/loop";
import { READY_BUFFER } from "../../../assembly/poll/ready-buffer";
import * as waitList from "../../../assembly/poll/wait-list";
import * as clock from "../../../assembly/time/clock";

export function begin(): void {
  waitList.deliverByHandle();
  clock.update();
}

export function readyBuffer(): usize {
  return READY_BUFFER;
}

export function turn(readyCount: i32): f64 {
  loop.turnWith(readyCount);
  return loop.nextTurnNs();
}
