// The records of tasks that somebody may cancel, by slot. A handle is a slot and the generation of its record.
//
//   directory: | chunk 0 | chunk 1 | …          slot = chunk number * 1024 + number in the chunk
//
// A record is never given back to the heap, so memory stays flat and a handle from anywhere can be looked up without a
// trap. Generations are taken from one count for all slots: a stale handle could name a later task only if exactly
// 2^32 were started in between.

import { WordVector } from "../base/word-vector";
import { Timer } from "../time/timer";

/** The slot of no task. */
export const INVALID: u32 = u32.MAX_VALUE;

/** A timer whose order is the generation of the handle: the number of the latest use of the slot. 16 bytes. */
@unmanaged
export class Task extends Timer {
  /** exec/tasks.ts says what this is. */
  state: u8;
  slot: u32;
}

const CHUNK_BITS: u32 = 10;
const CHUNK_SLOTS: u32 = 1 << CHUNK_BITS;
const RECORD_BYTES: u32 = 16;
const SLOTS_MAX: u32 = 1 << 26;

const directory = new WordVector(16);
/** One bit per slot, set while it is free. Taken in the order of the slots, round and round: neighbours in memory. */
const freeBits = new WordVector(32);
let freeCount: u32 = 0;
let cursor: i32 = 0;
/** Of all slots, one in so many stays free, so that the next free one is never far in the mean. */
const SPARE: u32 = 16;
/** Slots that exist, taken or free. */
export let slotCount: u32 = 0;

/** Slots that are taken. The leak law of the tests: zero when nothing is pending. */
export function liveCount(): i32 {
  return <i32>(slotCount - freeCount);
}

/** A record with a slot and the order 0. */
export function take(): Task {
  if (freeCount * SPARE <= slotCount) refill();
  let word = freeBits.get(cursor);
  while (!word) {
    if (++cursor == freeBits.length) cursor = 0;
    word = freeBits.get(cursor);
  }
  freeBits.set(cursor, word & (word - 1));
  freeCount--;
  return at((<u32>cursor << 5) | <u32>ctz(word));
}

/** Makes the handle of this task stale. */
export function give(task: Task): void {
  task.order = 0;
  const slot = task.slot;
  const index = <i32>(slot >>> 5);
  freeBits.set(index, freeBits.get(index) | (1 << (slot & 31)));
  freeCount++;
}

@inline export function at(slot: u32): Task {
  const chunk = <usize>directory.get(slot >>> CHUNK_BITS);
  return changetype<Task>(chunk + <usize>((slot & (CHUNK_SLOTS - 1)) * RECORD_BYTES));
}

/** The record of a handle, or null when the handle is stale or never was one. */
@inline export function find(slot: u32, generation: u32): Task | null {
  if (slot >= slotCount || !generation) return null;
  const task = at(slot);
  return task.order == generation ? task : null;
}

function refill(): void {
  assert(slotCount < SLOTS_MAX && offsetof<Task>() == <usize>RECORD_BYTES);
  const bytes = <usize>(CHUNK_SLOTS * RECORD_BYTES);
  const chunk = heap.alloc(bytes); // aligned to 16, so that no record lies in two cache lines
  memory.fill(chunk, 0, bytes);
  directory.push(<u32>chunk);
  const first = slotCount;
  slotCount += CHUNK_SLOTS;
  for (let slot = slotCount; slot > first; slot--) {
    const task = at(slot - 1);
    task.slot = slot - 1;
  }
  for (let i: u32 = 0; i < CHUNK_SLOTS; i += 32) freeBits.push(u32.MAX_VALUE);
  freeCount += CHUNK_SLOTS;
  cursor = <i32>(first >>> 5);
}
