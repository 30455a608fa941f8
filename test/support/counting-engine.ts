// An event engine of an application's own: it wraps another one, passes everything on, and keeps books. Whatever stands
// on the interface must run on it, through it, and leave the books balanced.
import * as assert from "uvu/assert";
import type {
  AcceptCallback, Closure, ConnectAddress, ConnectCallback, ConnectionHandle, ConnectOptions, DNSResolver, Endpoint,
  EndpointConfig, EndpointOptions, EventEngine, HostnameCallback, Listener, LookupHandle, LookupOptions,
  MemoryAllocator, MemoryAllocatorFactory, MemoryQuota, MemoryQuotaOptions, ReadArgs, ResolvedAddress, ResolverOptions,
  SliceBuffer, SRVCallback, Status, TaskHandle, TimerOptions, TXTCallback, WriteArgs,
} from "#host/engine/interfaces.js";

/** What begins once and ends once, in one of several ways. */
class Account {
  begun = 0;
  calledBack = 0;
  /** Done inside of the call, or cancelled: the callback never runs. */
  silent = 0;

  get outstanding(): number {
    return this.begun - this.calledBack - this.silent;
  }
}

const KINDS = [
  "runs", "timers", "listeners", "connects", "reads", "writes", "lookups", "endpoints", "resolvers", "buffers",
] as const;
type Kind = typeof KINDS[number];

export class Books {
  readonly accounts = Object.fromEntries(KINDS.map((kind) => [kind, new Account()])) as Record<Kind, Account>;

  /** Passes a callback on, and notes that it ran. */
  heard<A extends unknown[]>(kind: Kind, callback: (...args: A) => void): (...args: A) => void {
    const account = this.accounts[kind];
    account.begun++;
    if (typeof callback !== "function") return callback; // to be refused
    return (...args) => {
      account.calledBack++;
      assert.ok(account.outstanding >= 0, `${kind}: more callbacks than calls`);
      callback(...args);
    };
  }

  /** A call that was refused never happened. */
  passed<T>(kind: Kind, call: () => T): T {
    try {
      return call();
    } catch (error) {
      this.accounts[kind].begun--;
      throw error;
    }
  }

  silent(kind: Kind, isSo: boolean): boolean {
    if (isSo) this.accounts[kind].silent++;
    return isSo;
  }

  begun(kind: Kind): number {
    return this.accounts[kind].begun;
  }

  /** What began and has not ended, by kind; timers are left out, since an engine that closes drops them. */
  outstanding(): Partial<Record<Kind, number>> {
    const left = KINDS.filter((kind) => kind !== "timers" && this.accounts[kind].outstanding !== 0);
    return Object.fromEntries(left.map((kind) => [kind, this.accounts[kind].outstanding]));
  }
}

class CountingEndpoint implements Endpoint {
  private isCounted = true;

  constructor(private readonly inner: Endpoint, private readonly books: Books) {
    books.accounts.endpoints.begun++;
  }

  read(onRead: (status: Status) => void, buffer: SliceBuffer, args?: ReadArgs): boolean {
    const { books } = this;
    const heard = books.heard("reads", onRead);
    return books.passed("reads", () => books.silent("reads", this.inner.read(heard, buffer, args)));
  }

  write(onWritable: (status: Status) => void, buffer: SliceBuffer, args?: WriteArgs): boolean {
    const { books } = this;
    const heard = books.heard("writes", onWritable);
    return books.passed("writes", () => books.silent("writes", this.inner.write(heard, buffer, args)));
  }

  shutdownSend(): void {
    this.inner.shutdownSend();
  }

  get peerAddress(): ResolvedAddress {
    return this.inner.peerAddress;
  }

  get localAddress(): ResolvedAddress {
    return this.inner.localAddress;
  }

  get isDestroyed(): boolean {
    return this.inner.isDestroyed;
  }

  destroy(): void {
    this.inner.destroy();
    this.isCounted = !this.books.silent("endpoints", this.isCounted);
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}

class CountingResolver implements DNSResolver {
  private isCounted = true;

  constructor(private readonly inner: DNSResolver, private readonly books: Books) {
    books.accounts.resolvers.begun++;
  }

  lookupHostname(
    onResolve: HostnameCallback, name: string, defaultPort: string | number, options?: LookupOptions,
  ): LookupHandle {
    const heard = this.books.heard("lookups", onResolve);
    return this.books.passed("lookups", () => this.inner.lookupHostname(heard, name, defaultPort, options));
  }

