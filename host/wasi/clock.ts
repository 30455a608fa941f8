// The clock seam: time and the wish to be called later. Everything of the host that waits, waits through this,
// so that a simulated clock can stand in for the real one.

export type TimerId = unknown;

/** A loop of somebody else's, which must not end while there is something on it. */
export interface HeldLoop {
  hold(): void;
  letGo(): void;
}

export interface Clock {
  /** Nanoseconds of a clock that never goes back. */
  monotonicNowNs(): bigint;
  /** The same clock as a plain number, for hot paths: never behind `monotonicNowNs`, and hardly ahead of it. */
  monotonicNow(): number;
  /** Nanoseconds since 1970-01-01T00:00Z. */
  wallNowNs(): bigint;
  /** What the monotonic clock can tell apart. */
  readonly resolutionNs: bigint;
  readonly wallResolutionNs: bigint;
  /** Runs the callback soon: after the I/O events that are already due, before any wait. */
  soon(callback: () => void): void;
  /** Runs the callback once, not earlier than `delayMs` milliseconds from now. */
  setTimer(delayMs: number, callback: () => void): TimerId;
  clearTimer(timer: TimerId): void;
  /**
   * There where turns belong to a loop of somebody else's: they run in what `soon` and `setTimer` call and nowhere
   * else, and the loop is held from the first to the last.
   */
  readonly loop?: HeldLoop;
  /** A turn begins. This and `isTurnOver` are for platforms whose other work must not be kept waiting for long. */
  turnBegins?(): void;
  /** Whether the turn should leave the rest to a later `soon`. To be asked often: it looks at the time now and then. */
  isTurnOver?(): boolean;
}
