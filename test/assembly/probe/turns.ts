// What every probe exports whose test turns the loop by hand.

import * as loop from "../../../assembly/engine/loop";
import * as stats from "../../../assembly/engine/stats";
import { READY_BUFFER } from "../../../assembly/poll/ready-buffer";
import * as waitList from "../../../assembly/poll/wait-list";
import * as clock from "../../../assembly/time/clock";

const SOURCES_TOLD: u32 = 9;

export function begin(byList: bool): void {
  if (!byList) waitList.deliverByHandle();
  clock.update();
}

export function readyBuffer(): usize {
  return READY_BUFFER;
}

export function turn(readyCount: i32): f64 {
  loop.turnWith(readyCount);
  return loop.nextTurnNs();
}

/** A turn that asks wasi:io/poll and does not wait. What it found may be there yet: then it wants another at once. */
export function turnByList(): f64 {
  const toldBefore = stats.value(SOURCES_TOLD);
  loop.turnBlocking(0);
  return stats.value(SOURCES_TOLD) != toldBefore ? 0 : loop.nextTurnNs();
}
