// The three conditions of a descriptor of the core, and the closures that wait for them. Their states are the core's
// (assembly/net/descriptor.ts).
//
// A registration has a tag of its own, because one may overtake another when a priority is changed between them. It
// keeps the tag until its closure runs, which may be after the descriptor is gone.

import type { CoreEngine, Receiver } from "../core-engine.js";
import type { Ending } from "../status-table.js";
import type { NotificationOutcome } from "./descriptor-interfaces.js";
import { checkPriority, type Priority } from "./priority.js";

export const READABLE = 0;
export const WRITABLE = 1;
export const HAS_ERROR = 2;
export const CONDITION_NAMES = ["readable", "writable", "has-error"] as const;

/** In the word of `descriptor_state`, above the statuses. */
const REGISTERED_SHIFT = 4;

export type Upcall = (outcome: NotificationOutcome) => void;

/** One closure that is to run. */
class Registration implements Receiver {
  readonly tag: number;

  constructor(
    private readonly core: CoreEngine,
    private readonly run: Upcall,
  ) {
    this.tag = core.receivers.add(this);
  }

  completed(_kind: number, _ending: Ending, a: number): void {
    this.core.receivers.remove(this.tag);
    this.run(a >>> 8);
  }

  /** Its descriptor closes, too, and that is how it runs. */
  close(): void {}
}

export class Conditions {
  constructor(
    readonly core: CoreEngine,
    /** The descriptor's, 0 once it is closed: then what is left of the calls does nothing. */
    public address: number,
  ) {}

  /** `run` runs once, later, whatever happens to the descriptor. Not while one is registered. */
  register(condition: number, deadlineNs: number, run: Upcall): void {
    const { tag } = new Registration(this.core, run);
    this.core.exports.descriptor_notify(this.address, condition, deadlineNs, tag);
    this.core.touch();
  }

  isRegistered(condition: number): boolean {
    return isRegistered(this.state, condition);
  }

  clear(condition: number): void {
    if (this.address !== 0) this.core.exports.descriptor_clear(this.address, condition);
  }

  force(condition: number): void {
    if (this.address === 0) return;
    this.core.exports.descriptor_force(this.address, condition);
    this.core.touch();
  }

  setPriority(condition: number, priority: Priority): void {
    checkPriority(priority, `${CONDITION_NAMES[condition]} upcalls`);
    if (this.address !== 0) this.core.exports.descriptor_set_priority(this.address, condition, priority);
  }

  toString(): string {
    const { state } = this;
    return CONDITION_NAMES.map((name, condition) => {
      const status = (state >>> condition & 1) !== 0 ? "set" : "clear";
      return `${name} ${status}${isRegistered(state, condition) ? " and registered" : ""}`;
    }).join(", ");
  }

  private get state(): number {
    return this.core.exports.descriptor_state(this.address);
  }
}

function isRegistered(state: number, condition: number): boolean {
  return (state >>> (REGISTERED_SHIFT + condition) & 1) !== 0;
}
