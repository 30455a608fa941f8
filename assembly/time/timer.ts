// The record of a timer. A larger record may begin with one.
//
// Every schedule has a number, its order. The record holds the number of the one schedule that counts, and whatever
// stands in the timers under another number is dead. So cancelling is one store, wherever the schedule stands.

@unmanaged
export class Timer {
  /** What `run` is called with. Not the order: the first word of a free record is the pool's. */
  owner: usize;
  /** Number of the schedule that counts, 0 when there is none. */
  order: u32;
  /** Table index of a `(owner: usize) => void`. */
  run: u16;
  /** | 0–1 kind | 2–4 priority | 5 `HAS_SLACK` | 6 `IS_OUT` | */
  bits: u8;

  /** `DIRECT`, or what its owner takes for a kind. */
  @inline get kind(): u8 {
    return this.bits & KIND_MASK;
  }

  /** Of those that are handed over: base/priority.ts. */
  @inline get priority(): u32 {
    return this.bits >> PRIORITY_SHIFT & PRIORITY_MASK;
  }
}

const KIND_MASK: u8 = 3;
export const PRIORITY_SHIFT: u8 = 2;
const PRIORITY_MASK: u8 = 7;

/** The kind of a timer that runs as soon as it is due. Every other kind is handed over instead. */
export const DIRECT: u8 = 0;

/** Its schedule has a second entry, under its deadline (timer-heap.ts). */
export const HAS_SLACK: u8 = 1 << 5;
/** Its schedule counts no more, although the record keeps the number, which others know it by. */
export const IS_OUT: u8 = 1 << 6;
