// Tasks: what runs soon, and what runs at a time. Both go through one queue, first in, first out.
//
//              run, runMany ──────────────┐ (no record, no handle)
//              runWithStatus ──────────┐  ▼
//   FREE ── runAt ──► WAITING ── due ──► QUEUED ── its turn ──► FREE, then the function runs
//    ▲                 │   │             │   │
//    ├─ cancel SILENT ─┘   │             │   └─ cancel CALLS ─┐
//    ├─ cancel SILENT ─────│─────────────┘                    ▼
//    │                     └─ cancel CALLS ──────────────► CANCELLED ── its turn ─┐
//    └── then the function runs, with the code CANCELLED ─────────────────────────┘
//
//   After shutDown nothing waits: SILENT is dropped, CALLS runs at once with the code CANCELLED.
//
// A function is never called by what queues it, so a callback may start and cancel anything. The record is free
// before its function runs: a task that runs can no longer be cancelled, and its slot may be taken again at once.
// A queue entry names the order of its task, so one that was cancelled is passed over without a search.

import { Pool } from "../base/pool";
import * as status from "../base/status";
import * as timers from "../time/timer-heap";
import { DIRECT, Timer } from "../time/timer";
import { TaskQueue } from "./task-queue";
import * as table from "./task-table";
import { INVALID, Task } from "./task-table";

/** Cancelled, the function never runs (the text of 2022). */
export const SILENT: u8 = 0;
/** The function runs exactly once; cancelled, with the code CANCELLED (the text of 2021). */
export const CALLS: u8 = 1;

/** Kinds of timers: this one, and one more for the mode CALLS. */
const HANDED_OVER: u8 = DIRECT + 1;

// States of a record with an order; without one it is free.
const WAITING: u8 = 0;
const QUEUED: u8 = 1;
const CANCELLED: u8 = 2;

// The first word of a queue entry: a kind in the low bits, and above it the table index of the function, or the
// address of the record, whose low bits are 0.
const KIND_MASK: u32 = 3;
const KIND_BITS: u32 = 2;
/** The second word is the owner. */
const RUN: u32 = 0;
const BATCH: u32 = 1;
/** The second word is the order. */
const TASK: u32 = 2;

/** Calls of one function that share a queue entry. */
@unmanaged
class Batch {
  run: u32;
  owner: usize;
  count: i32;
}

const batches = new Pool(offsetof<Batch>());
const queue = new TaskQueue(256);
/** Calls that the queue holds: one per task, `count` per batch. */
export let queuedCount: i32 = 0;
/** Those of them that have a record. */
let queuedTasks: i32 = 0;
/** Where the queue ended when the turn began, and how many calls the turn may still make. */
let turnEnd: u32 = 0;
let turnRest: i32 = 0;
export let isShutDown: bool = false;

/** While a function runs: OK or CANCELLED. */
export let code: u8 = status.OK;
/** While a function runs: the slot that it had, or `INVALID`. Its handle is stale by then. */
export let currentSlot: u32 = INVALID;
/** The second word of the handle that `runAt` or `runWithStatus` returned. Read it right after the call. */
export let lastGeneration: u32 = 0;

/** Runs `fn` once, soon, after everything that was queued before. Cannot be cancelled. */
export function run(fn: (owner: usize) => void, owner: usize): void {
  queue.push(fn.index << KIND_BITS | RUN, <u32>owner);
  queuedCount++;
}

/**
 * Runs `count` things of the owner's: `fn` gets how many to run now, and is called again in later turns until the
 * numbers add up to `count`. Keeps its place in the queue meanwhile. Cannot be cancelled.
 */
export function runMany(fn: (owner: usize, count: i32) => void, owner: usize, count: i32): void {
  assert(count >= 0 && count <= i32.MAX_VALUE - queuedCount);
  if (!count) return;
  const batch = changetype<Batch>(batches.take());
  batch.run = fn.index;
  batch.owner = owner;
  batch.count = count;
  queue.push(<u32>changetype<usize>(batch) | BATCH, 0);
  queuedCount += count;
}

/**
 * Runs `fn` once at or after `deadlineNs`, of `clock.now()`; in the next turn when that has passed, never when it
 * is `timers.NEVER`. Returns the slot of the handle. After `shutDown` the handle is invalid: a SILENT task does
 * not run at all, and a CALLS task runs at once, inside this call, with CANCELLED.
 */
export function runAt(
  deadlineNs: u64, fn: (owner: usize) => void, owner: usize, mode: u8, slackNs: u64 = 0,
): u32 {
  if (isShutDown) return refuse(fn, owner, mode);
  const task = take(fn, owner, mode);
  task.state = WAITING;
  if (slackNs) task.setSlack(slackNs);
  timers.schedule(task, deadlineNs);
  lastGeneration = task.order;
  return task.slot;
}

/** Runs `fn` once, soon, like `run`; it can be cancelled, in the mode CALLS. Returns the slot of the handle. */
export function runWithStatus(fn: (owner: usize) => void, owner: usize): u32 {
  if (isShutDown) return refuse(fn, owner, CALLS);
  const task = take(fn, owner, CALLS);
  task.order = timers.takeOrder();
  enqueue(task, QUEUED);
  lastGeneration = task.order;
  return task.slot;
}

