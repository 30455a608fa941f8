// A heap of schedules by deadline, with four children per node. Equal deadlines come in the order of their start.
//
//            0                 children of i: 4i + 1 … 4i + 4, one cache line
//    1    2     3    4
//   5…8  9…12  …
//
// The deadline stands in the heap itself, so that sifting reads and writes nothing else.

import { Schedules } from "./schedules";
import { Timer } from "./timer";

export function add(heap: Schedules, deadlineNs: u64, timer: Timer, order: u32): void {
  let index = heap.length;
  heap.push(deadlineNs, timer, order);
  while (index > 0) {
    const parent = (index - 1) >> 2;
    if (!heap.isAfter(parent, deadlineNs, order)) break;
    heap.move(parent, index);
    index = parent;
  }
  heap.set(index, deadlineNs, timer, order);
}

/** Removes the earliest. */
export function removeFirst(heap: Schedules): void {
  const last = --heap.length;
  siftDown(heap, 0, heap.deadlineAt(last), heap.timerAt(last), heap.orderAt(last));
}

/** Makes a heap of entries in any order. */
export function arrange(heap: Schedules): void {
  for (let i = (heap.length - 2) >> 2; i >= 0; i--) {
    siftDown(heap, i, heap.deadlineAt(i), heap.timerAt(i), heap.orderAt(i));
  }
}

/** Checks that no entry is before its parent; for tests. */
export function isValid(heap: Schedules): bool {
  for (let i = 1; i < heap.length; i++) {
    if (heap.isAfter((i - 1) >> 2, heap.deadlineAt(i), heap.orderAt(i))) return false;
  }
  return true;
}

/** Puts what is given at `index`, which is free, or below. */
function siftDown(heap: Schedules, index: i32, deadlineNs: u64, timer: Timer, order: u32): void {
  const length = heap.length;
  while (true) {
    const first = (index << 2) + 1;
    if (first >= length) break;
    const end = min(first + 4, length);
    let least = first;
    for (let i = first + 1; i < end; i++) {
      if (heap.isAfter(least, heap.deadlineAt(i), heap.orderAt(i))) least = i;
    }
    if (heap.isAfter(least, deadlineNs, order)) break;
    heap.move(least, index);
    index = least;
  }
  heap.set(index, deadlineNs, timer, order);
}
