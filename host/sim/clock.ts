// The clock seam on virtual time. `soon` and timers are events like any other; nothing waits for real time.

import type { Clock, TimerId } from "../wasi/clock.js";
import type { Conditions } from "./conditions.js";
import type { EventQueue, SimEvent } from "./event-queue.js";
import type { SimRandom } from "./random.js";

const MILLISECOND_NS = 1_000_000;
/** The monotonic clock does not begin at 0, which guests might take for "never". */
export const MONOTONIC_START_NS = 1_000_000_000;
/** 2022-02-02T00:00Z. */
const WALL_START_NS = 1_643_760_000_000_000_000n;

export class SimClock implements Clock {
  readonly resolutionNs = 1n;
  readonly wallResolutionNs = 1n;

  constructor(
    private readonly queue: EventQueue,
    private readonly random: SimRandom,
    private readonly conditions: Conditions,
    private readonly hostNumber: number,
  ) {}

  monotonicNowNs(): bigint {
    return BigInt(this.queue.nowNs + MONOTONIC_START_NS);
  }

  /** The monotonic clock as a number of nanoseconds. */
  monotonicNow(): number {
    return this.queue.nowNs + MONOTONIC_START_NS;
  }

  wallNowNs(): bigint {
    return WALL_START_NS + BigInt(this.queue.nowNs);
  }

  /** The wall clock as a date, for callers that think in dates. */
  wallNow(): Date {
    return new Date(Number(this.wallNowNs() / 1_000_000n));
  }

  soon(callback: () => void): void {
    this.queue.after(this.random.between(this.conditions.soonDelayNs), "soon", this.hostNumber, callback);
  }

  setTimer(delayMs: number, callback: () => void): TimerId {
    const delayNs = Math.max(0, delayMs) * MILLISECOND_NS + this.random.between(this.conditions.timerLateNs);
    return this.queue.after(delayNs, "timer", this.hostNumber, callback);
  }

  clearTimer(timer: TimerId): void {
    this.queue.cancel(timer as SimEvent);
  }
}