/**
 * True: the task had not begun and was not cancelled before. SILENT: its function never runs and the record is
 * released. CALLS: its function runs with CANCELLED, through the queue. False for every other handle, real or not.
 */
export function cancel(slot: u32, generation: u32): bool {
  const task = table.find(slot, generation);
  if (!task || task.state == CANCELLED) return false;
  cancelTask(task);
  return true;
}

/**
 * Cancels every task with a handle; those with the mode CALLS run with CANCELLED in the next turns. What `run` and
 * `runMany` queued still runs, and they still work. Returns how many SILENT tasks were dropped.
 */
export function shutDown(): i32 {
  isShutDown = true;
  const before = table.liveCount();
  for (let slot: u32 = 0; slot < table.slotCount; slot++) {
    const task = table.at(slot);
    if (task.order && task.state != CANCELLED) cancelTask(task);
  }
  return before - table.liveCount();
}

/** A turn begins: it runs what is queued now, at most `countMax` calls. */
export function beginTurn(countMax: i32): void {
  turnEnd = queue.tail;
  turnRest = countMax;
}

/** Runs the next of this turn. False: there was none left, or the turn is used up. */
export function runNext(): bool {
  while (turnRest > 0 && queue.head != turnEnd) {
    const what = queue.whatAt(queue.head);
    const detail = queue.detailAt(queue.head);
    const kind = what & KIND_MASK;
    if (kind == BATCH) {
      runBatch(changetype<Batch>(<usize>(what & ~KIND_MASK)));
      return true;
    }
    queue.pop();
    if (kind == RUN) {
      queuedCount--;
      turnRest--;
      call_indirect<void>(what >>> KIND_BITS, detail);
      return true;
    }
    const task = changetype<Task>(<usize>(what & ~KIND_MASK));
    if (task.order == detail) {
      runTask(task);
      return true;
    }
  }
  return false;
}

/** A task's deadline has passed: it runs after everything that is queued. */
export function whenDue(timer: Timer): void {
  enqueue(changetype<Task>(changetype<usize>(timer)), QUEUED);
}

/** What still has to run, or waits. The leak law of the tests: zero when nothing is pending. */
export function liveCount(): i32 {
  return table.liveCount() + queuedCount - queuedTasks;
}

/** Checks that records, queue and counts agree; for tests. */
export function isValid(): bool {
  let taken = 0;
  let queued = 0;
  for (let slot: u32 = 0; slot < table.slotCount; slot++) {
    const task = table.at(slot);
    if (task.slot != slot) return false;
    taken += i32(task.order != 0);
    queued += i32(task.order != 0 && task.state != WAITING);
  }
  if (taken != table.liveCount() || queued != queuedTasks) return false;
  let calls = 0;
  for (let number = queue.head; number != queue.tail; number++) {
    const what = queue.whatAt(number);
    const kind = what & KIND_MASK;
    const record = <usize>(what & ~KIND_MASK);
    if (kind == RUN) {
      calls++;
    } else if (kind == BATCH) {
      calls += changetype<Batch>(record).count;
    } else if (changetype<Task>(record).order == queue.detailAt(number)) {
      calls++;
      queued--;
    }
  }
  return !queued && calls == queuedCount;
}

function take(fn: (owner: usize) => void, owner: usize, mode: u8): Task {
  const task = table.take();
  timers.prepare(task, fn, owner, HANDED_OVER + mode);
  return task;
}

function enqueue(task: Task, state: u8): void {
  task.state = state;
  queue.push(<u32>changetype<usize>(task) | TASK, task.order);
  queuedTasks++;
  queuedCount++;
}

function cancelTask(task: Task): void {
  const isQueued = task.state == QUEUED;
  if (!isQueued) timers.cancel(task);
  if (task.kind == HANDED_OVER + CALLS) {
    if (isQueued) {
      task.state = CANCELLED;
    } else {
      task.order = timers.takeOrder(); // what stands in the timers stays dead
      enqueue(task, CANCELLED);
    }
  } else {
    if (isQueued) {
      queuedTasks--;
      queuedCount--;
    }
    table.give(task);
  }
}

function refuse(fn: (owner: usize) => void, owner: usize, mode: u8): u32 {
  lastGeneration = 0;
  if (mode == CALLS) {
    const outerCode = code;
    const outerSlot = currentSlot;
    code = status.CANCELLED;
    currentSlot = INVALID;
    call_indirect<void>(fn.index, owner);
    code = outerCode;
    currentSlot = outerSlot;
  }
  return INVALID;
}

function runBatch(batch: Batch): void {
  const count = min(batch.count, turnRest);
  const run = batch.run;
  const owner = batch.owner;
  turnRest -= count;
  queuedCount -= count;
  batch.count -= count;
  if (!batch.count) {
    queue.pop();
    batches.give(changetype<usize>(batch));
  }
  call_indirect<void>(run, owner, count);
}

function runTask(task: Task): void {
  const run = task.run;
  const owner = task.owner;
  turnRest--;
  queuedTasks--;
  queuedCount--;
  code = task.state == CANCELLED ? status.CANCELLED : status.OK;
  currentSlot = task.slot;
  table.give(task);
  call_indirect<void>(run, owner);
  code = status.OK;
  currentSlot = INVALID;
}
