// Completions of CALLBACK queues: functors that are to run, in the order in which their operations ended, whatever
// queue they are of. None runs here. Who has the code of the functors (a guest, the TypeScript face) takes them when
// its outermost scope ends: that is the application callback execution context of the 2020 text.

import { Events, append, clear, shift } from "./events";
import { Operation, deliver } from "./operation";

const ended = changetype<Events>(memory.data(offsetof<Events>(), 8));
clear(ended);

export function push(operation: Operation): void {
  append(ended, operation, false);
}

/** True: the tag (a functor) and the code (OK is the functor's `ok`) are in operation.ts. */
export function takeCallback(): bool {
  if (!ended.length) return false;
  deliver(shift(ended));
  return true;
}

/** Functors that are to run. */
export function length(): i32 {
  return ended.length;
}
