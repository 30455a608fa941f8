// The transport seam: how bytes and connections move, with no notion of WASI. The state machines stand on it and
// Node, pages and the simulation each bring their own arm.
//
// Rules for every arm: nothing is called back from inside a call of this seam, with one exception: `done` of a bind
// and of listen may run before the call returns, because most platforms know the outcome at once. After `close` or
// `abort` nothing is called back at all, except `released`. Addresses are numeric, names are resolved by `lookup`.

import type { DatagramEvents, DatagramSocket } from "./datagram-transport.js";
import type { ErrorCode, Outcome } from "./error-code.js";
import type { SocketAddress } from "./ip-address.js";

/** Takes what arrives on a connection or on standard input. */
export interface ByteSink {
  /** Bytes that the arm will overwrite: the sink copies. Returns false to pause until `resume`. */
  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean;
  /** Bytes that the arm gives away. Returns false to pause until `resume`. */
  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean;
  /** No more bytes will arrive: the peer's FIN, the end of a file. */
  endArrived(): void;
}

/** Learns when an output has room again. */
export interface RoomListener {
  roomMade(): void;
}

/** Where bytes come from. */
export interface ByteSource {
  resume(): void;
  pause(): void;
}

/** Where bytes go. */
export interface ByteTarget {
  /** Bytes written that the transport still holds. */
  readonly queuedBytes: number;
  /** Copies `source[start, end)` out before it returns. */
  write(source: Uint8Array, start: number, end: number): void;
  /** Ends the output after the queued bytes (FIN). */
  end(): void;
  /**
   * The owner waits for room. An arm that lets `queuedBytes` lag behind, so as to tell less often, tells from here on
   * of all that is taken until nothing is queued. Arms that always do leave it out.
   */
  wantRoom?(): void;
  /** Smaller whenever the system took something. Arms whose `queuedBytes` is so exact leave it out. */
  readonly unsentBytes?: number;
}

/** What a connection tells its owner beside bytes. */
export interface ConnectionEvents extends ByteSink, RoomListener {
  /** The connection broke; no more bytes move in either direction. */
  failed(code: ErrorCode): void;
}

export interface Connection extends ByteSource, ByteTarget {
  readonly localAddress: SocketAddress | null;
  readonly remoteAddress: SocketAddress | null;
  /** Begins to deliver; before it nothing is read from the peer. */
  attach(events: ConnectionEvents): void;
  setKeepAlive(enabled: boolean, idleMs: number): void;
  /** Flushes what is queued, sends FIN and gives the connection back; cuts it after `lingerMs` without progress. */
  close(lingerMs: number): void;
  /** Cuts the connection at once (RST) and drops what is queued. */
  abort(): void;
}

export interface ListenerEvents {
  /** A connection came in. The owner must close or abort it sooner or later. */
  connectionArrived(connection: Connection): void;
}

/** An address taken on this machine: it may go on to listen or to connect from it. */
export interface Binding {
  readonly localAddress: SocketAddress;
  /** Accepts connections from when `done` was told OK; before it they are refused or reset. Once per binding. */
  listen(events: ListenerEvents, backlog: number, done: (outcome: Outcome) => void): void;
  /** Gives the address back; `released` runs when another may take it. */
  close(released?: () => void): void;
}

/** A request under way. `cancel` makes sure that its callback never runs and gives back what it holds. */
export interface Request {
  cancel(): void;
}

export interface BindOptions {
  readonly address: SocketAddress;
  /** For arms whose bind listens already. */
  readonly backlog: number;
}

export interface ConnectOptions {
  readonly remote: SocketAddress;
  /** The address to connect from, when the guest bound one. */
  readonly local: SocketAddress | null;
}

export interface Transport {
  /** Takes the address: what another one holds is refused, listening or not, as far as the platform knows. */
  bind(options: BindOptions, done: (result: Binding | ErrorCode) => void): Request;
  connect(options: ConnectOptions, done: (result: Connection | ErrorCode) => void): Request;
  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request;
  /** As `bind`, for datagrams. An arm without them answers `not-supported`. */
  bindDatagrams(
    address: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
  ): Request;
  /** What is sent to the virtual nameserver (virtual-nameserver.ts) goes to the system's. */
  readonly hasNameserver?: boolean;
  /** Bindings, connections and datagram sockets that are not given back yet, for leak checks. */
  readonly openCount: number;
}
