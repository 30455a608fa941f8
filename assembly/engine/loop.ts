// The loop. One turn, in this order (docs/event-loop.md explains each step):
//
//   1  readiness   the host's ready buffer, or wasi:io/poll
//   2  clock       time is read once, and only if something needs it
//   3  timers      what is due: the engine's own timers run, tasks join the task queue; earliest first
//   4  tasks       what is queued runs, oldest first, as many as were queued when the step began
//   5  sources     what is ready runs, oldest first, as many as were ready when the step began
//   6  next        when the next turn is wanted
//
// Steps 3, 4 and 5 have a bound each, so that none can starve another.

import { READ_BYTES_MAX, RUNS_PER_TURN_MAX, TASKS_PER_TURN_MAX, TIMERS_PER_TURN_MAX } from "../base/limits";
import { takeSteps } from "../base/steps";
import * as tasks from "../exec/tasks";
import * as reader from "../net/reader";
import * as poller from "../poll/poller";
import * as readiness from "../poll/readiness";
import * as readyBuffer from "../poll/ready-buffer";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import * as memory from "./memory";

/** A turn for a host that says what is ready: never blocks. */
export function turnWith(readyCount: i32): void {
  readyBuffer.take(readyCount);
  clock.update();
  runDueTimers();
  memory.tick();
  tasks.beginTurn(TASKS_PER_TURN_MAX);
  while (tasks.runNext()) {}
  for (let i = runsOfThisTurn(); i > 0; i--) readiness.runNext();
}

/** Sources that the latest poll found and that did not run yet, because what others had read came first. */
let restOfTurn: i32 = 0;

/**
 * A turn that waits in wasi:io/poll until there is something to do, `boundNs` at the latest. It ends early when slices
 * were filled with READ_BYTES_MAX, so that their owner handles them while they are in the cache; the next turn goes on
 * with the sources that are left instead of a poll.
 */
export function turnBlocking(boundNs: u64 = timers.NEVER): void {
  poller.spend(takeSteps()); // of what the program did between two turns
  if (!restOfTurn) {
    const nowNs = clock.now();
    poller.work(nowNs, isBusy() ? nowNs : min(boundNs, timers.earliestNs()));
  }
  runWhatIsDue();
  if (!restOfTurn) restOfTurn = runsOfThisTurn();
  reader.forgetBytes();
  while (restOfTurn > 0 && reader.bytesRead < <u32>READ_BYTES_MAX) {
    restOfTurn--;
    readiness.runNext();
    poller.spend(takeSteps());
  }
}

/** A turn of timers and tasks alone, which waits for nothing but the time; sources stay as they are. */
export function turnWithoutIo(boundNs: u64): void {
  const nowNs = clock.now();
  poller.sleep(nowNs, tasks.queuedCount ? nowNs : min(boundNs, timers.earliestNs()));
  runWhatIsDue();
}

/** Nanoseconds until the next turn is wanted: 0 at once, -1 not before something is ready. */
export function nextTurnNs(): f64 {
  if (isBusy()) return 0;
  const deadlineNs = timers.earliestNs();
  if (deadlineNs == timers.NEVER) return -1;
  const nowNs = clock.now();
  return deadlineNs <= nowNs ? 0 : <f64>(deadlineNs - nowNs);
}

/** Whether something waits for its turn already. */
function isBusy(): bool {
  return readiness.readyCount != 0 || tasks.queuedCount != 0;
}

/** Steps 2 to 4 after a wait of our own. */
function runWhatIsDue(): void {
  clock.update();
  runDueTimers();
  memory.tick();
  tasks.beginTurn(TASKS_PER_TURN_MAX);
  while (tasks.runNext()) poller.spend(takeSteps());
}

function runDueTimers(): void {
  if (timers.earliestNs() != timers.NEVER) timers.runDue(clock.now(), TIMERS_PER_TURN_MAX, tasks.whenDue);
}

function runsOfThisTurn(): i32 {
  return min(readiness.readyCount, RUNS_PER_TURN_MAX);
}
