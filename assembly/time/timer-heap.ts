// Timers, in two parts. Only the earliest ever becomes a WASI pollable.
//
//                schedule                   near: a heap; every schedule up to the horizon
//   up to the horizon │ after it            far: no order at all; the others
//                ▼         ▼
//             ┌──────┐  ┌─────┐             pull    the heap is empty: the earliest part of the far ones moves in,
//             │ near │◄─┤ far │                     and the horizon moves on
//             │ heap ├─►│     │             spill   the heap has doubled: its later part moves out, and the horizon
//             └──┬───┘  └─────┘                     moves back
//                ▼ runDue
//
// A timer with slack stands here under its latest time, which is when the engine wakes up for it, and in early.ts under
// its deadline: from that on it runs in every turn that happens, whatever woke the engine. No other way wakes up less
// often, not even one that knows the future. For say that A forced a wake-up, and B a later one. A's turn ran all that
// was due, so B's deadline, or its start, came after it: the spans of time in which A and B may run are disjoint. So
// those that force wake-ups need one each, of their own; and no turn that happened anyway lay in the span of any of
// them, or it would have run there. Cancels and starts change nothing: each of them was alive to its latest time.
//
// Most timers are cancelled before they are due. Those cost an array's price: one entry at the end of far, one store
// in the record that makes the entry dead (timer.ts), and some steps of a sweep that removes the dead. What the heap
// holds is small enough for the caches. While there are few timers, all are near.

import { HISTOGRAM_BYTES, record } from "../base/histogram";
import { Pool } from "../base/pool";
import { MED } from "../base/priority";
import * as early from "./early";
import * as scheduleHeap from "./schedule-heap";
import { Schedules } from "./schedules";
import { DIRECT, HAS_SLACK, IS_OUT, PRIORITY_SHIFT, Timer } from "./timer";

export { Timer };

/** The deadline of a timer that never runs. */
export const NEVER: u64 = u64.MAX_VALUE;

/** Entries that may be near in any case. */
const NEAR_MIN: i32 = 1024;
/** Of 64 parts: how much of the far entries a pull brings, and how much of the near ones a spill leaves. */
const PULLED: i32 = 2;
const KEPT: i32 = 16;
/** A sweep comes after so many cancels and looks at twice as many entries, so the dead are never the many. */
const SWEEP_CANCELS: i32 = 64;
const SWEEP_ENTRIES: i32 = 128;

const pool = new Pool(offsetof<Timer>());
const near = new Schedules();
const far = new Schedules();
/** Near schedules are not after it, far ones are. */
let horizonNs: u64 = NEVER;
/** The length of the heap at which it spills. */
let spillLength: i32 = NEAR_MIN;
/** Schedules that count. */
let aliveCount: i32 = 0;
let nextOrder: u32 = 1;
/** The time of the latest `runDue`. */
let floorNs: u64 = 0;
/** It left some that were due: the next one is wanted at once, although they have slack. */
let isCut: bool = false;
let cancelsUntilSweep: i32 = SWEEP_CANCELS;
/** The next sweep looks at far entries before it. */
let sweepEnd: i32 = 0;
const sweepFlags: usize = memory.data(SWEEP_ENTRIES);
/** By how much timers ran after their latest time; 0 for most. */
export const lateness: usize = memory.data(HISTOGRAM_BYTES, 8);

/** A timer that is not scheduled; `free` gives it back. */
export function create(run: (owner: usize) => void, owner: usize): Timer {
  const timer = changetype<Timer>(pool.take());
  prepare(timer, run, owner, DIRECT);
  return timer;
}

