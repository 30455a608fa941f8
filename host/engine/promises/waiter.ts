// One waiting promise, which an AbortSignal may end first.

/**
 * The two ends of a promise. When the signal aborts first, `onAbort` runs and the promise rejects with the signal's
 * reason; what comes after the first settling is ignored. The signal is let go of as soon as the promise is settled.
 */
export class Waiter<T> {
  readonly promise: Promise<T>;
  #resolve: (value: T) => void = () => {};
  #reject: (reason: unknown) => void = () => {};

  /** Throws the reason of a signal that has aborted already. */
  constructor(
    private readonly signal: AbortSignal | undefined,
    private readonly onAbort: () => void,
  ) {
    signal?.throwIfAborted();
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal?.addEventListener("abort", this.#aborted, { once: true });
  }

  resolve(value: T): void {
    this.signal?.removeEventListener("abort", this.#aborted);
    this.#resolve(value);
  }

  reject(reason: unknown): void {
    this.signal?.removeEventListener("abort", this.#aborted);
    this.#reject(reason);
  }

  readonly #aborted = (): void => {
    this.onAbort();
    this.#reject(this.signal?.reason);
  };
}
