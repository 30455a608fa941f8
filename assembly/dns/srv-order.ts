// SRV records by priority, the lowest number first; of one priority in the order of the answer. Weights are for whoever
// connects (RFC 2782), because only they know how often they do.

import { Result } from "./result";

/** Sorts a result that nobody else holds. Takes n log n steps, however the records were sent. */
export function sortByPriority(result: Result): void {
  const count = result.count;
  const keys = heap.alloc(<usize>count << 3);
  let at: u32 = 0;
  let isSorted = true;
  for (let i: u32 = 0; i < count; i++) {
    const priority = <u64>load<u16>(result.payload + at);
    store<u64>(keyAt(keys, i), priority << 32 | at);
    if (i && load<u64>(keyAt(keys, i - 1)) > load<u64>(keyAt(keys, i))) isSorted = false;
    at += recordBytes(result.payload + at);
  }
  if (!isSorted) {
    sortKeys(keys, count);
    move(result, keys);
  }
  heap.free(keys);
}

/** A heap sort: the greatest key goes to the end, again and again. */
function sortKeys(keys: usize, count: u32): void {
  for (let i = count >> 1; i > 0; i--) sink(keys, i - 1, count);
  for (let rest = count - 1; rest > 0; rest--) {
    const greatest = load<u64>(keys);
    store<u64>(keys, load<u64>(keyAt(keys, rest)));
    store<u64>(keyAt(keys, rest), greatest);
    sink(keys, 0, rest);
  }
}

function sink(keys: usize, index: u32, count: u32): void {
  const key = load<u64>(keyAt(keys, index));
  for (let child = index * 2 + 1; child < count; child = index * 2 + 1) {
    if (child + 1 < count && load<u64>(keyAt(keys, child + 1)) > load<u64>(keyAt(keys, child))) child++;
    if (load<u64>(keyAt(keys, child)) <= key) break;
    store<u64>(keyAt(keys, index), load<u64>(keyAt(keys, child)));
    index = child;
  }
  store<u64>(keyAt(keys, index), key);
}

function move(result: Result, keys: usize): void {
  const copy = heap.alloc(result.bytes);
  memory.copy(copy, result.payload, result.bytes);
  let to = result.payload;
  for (let i: u32 = 0; i < result.count; i++) {
    const record = copy + <usize>(<u32>load<u64>(keyAt(keys, i)));
    const bytes = recordBytes(record);
    memory.copy(to, record, bytes);
    to += bytes;
  }
  heap.free(copy);
}

@inline function recordBytes(record: usize): u32 {
  return (8 + <u32>load<u16>(record, 6) + 1) & ~1;
}

@inline function keyAt(keys: usize, index: u32): usize {
  return keys + (<usize>index << 3);
}
