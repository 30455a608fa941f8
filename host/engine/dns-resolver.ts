// A resolver of the core:
//
//   OPEN -- destroy, or the engine closes --> DESTROYED, with its allocator; its look-ups have their entries
//
// Names go to the core through a text area of a fixed size, so that a look-up allocates nothing there. A text that does
// not fit is cut: what is left of it is still too long for a name or a port, so it is refused like any other.

import type { ResolvedAddress } from "./address.js";
import type { CoreEngine, Receiver } from "./core-engine.js";
import { deadlineNs } from "./deadline.js";
import type {
  DNSResolver, HostnameCallback, LookupOptions, ResolverOptions, SRVCallback, TXTCallback,
} from "./dns-interfaces.js";
import { Lookup } from "./dns-lookup.js";
import { addressesOf, failureTextOf, serviceRecordsOf, textsOf } from "./dns-results.js";
import { LookupHandle, newSpace } from "./handles.js";
import { CoreMemoryAllocator } from "./memory-allocator.js";
import { refuse, refuseArgument, type Status, StatusError } from "./status.js";
import { codeOfError, statusSaying } from "./status-table.js";

/** Kinds of look-ups (assembly/exports/dns.ts). */
const HOSTNAME = 1;
const SRV = 2;
const TXT = 3;

/** Bytes of the two texts that a call takes: a name or the servers, a port or the search domains. */
export const FIRST_BYTES = 1104;
export const SECOND_BYTES = 2048;

const CACHE_BYTES_DEFAULT = 0xffff_ffff;
const REASON = 5;

const encoder = new TextEncoder();

export class CoreDNSResolver implements DNSResolver, Receiver {
  /** 0 once it is destroyed. */
  private address: number;
  private readonly tag: number;
  private readonly allocator: CoreMemoryAllocator;
  private readonly textAt: number;
  private readonly space = newSpace();

  /** @internal Takes the allocator over when it succeeds. */
  constructor(
    readonly core: CoreEngine,
    options: ResolverOptions,
    makeAllocator: (name: string) => CoreMemoryAllocator,
  ) {
    this.textAt = core.exports.dns_text_area() >>> 0;
    const { dnsServer = "", searchDomains = [], allocator: given } = options;
    const servers = this.putWhole("dnsServer", listText(dnsServer, ","), 0, FIRST_BYTES);
    const domains = this.putWhole("searchDomains", listText(searchDomains, " "), FIRST_BYTES, SECOND_BYTES);
    const timeoutMs = setting("attemptTimeoutMs", options.attemptTimeoutMs, 1, 0);
    const attempts = setting("attempts", options.attempts, 1, 0);
    const cacheBytes = setting("cacheSizeBytes", options.cacheSizeBytes, 0, CACHE_BYTES_DEFAULT);
    const allocator = given ?? makeAllocator("resolver");
    if (!(allocator instanceof CoreMemoryAllocator)) refuseArgument("want a memory allocator of this event engine");
    this.address = core.exports.dns_resolver_create(
      servers, domains, timeoutMs, attempts, cacheBytes, allocator.addressFor(core)) >>> 0;
    core.touch();
    if (this.address === 0) {
      if (given === undefined) allocator.shutdown();
      throw this.creationFailure(core.result(0));
    }
    allocator.hold(core);
    this.allocator = allocator;
    this.tag = core.receivers.add(this);
    core.live.resolvers++;
  }

  lookupHostname(
    onResolve: HostnameCallback, name: string, defaultPort: string | number, options?: LookupOptions,
  ): LookupHandle {
    const port = typeof defaultPort === "number" ? portText(defaultPort) : defaultPort;
    return this.lookUp<readonly ResolvedAddress[]>(HOSTNAME, onResolve, addressesOf, name, port, options);
  }

  lookupSRV(onResolve: SRVCallback, name: string, options?: LookupOptions): LookupHandle {
    return this.lookUp(SRV, onResolve, serviceRecordsOf, name, "", options);
  }

  lookupTXT(onResolve: TXTCallback, name: string, options?: LookupOptions): LookupHandle {
    return this.lookUp(TXT, onResolve, textsOf, name, "", options);
  }

