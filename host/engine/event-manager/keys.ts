// What the calls of an event manager answer. A key is also what the engine keeps of its alarm or task, so that each
// takes one object; it lets go of the closure before that runs.
//
//   an alarm:  WAITING (in the core) -- its time, or the close --> BEGUN (in the ring) -- its turn --> OVER
//                 |                                                  |              the closure ran, true or false
//                 +------------------ a cancel ----------------------+---------------------------------> OVER
//                                                                            the closure ran inside of it, false

import { TaskHandle } from "../handles.js";
import type { Status } from "../status.js";
import type { AlarmClosure, AlarmKey, TaskKey } from "./interfaces.js";

let taskCount = 0;

/** An alarm, as the task runner keeps it: its own entry, from the start until it ran or was cancelled. */
export class CoreAlarmKey extends TaskHandle implements AlarmKey {
  private closure: AlarmClosure | null;

  /** @internal */
  constructor(slot: number, generation: number, space: number, closure: AlarmClosure) {
    super(slot, generation, space);
    this.closure = closure;
    this.entry = this;
  }

  get keyOf(): "alarm" {
    return "alarm";
  }

  /** @internal Its time came, or the engine closes. */
  callback(status: Status): void {
    this.finish(status.ok);
  }

  /** @internal Once. */
  finish(fired: boolean): void {
    const closure = this.closure as AlarmClosure;
    this.closure = null;
    closure(fired);
  }
}

/** A task, as the task runner keeps it: a closure with `run`. */
export class CoreTaskKey implements TaskKey {
  private readonly number = (taskCount = (taskCount + 1) | 0);
  private handler: (() => void) | null;

  /** @internal */
  constructor(handler: () => void) {
    this.handler = handler;
  }

  get keyOf(): "task" {
    return "task";
  }

  equals(other: TaskKey): boolean {
    return this === other;
  }

  toString(): string {
    return `task ${this.number >>> 0}`;
  }

  /** @internal Once. */
  run(): void {
    const handler = this.handler as () => void;
    this.handler = null;
    handler();
  }
}
