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
  /** Low bits: `DIRECT`, or what its owner takes for a kind. High bits: the exponent of its slack, plus one. */
  bits: u8;

  @inline get kind(): u8 {
    return this.bits & KIND_MASK;
  }

  /** Nanoseconds by which it may be late, for fewer wake-ups. */
  @inline get slackNs(): u64 {
    const exponent = this.bits >> KIND_BITS;
    return exponent ? <u64>1 << (exponent - 1) : 0;
  }

  /** A power of two is kept, so that a record stays small: at most `ns`. */
  setSlack(ns: u64): void {
    const exponent = ns ? min<u8>(<u8>(64 - clz(ns)), 63) : 0;
    this.bits = this.kind | exponent << KIND_BITS;
  }
}

const KIND_BITS: u8 = 2;
const KIND_MASK: u8 = 3;

/** The kind of a timer that runs as soon as it is due. Every other kind is handed over instead. */
export const DIRECT: u8 = 0;
