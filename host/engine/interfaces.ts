// The contract of an event engine, after the EventEngine text of 2022-02 with names in camelCase. Any object that
// keeps it can be the process-wide default engine (default-engine.ts); `EventEngine` in event-engine.ts is ours.
//
// Rules for all callbacks: none runs before the call that it was given to has returned; each runs at most once, on the
// one thread there is; whatever it throws goes to the engine's `onUncaught` and harms nobody else. A call that breaks
// a rule throws a StatusError that names the rule, and changes nothing.

import type { AddressLike, ResolvedAddress } from "./address.js";
import type { DeadlineOptions } from "./deadline.js";
import type { DNSResolver, ResolverOptions } from "./dns-interfaces.js";
import type { ConnectionHandle, TaskHandle } from "./handles.js";
import type {
  MemoryAllocator, MemoryAllocatorFactory, MemoryQuota, MemoryQuotaOptions, SliceBuffer,
} from "./memory-interfaces.js";
import type { Status } from "./status.js";

export type { AddressLike, ResolvedAddress } from "./address.js";
export type { ConnectionHandle, TaskHandle } from "./handles.js";
export type * from "./dns-interfaces.js";
export type * from "./memory-interfaces.js";
export type { Status, StatusCode } from "./status.js";

/**
 * What a task runs. The engine lets go of a function once it ran or was cancelled. An object with `run` stays its
 * owner's: the engine calls it at most once per schedule and forgets it.
 */
export type Closure = (() => void) | { run(): void };

/** Settings of sockets, asked for by key (2022 text: EndpointConfig). The keys are those of EndpointOptions. */
export interface EndpointConfig {
  get(key: string): number | string | object | undefined;
}

/** The settings that this engine knows. What is left out stays as the platform has it. */
export interface EndpointOptions {
  /** Idle milliseconds before the first keep-alive probe; setting it turns keep-alive on. */
  readonly keepAliveIdleMs?: number;
  readonly keepAliveIntervalMs?: number;
  readonly keepAliveCount?: number;
  /** Bytes of the kernel's buffers. */
  readonly receiveBufferSize?: number;
  readonly sendBufferSize?: number;
  /** Hops (IPv4: TTL) of packets sent, 1 to 255. */
  readonly hopLimit?: number;
  /** Connections that may wait to be accepted; listeners only. */
  readonly backlog?: number;
}

export interface TimerOptions {
  /** Milliseconds by which the task may be late, so that it shares a wake-up with others. Default 0. */
  readonly slackMs?: number;
}

export interface ReadArgs {
  /**
   * The read goes on until there are so many bytes, unless the stream ends or memory is short; more than 1 MiB counts
   * as 1 MiB. Default 1. Who wishes for more than the peer will send waits for its end.
   */
  readonly readHintBytes?: number;
  /** Allows `read` to answer true. Default false. */
  readonly mayCompleteInline?: boolean;
}

export interface WriteArgs {
  /** Most bytes handed to the transport at once. Default 1 MiB. */
  readonly maxFrameSize?: number;
  /** Allows `write` to answer true. Default false. */
  readonly mayCompleteInline?: boolean;
}

/** One end of a connection. Its owner destroys it; it outlives the listener that accepted it. */
export interface Endpoint extends Disposable {
  /**
   * Reads into `buffer`, which is cleared first and not to be used until the read has completed; it stays the
   * caller's. Answers false when `onRead` will run, exactly once: OK with bytes in the buffer, or a status that says
   * why there are none (bytes received before an error or the end come first). Answers true, only with
   * `mayCompleteInline`, when the bytes are in the buffer already: then `onRead` never runs. One read may be
   * outstanding: a second throws.
   */
  read(onRead: (status: Status) => void, buffer: SliceBuffer, args?: ReadArgs): boolean;
  /**
   * Writes the bytes of `buffer`, which are taken out of it. Answers false when `onWritable` will run, exactly once:
   * OK when every byte was taken by the transport, else why not. Answers true, only with `mayCompleteInline`, when
   * that is so already. One write may be outstanding, beside a read: a second throws.
   */
  write(onWritable: (status: Status) => void, buffer: SliceBuffer, args?: WriteArgs): boolean;
  /**
   * Ends the sending direction once everything written has left; the peer sees the end of the stream, reads go on
   * and later writes fail. Refused while a write is outstanding. Idempotent. (Not in the texts.)
   */
  shutdownSend(): void;
  /** Valid as long as the object, also after `destroy`. */
  readonly peerAddress: ResolvedAddress;
  readonly localAddress: ResolvedAddress;
  readonly isDestroyed: boolean;
  /**
   * Closes the connection. Outstanding callbacks run later, with CANCELLED; bytes of completed writes still leave.
   * Idempotent; anything else on a destroyed endpoint throws.
   */
  destroy(): void;
}

