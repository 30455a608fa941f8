// One look-up:
//
//   PENDING -- entry in the ring --> onResolve, exactly once
//      |------ cancelLookup -------> forgotten; onResolve never runs
//      |------ destroy ------------> as an entry, CANCELLED
//      +------ the engine closes --> onResolve with CANCELLED, through the queue
//
// What the core answers for a handle is what counts: once it says that a look-up ended, onResolve will run.

import type { CoreEngine, Receiver } from "./core-engine.js";
import { failureTextOf } from "./dns-results.js";
import { LookupHandle } from "./handles.js";
import type { Status } from "./status.js";
import { CLOSED_STATUS, type Ending, statusFrom, statusSaying } from "./status-table.js";

export class Lookup<T> implements Receiver {
  readonly tag: number;
  handle = LookupHandle.invalid;

  constructor(
    private readonly core: CoreEngine,
    private readonly onResolve: (status: Status, value: T | null) => void,
    /** Reads what it ends with when all is well. */
    private readonly read: (core: CoreEngine, result: number) => T,
  ) {
    this.tag = core.receivers.add(this);
    core.live.lookups++;
  }

  completed(_kind: number, ending: Ending, result: number): void {
    const { core } = this;
    let status = statusFrom(ending);
    const value = status.ok ? this.read(core, result) : null;
    if (!status.ok && result !== 0) status = statusSaying(ending, failureTextOf(core, result));
    core.exports.dns_result_release(result);
    this.forget();
    this.onResolve(status, value);
  }

  close(): void {
    // Otherwise its entry is in the ring already, or will be.
    if (this.cancel()) this.core.post(() => this.onResolve(CLOSED_STATUS, null));
  }

  cancel(): boolean {
    const { core } = this;
    if (!core.exports.dns_cancel(this.handle.slot, this.handle.generation)) return false;
    core.touch();
    this.forget();
    return true;
  }

  private forget(): void {
    const { core } = this;
    core.receivers.remove(this.tag);
    core.live.lookups--;
    this.handle.lookup = null;
  }
}
