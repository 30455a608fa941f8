// The probe of completion queues: queues, operations, callbacks, the factory, waits and pollables.

import { realloc } from "../../../assembly/abi/arena";
import { usedBytes } from "../../../assembly/abi/arena";
import * as limits from "../../../assembly/base/limits";
import * as guestQueues from "../../../assembly/component/queue";
import { GuestQueue } from "../../../assembly/component/queue";
import { step } from "../../../assembly/base/steps";
import { takeCallback } from "../../../assembly/cq/callbacks";
import * as callbackQueue from "../../../assembly/cq/callbacks";
import * as queues from "../../../assembly/cq/completion-queue";
import { CompletionQueue } from "../../../assembly/cq/completion-queue";
import * as factory from "../../../assembly/cq/factory";
import * as operations from "../../../assembly/cq/operation";
import { Operation } from "../../../assembly/cq/operation";
import * as pollables from "../../../assembly/cq/pollable";
import { Pollable } from "../../../assembly/cq/pollable";
import * as waiting from "../../../assembly/cq/waiting";
import * as tasks from "../../../assembly/exec/tasks";
import * as poller from "../../../assembly/poll/poller";
import * as readiness from "../../../assembly/poll/readiness";
import { Source } from "../../../assembly/poll/source";
import * as clock from "../../../assembly/time/clock";
import * as timers from "../../../assembly/time/timer-heap";
import { Timer } from "../../../assembly/time/timer-heap";
import "../../../assembly/wasi/abort";

export { realloc as cabi_realloc, takeCallback, usedBytes };

@external("test", "ready")
declare function told(owner: usize): void;
@external("test", "run")
declare function ran(owner: usize): void;

export function lookup(version: u32, completionType: u32, pollingType: u32): u32 {
  return factory.lookup(version, completionType, pollingType);
}

export function make(found: u32, shutdownTag: u64): CompletionQueue {
  return factory.create(found, shutdownTag);
}

export function createForNext(): CompletionQueue {
  return factory.createForNext();
}

export function createForPluck(): CompletionQueue {
  return factory.createForPluck();
}

export function createForCallback(shutdownTag: u64): CompletionQueue {
  return factory.createForCallback(shutdownTag);
}

export function onReady(queue: CompletionQueue, owner: usize): void {
  queues.onReady(queue, told, owner);
}

export function heard(queue: CompletionQueue): void {
  queues.heard(queue);
}

export function beginOp(queue: CompletionQueue, tag: u64): usize {
  return changetype<usize>(queues.beginOp(queue, tag));
}

export function endOp(operation: Operation, code: u32, reason: u32, value: u32): bool {
  return queues.endOp(operation, <u8>code, <u8>reason, value);
}

export function dropOp(operation: Operation): void {
  queues.dropOp(operation);
}

// As a guest holds a queue

export function makeGuest(): GuestQueue {
  return guestQueues.create(factory.createForNext());
}

export function queueOf(guest: GuestQueue): CompletionQueue {
  return guest.queue;
}

export function beginOwn(guest: GuestQueue, tag: u64): bool {
  return guestQueues.beginOwn(guest, tag);
}

export function endOwn(guest: GuestQueue, tag: u64, success: bool): void {
  guestQueues.endOwn(guest, tag, success);
}

export function destroyGuest(guest: GuestQueue): void {
  guestQueues.destroy(guest);
}

export function shutdown(queue: CompletionQueue): void {
  queues.shutdown(queue);
}

export function destroy(queue: CompletionQueue): void {
  queues.destroy(queue);
}

export function isShutDown(queue: CompletionQueue): bool {
  return queues.isShutDown(queue);
}

export function isReady(queue: CompletionQueue): bool {
  return queues.isReady(queue);
}

export function canListen(queue: CompletionQueue): bool {
  return queues.canListen(queue);
}

export function length(queue: CompletionQueue): i32 {
  return queues.length(queue);
}

export function take(queue: CompletionQueue): bool {
  return queues.take(queue);
}

