// A timer with a promise. An engine that closes drops its timers, so the promises behind them are told.

import type { EventEngine } from "../interfaces.js";
import { Waiter } from "./waiter.js";

export interface SleepOptions {
  /** Cancels the timer: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const sleepers = new WeakMap<AbortSignal, Set<Waiter<void>>>();

/** Resolves after `delayMs` milliseconds, never earlier. Rejects with CANCELLED when the engine closes before. */
export async function sleep(
  engine: Pick<EventEngine, "runAfter" | "cancel" | "closing">, delayMs: number, { signal }: SleepOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  const asleep = sleepersOf(engine.closing);
  const handle = engine.runAfter(delayMs, () => {
    asleep.delete(waiter);
    waiter.resolve();
  });
  const waiter = new Waiter<void>(signal, () => {
    asleep.delete(waiter);
    engine.cancel(handle);
  });
  asleep.add(waiter);
  return waiter.promise;
}

/** One listener on the engine for all, since each would have to be looked for when it leaves. */
function sleepersOf(closing: AbortSignal): Set<Waiter<void>> {
  const known = sleepers.get(closing);
  if (known !== undefined) return known;
  const asleep = new Set<Waiter<void>>();
  closing.addEventListener("abort", () => {
    for (const waiter of asleep) waiter.reject(closing.reason);
    asleep.clear();
  }, { once: true });
  sleepers.set(closing, asleep);
  return asleep;
}
