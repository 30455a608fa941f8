// The loop. One turn, in this order (docs/event-loop.md explains each step):
//
//   1  readiness   the host's ready buffer, or wasi:io/poll
//   2  clock       time is read once, and only if something needs it
//   3  timers      what is due: the engine's own timers run, tasks join the task queue; earliest first
//   4  tasks       what was queued when the step began runs: by priority, highest first, then oldest first
//   5  sources     what is ready runs, oldest first, as many as were ready when the step began
//   6  next        when the next turn is wanted
//
// Steps 3, 4 and 5 have a bound each, the same number, so that none can starve another.

import { READ_BYTES_MAX, TURN_CALLS_DEFAULT, TURN_CALLS_MAX } from "../base/limits";
import { takeSteps } from "../base/steps";
import * as tasks from "../exec/tasks";
import * as reader from "../net/reader";
import * as poller from "../poll/poller";
import * as readiness from "../poll/readiness";
import * as readyBuffer from "../poll/ready-buffer";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import * as memory from "./memory";
import * as stats from "./stats";

/** Timers, tasks and sources that one turn handles at most, each. */
let turnBound: i32 = TURN_CALLS_DEFAULT;

/** From the next turn on. What is beyond the bound waits for the turn after, in its order. */
export function setTurnBound(calls: u32): void {
  assert(calls > 0 && calls <= TURN_CALLS_MAX, "the bound of a turn is 1 to 1048576 calls");
  turnBound = <i32>calls;
}

/** A turn for a host that says what is ready: never blocks. */
export function turnWith(readyCount: i32): void {
  stats.turnBegins(!isBusy());
  readyBuffer.take(readyCount);
  stats.waitEnds();
  const timersRan = runDueTimers();
  memory.tick();
  const hadTasks = tasks.queuedCount != 0;
  tasks.beginTurn(turnBound);
  while (tasks.runNext()) {}
  const sourcesRan = runsOfThisTurn();
  for (let i = sourcesRan; i > 0; i--) readiness.runNext();
  stats.turnEnds(timersRan, hadTasks, sourcesRan);
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
  const isIdle = !isBusy();
  stats.turnBegins(isIdle);
  if (!restOfTurn) {
    const nowNs = clock.now();
    poller.work(nowNs, isIdle ? min(boundNs, timers.earliestNs()) : nowNs);
  }
  stats.waitEnds();
  const timersRan = runDueTimers();
  const hadTasks = runTasks();
  if (!restOfTurn) restOfTurn = runsOfThisTurn();
  reader.forgetBytes();
  let sourcesRan = 0;
  while (restOfTurn > 0 && reader.bytesRead < <u32>READ_BYTES_MAX) {
    restOfTurn--;
    sourcesRan++;
    readiness.runNext();
    poller.spend(takeSteps());
  }
  stats.turnEnds(timersRan, hadTasks, sourcesRan);
}

/** A turn of timers and tasks alone, which waits for nothing but the time; sources stay as they are. */
export function turnWithoutIo(boundNs: u64): void {
  const nowNs = clock.now();
  const isIdle = !tasks.queuedCount;
  stats.turnBegins(isIdle);
  poller.sleep(nowNs, isIdle ? min(boundNs, timers.earliestNs()) : nowNs);
  stats.waitEnds();
  const timersRan = runDueTimers();
  stats.turnEnds(timersRan, runTasks(), 0);
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

/** Step 4 after a wait of our own. Answers whether there was a task. */
function runTasks(): bool {
  memory.tick();
  const hadTasks = tasks.queuedCount != 0;
  tasks.beginTurn(turnBound);
  while (tasks.runNext()) poller.spend(takeSteps());
  return hadTasks;
}

function runDueTimers(): i32 {
  return timers.scheduledCount() ? timers.runDue(clock.now(), turnBound, tasks.whenDue) : 0;
}

function runsOfThisTurn(): i32 {
  return min(readiness.readyCount, turnBound);
}
