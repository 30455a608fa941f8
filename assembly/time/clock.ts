// The time of the turn: read once at its start, so that everything in one turn agrees on it.

import * as monotonicClock from "../wasi/monotonic-clock";

/** Nanoseconds of the monotonic clock at the start of this turn. */
export let nowNs: u64 = 0;

export function update(): void {
  nowNs = monotonicClock.now();
}

/** `span` from now, without running over. */
export function after(spanNs: u64): u64 {
  const deadlineNs = nowNs + spanNs;
  return deadlineNs < nowNs ? u64.MAX_VALUE : deadlineNs;
}
