// Tasks: what runs soon, and what runs at a time. Both go through one queue, first in, first out.
//
//                 run, runMany ──────────────┐ (no record, no handle)
//                                            ▼
//   FREE ── runAt ──► WAITING ── due ──► QUEUED ── its turn ──► FREE, then the function runs
//    ▲ ▲                │    │             ▲ │
//    │ └─ cancel SILENT ┘    └─ cancel ────┘ └─ cancel SILENT ──► FREE
//    │                          CALLS           cancel CALLS ──► QUEUED with the code CANCELLED
//    └── runWithStatus starts at QUEUED
//
// A function is never called by what queues it, so a callback may start and cancel anything. The record is free
// before its function runs: a task that runs can no longer be cancelled, and its slot may be taken again at once.

import { Pool } from "../base/pool";
import { CANCELLED, OK } from "../base/status";
import * as timers from "../time/timer-heap";
import { TaskQueue } from "./task-queue";
import * as table from "./task-table";
import { INVALID, Task } from "./task-table";

/** Cancelled, the function never runs (the text of 2022). */
export const SILENT: u8 = 0;
/** The function runs exactly once; cancelled, with the code CANCELLED (the text of 2021). */
export const CALLS: u8 = 1;

// States of a record
const FREE: u8 = 0;
const WAITING: u8 = 1;
const QUEUED: u8 = 2;

// Kinds of queue entries: the low bits; for RUN the table index of the function stands above them.
const KIND_BITS: u32 = 2;
const KIND_MASK: u32 = 3;
const RUN: u32 = 1;
const BATCH: u32 = 2;
const TASK: u32 = 3;

/** Calls of one function that share a queue entry. */
@unmanaged
class Batch {
  fn: u32;
  owner: usize;
  count: i32;
}

const batches = new Pool(offsetof<Batch>());
const queue = new TaskQueue(256);
/** Calls that the queue holds: one per task, `count` per batch. */
export let queuedCount: i32 = 0;
let waitingCount: i32 = 0;
/** Where the queue ended when the turn began, and how many calls the turn may still make. */
let turnEnd: u32 = 0;
let turnRest: i32 = 0;
export let isShutDown: bool = false;

/** While a function runs: OK or CANCELLED. */
export let code: u8 = OK;
/** While a function runs: the handle that it had, or `INVALID` and 0. Stale by then. */
export let currentSlot: u32 = INVALID;
export let currentGeneration: u32 = 0;
/** The second word of the handle that `runAt` or `runWithStatus` returned. Read it right after the call. */
export let lastGeneration: u32 = 0;

/** Runs `fn` once, soon, after everything that was queued before. Cannot be cancelled. */
export function run(fn: (owner: usize) => void, owner: usize): void {
  queue.push(fn.index << KIND_BITS | RUN, owner);
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
  batch.fn = fn.index;
  batch.owner = owner;
  batch.count = count;
  queue.push(BATCH, changetype<usize>(batch));
  queuedCount += count;
}

/**
 * Runs `fn` once at or after `deadlineNs`, of `clock.now()`; in the next turn when that has passed, never when it
 * is `timers.NEVER`. Returns the slot of the handle. After `shutDown` the handle is invalid: a SILENT task does
 * not run at all, and a CALLS task runs at once, inside this call, with CANCELLED.
 */
export function runAt(deadlineNs: u64, fn: (owner: usize) => void, owner: usize, mode: u8): u32 {
  if (isShutDown) return refuse(fn, owner, mode);
  const task = take(fn, owner, mode);
  task.state = WAITING;
  waitingCount++;
  timers.schedule(task, deadlineNs);
  return task.slot;
}

/** Runs `fn` once, soon, like `run`; it can be cancelled, in the mode CALLS. Returns the slot of the handle. */
export function runWithStatus(fn: (owner: usize) => void, owner: usize): u32 {
  if (isShutDown) return refuse(fn, owner, CALLS);
  const task = take(fn, owner, CALLS);
  enqueue(task);
  return task.slot;
}

/**
 * True: the task had not begun and was not cancelled before. SILENT: its function never runs and the record is
 * released. CALLS: its function runs with CANCELLED, through the queue. False for every other handle, real or not.
 */
export function cancel(slot: u32, generation: u32): bool {
  const task = table.find(slot, generation);
  if (!task || task.state == FREE || task.code == CANCELLED) return false;
  cancelTask(task);
  return true;
}

/**
 * Cancels every task with a handle; those with the mode CALLS run with CANCELLED in the next turns. What `run` and
 * `runMany` queued still runs, and they still work. Returns how many SILENT tasks were dropped.
 */
