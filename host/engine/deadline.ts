// Deadlines as callers give them and as the core takes them: nanoseconds of the monotonic clock.

import type { Clock } from "../wasi/clock.js";
import { refuse, refuseArgument } from "./status.js";

const MILLISECOND_NS = 1e6;

/** One of the two, or neither. */
export interface DeadlineOptions {
  /** When to give up, with DEADLINE_EXCEEDED. */
  readonly deadline?: Date;
  /** After how many milliseconds to give up. */
  readonly timeoutMs?: number;
}

/** Infinity for none. `what` is whose deadline it is, for messages. */
export function deadlineNs(clock: Clock, { deadline, timeoutMs }: DeadlineOptions, what: string): number {
  if (deadline !== undefined && timeoutMs !== undefined) refuse("a deadline and a timeoutMs: give one of them");
  if (deadline === undefined && timeoutMs === undefined) return Infinity;
  const delayMs = timeoutMs ?? (deadline as Date).getTime() - Number(clock.wallNowNs()) / MILLISECOND_NS;
  if (typeof delayMs !== "number" || Number.isNaN(delayMs)) {
    refuseArgument(`the deadline of ${what} must be a number or a valid date`);
  }
  return Math.ceil(clock.monotonicNow() + delayMs * MILLISECOND_NS);
}
