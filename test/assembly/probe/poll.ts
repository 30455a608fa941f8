// The probe of readiness: sources, the wait list, the ready buffer and the poller. A source that runs calls back
// into the test with its owner, and the test answers how many steps the run took.

import { realloc } from "../../../assembly/abi/arena";
import { usedBytes } from "../../../assembly/abi/arena";
import * as limits from "../../../assembly/base/limits";
import { step } from "../../../assembly/base/steps";
import * as loop from "../../../assembly/engine/loop";
import * as reader from "../../../assembly/net/reader";
import * as poller from "../../../assembly/poll/poller";
import * as readiness from "../../../assembly/poll/readiness";
import * as readyBuffer from "../../../assembly/poll/ready-buffer";
import { Source } from "../../../assembly/poll/source";
import * as waitList from "../../../assembly/poll/wait-list";
import { WaitQueue } from "../../../assembly/poll/wait-queue";
import * as timers from "../../../assembly/time/timer-heap";
import "../../../assembly/wasi/abort";

export { realloc as cabi_realloc, usedBytes };

@external("test", "run")
declare function ran(owner: usize): i32;

export function create(owner: usize): Source {
  return readiness.create((sourceOwner: usize): void => {
    for (let i = ran(sourceOwner); i > 0; i--) step();
  }, owner);
}

export function state(source: Source): i32 {
  return source.state;
}

export function pollable(source: Source): u32 {
  return source.pollable;
}

export function eventNs(source: Source): u64 {
  return source.eventNs;
}

export function pin(source: Source): void {
  source.pinned = true;
}

export function makePrompt(source: Source): void {
  source.prompt = true;
}

export function runPrompt(): void {
  readiness.runPrompt();
}

export function promptCount(): u64 {
  return readiness.promptCount;
}

export function liveCount(): i32 {
  return readiness.liveCount();
}

/** As if a read had brought them. */
export function countBytes(count: u32): void {
  reader.countBytes(count);
}

export function readyCount(): i32 {
  return readiness.readyCount;
}

export function wait(source: Source): void {
  readiness.wait(source);
}

export function rest(source: Source): void {
  readiness.rest(source);
}

export function signal(source: Source, nowNs: u64): void {
  readiness.signal(source, nowNs);
}

export function hurry(source: Source): void {
  readiness.hurry(source);
}

export function runNext(): void {
  readiness.runNext();
}

export function free(source: Source): void {
  readiness.free(source);
}

export function subscribe(source: Source, handle: u32): void {
  readiness.subscribe(source, handle);
}

export function unsubscribe(source: Source): void {
  readiness.unsubscribe(source);
}

export function deliverByHandle(): void {
  waitList.deliverByHandle();
}

export function find(handle: u32): Source | null {
  return waitList.find(handle);
}

export function hot(): i32 {
  return waitList.hot.length;
}

export function all(): i32 {
  return waitList.all();
}

/** Address of a copy of the handles, the hot ones first. */
export function handles(): usize {
  const copy = heap.alloc(<usize>(waitList.all() + 1) << 2);
  waitList.hot.copyHandles(copy, waitList.hot.length);
  waitList.cold.copyHandles(copy + (<usize>waitList.hot.length << 2), waitList.cold.length);
  return copy;
}

/** The source at `index` of that order. */
export function at(index: i32): Source {
  const hot = waitList.hot.length;
  return index < hot ? waitList.hot.at(index) : waitList.cold.at(index - hot);
}

export function isCold(source: Source): bool {
  return source.isCold;
}

export function setNow(nowNs: u64): void {
  waitList.setNow(nowNs);
}

/** What a window does with its oldest `count` when none of them is ready. */
export function passOver(cold: bool, count: i32): void {
  const queue = cold ? waitList.cold : waitList.hot;
  for (let i = 0; i < count; i++) waitList.putBack(queue.shift());
}

// A wait queue of its own

export function queueCreate(): WaitQueue {
  return new WaitQueue();
}

export function queueLength(queue: WaitQueue): i32 {
  return queue.length;
}

export function queuePush(queue: WaitQueue, source: Source): void {
  queue.push(source);
}

export function queueShift(queue: WaitQueue): Source {
  return queue.shift();
}

export function queueRemove(queue: WaitQueue, source: Source): void {
  queue.remove(source);
}

export function queueAt(queue: WaitQueue, index: i32): Source {
  return queue.at(index);
}

export function queueCopy(queue: WaitQueue, target: usize, count: i32): void {
  queue.copyHandles(target, count);
}

export function readyBufferAddress(): usize {
  return readyBuffer.READY_BUFFER;
}

export function take(count: i32): void {
  readyBuffer.take(count);
}

export function work(nowNs: u64, deadlineNs: u64): void {
  poller.work(nowNs, deadlineNs);
}

export function turnBlocking(): void {
  loop.turnBlocking();
}

/** A turn by hand; returns when the next one is wanted. */
export function turnWith(readyCount: i32): f64 {
  loop.turnWith(readyCount);
  return loop.nextTurnNs();
}

/** Runs as a source of this owner would, once at `deadlineNs`; never given back. */
export function runAt(deadlineNs: u64, owner: usize): void {
  timers.schedule(timers.create((timerOwner: usize): void => {
    ran(timerOwner);
  }, owner), deadlineNs);
}

export function spend(count: i32): void {
  poller.spend(count);
}

export function close(): void {
  poller.close();
}

export function readyCapacity(): i32 {
  return limits.READY_CAPACITY;
}

export function pollWindow(): i32 {
  return limits.POLL_WINDOW;
}

/** How long a source may be silent and still be hot while `count` wait. */
export function silenceNs(count: i32): u64 {
  return limits.HOT_NS + <u64>count * limits.HOT_PER_SOURCE_NS;
}
