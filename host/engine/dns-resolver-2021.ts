// The resolver of the 2021-07 text: a deadline for every look-up, and `tryCancelLookup`, after which the callback runs
// all the same, with CANCELLED.

import type { DNSResolver, HostnameCallback, SRVCallback, TXTCallback } from "./dns-interfaces.js";
import { CoreDNSResolver } from "./dns-resolver.js";
import type { LookupHandle } from "./handles.js";
import { refuse } from "./status.js";

export class DNSResolver2021 implements Disposable {
  private readonly resolver: CoreDNSResolver;

  /** Takes `resolver` over: it is destroyed with this one. */
  constructor(resolver: DNSResolver) {
    if (!(resolver instanceof CoreDNSResolver)) refuse("want a resolver of this event engine");
    this.resolver = resolver;
  }

  /** Callbacks run exactly once, never inside the call. See DNSResolver for what names and ports mean. */
  lookupHostname(
    onResolve: HostnameCallback, name: string, defaultPort: string | number, deadline?: Date,
  ): LookupHandle {
    return this.resolver.lookupHostname(onResolve, name, defaultPort, deadline);
  }

  lookupSRV(onResolve: SRVCallback, name: string, deadline?: Date): LookupHandle {
    return this.resolver.lookupSRV(onResolve, name, deadline);
  }

  lookupTXT(onResolve: TXTCallback, name: string, deadline?: Date): LookupHandle {
    return this.resolver.lookupTXT(onResolve, name, deadline);
  }

  /** Best effort: a look-up that has not ended ends soon, with CANCELLED. Otherwise nothing happens. */
  tryCancelLookup(handle: LookupHandle): void {
    this.resolver.tryCancelLookup(handle);
  }

  /** Ends every look-up with CANCELLED. Idempotent. */
  destroy(): void {
    this.resolver.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}