/** The same for the beginning of a larger record. */
@inline export function prepare(
  timer: Timer, run: (owner: usize) => void, owner: usize, kind: u8, priority: u32 = MED,
): void {
  assert(run.index <= <u32>u16.MAX_VALUE);
  timer.run = <u16>run.index;
  timer.owner = owner;
  timer.bits = kind | <u8>priority << PRIORITY_SHIFT;
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
@inline export function scheduledCount(): i32 {
  return aliveCount;
}

/** Places that schedules take up, dead ones among them; for tests, like the next two. */
export function entryCount(): i32 {
  return near.length + far.length + early.entryCount();
}

export function nearCount(): i32 {
  return near.length;
}

export function setNextOrder(order: u32): void {
  nextOrder = order;
}

/** A number that no schedule of these days has; never 0. */
@inline export function takeOrder(): u32 {
  const order = nextOrder;
  nextOrder = max(order + 1, 1);
  return order;
}

/**
 * Runs `timer` once at or after `deadlineNs`, and makes no turn for it before `slackNs` more have passed; one that is
 * scheduled is moved. A time before the latest `runDue` counts as the time of that: otherwise one that is started for
 * the past again and again would stand before others that are due.
 */
export function schedule(timer: Timer, deadlineNs: u64, slackNs: u64 = 0): void {
  cancel(timer);
  const liftedNs = max(deadlineNs, floorNs);
  const order = takeOrder();
  timer.order = order;
  aliveCount++;
  if (!slackNs) {
    place(timer, liftedNs, order);
    return;
  }
  const latestNs = max(deadlineNs > NEVER - slackNs ? NEVER : deadlineNs + slackNs, floorNs);
  if (latestNs != liftedNs) early.add(liftedNs, timer, order);
  place(timer, latestNs, order);
}

/** True when the timer was scheduled and now will not run. */
export function cancel(timer: Timer): bool {
  if (!timer.order) return false;
  timer.order = 0;
  leave(timer);
  return true;
}

/** As `cancel` for one that is scheduled, but the record keeps its order. Before it is used again it is prepared. */
export function takeOut(timer: Timer): void {
  timer.bits |= IS_OUT;
  leave(timer);
}

/** When the next turn has to be for the sake of a timer, or `NEVER`. */
export function earliestNs(): u64 {
  return isCut && early.hasAny() && early.heap.deadlineAt(0) <= floorNs ? floorNs : latestNs();
}

/**
 * Runs what is due at `nowNs`, earliest first, at most `countMax` timers; those of another kind than `DIRECT` are
 * given to `handOver` instead, and keep their order. Returns how many. A timer that is started meanwhile waits for the
 * next call even when it is due at once, so one that restarts itself cannot hold the turn.
 */
export function runDue(nowNs: u64, countMax: i32, handOver: (timer: Timer) => void): i32 {
  const orderStart = nextOrder;
  floorNs = nowNs;
  isCut = false;
  let ran = 0;
  while (true) {
    const wantedNs = latestNs();
    const isEarly = early.isFirst(near);
    const heap = isEarly ? early.heap : near;
    const dueNs = isEarly ? heap.deadlineAt(0) : wantedNs;
    if (dueNs > nowNs || dueNs == NEVER || heap.orderAt(0) - orderStart < nextOrder - orderStart) break;
    if (ran >= countMax) {
      isCut = true;
      break;
    }
    ran++;
    const timer = heap.timerAt(0);
    scheduleHeap.removeFirst(heap);
    if (!isEarly) countOneLess();
    else if (timer.kind == DIRECT) cancel(timer);
    else takeOut(timer);
    record(lateness, nowNs > wantedNs ? nowNs - wantedNs : 0); // with slack, at most so much
    if (timer.kind == DIRECT) {
      timer.order = 0;
      call_indirect<void>(timer.run, timer.owner);
    } else {
      handOver(timer);
    }
  }
  return ran;
}

/** Checks the heap, the horizon and the count; for tests. */
export function isValid(): bool {
  let alive = 0;
  for (let i = 0; i < near.length; i++) {
    if (near.deadlineAt(i) > horizonNs) return false;
    alive += i32(near.counts(i));
  }
  for (let i = 0; i < far.length; i++) {
    if (far.deadlineAt(i) <= horizonNs) return false;
    alive += i32(far.counts(i));
  }
  return alive == aliveCount && scheduleHeap.isValid(near) && early.isValid();
}

/** Puts it where its latest time belongs. */
@inline function place(timer: Timer, latestNs: u64, order: u32): void {
  if (near.length >= spillLength) spill();
  if (latestNs > horizonNs) far.push(latestNs, timer, order);
  else scheduleHeap.add(near, latestNs, timer, order);
}

/** The earliest of the latest times, or `NEVER`. With a timer, that of the first one in `near`. */
function latestNs(): u64 {
  while (true) {
    while (near.length) {
      if (near.counts(0)) return near.deadlineAt(0);
      scheduleHeap.removeFirst(near);
    }
    if (!far.length) return NEVER;
    pull();
  }
}

/** What stands in the timers for it is dead from here on. */
@inline function leave(timer: Timer): void {
  if (timer.bits & HAS_SLACK) early.drop(timer);
  countOneLess();
  if (--cancelsUntilSweep == 0) sweep();
}

/** One schedule counts no more. When none does, what is left is dead. */
@inline function countOneLess(): void {
  if (--aliveCount == 0) clear();
}

function clear(): void {
  near.length = 0;
  far.length = 0;
  early.clear();
  isCut = false;
  horizonNs = NEVER;
  spillLength = NEAR_MIN;
}

/** The heap is empty: about a thirtieth of the far ones, the earliest, become near; few all at once. */
function pull(): void {
  horizonNs = far.length > NEAR_MIN ? far.quantile(PULLED) : NEVER;
  for (let i = far.length - 1; i >= 0; i--) {
    if (far.deadlineAt(i) > horizonNs) continue;
    if (far.isAlive(i)) near.push(far.deadlineAt(i), far.timerAt(i), far.orderAt(i));
    far.swapRemove(i);
  }
  scheduleHeap.arrange(near);
  spillLength = max(NEAR_MIN, near.length << 1);
}

/** The heap has doubled: its dead go, and if they were fewer than half, its later part becomes far. */
function spill(): void {
  let kept = 0;
  const length = near.length;
  for (let i = 0; i < length; i++) if (near.isAlive(i)) near.move(i, kept++);
  near.length = kept;
  if (kept > length >> 1) {
    horizonNs = near.quantile(KEPT);
    for (let i = kept - 1; i >= 0; i--) {
      if (near.deadlineAt(i) <= horizonNs) continue;
      far.push(near.deadlineAt(i), near.timerAt(i), near.orderAt(i));
      near.swapRemove(i);
    }
  }
  scheduleHeap.arrange(near);
  spillLength = max(NEAR_MIN, near.length << 1);
}

/**
 * First looks, then removes: a look waits for the memory of a record, and many waits go on at a time as long as
 * nothing is decided by them.
 */
function sweep(): void {
  cancelsUntilSweep = SWEEP_CANCELS;
  if (sweepEnd > far.length || !sweepEnd) sweepEnd = far.length;
  const begin = max(sweepEnd - SWEEP_ENTRIES, 0);
  for (let i = begin; i < sweepEnd; i++) store<bool>(sweepFlags + <usize>(i - begin), far.isAlive(i));
  for (let i = sweepEnd - 1; i >= begin; i--) if (!load<bool>(sweepFlags + <usize>(i - begin))) far.swapRemove(i);
  sweepEnd = begin;
}
