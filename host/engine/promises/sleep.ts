// A timer with a promise. An engine that closes drops its timers, so the promises behind them are told.

import type { EventEngine } from "../interfaces.js";
import { Waiter } from "./waiter.js";

export interface SleepOptions {
  /** Cancels the timer: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Resolves after `delayMs` milliseconds, never earlier. Rejects with CANCELLED when the engine closes before. */
export async function sleep(
  engine: Pick<EventEngine, "runAfter" | "cancel" | "closing">, delayMs: number, { signal }: SleepOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  const handle = engine.runAfter(delayMs, () => waiter.resolve());
  const waiter = new Waiter<void>([signal, engine.closing], () => engine.cancel(handle));
  return waiter.promise;
}
