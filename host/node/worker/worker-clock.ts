// The clock seam in a worker whose guest blocks: time is Node's, and callbacks run when the guest waits.

import { NodeClock } from "../clock.js";
import type { TimerId } from "../../wasi/clock.js";
import { type HeapTimer, TimerHeap } from "./timer-heap.js";

const MILLISECOND_NS = 1e6;

export class WorkerClock extends NodeClock {
  private readonly timers = new TimerHeap();
  private calls: (() => void)[] = [];

  override soon(callback: () => void): void {
    this.calls.push(callback);
  }

  override setTimer(delayMs: number, callback: () => void): TimerId {
    return this.timers.add(this.monotonicNow() + delayMs * MILLISECOND_NS, callback);
  }

  override clearTimer(timer: TimerId): void {
    this.timers.remove(timer as HeapTimer);
  }

  /** Runs what is due; what asks for another turn gets it in the next call. */
  run(): void {
    if (this.timers.size > 0) this.timers.run(this.monotonicNow());
    if (this.calls.length === 0) return;
    const { calls } = this;
    this.calls = [];
    for (const call of calls) call();
  }

  /** Milliseconds until something is due: 0 when it is now, Infinity when nothing is to come. */
  get delayMs(): number {
    if (this.calls.length > 0) return 0;
    if (this.timers.size === 0) return Infinity;
    return Math.max(0, (this.timers.nextNs - this.monotonicNow()) / MILLISECOND_NS);
  }
}