export type BindAddress = AddressLike;
/** One address, or several to be tried in this order. */
export type ConnectAddress = AddressLike | readonly AddressLike[];

export type AcceptCallback = (endpoint: Endpoint, allocator: MemoryAllocator) => void;
/** The endpoint is there exactly when the status is OK, and is the callback's to destroy. */
export type ConnectCallback = (status: Status, endpoint: Endpoint | null) => void;

/** Accepts connections on its bound addresses. Its owner closes it. */
export interface Listener extends Disposable {
  /** Binds one more address, before `start`; answers the port, the platform's choice for 0. Throws StatusError. */
  bind(address: BindAddress): number;
  /** Begins to accept; once. Needs a bound address. */
  start(): void;
  readonly boundAddresses: readonly ResolvedAddress[];
  /** Lets nobody in until `resume`: who comes waits in the platform's queue. Idempotent. (Neither is in the texts.) */
  pause(): void;
  resume(): void;
  readonly isClosed: boolean;
  /** Stops accepting. `onShutdown` runs later, exactly once, after the last `onAccept`. Idempotent. */
  close(): void;
}

/** Without a deadline the transport decides when to give up. */
export interface ConnectOptions extends DeadlineOptions {
  readonly config?: EndpointConfig | EndpointOptions;
  /** Charged for what is read; the endpoint takes it over and shuts it down. Default: one of the engine's quota. */
  readonly allocator?: MemoryAllocator;
}

export interface EventEngine extends AsyncDisposable {
  /** Runs `closure` soon, in the order of the calls, exactly once. Cannot be cancelled. */
  run(closure: Closure): void;
  /** Runs `closure` at `when`, never earlier. The past means soon. An invalid date is refused. */
  runAt(when: Date, closure: Closure, options?: TimerOptions): TaskHandle;
  /** Runs `closure` after `delayMs` milliseconds, never earlier. Below 0 means soon, Infinity never; NaN is refused. */
  runAfter(delayMs: number, closure: Closure, options?: TimerOptions): TaskHandle;
  /** True: the closure will never run and is let go of already. False: it ran, it runs, or the handle is of no task. */
  cancel(handle: TaskHandle): boolean;
  /**
   * Makes a listener, which accepts nothing before `start`. `onAccept` runs once per connection and owns the
   * endpoint; the allocator, from `factory`, is the endpoint's own and ends with it. `onShutdown` runs exactly once,
   * last.
   */
  createListener(
    onAccept: AcceptCallback, onShutdown: (status: Status) => void,
    config?: EndpointConfig | EndpointOptions, factory?: MemoryAllocatorFactory,
  ): Listener;
  /**
   * Connects to the first address of the list that answers. `onConnect` runs exactly once, with every kind of
   * failure, unless `cancelConnect` came first. Only an address that is none, or bad options, are thrown.
   */
  connect(onConnect: ConnectCallback, address: ConnectAddress, options?: ConnectOptions): ConnectionHandle;
  /** True: `onConnect` will never run and is let go of already. False: it completed, or no attempt has the handle. */
  cancelConnect(handle: ConnectionHandle): boolean;
  /** A resolver, with a cache of its own. Servers or options that cannot be meant are thrown. */
  getDNSResolver(options?: ResolverOptions): DNSResolver;
  /** An empty buffer; what is appended to it is charged to `allocator`, if given. */
  createSliceBuffer(allocator?: MemoryAllocator): SliceBuffer;
  createMemoryQuota(options?: MemoryQuotaOptions): MemoryQuota;
  /** What connections are charged to when nobody says otherwise. Ends with the engine. */
  readonly memoryQuota: MemoryQuota;
  /** How many of each kind are in use, for the leak law: all are zero after `close` when nothing was forgotten. */
  live(): Record<string, number>;
  /** What goes by this id and not every engine has; null when this one does not. */
  queryExtension(id: string): unknown;
  /** True from the call of `close` on: everything but `close` and giving things back is refused. */
  readonly isClosed: boolean;
  /** Aborted when `close` begins, with a StatusError CANCELLED: for waits that should end with the engine. */
  readonly closing: AbortSignal;
  /**
   * Ends everything. Closures already given to `run` run; those of `runAt` and `runAfter` are dropped; reads, writes
   * and connects complete with CANCELLED; listeners shut down; connections are closed. Resolves when all that is
   * done. Idempotent.
   */
  close(): Promise<void>;
}
