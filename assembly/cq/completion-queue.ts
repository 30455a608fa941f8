// A completion queue: events of operations that ended, for whoever takes them.
//
//                 shutdown()               the last operation ended
//   create() --> OPEN ---------> DRAINING ---------------------------> SHUT_DOWN -- destroy() --> gone
//     pending:   1 + operations  operations                            0                           ^
//                    |              |                                                              |
//                    +--------------+-- destroy() --> ORPHANED -- the last operation ended --------+
//
// As long as `pending` is not 0 operations may begin, so one that is outstanding keeps the queue open for others
// although it was shut down. Whoever waits is told of the shutdown once every event was taken, and from then on always.
//
//   NEXT      events are taken by age          PLUCK     events are taken by tag
//   CALLBACK  holds no event: what ends is a functor to run (callbacks.ts), and the shutdown is the last of them
//
// An ORPHANED queue tells nothing more: operations end without an event. Those of a CALLBACK queue are still told, and
// its shutdown too: a functor often owns itself.

import { PLUCKERS_MAX } from "../base/limits";
import { Pool } from "../base/pool";
import * as callbacks from "./callbacks";
import * as chains from "./events";
import { Events } from "./events";
import * as operations from "./operation";
import { Operation } from "./operation";

// Completion types
export const NEXT: u8 = 0;
export const PLUCK: u8 = 1;
export const CALLBACK: u8 = 2;

// Polling types: what a wait on the queue drives (waiting.ts).
export const DEFAULT_POLLING: u8 = 0;
export const NON_LISTENING: u8 = 1;
export const NON_POLLING: u8 = 2;

const OPEN: u8 = 0;
const DRAINING: u8 = 1;
const SHUT_DOWN: u8 = 2;
const ORPHANED: u8 = 3;

@unmanaged
export class CompletionQueue extends Events {
  state: u8;
  completionType: u8;
  pollingType: u8;
  /** Who waits for a tag of its own. */
  pluckers: u8;
  /** `ready` ran, and nobody has looked since. */
  isTold: bool;
  /** Operations that have not ended, and one more while OPEN. */
  pending: u32;
  /** Pollables of the queue (pollable.ts), which must go before it. */
  watchers: u32;
  /** Table index of a `(owner: usize) => void`, 0 for none, and its owner. */
  ready: u32;
  owner: usize;
  /** CALLBACK: the tag of the last completion, 0 for no such completion. */
  shutdownTag: u64;
}

const pool = new Pool(offsetof<CompletionQueue>(), 8);

/** The caller owns it until `destroy`. `shutdownTag` is for CALLBACK, 0 for none. */
export function create(completionType: u8, pollingType: u8, shutdownTag: u64): CompletionQueue {
  assert(completionType <= CALLBACK && pollingType <= NON_POLLING, "no such completion queue");
  const queue = changetype<CompletionQueue>(pool.take());
  chains.clear(queue);
  queue.completionType = completionType;
  queue.pollingType = pollingType;
  queue.shutdownTag = shutdownTag;
  queue.pending = 1;
  return queue;
}

/**
 * `ready` runs, inside of the call that causes it, when a NEXT queue gets an event while it has none, when a PLUCK
 * queue gets any, and when the queue is shut down for good; but not again before `heard`. It must only take a note.
 * For queues that nobody waits on (exports/cq.ts).
 */
export function onReady(queue: CompletionQueue, ready: (owner: usize) => void, owner: usize): void {
  queue.ready = ready.index;
  queue.owner = owner;
}

/** Who was told looks at the queue now, after this call. */
export function heard(queue: CompletionQueue): void {
  queue.isTold = false;
}

/** Whether `beginOp` would begin one. */
export function canBegin(queue: CompletionQueue): bool {
  return queue.pending != 0 && operations.hasRoom();
}

/**
 * Null when the queue is shut down for good, or OPERATIONS_MAX are outstanding or not delivered yet, all queues
 * together. Otherwise the operation is to be ended once, by `endOp` or `dropOp`. Tags need not differ.
 */
export function beginOp(queue: CompletionQueue, tag: u64): Operation | null {
  if (!queue.pending) return null;
  const operation = operations.take(changetype<usize>(queue), tag);
  if (operation) queue.pending++;
  return operation;
}

/**
 * The operation's event joins the queue; nothing runs inside of this call but `ready`. False: the queue is gone, there
 * will be no event, and `value` is still the caller's.
 */
