// Timers: a binary heap by deadline, on raw memory. Only its top ever becomes a WASI pollable.
//
// Each timer stores its own index, so cancelling one from the middle needs no search. Equal deadlines run in
// the order in which they were started.
//
// Invariants (`isValid`): 1. a parent is not after its children   2. heap[t.index] == t

import { Pool } from "../base/pool";
import { WordVector } from "../base/word-vector";

@unmanaged
export class Timer {
  deadlineNs: u64;
  /** Start order, which breaks ties. */
  order: u64;
  /** Place in the heap, -1 when not scheduled. */
  index: i32;
  /** Table index of a `(owner: usize) => void`. */
  run: u32;
  owner: usize;
}

const pool = new Pool(offsetof<Timer>());
const heapOrder = new WordVector(16);
let nextOrder: u64 = 0;
/** The time of the `runDue` that is running; 0 outside. */
let runningNs: u64 = 0;

/** A timer that is not scheduled; `free` gives it back. */
export function create(run: (owner: usize) => void, owner: usize): Timer {
  const timer = changetype<Timer>(pool.take());
  timer.run = run.index;
  timer.owner = owner;
  timer.index = -1;
  return timer;
}

export function free(timer: Timer): void {
  cancel(timer);
  pool.give(changetype<usize>(timer));
}

export function liveCount(): i32 {
  return pool.live;
}

/**
 * Runs `timer` once at or after `deadlineNs`; a scheduled timer is moved. What is started by a timer counts from
 * now at the earliest: started for the past, it would stand before others that are due, again and again.
 */
export function schedule(timer: Timer, deadlineNs: u64): void {
  cancel(timer);
  timer.deadlineNs = max(deadlineNs, runningNs);
  timer.order = nextOrder++;
  timer.index = heapOrder.length;
  heapOrder.push(changetype<u32>(timer));
  siftUp(timer.index);
}

/** True when the timer was scheduled and now will not run. */
export function cancel(timer: Timer): bool {
  const index = timer.index;
  if (index < 0) return false;
  assert(at(index) == timer);
  timer.index = -1;
  const moved = changetype<Timer>(<usize>heapOrder.pop());
  if (moved != timer) {
    place(moved, index);
    siftUp(index);
    siftDown(moved.index);
  }
  return true;
}

/** The earliest deadline, or `u64.MAX_VALUE` without timers. */
export function earliestNs(): u64 {
  return heapOrder.length ? at(0).deadlineNs : u64.MAX_VALUE;
}

/**
 * Runs what is due at `nowNs`, earliest first. A timer that is started meanwhile waits for the next call even
 * when it is due at once, so a timer that restarts itself cannot hold the turn.
 */
export function runDue(nowNs: u64): void {
  const orderEnd = nextOrder;
  runningNs = nowNs;
  while (heapOrder.length) {
    const timer = at(0);
    if (timer.deadlineNs > nowNs || timer.order >= orderEnd) break;
    cancel(timer);
    call_indirect<void>(timer.run, timer.owner);
  }
  runningNs = 0;
}

/** Checks both invariants; for tests. */
export function isValid(): bool {
  for (let i = 0; i < heapOrder.length; i++) {
    if (at(i).index != i) return false;
    if (i && before(at(i), at((i - 1) >> 1))) return false;
  }
  return true;
}

@inline function at(index: i32): Timer {
  return changetype<Timer>(<usize>heapOrder.get(index));
}

@inline function place(timer: Timer, index: i32): void {
  heapOrder.set(index, changetype<u32>(timer));
  timer.index = index;
}

@inline function before(a: Timer, b: Timer): bool {
  return a.deadlineNs < b.deadlineNs || (a.deadlineNs == b.deadlineNs && a.order < b.order);
}

function siftUp(index: i32): void {
  const timer = at(index);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(timer, at(parent))) break;
    place(at(parent), index);
    index = parent;
  }
  place(timer, index);
}

function siftDown(index: i32): void {
  const timer = at(index);
  while (true) {
    let child = (index << 1) + 1;
    if (child >= heapOrder.length) break;
    if (child + 1 < heapOrder.length && before(at(child + 1), at(child))) child++;
    if (!before(at(child), timer)) break;
    place(at(child), index);
    index = child;
  }
  place(timer, index);
}
