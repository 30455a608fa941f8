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
  /** `DIRECT`, or what its owner takes for a kind. */
  kind: u8;
}

/** The kind of a timer that runs as soon as it is due. Every other kind is handed over instead. */
export const DIRECT: u8 = 0;
