// An endpoint as a Node stream that passes for a net.Socket: http, http2, tls and what is built on them run over it.
//
//   NEW -- connect() --> CONNECTING -- 'connect' --> OPEN -- both directions ended, destroy() --> DESTROYED ('close')
//                             |                                                                    ^
//                             +------ failed, destroy() -------------------------------------------+
//
// What an engine's endpoint has no counterpart for: `ref` and `unref` change nothing (open connections keep the
// process alive), `setNoDelay` neither (small writes are never held back), and there is no `resetAndDestroy`.

import { addAbortSignal } from "node:stream";
import type {
  ConnectionHandle, ConnectOptions, Endpoint, EventEngine, MemoryAllocator, Status,
} from "../engine/interfaces.js";
import { ByteReader } from "../engine/promises/byte-reader.js";
import { ByteWriter } from "../engine/promises/byte-writer.js";
import { isEndOfStream } from "../engine/promises/outcomes.js";
import { statusOfThrown } from "../engine/status.js";
import { type ConnectArguments, type PeerAddress, peerOf, resolvePeer, type SocketPeer } from "./socket-addresses.js";
import { socketError, stateError } from "./socket-errors.js";
import { SocketShape } from "./socket-shape.js";

type Done = (error?: Error | null) => void;

export interface EndpointSocketOptions {
  /** Keeps the sending direction open after the peer's end; otherwise it ends by itself. Default false, as in net. */
  readonly allowHalfOpen?: boolean | undefined;
  /** Bytes that each direction may hold before it pushes back; Node's default when left out. */
  readonly highWaterMark?: number | undefined;
  /** Destroys the socket, with the signal's reason as the error's cause. */
  readonly signal?: AbortSignal | undefined;
  /** Charged for what is written; with `connect` also for what is read, and then the connection ends it. */
  readonly allocator?: MemoryAllocator | undefined;
}

/** Sockets made by `connectSocket`: where to, and what EventEngine.connect takes. */
export type ConnectSocketOptions = SocketPeer & EndpointSocketOptions & Omit<ConnectOptions, "allocator">;

interface Open {
  readonly endpoint: Endpoint;
  readonly reader: ByteReader;
  readonly writer: ByteWriter;
}

export class EndpointSocket extends SocketShape {
  bytesRead = 0;
  #open: Open | null = null;
  #attempt: ConnectionHandle | null = null;
  readonly #allocator: MemoryAllocator | undefined;
  #bytesTaken = 0;
  /** What was asked for while connecting: bytes, and a write or the end. */
  #wantsBytes = false;
  #deferred: Done | null = null;

  /** Takes ownership of the endpoint. Without one the socket waits for `connect`. */
  constructor(private readonly engine: EventEngine, endpoint: Endpoint | null = null,
    options: EndpointSocketOptions = {}) {
    const { allowHalfOpen = false, highWaterMark, signal, allocator } = options;
    super({ allowHalfOpen, emitClose: false, ...(highWaterMark && { highWaterMark }) });
    this.#allocator = allocator;
    if (endpoint !== null) this.#opened(endpoint);
    if (signal !== undefined) addAbortSignal(signal, this);
  }

  /** As net.Socket's: `connect(port, host?, connected?)` or `connect(options, connected?)`. Once per socket. */
  connect(...args: ConnectArguments): this {
    if (this.connecting || this.remote !== null || this.destroyed) throw stateError("EISCONN");
    const { peer, connected } = peerOf(args);
    if (connected !== undefined) this.once("connect", connected);
    this.connecting = true;
    this.touch();
    resolvePeer(peer, (error, addresses) => {
      if (this.destroyed) return;
      if (error !== null) this.destroy(error);
      else this.#connectTo(addresses, peer);
    });
    return this;
  }

  get pending(): boolean {
    return this.#open === null;
  }

  /** Bytes given to the socket, those that wait in it included. */
  get bytesWritten(): number {
    return this.#bytesTaken + this.writableLength;
  }

