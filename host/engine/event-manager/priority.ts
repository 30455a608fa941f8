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

/** `whose` is what has the priority, for the message. */
export function checkPriority(priority: Priority, whose: string): void {
  if (Number.isInteger(priority) && priority >= Priority.MIN && priority <= Priority.MAX) return;
  refuseArgument(`the priority of ${whose} must be one of Priority: a whole number from 0 to 4`);
}
