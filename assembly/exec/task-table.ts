// The records of tasks that somebody may cancel, by slot. A handle is a slot and the generation of its record.
//
//   directory: | chunk 0 | chunk 1 | …          slot = chunk number * 1024 + number in the chunk
//
// A record is never given back to the heap: its generation must outlive every handle that names it. So memory stays
// flat, and a handle from anywhere can be looked up without a trap.

import { WordVector } from "../base/word-vector";
import { Timer } from "../time/timer-heap";

/** The slot of no task. */
export const INVALID: u32 = u32.MAX_VALUE;

/** A timer as the first part, so that a task needs one record and one slot. */
@unmanaged
export class Task extends Timer {
  slot: u32;
  /** Counts the uses of the slot; never 0. */
  generation: u32;
  /** Table index of a `(owner: usize) => void`, and what it is called with. */
  fn: u32;
  fnOwner: usize;
  /** Place in the task queue while queued; the next free slot while free. */
  place: u32;
  /** exec/tasks.ts says what these are. */
  state: u8;
  mode: u8;
  code: u8;
}

const CHUNK_BITS: u32 = 10;
const CHUNK_SLOTS: u32 = 1 << CHUNK_BITS;
const RECORD_BYTES: usize = (offsetof<Task>() + 7) & ~7;
const SLOTS_MAX: u32 = 1 << 26;

const directory = new WordVector(16);
let firstFree: u32 = INVALID;
/** Slots that exist, taken or free. */
export let slotCount: u32 = 0;
/** Slots that are taken. The leak law of the tests: zero when nothing is pending. */
export let live: i32 = 0;

/** A record with a slot and a fresh generation; every other field is the caller's to set. */
export function take(): Task {
  if (firstFree == INVALID) refill();
  const task = at(firstFree);
  firstFree = task.place;
  live++;
  return task;
}

/** Makes every handle of this task stale. */
export function give(task: Task): void {
  if (++task.generation == 0) task.generation = 1;
  task.place = firstFree;
  firstFree = task.slot;
  live--;
}

@inline export function at(slot: u32): Task {
  return changetype<Task>(<usize>directory.get(slot >>> CHUNK_BITS) + (slot & (CHUNK_SLOTS - 1)) * RECORD_BYTES);
}

/** The record of a handle, or null when the handle is stale or never was one. */
@inline export function find(slot: u32, generation: u32): Task | null {
  if (slot >= slotCount) return null;
  const task = at(slot);
  return task.generation == generation ? task : null;
}

function refill(): void {
  assert(slotCount < SLOTS_MAX);
  const chunk = heap.alloc(CHUNK_SLOTS * RECORD_BYTES);
  memory.fill(chunk, 0, CHUNK_SLOTS * RECORD_BYTES);
  directory.push(<u32>chunk);
  const first = slotCount;
  slotCount += CHUNK_SLOTS;
  for (let slot = slotCount; slot > first; slot--) {
    const task = at(slot - 1);
    task.slot = slot - 1;
    task.generation = 1;
    task.place = firstFree;
    firstFree = slot - 1;
  }
}
