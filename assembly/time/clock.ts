// The time of the turn: read at its first use, so that everything in one turn agrees on it, and a turn that needs
// no time asks for none.

import * as monotonicClock from "../wasi/monotonic-clock";

let nowNs: u64 = 0;
let isOld: bool = true;

/** A new turn begins. */
export function update(): void {
  isOld = true;
}

/** Nanoseconds of the monotonic clock in this turn. */
export function now(): u64 {
  if (isOld) {
    isOld = false;
    nowNs = monotonicClock.now();
  }
  return nowNs;
}

/** `span` from now, without running over. */
export function after(spanNs: u64): u64 {
  const deadlineNs = now() + spanNs;
  return deadlineNs < spanNs ? u64.MAX_VALUE : deadlineNs;
}
