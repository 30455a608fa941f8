// Tasks: what runs soon, and what runs at a time. Both go through the queue of their priority (levels.ts), first in,
// first out.
//
//              run, runMany ──────────────┐ (no record, no handle)
//              runWithStatus ──────────┐  ▼
//   FREE ── runAt ──► WAITING ── due ──► QUEUED ── its turn ──► FREE, then the function runs
//    ▲                 │   │             │   │
//    ├─ cancel SILENT ─┘   │             │   └─ cancel CALLS ─┐
//    ├─ cancel SILENT ─────│─────────────┘                    ▼
//    │                     └─ cancel CALLS ──────────────► CANCELLED ── its turn ─┐
//    └── then the function runs, with the code CANCELLED ─────────────────────────┘
//    (drop: from any of the three to FREE)
//
//   After shutDown nothing waits: SILENT is dropped, CALLS runs at once with the code CANCELLED.
//
// A function is never called by what queues it, so a callback may start and cancel anything. The record is free
// before its function runs: a task that runs can no longer be cancelled, and its slot may be taken again at once.
// A queue entry names the order of its task, so one that was cancelled is passed over without a search. Behind a flood
// that may be late: when most entries of a queue are such ones, they are removed.
//
// Priorities are those of base/priority.ts; 1, where one is left out, is MED (a name would make every such call a call
// of a stub).

import { Pool } from "../base/pool";
import { COUNT, MED } from "../base/priority";
import * as status from "../base/status";
import * as timers from "../time/timer-heap";
import { DIRECT, Timer } from "../time/timer";
import * as levels from "./levels";
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

/** So many entries of cancelled tasks a queue may have in any case. */
const DEAD_MIN: u32 = 64;

const batches = new Pool(offsetof<Batch>());
/** Calls that the queues hold: one per task, `count` per batch. */
export let queuedCount: i32 = 0;
/** Those of them that have a record. */
let queuedTasks: i32 = 0;
export let isShutDown: bool = false;

/** While a function runs: OK or CANCELLED. */
export let code: u8 = status.OK;
/** While a function runs: the slot that it had, or `INVALID`. Its handle is stale by then. */
export let currentSlot: u32 = INVALID;
/** The second word of the handle that `runAt` or `runWithStatus` returned. Read it right after the call. */
export let lastGeneration: u32 = 0;

/** Runs `fn` once, soon, after everything of its priority that was queued before. Cannot be cancelled. */
@inline export function run(fn: (owner: usize) => void, owner: usize, priority: u32 = 1): void {
  if (priority == MED) runMedium(fn.index, owner);
  else runAs(fn.index, owner, priority);
}

/**
 * Runs `count` things of the owner's: `fn` gets how many to run now, and is called again in later turns until the
 * numbers add up to `count`. Keeps its place in the queue meanwhile. Cannot be cancelled.
 */
export function runMany(
  fn: (owner: usize, count: i32) => void, owner: usize, count: i32, priority: u32 = 1,
): void {
  assert(count >= 0 && count <= i32.MAX_VALUE - queuedCount);
  if (!count) return;
  const batch = changetype<Batch>(batches.take());
  batch.run = fn.index;
  batch.owner = owner;
  batch.count = count;
  levels.push(priority, <u32>changetype<usize>(batch) | BATCH, 0);
  queuedCount += count;
}

/**
 * Runs `fn` once at or after `deadlineNs`, of `clock.now()`; in the next turn when that has passed, never when it
 * is `timers.NEVER`. No turn is made for it before `slackNs` more have passed, but every turn runs what is due.
 * Returns the slot of the handle. After `shutDown` the handle is invalid: a SILENT task does not run at all, and a
 * CALLS task runs at once, inside this call, with CANCELLED.
 */
export function runAt(
  deadlineNs: u64, fn: (owner: usize) => void, owner: usize, mode: u8, slackNs: u64 = 0, priority: u32 = 1,
): u32 {
  if (isShutDown) return refuse(fn, owner, mode);
  const task = take(fn, owner, mode, priority);
  task.state = WAITING;
  timers.schedule(task, deadlineNs, slackNs);
  lastGeneration = task.order;
  return task.slot;
}

