// The completion ring: how finished operations leave for a host that turns the engine by hand. A component cannot
// call its importer back, so an operation carries a tag and its end is an entry here.
//
//   entries:   | e0 | e1 | e2 | … |        an entry is four words:
//                head ^        ^ tail        0  kind | code << 8 | reason << 16
//   the host takes at head, the core        1  tag: whose operation
//   puts at tail; both count up freely      2, 3  what came of it, by kind
//
// Every entry stands for an operation that was outstanding, or for a completion queue that became ready; those are
// bounded, so the ring is too. It grows and never shrinks: the host reads its address anew after each call.

/** `a` closures of the host's own queue may run, the one for priority `tag`. */
export const RUN: u32 = 1;
/** The task in slot `tag` runs now. */
export const TASK: u32 = 2;
export const READ: u32 = 3;
export const WRITE: u32 = 4;
/** `a` is the endpoint when the code is OK. */
export const CONNECT: u32 = 5;
/** `a` is the endpoint. */
export const ACCEPT: u32 = 6;
export const LISTENER_SHUTDOWN: u32 = 7;
/** `a` is the sweep to finish, 0 when the reclaimer was cancelled. */
export const RECLAIM: u32 = 8;
/** The slices that the 2021 text's allocator was asked for are in their buffer. */
export const ALLOCATED: u32 = 9;
/** There is something to take from the completion queue of this tag (exports/cq.ts), or it is shut down. */
export const QUEUE: u32 = 10;
/** `a` is the result of a look-up, now the host's. */
export const LOOKUP: u32 = 11;
/** The registration of this tag is over: `a` is its condition | outcome << 8 (net/descriptor.ts). */
export const DESCRIPTOR: u32 = 12;

const ENTRY_SHIFT: usize = 4;
const CAPACITY_MAX: u32 = 1 << 24;

/** What the host reads: 0 address, 1 capacity, 2 head, 3 tail, 4–7 further results of the latest export. */
const state: usize = memory.data(32, 8);
const HEAD: usize = 8;
const TAIL: usize = 12;
const RESULTS: usize = 16;

let entries: usize = 0;
let capacity: u32 = 0;

export function stateAddress(): usize {
  return state;
}

/** Further result `index` (0–3) of the export that runs now. */
@inline export function setResult(index: usize, value: u32): void {
  store<u32>(state + RESULTS + (index << 2), value);
}

/** Entries that the host has not taken. */
export function length(): u32 {
  return load<u32>(state, TAIL) - load<u32>(state, HEAD);
}

export function push(kind: u32, code: u8, reason: u8, tag: u32, a: u32 = 0): void {
  const count = length();
  assert(count <= capacity); // a head beyond the tail is the host's mistake
  if (count == capacity) grow(count);
  const tail = load<u32>(state, TAIL);
  const entry = entries + (<usize>(tail & (capacity - 1)) << ENTRY_SHIFT);
  store<u32>(entry, kind | <u32>code << 8 | <u32>reason << 16);
  store<u32>(entry, tag, 4);
  store<u32>(entry, a, 8);
  store<u32>(entry, 0, 12);
  store<u32>(state, tail + 1, TAIL);
}

/** Copies every entry to where its number puts it in a ring of twice the size. */
function grow(count: u32): void {
  const old = entries;
  const oldCapacity = capacity;
  capacity = oldCapacity ? oldCapacity << 1 : 256;
  assert(capacity <= CAPACITY_MAX);
  entries = heap.alloc(<usize>capacity << ENTRY_SHIFT);
  const head = load<u32>(state, HEAD);
  for (let number = head, end = head + count; number != end; number++) {
    memory.copy(entries + (<usize>(number & (capacity - 1)) << ENTRY_SHIFT),
      old + (<usize>(number & (oldCapacity - 1)) << ENTRY_SHIFT), 1 << ENTRY_SHIFT);
  }
  if (old) heap.free(old);
  store<u32>(state, <u32>entries);
  store<u32>(state, capacity, 4);
}
