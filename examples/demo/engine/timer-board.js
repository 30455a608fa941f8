// The timers that this demo sets, remembered until they fire: an engine can say how many there are, not when.

export class TimerBoard {
  #engine;
  #turns;
  #due = new Map();
  #nextId = 1;
  fired = 0;
  early = 0;

  constructor(engine, turns) {
    this.#engine = engine;
    this.#turns = turns;
  }

  /** Runs `work(lateMs)` after `delayMs`; answers a function that cancels it. */
  set(delayMs, label, work) {
    const id = this.#nextId++;
    const dueAt = performance.now() + delayMs;
    const handle = this.#engine.runAfter(delayMs, this.#turns.counted(() => {
      const lateMs = performance.now() - dueAt;
      this.#due.delete(id);
      this.fired++;
      // The two clocks are read one after the other; what is less than a tick of the coarser one is no difference.
      if (lateMs < -.2) this.early++;
      work(lateMs);
    }));
    this.#due.set(id, { label, dueAt });
    return () => {
      this.#due.delete(id);
      return this.#engine.cancel(handle);
    };
  }

  wait(delayMs, label) {
    return new Promise((resolve) => {
      this.set(delayMs, label, resolve);
    });
  }

  /** How far away each one is, nearest first. */
  delays(now = performance.now()) {
    return [...this.#due.values()].map(({ label, dueAt }) => ({ label, delayMs: dueAt - now }))
      .sort((one, other) => one.delayMs - other.delayMs);
  }
}
