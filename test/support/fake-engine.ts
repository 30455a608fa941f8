// An event engine in memory for tests of what stands on the interface: it keeps the interface's rules and fails loudly
// when a user breaks one. `inline` lets operations complete at once; `later` is where callbacks wait for the next turn.
import type {
  AcceptCallback, AddressLike, Closure, ConnectCallback, ConnectOptions, DNSResolver, Endpoint, EventEngine, Listener,
  MemoryAllocator, MemoryQuota, ReadArgs, SliceBuffer, Status, WriteArgs,
} from "#host/engine/interfaces.js";
import { ResolvedAddress } from "#host/engine/address.js";
import { ConnectionHandle, TaskHandle } from "#host/engine/handles.js";
import { makeStatus, OK_STATUS, refuse, StatusCode, StatusError } from "#host/engine/status.js";
import { FakeBuffer } from "./fake-buffer.js";

export const CANCELLED = makeStatus(StatusCode.CANCELLED, "cancelled", "cancelled");
export const END = makeStatus(StatusCode.INTERNAL, "end-of-stream", "end of stream");
export const RESET = makeStatus(StatusCode.UNAVAILABLE, "connection-reset", "connection reset");
export const REFUSED = makeStatus(StatusCode.UNAVAILABLE, "connection-refused", "connection refused");
const TIMED_OUT = makeStatus(StatusCode.DEADLINE_EXCEEDED, "deadline-exceeded", "deadline exceeded");

/** Bytes that one direction of a connection holds. */
export const PIPE_BYTES = 65_536;

type Done = (status: Status) => void;

/** One direction of a connection. */
class Pipe {
  parts: Uint8Array[] = [];
  length = 0;
  over: Status | null = null;
  changed: () => void = () => {};
}

export class FakeEndpoint implements Endpoint {
  isDestroyed = false;
  /** Bytes that `write` was called with, and how often. */
  writes: number[] = [];
  #read: { done: Done; buffer: FakeBuffer } | null = null;
  #write: { done: Done; rest: Uint8Array } | null = null;

