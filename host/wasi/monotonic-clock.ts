// wasi:clocks/monotonic-clock: the watch behind a pollable of subscribe-instant and subscribe-duration.
//
// The transport's timers count in milliseconds and may not be asked for more than 2^31 of them, so a far deadline
// is reached in several steps and a fired timer is checked against the clock.

import type { Clock, TimerId } from "./clock.js";
import { Kind } from "./kind.js";
import { Watchable } from "./resource.js";

const U64_MAX = (1n << 64n) - 1n;
const STEP_MS_MAX = 0x7fff_ffff;

export class DeadlineWatch extends Watchable {
  /** It has no handle: it lives and ends with its one pollable. */
  readonly kind = Kind.Free;
  private timer: TimerId | null = null;

  constructor(
    private readonly deadlineNs: bigint,
    private readonly clock: Clock,
  ) {
    super();
  }

  isReady(): boolean {
    return this.clock.monotonicNowNs() >= this.deadlineNs;
  }

  /** Sets the timer; to be called once a pollable watches. */
  arm(): void {
    const leftNs = this.deadlineNs - this.clock.monotonicNowNs();
    if (leftNs <= 0n) {
      this.wakeWatchers();
      return;
    }
    const leftMs = Math.min(Number((leftNs + 999_999n) / 1_000_000n), STEP_MS_MAX);
    this.timer = this.clock.setTimer(leftMs, () => {
      this.timer = null;
      this.arm();
    });
  }

  release(): void {
    if (this.timer !== null) this.clock.clearTimer(this.timer);
    this.timer = null;
  }
}

/** A deadline beyond the clock's end is never reached rather than an error. */
export function deadlineAfter(nowNs: bigint, durationNs: bigint): bigint {
  const deadline = nowNs + durationNs;
  return deadline > U64_MAX ? U64_MAX : deadline;
}
