// Descriptors of the EventManager: one connection, and being told when it can be read from, written to, or broke.
//
// After the EventManager text of 2020-06, with names in camelCase; both of its flavours are on one object. The epoll
// flavour (`notifyWhen…`, `clear…`, `force…`, `read`, `write`) says when something is possible and leaves it to the
// caller; the libuv flavour (`notifyAfter…`) moves the bytes first and tells then. Per direction one flavour at a time:
// as long as closures of one are to run, calls of the other are refused.
//
// Rules for all upcalls: none runs inside a call, each runs exactly once per registration, also when the descriptor
// is closed or released first, and in the order of their priorities (MED unless `set…Priority` said otherwise). An
// upcall may call anything. A call that breaks a rule throws a StatusError that names the rule, and changes nothing.

import type { ResolvedAddress } from "../address.js";
import type { Endpoint } from "../interfaces.js";
import type { SliceBuffer } from "../memory-interfaces.js";
import type { Status } from "../status.js";
import type { EpollEventManager } from "./interfaces.js";
import type { Priority } from "./priority.js";

export enum NotificationOutcome {
  FD_BECAME_READY = 0,
  TIMED_OUT = 1,
}

/** What `notifyAfterRead` tells. */
export interface ReadStatus {
  /**
   * Not OK: the end of the stream or why it failed; RESOURCE_EXHAUSTED without room; CANCELLED when `forceReadable`
   * came and nothing was there, or the descriptor was closed or released.
   */
  readonly status: Status;
  /** The front of what `allocate` gave, as far as bytes were read into it: empty exactly when the status is not OK. */
  readonly bytes: Uint8Array;
  /** The room was filled, so there may be more: the same upcall runs again. False: that was the last time. */
  readonly rearmed: boolean;
}

/** What `notifyAfterWrite` tells. */
export interface WriteStatus {
  /**
   * Not OK: why no more will be taken; CANCELLED when `forceWritable` came and nothing could be taken, or the
   * descriptor was closed or released.
   */
  readonly status: Status;
  /** Bytes that left with this step. */
  readonly bytesWritten: number;
  /** Bytes that did not. When the upcall does not run again they were not sent, and never will be. */
  readonly bytesLeft: number;
  /** The same upcall runs again after the next step. False: that was the last time. */
  readonly rearmed: boolean;
}

export interface WriteInfo {
  /**
   * Bytes are copied: the array stays the caller's. A slice buffer is the engine's until the last upcall, and bytes are
   * taken from its front; then it is the caller's again, with what was not sent.
   */
  readonly bytes: Uint8Array | SliceBuffer;
}

/**
 * A connection that `registerFileDescriptor` took over. It is given back by one of `close`, `release` and the
 * manager's `deleteDescriptor`; the first of them decides. Afterwards `clear…`, `force…`, `set…Priority` and `close`
 * do nothing, and the other calls are refused.
 */
export interface Descriptor extends Disposable {
  readonly eventManager: EpollEventManager;
  /** Whether it can no longer be used: it was closed, released or deleted, or the engine closed. */
  readonly isClosed: boolean;
  /** The application's own. Null until it says otherwise. */
  data: unknown;
  /** Both are valid as long as the object. */
  readonly localAddress: ResolvedAddress;
  readonly peerAddress: ResolvedAddress;

  /**
   * Runs `upcall` soon when there is something to read: bytes, the end of the stream or its failure; at once, though
   * not inside the call, when that was told before and not cleared since. One per condition may wait: a second
   * one is refused until the first one is on its way.
   */
  notifyWhenReadable(upcall: () => void): void;
  /** The same for when the stream takes bytes, or never will again. */
  notifyWhenWritable(upcall: () => void): void;
  /**
   * The same for when the connection broke. The end of the stream is no error. What lies behind bytes that nobody read
   * cannot be seen; of a connection where nothing lies, up to 512 bytes are looked at, and kept for whoever reads.
   */
  notifyWhenHasError(upcall: () => void): void;
  /** TIMED_OUT at `deadline`, a date or milliseconds from now, if nothing came before. That leaves the status alone. */
  notifyWhenReadableOrTimeout(upcall: (outcome: NotificationOutcome) => void, deadline: Date | number): void;
  notifyWhenWritableOrTimeout(upcall: (outcome: NotificationOutcome) => void, deadline: Date | number): void;

  /**
   * Forgets that the condition was told, so that the next upcall stands for a new event. What is still there counts as
   * new: nothing is ever lost, and something may be told twice. What is registered stays so.
   */
  clearReadable(): void;
  clearWritable(): void;
  clearHasError(): void;

  /** As if the condition held now: what is registered for it runs soon, and what will be, until it is cleared. */
  forceReadable(): void;
  forceWritable(): void;
  forceHasError(): void;

  /** For upcalls whose turn is decided from now on. */
  setReadPriority(priority: Priority): void;
  setWritePriority(priority: Priority): void;
  setErrorPriority(priority: Priority): void;

  /**
   * Appends what is there to `buffer`, at most `mostBytes` (default 64 KiB), and answers how many bytes; 0 when
   * nothing is there now. A status says why there never will be more: the end of the stream or its failure. Never
   * waits.
   */
  read(buffer: SliceBuffer, mostBytes?: number): number | Status;
  /**
   * Takes from the front of `buffer` what the stream takes now, and answers how many bytes; 0 when it takes none now. A
   * status says why it never will. Never waits.
   */
  write(buffer: SliceBuffer): number | Status;
  /**
   * Ends the sending direction behind what was written, as `Endpoint.shutdownSend`. Refused while a `notifyAfterWrite`
   * is outstanding. Idempotent.
   */
  shutdownSend(): void;

  /**
   * Waits for bytes, asks `allocate` for room, reads into it (at most 1 MiB at once) and runs `upcall` with what came
   * of it. When the room was filled the same goes on by itself. It is over when the upcall that says `rearmed: false`
   * has returned; until then another read is refused. Room in which nothing was found is used for the next try, so
   * each that `allocate` gave comes back in exactly one upcall. When it gives none (an empty array, or it throws) the
   * read ends and no byte is lost. Anything but a Uint8Array in memory of the caller's own counts as thrown: a view of
   * a slice buffer is in the engine's, which moves.
   */
  notifyAfterRead(upcall: (status: ReadStatus) => void, allocate: (suggestedBytes: number) => Uint8Array): void;
  /**
   * Writes, and runs `upcall` each time the stream took a part, until it has taken all or never will. It is over when
   * the upcall that says `rearmed: false` has returned; until then another write is refused. May go on beside a read.
   */
  notifyAfterWrite(upcall: (status: WriteStatus) => void, info: WriteInfo): void;

  /**
   * Closes the connection. What is registered runs soon (FD_BECAME_READY; CANCELLED in the libuv flavour); bytes that
   * the stream took still leave. The endpoint is destroyed with it. Idempotent.
   */
  close(): void;
  /**
   * Gives the endpoint back, the same object that was registered, to be used as before. What is registered runs soon,
   * as after `close`. Bytes that were not read are still to be read.
   */
  release(): Endpoint;
  /** For people: addresses, and the state of each condition. */
  toString(): string;
}