  /** Destroys it when what was written has left. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  override _read(): void {
    if (this.#open === null) this.#wantsBytes = true;
    else this.#open.reader.fill(this.#filled);
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#send([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#send(chunks.map(({ chunk }) => chunk), done);
  }

  override _final(done: Done): void {
    if (this.connecting) this.#deferred = (error) => error ? done(error) : this._final(done);
    else if (this.#open === null) done();
    else this.#open.writer.end(() => done()); // A connection that broke meanwhile tells so elsewhere.
  }

  override _destroy(error: Error | null, done: Done): void {
    this.connecting = false;
    this.stopTimer();
    if (this.#attempt !== null) this.engine.cancelConnect(this.#attempt);
    this.#attempt = null;
    const open = this.#open;
    this.#open = null;
    open?.reader.close();
    open?.writer.close();
    open?.endpoint.destroy();
    this.#takeDeferred()?.(error ?? stateError("ERR_SOCKET_CLOSED_BEFORE_CONNECTION"));
    done(error);
    // As with net.Socket: last of all that follows from this, and at once where there was nothing to close.
    const emitClose = (): unknown => this.emit("close", error !== null);
    if (open === null) process.nextTick(emitClose);
    else setImmediate(emitClose);
  }

  #connectTo(addresses: PeerAddress[], { timeoutMs, deadline, config }: Partial<ConnectSocketOptions>): void {
    const allocator = this.#allocator;
    const options = {
      ...(timeoutMs && { timeoutMs }), ...(deadline && { deadline }), ...(config && { config }),
      ...(allocator && { allocator }),
    };
    try {
      this.#attempt = this.engine.connect((status, endpoint) => {
        this.#attempt = null;
        if (this.destroyed) endpoint?.destroy();
        else if (endpoint === null) this.destroy(socketError(status, "connect", addresses[0]));
        else this.#connected(endpoint);
      }, addresses, options);
    } catch (error) {
      const reason = socketError(statusOfThrown(error), "connect", addresses[0]);
      process.nextTick(() => this.destroy(reason));
    }
  }

  #connected(endpoint: Endpoint): void {
    this.connecting = false;
    this.#opened(endpoint);
    this.emit("connect");
    this.emit("ready");
    this.#takeDeferred()?.();
  }

  /** Reads from the start, as net.Socket does: so an end or a failure is seen although nobody reads yet. */
  #opened(endpoint: Endpoint): void {
    const reader = new ByteReader(endpoint, this.engine.createSliceBuffer());
    const writer = new ByteWriter(endpoint, this.engine.createSliceBuffer(this.#allocator));
    this.local = endpoint.localAddress;
    this.remote = endpoint.peerAddress;
    this.#open = { endpoint, reader, writer };
    this.touch();
    if (this.#wantsBytes) this._read();
    else if (!this.isPaused()) this.read(0);
  }

  readonly #filled = (status: Status): void => {
    const open = this.#open;
    if (open === null) return;
    if (status.ok) {
      const chunk = Buffer.allocUnsafe(open.reader.length);
      this.bytesRead += open.reader.takeInto(chunk);
      this.touch();
      this.push(chunk);
    } else if (isEndOfStream(status)) {
      this.push(null);
      this.read(0); // Lets 'end' come although nobody asks for more.
    } else {
      this.destroy(socketError(status, "read"));
    }
  };

  #send(chunks: Buffer[], done: Done): void {
    if (this.connecting) {
      this.#deferred = (error) => error ? done(error) : this.#send(chunks, done);
      return;
    }
    if (this.#open === null) return done(stateError("ERR_SOCKET_CLOSED"));
    this.touch();
    this.#open.writer.writeMany(chunks, (status) => {
      if (!status.ok) return done(socketError(status, "write"));
      for (const chunk of chunks) this.#bytesTaken += chunk.length;
      this.touch();
      done();
    });
  }

  #takeDeferred(): Done | null {
    const deferred = this.#deferred;
    this.#deferred = null;
    return deferred;
  }
}

/** A socket on its way to a server, as net.connect's. It emits 'connect', or 'error' with Node's codes. */
export function connectSocket(engine: EventEngine, options: ConnectSocketOptions, connected?: () => void):
  EndpointSocket {
  return new EndpointSocket(engine, null, options).connect(options, connected);
}
