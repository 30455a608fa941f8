// The resolver of the 2021-07 text: a deadline for every look-up, and `tryCancelLookup`, after which the callback runs
// all the same, with CANCELLED.
//
//   OUTSTANDING -- the resolver's answer --> told
//        +-------- tryCancelLookup, and the resolver had not ended it --> told soon, by the engine's `run`: CANCELLED

import type { DNSResolver, HostnameCallback, SRVCallback, TXTCallback } from "./dns-interfaces.js";
import type { LookupHandle } from "./handles.js";
import type { EventEngine } from "./interfaces.js";
import type { Status } from "./status.js";
import { CANCELLED_STATUS } from "./status-table.js";

type Callback<T> = (status: Status, value: T | null) => void;

export class DNSResolver2021 implements Disposable {
  /** Tells the callback of an outstanding look-up that it was cancelled. */
  private readonly outstanding = new Map<LookupHandle, () => void>();

  /** Takes `resolver`, which is of `engine`, over: it is destroyed with this one. */
  constructor(
    private readonly resolver: DNSResolver,
    private readonly engine: Pick<EventEngine, "run" | "isClosed">,
  ) {}

  /** Callbacks run exactly once, never inside the call. See DNSResolver for what names and ports mean. */
  lookupHostname(
    onResolve: HostnameCallback, name: string, defaultPort: string | number, deadline?: Date,
  ): LookupHandle {
    return this.begin(onResolve, (told) => this.resolver.lookupHostname(told, name, defaultPort, deadline));
  }

  lookupSRV(onResolve: SRVCallback, name: string, deadline?: Date): LookupHandle {
    return this.begin(onResolve, (told) => this.resolver.lookupSRV(told, name, deadline));
  }

  lookupTXT(onResolve: TXTCallback, name: string, deadline?: Date): LookupHandle {
    return this.begin(onResolve, (told) => this.resolver.lookupTXT(told, name, deadline));
  }

  /** Best effort: a look-up that has not ended ends soon, with CANCELLED. Otherwise nothing happens. */
  tryCancelLookup(handle: LookupHandle): void {
    const cancelled = this.outstanding.get(handle);
    // An engine that closes ends them itself, and so does a destroyed resolver.
    if (cancelled === undefined || this.engine.isClosed || !this.resolver.cancelLookup(handle)) return;
    this.outstanding.delete(handle);
    this.engine.run(cancelled);
  }

  /** Ends every look-up with CANCELLED. Idempotent. */
  destroy(): void {
    this.resolver.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  private begin<T>(onResolve: Callback<T>, start: (told: Callback<T>) => LookupHandle): LookupHandle {
    if (typeof onResolve !== "function") return start(onResolve);
    const handle = start((status, value) => {
      this.outstanding.delete(handle);
      onResolve(status, value);
    });
    this.outstanding.set(handle, () => onResolve(CANCELLED_STATUS, null));
    return handle;
  }
}