export function takeTag(queue: CompletionQueue, tag: u64): bool {
  return queues.takeTag(queue, tag);
}

export function callbackCount(): i32 {
  return callbackQueue.length();
}

export function addPlucker(queue: CompletionQueue): bool {
  return queues.addPlucker(queue);
}

export function removePlucker(queue: CompletionQueue): void {
  queues.removePlucker(queue);
}

export function next(queue: CompletionQueue, deadlineNs: u64): u32 {
  return waiting.next(queue, deadlineNs);
}

export function pluck(queue: CompletionQueue, tag: u64, deadlineNs: u64): u32 {
  return waiting.pluck(queue, tag, deadlineNs);
}

export function callbacks(deadlineNs: u64): bool {
  return waiting.callbacks(deadlineNs);
}

export function eventTag(): u64 {
  return operations.eventTag;
}

/** code | reason << 8 */
export function eventCode(): u32 {
  return <u32>operations.eventCode | <u32>operations.eventReason << 8;
}

export function eventValue(): u32 {
  return operations.eventValue;
}

export function liveQueues(): i32 {
  return queues.liveCount();
}

export function liveOperations(): i32 {
  return operations.liveCount();
}

export function livePollables(): i32 {
  return pollables.liveCount();
}

export function operationsMax(): i32 {
  return limits.OPERATIONS_MAX;
}

export function takesPerTurnMax(): i32 {
  return limits.TAKES_PER_TURN_MAX;
}

// What fills queues from the loop

function endLater(operation: usize): void {
  queues.endOp(changetype<Operation>(operation), 0, 0, 0);
}

/** Ends `operation` with OK from a task at `deadlineNs`. */
export function endAt(operation: Operation, deadlineNs: u64): void {
  clock.update();
  tasks.runAt(deadlineNs, endLater, changetype<usize>(operation), tasks.SILENT);
}

/** A timer that runs the test. */
export function timerAt(owner: usize, deadlineNs: u64): Timer {
  const timer = timers.create(ran, owner);
  timers.schedule(timer, deadlineNs);
  return timer;
}

export function timerFree(timer: Timer): void {
  timers.free(timer);
}

/** A source that waits for `handle` and ends `operation` when it is ready. */
export function endWhenReady(operation: usize, handle: u32): Source {
  const source = readiness.create(endLater, operation);
  readiness.subscribe(source, handle);
  readiness.wait(source);
  return source;
}

/** A source that waits for `handle` and runs the test. */
export function watch(owner: usize, handle: u32): Source {
  const source = readiness.create(ran, owner);
  readiness.subscribe(source, handle);
  readiness.wait(source);
  return source;
}

export function unwatch(source: Source): void {
  readiness.free(source);
}

/** What a program does between two waits, by the count of a cooperative runtime. */
export function spend(steps: i32): void {
  while (steps--) step();
}

export function waitAgain(source: Source): void {
  readiness.wait(source);
}

export function liveSources(): i32 {
  return readiness.liveCount();
}

export function readyCount(): i32 {
  return readiness.readyCount;
}

// Pollables

export function pollableOfQueue(queue: CompletionQueue): Pollable {
  return pollables.ofQueue(queue);
}

export function pollableOfWasi(handle: u32): Pollable {
  return pollables.ofWasi(handle);
}

export function pollableReady(pollable: Pollable): bool {
  return pollables.ready(pollable);
}

export function pollableBlock(pollable: Pollable): void {
  pollables.block(pollable);
}

export function pollableDrop(pollable: Pollable): void {
  pollables.drop(pollable);
}

const LIST_MAX: i32 = 64;
const list: usize = memory.data(4 * 64, 4);

/** Where the list of `poll` is, 64 words. */
export function pollList(): usize {
  return list;
}

export function poll(count: i32): i32 {
  assert(count <= LIST_MAX);
  return pollables.poll(list, count);
}

export function close(): void {
  poller.close();
}
