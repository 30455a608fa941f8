// The levels of the EventManager text. What names none has MED: closures of `run`, tasks of `runAfter`, and everything
// that the engine does of its own.

import { refuseArgument } from "../status.js";

export enum Priority {
  MIN = 0,
  LOW = 0,
  MED = 1,
  HIGH = 2,
  IMMEDIATE = 3,
  SYSTEM = 4,
  MAX = 4,
}

export const NUM_PRIORITIES = 5;

export function isPriority(value: unknown): value is Priority {
  return Number.isInteger(value) && value as number >= Priority.MIN && value as number <= Priority.MAX;
}

/** `whose` is what has the priority, for the message. */
export function checkPriority(priority: Priority, whose: string): void {
  if (isPriority(priority)) return;
  refuseArgument(`the priority of ${whose} must be one of Priority: a whole number from 0 to 4`);
}
