// The shutdown of a guest's engine, and what holds it:
//
//             ref, unref                          ref, unref
//            +---------+                         +----------+
//            v         |                         v          |
//   OPEN ----+---------+-- shut() while held --> WANTED ----+-- the last unref --> DONE
//     +---------------------- shut() while nobody holds it ------------------------^

import * as tasks from "../exec/tasks";
import { dropSilent } from "./guest-tasks";

/** 64 bits: nobody counts to the end of them. */
let holds: u64 = 0;
let isWanted: bool = false;

export function ref(): void {
  checkOpen();
  holds++;
}

export function unref(): void {
  assert(holds != 0, "an unref without a ref");
  if (--holds == 0 && isWanted) shutNow();
}

/** Returns how many silent tasks were dropped; 0 while it is held. */
export function shut(): u32 {
  checkOpen();
  assert(!isWanted, "the engine is shut down");
  isWanted = true;
  return holds != 0 ? 0 : shutNow();
}

function shutNow(): u32 {
  const dropped = dropSilent();
  tasks.shutDown();
  return dropped;
}

function checkOpen(): void {
  assert(!tasks.isShutDown, "the engine is shut down");
}
