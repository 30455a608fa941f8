// One waiting promise, which an AbortSignal may end first.
//
// A program often gives one signal to everything that it does, so each signal gets one listener, whoever waits: adding
// and removing a listener per operation costs time in proportion to their number, and warnings.

interface Abortable {
  abortedBy(signal: AbortSignal): void;
}

const watchers = new WeakMap<AbortSignal, Set<Abortable>>();

function watchersOf(signal: AbortSignal): Set<Abortable> {
  const known = watchers.get(signal);
  if (known !== undefined) return known;
  const made = new Set<Abortable>();
  watchers.set(signal, made);
  signal.addEventListener("abort", () => {
    for (const watcher of made) watcher.abortedBy(signal);
  }, { once: true });
  return made;
}

/**
 * The two ends of a promise. When one of the signals aborts first, `onAbort` runs and the promise rejects with that
 * signal's reason; what comes after the first settling is ignored. Signals are let go of as soon as it is settled.
 */
export class Waiter<T> implements Abortable {
  readonly promise: Promise<T>;
  readonly #signals: readonly AbortSignal[];
  #resolve: (value: T) => void = () => {};
  #reject: (reason: unknown) => void = () => {};

  /** Throws the reason of a signal that has aborted already. */
  constructor(signals: readonly (AbortSignal | undefined)[], private readonly onAbort: () => void) {
    this.#signals = signals.filter((signal) => signal !== undefined);
    for (const signal of this.#signals) signal.throwIfAborted();
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    for (const signal of this.#signals) watchersOf(signal).add(this);
  }

  resolve(value: T): void {
    this.#leave();
    this.#resolve(value);
  }

  reject(reason: unknown): void {
    this.#leave();
    this.#reject(reason);
  }

  abortedBy(signal: AbortSignal): void {
    this.#leave();
    this.onAbort();
    this.#reject(signal.reason);
  }

  #leave(): void {
    for (const signal of this.#signals) watchersOf(signal).delete(this);
  }
}
