// Exports of the direct face: completion queues. A queue and an operation are their addresses; the caller owns a queue
// until `cq_destroy` and an operation until it ends. None of these waits: a QUEUE entry of the completion ring says
// that a NEXT queue has an event while it had none, that a PLUCK queue has one more, or that a queue is shut down.
// There is one entry per queue at most until `cq_heard`, which comes before the host looks.
//
// An event is in the results of the ring's state: 0 tag, 1 code | reason << 8, 2 value.

import * as callbacks from "../cq/callbacks";
import * as queues from "../cq/completion-queue";
import { CompletionQueue } from "../cq/completion-queue";
import * as factory from "../cq/factory";
import * as operations from "../cq/operation";
import { Operation } from "../cq/operation";
import * as ring from "../exec/completion-ring";

/** The factory of these attributes, 0 for none; see cq/factory.ts. */
export function cq_factory_lookup(version: u32, completionType: u32, pollingType: u32): u32 {
  return factory.lookup(version, completionType, pollingType);
}

/** `word` is what QUEUE entries carry; `shutdownTag` is the last functor of a CALLBACK queue, or 0. */
export function cq_create(found: u32, word: u32, shutdownTag: u32): CompletionQueue {
  const queue = factory.create(found, shutdownTag);
  queues.onReady(queue, isReady, word);
  return queue;
}

/** From here on the queue may tell again. */
export function cq_heard(queue: CompletionQueue): void {
  queues.heard(queue);
}

/** The operation, 0 when the queue is shut down for good or too many are outstanding. */
export function cq_begin_op(queue: CompletionQueue, tag: u32): usize {
  return changetype<usize>(queues.beginOp(queue, tag));
}

/** 0: the queue is gone, nobody is told, and `value` is still the caller's. */
export function cq_end_op(operation: Operation, code: u32, reason: u32, value: u32): bool {
  return queues.endOp(operation, <u8>code, <u8>reason, value);
}

/** Ends it without an event. */
export function cq_drop_op(operation: Operation): void {
  queues.dropOp(operation);
}

/** 1: the oldest event of a NEXT queue is in the results. */
export function cq_take(queue: CompletionQueue): bool {
  return queues.take(queue) && tell();
}

/** 1: the oldest event of `tag` of a PLUCK queue is in the results. */
export function cq_pluck(queue: CompletionQueue, tag: u32): bool {
  return queues.takeTag(queue, tag) && tell();
}

/** 1: the next functor of a CALLBACK queue is in the results. */
export function cq_take_callback(): bool {
  return callbacks.takeCallback() && tell();
}

export function cq_shutdown(queue: CompletionQueue): void {
  queues.shutdown(queue);
}

/** 1: no operation is outstanding and none can begin; events may be left. */
export function cq_is_shut_down(queue: CompletionQueue): bool {
  return queues.isShutDown(queue);
}

/** Events that were not taken. */
export function cq_length(queue: CompletionQueue): i32 {
  return queues.length(queue);
}

/** Shuts it down, too. It must be empty. */
export function cq_destroy(queue: CompletionQueue): void {
  queues.destroy(queue);
}

function isReady(word: usize): void {
  ring.push(ring.QUEUE, 0, 0, <u32>word);
}

function tell(): bool {
  ring.setResult(0, <u32>operations.eventTag);
  ring.setResult(1, <u32>operations.eventCode | <u32>operations.eventReason << 8);
  ring.setResult(2, operations.eventValue);
  return true;
}
