// The contract of a resolver, after the EventEngine texts: DNSResolver of 2022-02, records of 2022-12. docs/dns.md says
// whom it asks, what a name may be and what it keeps.
//
// Rules for all look-ups: `onResolve` never runs inside the call, and runs exactly once, unless `cancelLookup` answered
// true before. Everything that can go wrong comes by it, also a name that is none; its message names the name, the type
// and the servers that were asked. The second argument is there exactly when the status is OK.

import type { ResolvedAddress } from "./address.js";
import type { DeadlineOptions } from "./deadline.js";
import type { LookupHandle } from "./handles.js";
import type { MemoryAllocator } from "./memory-interfaces.js";
import type { Status } from "./status.js";

export type { DeadlineOptions } from "./deadline.js";
export type { LookupHandle } from "./handles.js";

export interface ResolverOptions {
  /**
   * Whom to ask: "IP", "IP:PORT" or "[IPV6]:PORT", up to 8, in a list or split by commas; port 53 when none is given.
   * Default: what the environment of the component says, or else the system for addresses and the host's virtual
   * nameserver for the rest.
   */
  readonly dnsServer?: string | readonly string[];
  /** Domains to be tried behind names that have no dot. Default: none. */
  readonly searchDomains?: readonly string[];
  /** How long the first try of a question waits for its answer; later ones wait longer. Default 2000. */
  readonly attemptTimeoutMs?: number;
  /** Tries per server. Default 3. */
  readonly attempts?: number;
  /** The most that answers kept for later may take; 0 keeps none. Default 256 KiB. */
  readonly cacheSizeBytes?: number;
  /** Charged for the cache; the resolver takes it over and shuts it down. Default: one of the engine's quota. */
  readonly allocator?: MemoryAllocator;
}

/** One service record (RFC 2782), as it came: choosing by priority and weight is the caller's. */
export interface SRVRecord {
  /** Without a dot at its end. */
  readonly host: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** When to give up, with DEADLINE_EXCEEDED. Without one a look-up ends when all tries of all servers are used up. */
export type LookupOptions = DeadlineOptions | Date;

/** Sorted by RFC 6724: connect to them in this order. */
export type HostnameCallback = (status: Status, addresses: readonly ResolvedAddress[] | null) => void;
/** By priority, and within one in the order of the answer; empty for `localhost`. */
export type SRVCallback = (status: Status, records: readonly SRVRecord[] | null) => void;
/** One text per record, its strings joined and read as UTF-8; what is not becomes U+FFFD. Empty for `localhost`. */
export type TXTCallback = (status: Status, texts: readonly string[] | null) => void;

/** Looks names up. Its owner destroys it; any number of look-ups may be outstanding, within the engine's bound. */
export interface DNSResolver extends Disposable {
  /**
   * Addresses of `name`: a host, "HOST:PORT", or an IP literal with or without port and brackets, which is not looked
   * up. `defaultPort` is a number or the name of a service ("https"), and counts when the name has no port; without
   * either the look-up fails.
   */
  lookupHostname(
    onResolve: HostnameCallback, name: string, defaultPort: string | number, options?: LookupOptions,
  ): LookupHandle;
  /** The service records of `name`, as in "_grpclb._tcp.example.org". */
  lookupSRV(onResolve: SRVCallback, name: string, options?: LookupOptions): LookupHandle;
  lookupTXT(onResolve: TXTCallback, name: string, options?: LookupOptions): LookupHandle;
  /**
   * True: `onResolve` will never run and is let go of already. False: the look-up is over, or the handle is of none
   * of this resolver's. Allowed on a destroyed resolver, whose look-ups are over.
   */
  cancelLookup(handle: LookupHandle): boolean;
  readonly isDestroyed: boolean;
  /**
   * Ends it: outstanding callbacks run later, with CANCELLED; sockets are closed and the cache is emptied. Idempotent;
   * another look-up throws. An engine that closes does it to its resolvers.
   */
  destroy(): void;
}
