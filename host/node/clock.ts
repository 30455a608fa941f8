// The clock seam on Node: hrtime, Date, setImmediate and setTimeout.

import { performance } from "node:perf_hooks"; // the global is a getter, which costs more than the clock
import type { Clock, TimerId } from "../wasi/clock.js";

const MILLISECOND_NS = 1_000_000n;
const CALIBRATIONS = 5;

/**
 * What to add to `performance.now()`, in nanoseconds, for the time of hrtime. That is read second, so the sum is never
 * behind: a deadline counted from it is never early. The closest of a few tries is kept.
 */
function performanceOffset(): number {
  let offset = Infinity;
  for (let i = 0; i < CALIBRATIONS; i++) {
    const now = performance.now();
    offset = Math.min(offset, Number(process.hrtime.bigint()) - now * 1e6);
  }
  return offset;
}

export class NodeClock implements Clock {
  readonly resolutionNs = 1n;
  readonly wallResolutionNs = MILLISECOND_NS;
  private readonly offset = performanceOffset();

  monotonicNowNs(): bigint {
    return process.hrtime.bigint();
  }

  monotonicNow(): number {
    return performance.now() * 1e6 + this.offset;
  }

  wallNowNs(): bigint {
    return BigInt(Date.now()) * MILLISECOND_NS;
  }

  soon(callback: () => void): void {
    setImmediate(callback);
  }

  setTimer(delayMs: number, callback: () => void): TimerId {
    return setTimeout(callback, delayMs);
  }

  clearTimer(timer: TimerId): void {
    clearTimeout(timer as NodeJS.Timeout);
  }
}
