// The end of an engine that has no program:
//
//   OPEN -- begin() --> CLOSING -- nothing is queued, bytes on their way have left --> GONE
//                          +------ STOP_GRACE_NS are over ------------------------------^
//
// Whoever closes the engine first closes what it holds (listeners, endpoints, connects); tasks are ended here.

import { STOP_GRACE_NS } from "../base/limits";
import * as tasks from "../exec/tasks";
import * as connections from "../net/connection";
import * as endpoints from "../net/endpoint";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import { Timer } from "../time/timer-heap";

let isClosing: bool = false;
let isOverdue: bool = false;
let grace: Timer = changetype<Timer>(0);

/** Returns how many SILENT tasks were dropped. CALLS tasks run with CANCELLED in the next turns. */
export function begin(): i32 {
  assert(!isClosing);
  isClosing = true;
  const dropped = tasks.shutDown();
  grace = timers.create(overdue, 0);
  timers.schedule(grace, clock.after(STOP_GRACE_NS));
  return dropped;
}

/** Whether the engine was closed and nothing of it is under way. */
export function isGone(): bool {
  if (!isClosing) return false;
  const isOver = isOverdue
    || (!tasks.queuedCount && !endpoints.liveCount() && !connections.liveCount());
  if (isOver && grace) {
    timers.free(grace);
    grace = changetype<Timer>(0);
  }
  return isOver;
}

function overdue(owner: usize): void {
  isOverdue = true;
}