/** Runs `fn` once, soon, like `run`; it can be cancelled, in the mode CALLS. Returns the slot of the handle. */
export function runWithStatus(fn: (owner: usize) => void, owner: usize, priority: u32 = 1): u32 {
  if (isShutDown) return refuse(fn, owner, CALLS);
  const task = take(fn, owner, CALLS, priority);
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

/** Takes out a task that has not begun, whatever its mode: its function never runs. False for every other handle. */
export function drop(slot: u32, generation: u32): bool {
  const task = table.find(slot, generation);
  if (!task) return false;
  dropTask(task);
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

/** A turn begins: it runs what is queued now, about `countMax` calls (levels.ts). */
@inline export function beginTurn(countMax: i32): void {
  levels.beginTurn(countMax);
}

/** Calls of this priority since the start. */
export function ranCount(priority: u32): u64 {
  return levels.ranOf(priority);
}

/** Runs the next of this turn. False: there was none left, or the turn is used up. */
export function runNext(): bool {
  while (true) {
    const queue = levels.current;
    while (levels.rest > 0 && queue.head != queue.end) {
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
        levels.spend(1);
        call_indirect<void>(what >>> KIND_BITS, detail);
        return true;
      }
      const task = changetype<Task>(<usize>(what & ~KIND_MASK));
      if (task.order == detail) {
        runTask(task);
        return true;
      }
      queue.dead--;
    }
    if (!levels.ahead) return false;
    levels.enterNext();
  }
}

/** A task's deadline has passed: it runs after everything of its priority that is queued. */
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
  let batched = 0;
  for (let slot: u32 = 0; slot < table.slotCount; slot++) {
    const task = table.at(slot);
    if (task.slot != slot) return false;
    taken += i32(task.order != 0);
    queued += i32(task.order != 0 && task.state != WAITING);
  }
  if (taken != table.liveCount() || queued != queuedTasks) return false;
  let calls = 0;
  for (let level: u32 = 0; level < COUNT; level++) {
    const queue = levels.at(level);
    let dead: u32 = 0;
    for (let number = queue.head; number != queue.tail; number++) {
      const what = queue.whatAt(number);
      const kind = what & KIND_MASK;
      const record = <usize>(what & ~KIND_MASK);
      dead += u32(isDead(queue, number));
      if (kind == RUN) {
        calls++;
      } else if (kind == BATCH) {
        calls += changetype<Batch>(record).count;
        batched++;
      } else if (changetype<Task>(record).order == queue.detailAt(number)) {
        if (changetype<Task>(record).priority != level) return false;
        calls++;
        queued--;
      }
    }
    if (dead != queue.dead) return false;
  }
  return !queued && calls == queuedCount && batched == batches.live && levels.isValid();
}

function runMedium(index: u32, owner: usize): void {
  levels.at(MED).push(index << KIND_BITS | RUN, <u32>owner);
  queuedCount++;
}

function runAs(index: u32, owner: usize, priority: u32): void {
  levels.push(priority, index << KIND_BITS | RUN, <u32>owner);
  queuedCount++;
}

function take(fn: (owner: usize) => void, owner: usize, mode: u8, priority: u32): Task {
  const task = table.take();
  timers.prepare(task, fn, owner, HANDED_OVER + mode, priority);
  return task;
}

function enqueue(task: Task, state: u8): void {
  task.state = state;
  levels.push(task.priority, <u32>changetype<usize>(task) | TASK, task.order);
  queuedTasks++;
  queuedCount++;
}

function cancelTask(task: Task): void {
  if (task.kind != HANDED_OVER + CALLS) {
    dropTask(task);
  } else if (task.state == QUEUED) {
    task.state = CANCELLED;
  } else {
    timers.takeOut(task);
    enqueue(task, CANCELLED);
  }
}

@inline function dropTask(task: Task): void {
  if (task.state == WAITING) {
    timers.cancel(task);
    table.give(task);
  } else {
    dropQueued(task);
  }
}

function dropQueued(task: Task): void {
  const queue = levels.at(task.priority);
  table.give(task);
  queuedTasks--;
  queuedCount--;
  queue.dead++;
  if (queue.dead > max(queue.tail - queue.head >> 1, DEAD_MIN)) removeDead(queue);
}

function removeDead(queue: TaskQueue): void {
  const end = queue.end;
  let kept = queue.head;
  for (let number = kept; number != queue.tail; number++) {
    if (number == end) queue.end = kept;
    if (!isDead(queue, number)) queue.copy(number, kept++);
  }
  if (end == queue.tail) queue.end = kept;
  queue.tail = kept;
  queue.dead = 0;
}

@inline function isDead(queue: TaskQueue, number: u32): bool {
  const what = queue.whatAt(number);
  return (what & KIND_MASK) == TASK && changetype<Task>(<usize>(what & ~KIND_MASK)).order != queue.detailAt(number);
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
  const count = min(batch.count, levels.rest);
  const run = batch.run;
  const owner = batch.owner;
  levels.spend(count);
  queuedCount -= count;
  batch.count -= count;
  if (!batch.count) {
    levels.current.pop();
    batches.give(changetype<usize>(batch));
  }
  call_indirect<void>(run, owner, count);
}

function runTask(task: Task): void {
  const run = task.run;
  const owner = task.owner;
  levels.spend(1);
  queuedTasks--;
  queuedCount--;
  code = task.state == CANCELLED ? status.CANCELLED : status.OK;
  currentSlot = task.slot;
  table.give(task);
  call_indirect<void>(run, owner);
  code = status.OK;
  currentSlot = INVALID;
}
