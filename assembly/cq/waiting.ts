// Waits: how a program that may block gets its events. Nobody else drives the engine then, so a wait does.
//
//   next() --> an event? --yes--> OP_COMPLETE
//                 | no
//              shut down for good? --yes--> QUEUE_SHUTDOWN
//                 | no
//              not the first round, and too late? --yes--> QUEUE_TIMEOUT
//                 | no
//              a turn of the loop that waits until the deadline, and once more
//
// So a deadline that has passed still gives one turn. Events that are there come before anything is polled, but not for
// ever: a program that ends operations itself could keep the queue filled, so every TAKES_PER_TURN_MAX events one turn
// that does not wait comes first. What the turns of a wait do depends on the queue's polling type:
//
//   DEFAULT_POLLING  everything
//   NON_LISTENING    everything, but nobody is accepted; who comes waits for a wait of another kind
//   NON_POLLING      timers and tasks
//
// A wait that nothing could end (no deadline, no timer, no task, nothing to poll) is refused.

import { TAKES_PER_TURN_MAX } from "../base/limits";
import * as loop from "../engine/loop";
import * as listeners from "../net/listener";
import * as clock from "../time/clock";
import { takeCallback } from "./callbacks";
import * as queues from "./completion-queue";
import { CompletionQueue, DEFAULT_POLLING, NON_POLLING } from "./completion-queue";
import * as operations from "./operation";

// How a wait ends
export const QUEUE_SHUTDOWN: u8 = 0;
export const QUEUE_TIMEOUT: u8 = 1;
export const OP_COMPLETE: u8 = 2;
/** Not yet: for `attempt…` only. */
export const PENDING: u8 = 3;

/**
 * Waits for the oldest event of a NEXT queue until `deadlineNs` (of the monotonic clock; `timers.NEVER` for none).
 * OP_COMPLETE: it is in the variables of operation.ts. `queues.take` gives what else is there.
 */
export function next(queue: CompletionQueue, deadlineNs: u64): u8 {
  beginWait(queue);
  let outcome = attemptNext(queue, deadlineNs, true);
  while (outcome == PENDING) {
    turn(queue, deadlineNs);
    outcome = attemptNext(queue, deadlineNs, false);
  }
  return outcome;
}

/**
 * Waits for the oldest event of `tag` of a PLUCK queue. QUEUE_TIMEOUT at once when PLUCKERS_MAX wait already;
 * otherwise like `next`.
 */
export function pluck(queue: CompletionQueue, tag: u64, deadlineNs: u64): u8 {
  if (!queues.addPlucker(queue)) return QUEUE_TIMEOUT;
  beginWait(queue);
  let outcome = attemptPluck(queue, tag, deadlineNs, true);
  while (outcome == PENDING) {
    turn(queue, deadlineNs);
    outcome = attemptPluck(queue, tag, deadlineNs, false);
  }
  queues.removePlucker(queue);
  return outcome;
}

/** Waits for a functor of any CALLBACK queue, as `takeCallback` gives it. False: the deadline came first. */
export function callbacks(deadlineNs: u64): bool {
  giveWay();
  if (takeCallback()) return true;
  clock.update();
  do {
    fullTurn(deadlineNs);
    if (takeCallback()) return true;
  } while (clock.now() < deadlineNs);
  return false;
}

/** One round of `next`, for who turns the engine in another way. */
export function attemptNext(queue: CompletionQueue, deadlineNs: u64, isFirst: bool): u8 {
  return queues.take(queue) ? OP_COMPLETE : outcomeWithout(queue, deadlineNs, isFirst);
}

/** One round of `pluck`. The caller counts as a plucker meanwhile. */
export function attemptPluck(queue: CompletionQueue, tag: u64, deadlineNs: u64, isFirst: bool): u8 {
  return queues.takeTag(queue, tag) ? OP_COMPLETE : outcomeWithout(queue, deadlineNs, isFirst);
}

/** A turn that does not wait, if events were taken without one for long. */
export function giveWay(): void {
  if (operations.deliveredCount < TAKES_PER_TURN_MAX) return;
  clock.update(); // the program may have run for long
  fullTurn(0);
}

/** A turn of everything. The caller has made the clock current. */
export function fullTurn(boundNs: u64): void {
  operations.forgetDelivered();
  listeners.letGo();
  loop.turnBlocking(boundNs);
}

function beginWait(queue: CompletionQueue): void {
  if (queue.length && operations.deliveredCount < TAKES_PER_TURN_MAX) return;
  clock.update(); // the program may have run for long
  if (queue.length) turn(queue, 0);
}

function outcomeWithout(queue: CompletionQueue, deadlineNs: u64, isFirst: bool): u8 {
  if (queues.isShutDown(queue)) return QUEUE_SHUTDOWN;
  return !isFirst && clock.now() >= deadlineNs ? QUEUE_TIMEOUT : PENDING;
}

function turn(queue: CompletionQueue, boundNs: u64): void {
  if (queue.pollingType == DEFAULT_POLLING) return fullTurn(boundNs);
  operations.forgetDelivered();
  if (queue.pollingType == NON_POLLING) return loop.turnWithoutIo(boundNs);
  listeners.hold();
  loop.turnBlocking(boundNs);
}