  lookupSRV(onResolve: SRVCallback, name: string, options?: LookupOptions): LookupHandle {
    const heard = this.books.heard("lookups", onResolve);
    return this.books.passed("lookups", () => this.inner.lookupSRV(heard, name, options));
  }

  lookupTXT(onResolve: TXTCallback, name: string, options?: LookupOptions): LookupHandle {
    const heard = this.books.heard("lookups", onResolve);
    return this.books.passed("lookups", () => this.inner.lookupTXT(heard, name, options));
  }

  cancelLookup(handle: LookupHandle): boolean {
    return this.books.silent("lookups", this.inner.cancelLookup(handle));
  }

  get isDestroyed(): boolean {
    return this.inner.isDestroyed;
  }

  destroy(): void {
    this.inner.destroy();
    this.isCounted = !this.books.silent("resolvers", this.isCounted);
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}

export class CountingEngine implements EventEngine {
  readonly books = new Books();

  /** Closes `inner` when it is closed. */
  constructor(private readonly inner: EventEngine) {}

  run(closure: Closure): void {
    const { books } = this;
    const heard = books.heard("runs", functionOf(closure));
    books.passed("runs", () => this.inner.run(heard));
  }

  runAt(when: Date, closure: Closure, options?: TimerOptions): TaskHandle {
    const { books } = this;
    const heard = books.heard("timers", functionOf(closure));
    return books.passed("timers", () => this.inner.runAt(when, heard, options));
  }

  runAfter(delayMs: number, closure: Closure, options?: TimerOptions): TaskHandle {
    const { books } = this;
    const heard = books.heard("timers", functionOf(closure));
    return books.passed("timers", () => this.inner.runAfter(delayMs, heard, options));
  }

  cancel(handle: TaskHandle): boolean {
    return this.books.silent("timers", this.inner.cancel(handle));
  }

  createListener(
    onAccept: AcceptCallback, onShutdown: (status: Status) => void,
    config?: EndpointConfig | EndpointOptions, factory?: MemoryAllocatorFactory,
  ): Listener {
    const { books } = this;
    const accepted: AcceptCallback = (endpoint, allocator) => {
      onAccept(new CountingEndpoint(endpoint, books), allocator);
    };
    const heard = books.heard("listeners", onShutdown);
    return books.passed("listeners", () => this.inner.createListener(accepted, heard, config, factory));
  }

  connect(onConnect: ConnectCallback, address: ConnectAddress, options?: ConnectOptions): ConnectionHandle {
    const { books } = this;
    const heard: ConnectCallback = books.heard("connects", (status: Status, endpoint: Endpoint | null) => {
      onConnect(status, endpoint === null ? null : new CountingEndpoint(endpoint, books));
    });
    return books.passed("connects", () => this.inner.connect(heard, address, options));
  }

  cancelConnect(handle: ConnectionHandle): boolean {
    return this.books.silent("connects", this.inner.cancelConnect(handle));
  }

  getDNSResolver(options?: ResolverOptions): DNSResolver {
    return new CountingResolver(this.inner.getDNSResolver(options), this.books);
  }

  createSliceBuffer(allocator?: MemoryAllocator): SliceBuffer {
    const buffer = this.inner.createSliceBuffer(allocator);
    this.books.accounts.buffers.begun++;
    const destroy = buffer.destroy.bind(buffer);
    // Buffers are handed back to the inner engine, which knows its own: so this one is not wrapped.
    buffer.destroy = () => {
      destroy();
      buffer.destroy = destroy;
      this.books.accounts.buffers.silent++;
    };
    return buffer;
  }

  createMemoryQuota(options?: MemoryQuotaOptions): MemoryQuota {
    return this.inner.createMemoryQuota(options);
  }

  get memoryQuota(): MemoryQuota {
    return this.inner.memoryQuota;
  }

  live(): Record<string, number> {
    return this.inner.live();
  }

  queryExtension(id: string): unknown {
    return this.inner.queryExtension(id);
  }

  get isClosed(): boolean {
    return this.inner.isClosed;
  }

  get closing(): AbortSignal {
    return this.inner.closing;
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What is no closure stays as it is, to be refused. */
function functionOf(closure: Closure): () => void {
  if (typeof (closure as { run?: unknown } | null)?.run !== "function") return closure as () => void;
  return () => (closure as { run(): void }).run();
}
