// The queues of the five levels, and what a turn takes from them.
//
//   turn begins:   all that is queued is the turn's; what is queued from now on waits for the next one
//
//   SYSTEM     ▓▓▓▓ ─┐  highest first, each as far as it may:
//   IMMEDIATE  ▓▓   ─┤
//   HIGH            ─┼─►  max(rest of the turn's bound, LOWER_SHARE) calls
//   MED        ▓▓▓  ─┤
//   LOW        ▓    ─┘  so every level that has something moves on in every turn
//
// Nearly everything is of MED. That level is always part of a turn, and only the others are marked when they have
// something, so that a plain task costs what it would cost without levels.

import { LOWER_SHARE } from "../base/limits";
import { COUNT, MED } from "../base/priority";
import { TaskQueue } from "./task-queue";

const QUEUE_BYTES: usize = 32;
const queues: usize = memory.data(5 * 32, 8);

/** One bit per level other than MED that may have something. */
let others: u32 = 0;
/** The levels that the turn still has before it. */
export let ahead: u32 = 0;
/** The queue that the turn is at. */
export let current: TaskQueue = at(MED);
/** How many calls the turn may still make there, and how many of them were counted last. */
export let rest: i32 = 0;
let countedRest: i32 = 0;
/** What every level may run in this turn. */
let share: i32 = 0;

@inline export function at(level: u32): TaskQueue {
  return changetype<TaskQueue>(queues + <usize>level * QUEUE_BYTES);
}

export function push(level: u32, what: u32, detail: u32): void {
  if (level != MED) others |= 1 << level;
  at(level).push(what, detail);
}

/** The turn has made so many calls of the current level. */
@inline export function spend(calls: i32): void {
  rest -= calls;
}

/** A turn begins: it may make `countMax` calls, of what is queued now. */
@inline export function beginTurn(countMax: i32): void {
  count();
  rest = countMax;
  countedRest = countMax;
  current = at(MED);
  current.end = current.tail;
  if (others) addOthers();
}

/** The turn goes on to the next level below, of which there is one. */
export function enterNext(): void {
  count();
  const level: u32 = 31 - clz(ahead);
  ahead ^= 1 << level;
  current = at(level);
  rest = max(rest, share);
  countedRest = rest;
}

/** Calls of this level since the start. */
export function ranOf(level: u32): u64 {
  count();
  countedRest = rest;
  return at(level).ran;
}

/** Checks that every queue but MED's that has something is marked, and that a turn has no more than there is. */
export function isValid(): bool {
  for (let level: u32 = 0; level < COUNT; level++) {
    const queue = at(level);
    if (level != MED && queue.head != queue.tail && !(others & 1 << level)) return false;
    if (ahead & 1 << level && queue.tail - queue.head < queue.end - queue.head) return false;
  }
  return true;
}

@inline function count(): void {
  current.ran += <u64>(countedRest - rest);
}

function addOthers(): void {
  share = min(LOWER_SHARE, rest);
  ahead = 1 << MED;
  for (let level: u32 = 0; level < COUNT; level++) {
    const bit: u32 = 1 << level;
    if (!(others & bit)) continue;
    const queue = at(level);
    queue.end = queue.tail;
    if (queue.head == queue.tail) others ^= bit;
    else ahead |= bit;
  }
  enterNext();
}
