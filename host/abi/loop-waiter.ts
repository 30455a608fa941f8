// A waiter for a guest that can be suspended: its waits are promises, and meanwhile the platform's event loop runs.
//
//   until():  the condition holds, and events had their turn lately --> at once
//             it holds, but they had not (TRIP_CALLS, TRIP_NS)      --> one trip through the loop first
//             it does not hold                                      --> looked at again whenever something is ready
//   notYet(): as the second case, but the trip is owed: whoever calls for the guest makes it before the next call
//
// Without trips a guest that polls a zero-duration timer in a loop would starve the sockets beside it.

import type { WasiHost } from "../wasi/wasi-host.js";
import type { Waiter } from "./blocking.js";
import { wasm, type WasmGlobal } from "./webassembly.js";

/** Answers without a trip in a row; a look at the clock costs more than most of them. */
const TRIP_CALLS = 64;
/** Nanoseconds that a guest may go on without a trip, looked at every so many answers. */
const TRIP_NS = 200_000;
const CALLS_PER_LOOK = 8;

export class LoopWaiter implements Waiter {
  readonly canWait = true;
  /** 1 while a trip is owed. A global of WebAssembly, so that to look at it costs next to nothing there. */
  readonly owed: WasmGlobal = new wasm.Global({ value: "i32", mutable: true }, 0);
  private waiting: (() => void)[] = [];
  private isScheduled = false;
  private calls = 0;
  private latestTripNs = 0;

  constructor(private readonly host: WasiHost) {
    host.ready.onFirst = () => this.schedule();
  }

  until<T>(isReady: () => boolean, rest: () => T): T | Promise<T> {
    if (!isReady()) return this.wait(isReady, rest);
    if (!this.isTripDue()) return rest();
    return this.trip().then(() => this.wait(isReady, rest));
  }

  notYet(): void {
    if (this.isTripDue()) this.owed.value = 1;
  }

  /** The trip that is owed. */
  async letEventsIn(): Promise<void> {
    await this.trip();
    this.settled();
  }

  private isTripDue(): boolean {
    this.calls++;
    if (this.calls >= TRIP_CALLS) return true;
    return this.calls % CALLS_PER_LOOK === 0 && this.now() - this.latestTripNs >= TRIP_NS;
  }

  private async wait<T>(isReady: () => boolean, rest: () => T): Promise<T> {
    for (;;) {
      // From here on the queue is empty, so that whatever comes next is heard of.
      this.forgetHints();
      if (isReady()) break;
      await new Promise<void>((resolve) => { this.waiting.push(resolve); });
    }
    this.settled();
    return rest();
  }

  private settled(): void {
    this.calls = 0;
    this.latestTripNs = this.now();
    this.owed.value = 0;
  }

  private trip(): Promise<void> {
    return new Promise((resolve) => { this.host.platform.clock.soon(resolve); });
  }

  /** Something is ready: after the events that are already due, everybody who waits looks again. */
  private schedule(): void {
    if (this.isScheduled || this.waiting.length === 0) return;
    this.isScheduled = true;
    this.host.platform.clock.soon(() => {
      this.isScheduled = false;
      this.forgetHints();
      const { waiting } = this;
      this.waiting = [];
      for (const resolve of waiting) resolve();
    });
  }

  private forgetHints(): void {
    while (this.host.ready.shift() !== null);
  }

  private now(): number {
    return this.host.platform.clock.monotonicNow();
  }
}
