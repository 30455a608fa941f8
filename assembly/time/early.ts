// Timers with slack, by the deadline from which on they may run. In timer-heap.ts they stand under their latest time,
// which is when the engine wakes up for them; here a turn that happens anyway finds those that are due already.
//
// Each has an entry in both places, with the same order: what runs or is cancelled is dead in both at once. The dead
// are removed when they come first, and all of them together when they are more than the living and a few.

import * as scheduleHeap from "./schedule-heap";
import { Schedules } from "./schedules";
import { HAS_SLACK, Timer } from "./timer";

const DEAD_MIN: i32 = 64;

export const heap = new Schedules();
let aliveCount: i32 = 0;

export function add(deadlineNs: u64, timer: Timer, order: u32): void {
  timer.bits |= HAS_SLACK;
  aliveCount++;
  scheduleHeap.add(heap, deadlineNs, timer, order);
}

/** The schedule of this timer, which has `HAS_SLACK`, counts no more. */
export function drop(timer: Timer): void {
  timer.bits ^= HAS_SLACK;
  aliveCount--;
  if (heap.length - aliveCount > aliveCount + DEAD_MIN) compact();
}

/** Whether there are any; if so, the first entry of the heap counts. */
@inline export function hasAny(): bool {
  return aliveCount != 0 && purge();
}

/** Whether the first one comes before that of `near`, which is not empty when there is one. */
@inline export function isFirst(near: Schedules): bool {
  return hasAny() && near.isAfter(0, heap.deadlineAt(0), heap.orderAt(0));
}

/** Nothing counts any more. */
export function clear(): void {
  heap.length = 0;
  aliveCount = 0;
}

/** For tests. */
export function entryCount(): i32 {
  return heap.length;
}

export function isValid(): bool {
  let alive = 0;
  for (let i = 0; i < heap.length; i++) {
    if (!heap.counts(i)) continue;
    if (!(heap.timerAt(i).bits & HAS_SLACK)) return false;
    alive++;
  }
  return alive == aliveCount && heap.length <= 2 * alive + DEAD_MIN && scheduleHeap.isValid(heap);
}

function purge(): bool {
  while (!heap.counts(0)) scheduleHeap.removeFirst(heap);
  return true;
}

function compact(): void {
  let kept = 0;
  for (let i = 0; i < heap.length; i++) if (heap.counts(i)) heap.move(i, kept++);
  heap.length = kept;
  scheduleHeap.arrange(heap);
}
