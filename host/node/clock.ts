// The clock seam on Node: hrtime, Date, setImmediate and setTimeout.

import type { Clock, TimerId } from "../wasi/clock.js";

const MILLISECOND_NS = 1_000_000n;

export class NodeClock implements Clock {
  readonly resolutionNs = 1n;
  readonly wallResolutionNs = MILLISECOND_NS;

  monotonicNowNs(): bigint {
    return process.hrtime.bigint();
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
