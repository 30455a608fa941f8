// The clock seam in a page or a worker. What is due soon runs in slices of 8 ms, so that the page's own work and its
// frames get their turn in between:
//
//                 +--- soon(), within the slice: a microtask --+
//                 v                                            |
//   IDLE --> a message begins a slice --> what is due runs, one after the other --> nothing is left --> IDLE
//                 ^                                            |
//                 +--- the slice is over: another message -----+
//
// What becomes due while others run comes after them, behind a microtask: so code that awaits goes on in between
// without a task for each step. A timer begins a slice of its own, and so does a turn that some other event of the
// platform began (`turnBegins` outside of what runs here): both are tasks by themselves.

import { ClosureQueue } from "../engine/closure-queue.js";
import type { Clock, TimerId } from "../wasi/clock.js";

/** Half a frame at 60 Hz. */
const SLICE_NS = 8e6;
/** To look at the time costs more than a short callback does: after quick ones it is done once for up to so many. */
const STRIDE_MAX = 8;
const QUICK_NS = 0.25e6;
const MILLISECOND_NS = 1e6;
/** A page's clock may stay at 0 for a while, which guests might take for "never". */
const START_NS = 1e9;

/** Firefox rounds each of its clocks by itself, up or down. With the wall clock so far behind, no date comes early. */
const BEHIND_MS = 2;

/** What is used of the platform; tests bring their own. */
export interface PageTime {
  nowMs(): number;
  /** Answers what has `run` called in a task of its own, soon. */
  taskFor(run: () => void): () => void;
}

/** What is used of a message port. Node's keep the process up while somebody listens; others have no `ref`. */
interface Port {
  onmessage: () => void;
  ref?(): void;
  unref?(): void;
}

const realTime: PageTime = {
  nowMs: () => performance.now(),
  taskFor: (run) => {
    const { port1, port2 } = new MessageChannel();
    const port = port1 as unknown as Port;
    port.onmessage = () => {
      port.unref?.();
      run();
    };
    port.unref?.();
    return () => {
      port.ref?.();
      port2.postMessage(0);
    };
  },
};

export class PageClock implements Clock {
  /** Pages tell between 5 µs and 1 ms apart. */
  readonly resolutionNs = 1_000_000n;
  readonly wallResolutionNs = 1_000_000n;
  private readonly due = new ClosureQueue<() => void>();
  private readonly postTask: () => void;
  private readonly resolved = Promise.resolve();
  private sliceEndNs = 0;
  private isOver = true;
  private lookedNs = 0;
  /** Questions whether it is over, between two looks; how many until the next one. */
  private stride = 1;
  private looksIn = 1;
  private isScheduled = false;
  /** Something that this clock called is running. */
  private isInside = false;

  constructor(private readonly time: PageTime = realTime) {
    this.postTask = time.taskFor(() => {
      this.beginSlice();
      this.runDue();
    });
  }

  monotonicNowNs(): bigint {
    return BigInt(this.monotonicNow());
  }

  /** Whole, so that what is due now is due by either reading, although a page's clock stands still for a while. */
  monotonicNow(): number {
    return Math.floor(this.time.nowMs() * MILLISECOND_NS) + START_NS;
  }

  wallNowNs(): bigint {
    return BigInt(Date.now() - BEHIND_MS) * 1_000_000n;
  }

  soon(callback: () => void): void {
    this.due.push(callback);
    if (this.isInside || this.isScheduled) return;
    this.look();
    this.looksIn = 1; // what was quick is over
    this.schedule();
  }

  setTimer(delayMs: number, callback: () => void): TimerId {
    const fired = (): void => {
      this.beginSlice();
      this.inside(callback);
    };
    return setTimeout(fired, Math.ceil(delayMs)); // a fraction would be cut off, and the timer early
  }

  clearTimer(timer: TimerId): void {
    clearTimeout(timer as number);
  }

  turnBegins(): void {
    if (!this.isInside) this.beginSlice();
  }

  isTurnOver(): boolean {
    if (--this.looksIn <= 0) this.look();
    return this.isOver;
  }

  private beginSlice(): void {
    this.lookedNs = this.monotonicNow();
    this.sliceEndNs = this.lookedNs + SLICE_NS;
    this.looksIn = this.stride = 1;
    this.isOver = false;
  }

  private look(): void {
    const now = this.monotonicNow();
    this.isOver = now >= this.sliceEndNs;
    this.stride = this.isOver || now - this.lookedNs > QUICK_NS ? 1 : Math.min(this.stride * 2, STRIDE_MAX);
    this.looksIn = this.stride;
    this.lookedNs = now;
  }

  private schedule(): void {
    this.isScheduled = true;
    if (this.isOver) this.postTask();
    else void this.resolved.then(this.runDue); // a tenth of what queueMicrotask costs in some browsers
  }

  private readonly runDue = (): void => {
    this.isScheduled = false;
    this.inside(this.runBatch);
  };

  private readonly runBatch = (): void => {
    for (let left = this.due.length; left > 0; left--) {
      this.due.shift()();
      if (this.isTurnOver()) return;
    }
  };

  /** What is called may throw: the rest runs all the same. */
  private inside(run: () => void): void {
    this.isInside = true;
    try {
      run();
    } finally {
      this.isInside = false;
      if (this.due.length > 0 && !this.isScheduled) this.schedule();
    }
  }
}

let shared: PageClock | null = null;

/** The clock of this page or worker: engines that share it share its slices too. */
export function pageClock(): PageClock {
  return shared ??= new PageClock();
}