export function endOp(operation: Operation, code: u8, reason: u8 = 0, value: u32 = 0): bool {
  const queue = changetype<CompletionQueue>(operation.queue);
  assert(changetype<usize>(queue) != 0, "an operation ended twice");
  const isCallback = queue.completionType == CALLBACK;
  if (queue.state == ORPHANED && !isCallback) {
    dropOp(operation);
    return false;
  }
  operation.queue = 0;
  operation.code = code;
  operation.reason = reason;
  operation.value = value;
  if (isCallback) {
    callbacks.push(operation);
  } else {
    const isPluck = queue.completionType == PLUCK;
    chains.append(queue, operation, isPluck);
    if (isPluck || queue.length == 1) tell(queue);
  }
  release(queue);
  return true;
}

/** It ends without an event, as if it had never begun. */
export function dropOp(operation: Operation): void {
  const queue = changetype<CompletionQueue>(operation.queue);
  assert(changetype<usize>(queue) != 0, "an operation ended twice");
  operations.give(operation);
  release(queue);
}

/** Once the operations that are outstanding have ended, no more can begin. Idempotent. */
export function shutdown(queue: CompletionQueue): void {
  if (queue.state != OPEN) return;
  queue.state = DRAINING;
  release(queue);
}

/**
 * Shuts it down, too; the caller forgets it. Refused while it holds events (of NEXT and PLUCK: take them first) or has
 * pollables. Operations that are outstanding may end whenever they do.
 */
export function destroy(queue: CompletionQueue): void {
  assert(!queue.length, "a completion queue was destroyed before its events were taken");
  assert(!queue.watchers, "a completion queue was destroyed before its pollables");
  queue.ready = 0; // nobody is there to be told
  shutdown(queue);
  if (queue.pending) queue.state = ORPHANED;
  else free(queue);
}

/** Shut down for good: no operation is outstanding and none can begin. Events may be left. */
@inline export function isShutDown(queue: CompletionQueue): bool {
  return !queue.pending;
}

/** Events that were not taken; always 0 for CALLBACK. */
@inline export function length(queue: CompletionQueue): i32 {
  return queue.length;
}

/**
 * Whether a wait would not wait: there is an event (for CALLBACK: a functor of any such queue), or there will never be
 * one again.
 */
@inline export function isReady(queue: CompletionQueue): bool {
  return queue.length != 0 || !queue.pending || (queue.completionType == CALLBACK && callbacks.length() != 0);
}

/** Whether listeners may tell this queue of their connections: a wait on it must accept. */
export function canListen(queue: CompletionQueue): bool {
  return queue.pollingType == DEFAULT_POLLING;
}

/** NEXT: takes the oldest event, if any, into the variables of operation.ts. */
export function take(queue: CompletionQueue): bool {
  assert(queue.completionType == NEXT, "next wants a completion queue of type NEXT");
  if (!queue.length) return false;
  operations.deliver(chains.shift(queue));
  return true;
}

/** PLUCK: takes the oldest event of `tag`, if any, into the variables of operation.ts. */
export function takeTag(queue: CompletionQueue, tag: u64): bool {
  assert(queue.completionType == PLUCK, "pluck wants a completion queue of type PLUCK");
  const operation = chains.pick(queue, tag);
  if (!operation) return false;
  operations.deliver(operation);
  return true;
}

/** False: PLUCKERS_MAX wait already, and this one must give up at once. Otherwise `removePlucker` follows. */
export function addPlucker(queue: CompletionQueue): bool {
  if (queue.pluckers == PLUCKERS_MAX) return false;
  queue.pluckers++;
  return true;
}

export function removePlucker(queue: CompletionQueue): void {
  assert(queue.pluckers != 0);
  queue.pluckers--;
}

/** Queues that are not gone. */
export function liveCount(): i32 {
  return pool.live;
}

/** One pending thing less; with the last one the shutdown is complete. */
function release(queue: CompletionQueue): void {
  if (--queue.pending) return;
  const isOrphan = queue.state == ORPHANED;
  queue.state = SHUT_DOWN;
  if (queue.shutdownTag) callbacks.push(operations.takeBeyond(0, queue.shutdownTag));
  if (isOrphan) free(queue);
  else tell(queue);
}

function tell(queue: CompletionQueue): void {
  if (!queue.ready || queue.isTold) return;
  queue.isTold = true;
  call_indirect<void>(queue.ready, queue.owner);
}

function free(queue: CompletionQueue): void {
  chains.clear(queue);
  pool.give(changetype<usize>(queue));
}