  constructor(
    private readonly engine: FakeEngine, private readonly input: Pipe, private readonly output: Pipe,
    readonly localAddress: ResolvedAddress, readonly peerAddress: ResolvedAddress,
  ) {
    engine.count("endpoints", 1);
    input.changed = () => engine.later(() => this.#step());
  }

  read(done: Done, buffer: SliceBuffer, args: ReadArgs = {}): boolean {
    this.#check();
    if (this.#read !== null) refuse("a read is already outstanding");
    const fake = buffer as FakeBuffer;
    fake.clear();
    fake.isLocked = true;
    this.#read = { done, buffer: fake };
    if (this.engine.inline && args.mayCompleteInline && this.input.length > 0) {
      this.#takeInput(fake);
      this.#read = null;
      return true;
    }
    this.engine.later(() => this.#step());
    return false;
  }

  write(done: Done, buffer: SliceBuffer, args: WriteArgs = {}): boolean {
    this.#check();
    if (this.#write !== null) refuse("a write is already outstanding");
    const rest = buffer.toUint8Array();
    buffer.clear();
    this.writes.push(rest.length);
    this.#write = { done, rest };
    this.#push();
    if (this.engine.inline && args.mayCompleteInline && this.#write.rest.length === 0) {
      this.#write = null;
      return true;
    }
    this.engine.later(() => this.#step());
    return false;
  }

  shutdownSend(): void {
    this.#check();
    if (this.#write !== null) refuse("a write is outstanding");
    this.output.over ??= END;
    this.output.changed();
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.output.over ??= END;
    this.output.changed();
    this.engine.count("endpoints", -1);
    this.engine.later(() => this.#cut(CANCELLED));
  }

  /** The connection breaks, for both ends. */
  break(status: Status = RESET): void {
    for (const pipe of [this.input, this.output]) {
      pipe.parts = [];
      pipe.length = 0;
      pipe.over = status;
      pipe.changed();
    }
    this.engine.later(() => this.#step());
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  /** Bytes of ours that the peer has not read. */
  get inFlight(): number {
    return this.output.length;
  }

  #step(): void {
    if (this.isDestroyed) return;
    const read = this.#read;
    if (read !== null && (this.input.length > 0 || this.input.over !== null)) {
      this.#read = null;
      const hasBytes = this.input.length > 0;
      this.#takeInput(read.buffer);
      read.done(hasBytes ? OK_STATUS : this.input.over ?? END);
    }
    const write = this.#write;
    if (write === null) return;
    this.#push();
    const failure = this.output.over;
    if (failure === null && write.rest.length > 0) return;
    this.#write = null;
    write.done(failure === null ? OK_STATUS : failure === END ? CANCELLED : failure);
  }

  #takeInput(buffer: FakeBuffer): void {
    buffer.isLocked = false;
    buffer.replace(this.input.parts);
    this.input.parts = [];
    this.input.length = 0;
    this.engine.later(() => this.roomMade());
  }

  roomMade: () => void = () => {};

  stepOutput(): void {
    this.#step();
  }

  #push(): void {
    const write = this.#write;
    if (write === null || this.output.over !== null) return;
    const count = Math.min(PIPE_BYTES - this.output.length, write.rest.length);
    if (count === 0) return;
    this.output.parts.push(write.rest.slice(0, count));
    this.output.length += count;
    write.rest = write.rest.subarray(count);
    this.output.changed();
  }

  #cut(status: Status): void {
    const [read, write] = [this.#read, this.#write];
    this.#read = null;
    this.#write = null;
    if (read !== null) {
      read.buffer.isLocked = false;
      read.done(status);
    }
    write?.done(status);
  }

  #check(): void {
    if (this.isDestroyed) refuse("the endpoint was destroyed");
    if (this.engine.isClosed) refuse("the engine is closed");
  }
}

class FakeListener implements Listener {
  readonly boundAddresses: ResolvedAddress[] = [];
  isClosed = false;
  isStarted = false;
  private isPaused = false;
  private backlog: FakeEndpoint[] = [];

  constructor(
    private readonly engine: FakeEngine, private readonly onAccept: AcceptCallback, private readonly onShutdown: Done,
  ) {
    engine.count("listeners", 1);
  }

  bind(address: AddressLike): number {
    const wanted = ResolvedAddress.from(address);
    const port = wanted.port === 0 ? this.engine.nextPort++ : wanted.port;
    if (this.engine.listeners.has(port)) {
      throw new StatusError(makeStatus(StatusCode.FAILED_PRECONDITION, "address-in-use", "address in use"));
    }
    this.engine.listeners.set(port, this);
    this.boundAddresses.push(ResolvedAddress.from({ address: wanted.address, port }));
    return port;
  }

  start(): void {
    this.isStarted = true;
  }

  get waiting(): number {
    return this.backlog.length;
  }

  /** A connection came in; it waits while the listener is paused. */
  arrived(server: FakeEndpoint): void {
    if (this.isPaused) this.backlog.push(server);
    else this.onAccept(server, null as unknown as MemoryAllocator);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.engine.later(() => {
      while (!this.isPaused && this.backlog.length > 0) this.arrived(this.backlog.shift()!);
    });
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const waiting of this.backlog) waiting.destroy();
    for (const { port } of this.boundAddresses) this.engine.listeners.delete(port);
    this.engine.later(() => {
      this.engine.count("listeners", -1);
      this.onShutdown(OK_STATUS);
    });
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export class FakeEngine implements EventEngine {
  inline = false;
  isClosed = false;
  nextPort = 50_000;
  readonly listeners = new Map<number, FakeListener>();
  readonly #closing = new AbortController();
  readonly closing = this.#closing.signal;
  readonly #live: Record<string, number> = {};
  readonly #attempts = new Map<number, ConnectCallback>();
  readonly #timers = new Map<number, NodeJS.Timeout>();
  #nextSlot = 1;

  get memoryQuota(): MemoryQuota {
    return refuse("not in the double");
  }

  later(step: () => void): void {
    setImmediate(step);
  }

  count(kind: string, change: number): void {
    this.#live[kind] = (this.#live[kind] ?? 0) + change;
  }

  live(): Record<string, number> {
    return { ...this.#live, attempts: this.#attempts.size, timers: this.#timers.size };
  }

  /** Two ends of a connection. */
  pair(port = this.nextPort++): [FakeEndpoint, FakeEndpoint] {
    const [one, other] = [new Pipe(), new Pipe()];
    const here = ResolvedAddress.from({ address: "127.0.0.1", port: this.nextPort++ });
    const there = ResolvedAddress.from({ address: "127.0.0.1", port });
    const ends: [FakeEndpoint, FakeEndpoint] = [
      new FakeEndpoint(this, one, other, here, there), new FakeEndpoint(this, other, one, there, here),
    ];
    ends[0].roomMade = () => ends[1].stepOutput();
    ends[1].roomMade = () => ends[0].stepOutput();
    return ends;
  }

  /** Connections that wait because the listener of `port` is paused. */
  backlogOf(port: number): number {
    return this.listeners.get(port)?.waiting ?? 0;
  }

  createListener(onAccept: AcceptCallback, onShutdown: Done): Listener {
    return new FakeListener(this, onAccept, onShutdown);
  }

  connect(
    onConnect: ConnectCallback, address: AddressLike | readonly AddressLike[], options: ConnectOptions = {},
  ): ConnectionHandle {
    const first = (Array.isArray(address) ? address[0] : address) as AddressLike;
    const { port } = ResolvedAddress.from(first);
    const slot = this.#nextSlot++;
    this.#attempts.set(slot, onConnect);
    const finish = (status: Status, listener?: FakeListener): void => {
      if (!this.#attempts.delete(slot)) return;
      if (listener === undefined) return onConnect(status, null);
      const [client, server] = this.pair(port);
      listener.arrived(server);
      onConnect(status, client);
    };
    // Port 1 never answers.
    if (port === 1) {
      if (options.timeoutMs !== undefined) setTimeout(() => finish(TIMED_OUT), options.timeoutMs);
    } else {
      this.later(() => {
        const listener = this.listeners.get(port);
        if (listener?.isStarted) finish(OK_STATUS, listener);
        else finish(REFUSED);
      });
    }
    return new ConnectionHandle(slot, 0, 1);
  }

  cancelConnect(handle: ConnectionHandle): boolean {
    return this.#attempts.delete(handle.slot);
  }

  createSliceBuffer(): SliceBuffer {
    if (this.isClosed) refuse("the engine is closed");
    return new FakeBuffer(this.#live);
  }

  run(closure: Closure): void {
    this.later(() => runClosure(closure));
  }

  runAt(): TaskHandle {
    return refuse("not in the double");
  }

  runAfter(delayMs: number, closure: Closure): TaskHandle {
    if (this.isClosed) refuse("the engine is closed");
    const slot = this.#nextSlot++;
    this.#timers.set(slot, setTimeout(() => {
      this.#timers.delete(slot);
      runClosure(closure);
    }, delayMs));
    return new TaskHandle(slot, 0, 1);
  }

  cancel(handle: TaskHandle): boolean {
    clearTimeout(this.#timers.get(handle.slot));
    return this.#timers.delete(handle.slot);
  }

  createMemoryQuota(): MemoryQuota {
    return refuse("not in the double");
  }

  getDNSResolver(): DNSResolver {
    return refuse("not in the double");
  }

  queryExtension(): unknown {
    return null;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#closing.abort(new StatusError(CANCELLED));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function runClosure(closure: Closure): void {
  if (typeof closure === "function") closure();
  else closure.run();
}
