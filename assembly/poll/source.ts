// A source: one pollable, and the function that its owner wants run when it is ready. A record only; what may
// happen to it is in readiness.ts.

export const IDLE: u8 = 0;
export const WAITING: u8 = 1;
export const READY: u8 = 2;
export const DEAD: u8 = 3;

@unmanaged
export class Source {
  /** Owned pollable, 0 before the first wait. */
  pollable: u32;
  state: u8;
  /** Always polled: listeners and connects, whose events must not wait for the round of the cold ones. */
  pinned: bool;
  /** Its function only takes a note, so it runs before the tasks of the turn and not in the order of the others. */
  prompt: bool;
  /** Which wait queue it is in while WAITING, and its slot there. */
  isCold: bool;
  /** Found ready by the poll whose results are being read. */
  isReady: bool;
  slot: i32;
  /** When the latest event came, in nanoseconds; decides hot or cold. */
  eventNs: u64;
  /** Next in the ready queue. */
  next: usize;
  /** Table index of a `(owner: usize) => void`. */
  run: u32;
  owner: usize;
}
