// Timers: a heap with four children per node, by deadline, on raw memory. Only its top ever becomes a WASI pollable.
//
//            0                 children of i: 4i + 1 … 4i + 4       entry: | deadline, 8 bytes | timer | unused |
//    1    2     3    4
//   5…8  9…12  …                one group of children = 64 bytes = one cache line
//
// The deadline stands in the heap itself, so that sifting reads no timer. Each timer stores its own index, so
// cancelling one from the middle needs no search. Equal deadlines run in the order in which they were started.
//
// Invariants (`isValid`): 1. a parent is not after its children   2. heap[t.index] == t, and their deadlines agree

import { Pool } from "../base/pool";

/** What the owner of a timer may keep in a larger record: it is `prepare`d there instead of `create`d. */
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

/** The deadline of a timer that never runs. */
export const NEVER: u64 = u64.MAX_VALUE;

const ENTRY_BYTES: usize = 16;
/** Index 1 begins a cache line, and so does every later group of children. */
const LINE_BYTES: usize = 64;
const CAPACITY_MAX: i32 = 1 << 26;

const pool = new Pool(offsetof<Timer>());
/** What `heap.alloc` gave, and entry 0 in it. */
let block: usize = 0;
let entries: usize = 0;
let capacity: i32 = 0;
let length: i32 = 0;
let nextOrder: u64 = 0;
/** The time of the latest `runDue`. */
let floorNs: u64 = 0;

/** A timer that is not scheduled; `free` gives it back. */
export function create(run: (owner: usize) => void, owner: usize): Timer {
  const timer = changetype<Timer>(pool.take());
  prepare(timer, run, owner);
  return timer;
}

/** Makes the beginning of a larger record a timer that is not scheduled. */
export function prepare(timer: Timer, run: (owner: usize) => void, owner: usize): void {
  timer.run = run.index;
  timer.owner = owner;
  timer.index = -1;
}

export function free(timer: Timer): void {
  cancel(timer);
  pool.give(changetype<usize>(timer));
}

/** Timers that were created and not freed. */
export function liveCount(): i32 {
  return pool.live;
}

/** Timers that are scheduled, prepared ones among them. */
export function scheduledCount(): i32 {
  return length;
}

/**
 * Runs `timer` once at or after `deadlineNs`; a scheduled timer is moved. A deadline before the latest `runDue`
 * counts as the time of that: otherwise one that is started for the past again and again would stand before
 * others that are due.
 */
export function schedule(timer: Timer, deadlineNs: u64): void {
  cancel(timer);
  if (length == capacity) grow();
  timer.deadlineNs = max(deadlineNs, floorNs);
  timer.order = nextOrder++;
  siftUp(length++, timer.deadlineNs, timer);
}

/** True when the timer was scheduled and now will not run. */
export function cancel(timer: Timer): bool {
  const index = timer.index;
  if (index < 0) return false;
  assert(index < length && timerAt(index) == timer);
  timer.index = -1;
  const last = --length;
  if (index == last) return true;
  const deadlineNs = deadlineAt(last);
  const moved = timerAt(last);
  if (index > 0 && before(deadlineNs, moved, (index - 1) >> 2)) siftUp(index, deadlineNs, moved);
  else siftDown(index, deadlineNs, moved);
  return true;
}

/** The earliest deadline, or `NEVER`. */
export function earliestNs(): u64 {
  return length ? deadlineAt(0) : NEVER;
}

/**
 * Runs what is due at `nowNs`, earliest first, at most `countMax` timers. A timer that is started meanwhile
 * waits for the next call even when it is due at once, so a timer that restarts itself cannot hold the turn.
 */
export function runDue(nowNs: u64, countMax: i32): void {
  const orderEnd = nextOrder;
  floorNs = nowNs;
  for (; countMax > 0 && earliestNs() <= nowNs; countMax--) {
    const timer = timerAt(0);
    if (timer.order >= orderEnd || timer.deadlineNs == NEVER) break;
    cancel(timer);
    call_indirect<void>(timer.run, timer.owner);
  }
}

/** Checks both invariants; for tests. */
export function isValid(): bool {
  for (let i = 0; i < length; i++) {
    const timer = timerAt(i);
    if (timer.index != i || timer.deadlineNs != deadlineAt(i)) return false;
    if (i && before(deadlineAt(i), timer, (i - 1) >> 2)) return false;
  }
  return true;
}

@inline function entryAt(index: i32): usize {
  return entries + <usize>index * ENTRY_BYTES;
}

@inline function deadlineAt(index: i32): u64 {
  return load<u64>(entryAt(index));
}

@inline function timerAt(index: i32): Timer {
  return load<Timer>(entryAt(index), 8);
}

@inline function place(index: i32, deadlineNs: u64, timer: Timer): void {
  const entry = entryAt(index);
  store<u64>(entry, deadlineNs);
  store<Timer>(entry, timer, 8);
  timer.index = index;
}

/** Whether `timer` comes before the entry at `index`. */
@inline function before(deadlineNs: u64, timer: Timer, index: i32): bool {
  const otherNs = deadlineAt(index);
  return deadlineNs < otherNs || (deadlineNs == otherNs && timer.order < timerAt(index).order);
}

/** Puts `timer` at `index`, which is free, or above. */
function siftUp(index: i32, deadlineNs: u64, timer: Timer): void {
  while (index > 0) {
    const parent = (index - 1) >> 2;
    if (!before(deadlineNs, timer, parent)) break;
    place(index, deadlineAt(parent), timerAt(parent));
    index = parent;
  }
  place(index, deadlineNs, timer);
}

/** Puts `timer` at `index`, which is free, or below. */
function siftDown(index: i32, deadlineNs: u64, timer: Timer): void {
  while (true) {
    const first = (index << 2) + 1;
    if (first >= length) break;
    const end = min(first + 4, length);
    let least = first;
    for (let i = first + 1; i < end; i++) {
      if (before(deadlineAt(i), timerAt(i), least)) least = i;
    }
    if (before(deadlineNs, timer, least)) break;
    place(index, deadlineAt(least), timerAt(least));
    index = least;
  }
  place(index, deadlineNs, timer);
}

function grow(): void {
  const larger = capacity ? capacity << 1 : 64;
  assert(larger <= CAPACITY_MAX);
  const newBlock = heap.alloc(<usize>larger * ENTRY_BYTES + LINE_BYTES);
  const newEntries = ((newBlock + ENTRY_BYTES + LINE_BYTES - 1) & ~(LINE_BYTES - 1)) - ENTRY_BYTES;
  if (block) {
    memory.copy(newEntries, entries, <usize>length * ENTRY_BYTES);
    heap.free(block);
  }
  block = newBlock;
  entries = newEntries;
  capacity = larger;
}
