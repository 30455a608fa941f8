// Measures the turns of an engine from outside: how long each held the page, and how many of the demo's callbacks ran
// in it.
//
// An engine takes a turn in three places, all of which are the platform's: when its clock calls `soon`, when a timer
// fires, and when bytes arrive. Those are timed here. It counts as a turn when the engine asked for what is ready in
// it, which it does once per turn and nowhere else.

/** Upper bounds of the classes, in milliseconds. */
export const LENGTH_BOUNDS = [.05, .1, .25, .5, 1, 2, 4, 8, Infinity];
export const LENGTH_LABELS = [".05", ".1", ".25", ".5", "1", "2", "4", "8", "more"];
/** The same for callbacks in a turn. */
export const TASK_BOUNDS = [0, 1, 3, 7, 15, 63, 255, 1023, Infinity];
export const TASK_LABELS = ["0", "1", "3", "7", "15", "63", "255", "1k", "more"];

const newSample = () => ({
  turns: 0, callbacks: 0, longestMs: 0,
  lengths: new Array(LENGTH_BOUNDS.length).fill(0), tasks: new Array(TASK_BOUNDS.length).fill(0),
});

export class TurnMeter {
  #sample = newSample();
  #callbacks = 0;
  #asked = 0;
  #depth = 0;
  #startedAt = 0;
  #before = { callbacks: 0, asked: 0 };
  #timed = new WeakMap();

  /** Wraps a callback that is given to the engine, so that it is counted when it runs. */
  counted(callback) {
    return (...values) => {
      this.#callbacks++;
      return callback(...values);
    };
  }

  /** Runs a function as a stretch of the engine's work. */
  time(work) {
    if (this.#depth++ === 0) {
      this.#before = { callbacks: this.#callbacks, asked: this.#asked };
      this.#startedAt = performance.now();
    }
    try {
      return work();
    } finally {
      if (--this.#depth === 0 && this.#asked > this.#before.asked) this.#turnEnded();
    }
  }

  /** The platform's clock, timed. */
  clock(inner) {
    return new TimedClock(inner, (callback) => {
      if (!this.#timed.has(callback)) this.#timed.set(callback, () => this.time(callback));
      return this.#timed.get(callback);
    });
  }

  /** Notices when `engine` asks what is ready. */
  watch(engine) {
    const { ready } = engine.queryExtension("event-engine.host");
    const drain = ready.drain.bind(ready);
    ready.drain = (...values) => {
      this.#asked++;
      return drain(...values);
    };
  }

  /** Everything since the last call. */
  take() {
    const sample = this.#sample;
    this.#sample = newSample();
    return sample;
  }

  #turnEnded() {
    const ms = performance.now() - this.#startedAt;
    const callbacks = this.#callbacks - this.#before.callbacks;
    const sample = this.#sample;
    sample.turns++;
    sample.callbacks += callbacks;
    sample.longestMs = Math.max(sample.longestMs, ms);
    sample.lengths[LENGTH_BOUNDS.findIndex((bound) => ms <= bound)]++;
    sample.tasks[TASK_BOUNDS.findIndex((bound) => callbacks <= bound)]++;
  }
}

/** A clock (host/wasi/clock.ts in the sources) that passes everything on. */
class TimedClock {
  constructor(inner, timed) {
    this.inner = inner;
    this.timed = timed;
    this.resolutionNs = inner.resolutionNs;
    this.wallResolutionNs = inner.wallResolutionNs;
    // A page's clock ends turns that take long; clocks that do not mind leave both out.
    if (inner.turnBegins !== undefined) this.turnBegins = () => inner.turnBegins();
    if (inner.isTurnOver !== undefined) this.isTurnOver = () => inner.isTurnOver();
  }

  monotonicNowNs() {
    return this.inner.monotonicNowNs();
  }

  monotonicNow() {
    return this.inner.monotonicNow();
  }

  wallNowNs() {
    return this.inner.wallNowNs();
  }

  soon(callback) {
    this.inner.soon(this.timed(callback));
  }

  setTimer(delayMs, callback) {
    return this.inner.setTimer(delayMs, this.timed(callback));
  }

  clearTimer(timer) {
    this.inner.clearTimer(timer);
  }
}