export function shutDown(): i32 {
  isShutDown = true;
  const before = table.live;
  for (let slot: u32 = 0; slot < table.slotCount; slot++) {
    const task = table.at(slot);
    if (task.state != FREE && task.code == OK) cancelTask(task);
  }
  return before - table.live;
}

/** A turn begins: it runs what is queued now, at most `countMax` calls. */
export function beginTurn(countMax: i32): void {
  turnEnd = queue.tail;
  turnRest = countMax;
}

/** Runs the next of this turn. False: there was none left, or the turn is used up. */
export function runNext(): bool {
  if (turnRest <= 0 || !queue.skip(turnEnd)) return false;
  const kind = queue.kindAt(queue.head);
  const word = queue.wordAt(queue.head);
  if ((kind & KIND_MASK) == BATCH) {
    runBatch(changetype<Batch>(word));
    return true;
  }
  queue.pop();
  queuedCount--;
  turnRest--;
  if ((kind & KIND_MASK) == RUN) call_indirect<void>(kind >>> KIND_BITS, word);
  else runTask(changetype<Task>(word));
  return true;
}

/** What still has to run, or waits. The leak law of the tests: zero when nothing is pending. */
export function liveCount(): i32 {
  return waitingCount + queuedCount;
}

/** Checks that records, timers, queue and counts agree; for tests. */
export function isValid(): bool {
  let waiting = 0;
  let records = 0;
  for (let slot: u32 = 0; slot < table.slotCount; slot++) {
    const task = table.at(slot);
    if (task.slot != slot || !task.generation) return false;
    if (task.state == FREE) continue;
    if (task.state == WAITING) {
      if (task.index < 0 || task.code != OK) return false;
      waiting++;
    } else {
      if (task.index >= 0 || queue.kindAt(task.place) != TASK) return false;
      if (queue.wordAt(task.place) != changetype<usize>(task)) return false;
      records++;
    }
  }
  if (waiting != waitingCount || waiting + records != table.live) return false;
  let calls = 0;
  for (let place = queue.head; place != queue.tail; place++) {
    const kind = queue.kindAt(place) & KIND_MASK;
    if (kind == BATCH) calls += changetype<Batch>(queue.wordAt(place)).count;
    else if (kind) calls++;
    if (kind == TASK) records--;
  }
  return !records && calls == queuedCount;
}

function take(fn: (owner: usize) => void, owner: usize, mode: u8): Task {
  const task = table.take();
  timers.prepare(task, due, changetype<usize>(task));
  task.fn = fn.index;
  task.fnOwner = owner;
  task.mode = mode;
  task.code = OK;
  lastGeneration = task.generation;
  return task;
}

function give(task: Task): void {
  task.state = FREE;
  table.give(task);
}

/** A task's deadline passed: it joins the queue, and runs after everything that is there. */
function due(owner: usize): void {
  const task = changetype<Task>(owner);
  waitingCount--;
  enqueue(task);
}

function enqueue(task: Task): void {
  task.state = QUEUED;
  task.place = queue.push(TASK, changetype<usize>(task));
  queuedCount++;
}

function cancelTask(task: Task): void {
  const isWaiting = task.state == WAITING;
  if (isWaiting) {
    timers.cancel(task);
    waitingCount--;
  }
  if (task.mode == CALLS) {
    task.code = CANCELLED;
    if (isWaiting) enqueue(task);
  } else {
    if (!isWaiting) {
      queue.remove(task.place);
      queuedCount--;
    }
    give(task);
  }
}

function refuse(fn: (owner: usize) => void, owner: usize, mode: u8): u32 {
  lastGeneration = 0;
  if (mode == CALLS) {
    const outerCode = code;
    const outerSlot = currentSlot;
    const outerGeneration = currentGeneration;
    code = CANCELLED;
    currentSlot = INVALID;
    currentGeneration = 0;
    call_indirect<void>(fn.index, owner);
    code = outerCode;
    currentSlot = outerSlot;
    currentGeneration = outerGeneration;
  }
  return INVALID;
}

function runBatch(batch: Batch): void {
  const count = min(batch.count, turnRest);
  const fn = batch.fn;
  const owner = batch.owner;
  turnRest -= count;
  queuedCount -= count;
  batch.count -= count;
  if (!batch.count) {
    queue.pop();
    batches.give(changetype<usize>(batch));
  }
  call_indirect<void>(fn, owner, count);
}

function runTask(task: Task): void {
  const fn = task.fn;
  const owner = task.fnOwner;
  code = task.code;
  currentSlot = task.slot;
  currentGeneration = task.generation;
  give(task);
  call_indirect<void>(fn, owner);
  code = OK;
  currentSlot = INVALID;
  currentGeneration = 0;
}