  cancelLookup(handle: LookupHandle): boolean {
    return this.lookupOf(handle)?.cancel() ?? false;
  }

  get isDestroyed(): boolean {
    return this.address === 0;
  }

  destroy(): void {
    if (this.address === 0) return;
    const { core, address } = this;
    this.address = 0;
    core.exports.dns_resolver_destroy(address);
    core.receivers.remove(this.tag);
    core.live.resolvers--;
    core.touch();
    this.allocator.letGo();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  /** @internal */
  close(): void {
    this.destroy();
  }

  /** @internal */
  completed(): void {
    throw new Error("a resolver has no entries of its own");
  }

  private lookUp<T>(
    kind: number, onResolve: (status: Status, value: T | null) => void,
    read: (core: CoreEngine, result: number) => T, name: string, port: string, options: LookupOptions | undefined,
  ): LookupHandle {
    const { core, address } = this;
    core.checkOpen("a look-up");
    if (address === 0) refuse("a look-up by a destroyed resolver");
    if (typeof onResolve !== "function") refuseArgument("onResolve must be a function");
    if (typeof name !== "string") refuseArgument("the name of a look-up must be a string");
    if (typeof port !== "string") refuseArgument("the default port of a look-up must be a string or a number");
    const endNs = options === undefined ? Infinity : this.endOf(options);
    const bytes = core.bytes();
    const nameLength = putText(bytes, this.textAt, FIRST_BYTES, name);
    const portLength = putText(bytes, this.textAt + FIRST_BYTES, SECOND_BYTES, port);
    const lookup = new Lookup(core, onResolve, read);
    const slot = core.exports.dns_lookup(
      kind, address, nameLength, portLength, endNs, core.isInTurn, lookup.tag) >>> 0;
    const handle = new LookupHandle(slot, core.result(0), this.space);
    handle.lookup = lookup;
    lookup.handle = handle;
    core.touch();
    return handle;
  }

  private lookupOf({ space, lookup }: LookupHandle): Lookup<unknown> | null {
    return space === this.space ? lookup as Lookup<unknown> | null : null;
  }

  private endOf(options: LookupOptions): number {
    const given = options instanceof Date ? { deadline: options } : options;
    return deadlineNs(this.core.clock, given, "a look-up");
  }

  private putWhole(what: string, text: string, offset: number, room: number): number {
    const at = this.textAt + offset;
    const { read, written } = encoder.encodeInto(text, this.core.bytes().subarray(at, at + room));
    if (read < text.length) refuseArgument(`${what} is too long: want ${room} bytes at most`);
    return written;
  }

  private creationFailure(result: number): StatusError {
    const { core } = this;
    const reason = core.bytes()[result + REASON] as number;
    const status = statusSaying(codeOfError(reason) << 8 | reason << 16, failureTextOf(core, result));
    core.exports.dns_result_release(result);
    return new StatusError(status);
  }
}

/** Puts a text that may be no name, and says how many bytes it has. */
function putText(bytes: Uint8Array, at: number, room: number, text: string): number {
  const { length } = text;
  if (length <= room) {
    let index = 0;
    for (; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) break;
      bytes[at + index] = unit;
    }
    if (index === length) return length;
  }
  return encoder.encodeInto(text, bytes.subarray(at, at + room)).written;
}

let lastPort = 0;
let lastPortText = "0";

/** Callers have one port or a few. */
function portText(port: number): string {
  if (port !== lastPort) {
    lastPort = port;
    lastPortText = String(port);
  }
  return lastPortText;
}

function listText(list: string | readonly string[], separator: string): string {
  if (typeof list === "string") return list;
  const texts: readonly unknown[] = Array.isArray(list) ? [...list] : [null];
  if (texts.some((each) => typeof each !== "string")) {
    refuseArgument("dnsServer and searchDomains must be text or lists of text");
  }
  return texts.join(separator);
}

function setting(name: string, value: number | undefined, least: number, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (Number.isInteger(value) && value >= least && value < CACHE_BYTES_DEFAULT) return value;
  return refuseArgument(`${name} is ${String(value)}: want a whole number from ${least} on`);
}
