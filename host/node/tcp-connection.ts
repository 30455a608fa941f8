// One TCP connection on node:net, with two short cuts that are found by feature and done without where they are
// missing.
//
// Inbound: net.Socket can read into a buffer of ours (`onread`) and skip its stream machinery; one buffer serves all
// sockets, since a read and its callback are one step. Accepted sockets come without it, so their handle moves to a
// new net.Socket that has it. Outbound: `_write`, the documented inside of every Writable, is called directly with
// our own queue before it. When the kernel takes the bytes at once, as it nearly always does, no buffer is kept.

import net from "node:net";
import { ErrorCode } from "../wasi/error-code.js";
import type { SocketAddress } from "../wasi/ip-address.js";
import type { Connection, ConnectionEvents } from "../wasi/transport.js";
import { localAddressOf, remoteAddressOf } from "./addresses.js";
import { errorCodeOf } from "./errno.js";
import type { ConnectionShared } from "./connection-shared.js";
import { PendingWrites } from "./pending-writes.js";

/** The inside of net.Socket that is used where it exists. */
interface SocketInside {
  _handle?: { readonly writeQueueSize?: number } | null;
  _write?(chunk: Uint8Array, encoding: string, done: (error?: Error | null) => void): void;
}

type OnRead = { buffer: Uint8Array; callback: (count: number, buffer: Uint8Array) => boolean };

export class NodeConnection implements Connection {
  localAddress: SocketAddress | null;
  remoteAddress: SocketAddress | null;
  queuedBytes = 0;
  private events: ConnectionEvents | null = null;
  private writingBytes = 0;
  private isInsideWrite = false;
  private readonly pending = new PendingWrites();
  private isEnding = false;
  private hasEnded = false;
  private isBroken = false;
  private lingerTimer: NodeJS.Timeout | null = null;

  private constructor(
    private socket: net.Socket,
    private readonly shared: ConnectionShared,
    private readonly readsInto: "shared-buffer" | "not-yet" | "data-events",
  ) {
    this.localAddress = localAddressOf(socket);
    this.remoteAddress = remoteAddressOf(socket);
    shared.openCount++;
  }

  /** A connection that a server accepted, paused. Its reads are set up when somebody takes it. */
  static accepted(socket: net.Socket, shared: ConnectionShared): NodeConnection {
    const canMove = shared.useHandles && typeof (socket as SocketInside)._handle === "object";
    const connection = new NodeConnection(socket, shared, canMove ? "not-yet" : "data-events");
    connection.watch();
    return connection;
  }

  /** A connection made by us. `reader` is what the socket's onread callback was given, if it has one. */
  static connected(socket: net.Socket, shared: ConnectionShared, reader: OnReadRelay | null): NodeConnection {
    const connection = new NodeConnection(socket, shared, reader === null ? "data-events" : "shared-buffer");
    if (reader !== null) reader.target = connection;
    connection.watch();
    return connection;
  }

  /** Tells `remote` for the peer, and never an address of another family for this side. */
  standFor(remote: SocketAddress): void {
    this.remoteAddress = remote;
    const local = this.localAddress;
    if (local?.family === remote.family) return;
    this.localAddress = { ...remote, parts: remote.parts.map(() => 0), port: local?.port ?? 0 };
  }

  attach(events: ConnectionEvents): void {
    this.events = events;
    if (this.readsInto === "not-yet") this.moveHandle();
    if (this.readsInto === "data-events") {
      this.socket.on("data", (chunk: Buffer) => {
        if (this.events?.bytesGiven(chunk, 0, chunk.length) === false) this.socket.pause();
      });
    }
    this.socket.resume();
  }

  bytesRead(count: number, buffer: Uint8Array): boolean {
    return this.events !== null && this.events.bytesArrived(buffer, 0, count);
  }

  resume(): void {
    this.socket.resume();
  }

  pause(): void {
    this.socket.pause();
  }

  setKeepAlive(enabled: boolean, idleMs: number): void {
    this.socket.setKeepAlive(enabled, idleMs);
  }

  write(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    if (this.isBroken || this.isEnding) return;
    this.queuedBytes += count;
    if (this.writingBytes > 0) {
      if (count > 0) this.pending.append(source, start, end);
      return;
    }
    this.dispatch(this.shared.copyForWrite(source, start, end));
    if (this.writingBytes > 0) this.shared.surrenderCopy();
  }

  end(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    if (this.writingBytes === 0) this.socket.end();
  }

  close(lingerMs: number): void {
    this.events = null;
    if (this.isBroken || this.socket.destroyed) return;
    this.end();
    if (this.socket.writableFinished) {
      this.socket.destroy();
      return;
    }
    this.socket.once("finish", () => this.socket.destroy());
    this.linger(lingerMs);
  }

  abort(): void {
    this.events = null;
    if (this.socket.destroyed) return;
    this.cut();
  }

  /** Where the handle does not tell its queue, in whole writes only. */
  get unsentBytes(): number {
    const inSystem = (this.socket as SocketInside)._handle?.writeQueueSize;
    return inSystem === undefined ? this.queuedBytes : this.queuedBytes - this.writingBytes + inSystem;
  }

  /** Cuts the connection once the peer has taken nothing for so long. */
  private linger(lingerMs: number): void {
    const before = this.unsentBytes;
    this.lingerTimer = setTimeout(() => {
      if (this.unsentBytes < before) this.linger(lingerMs);
      else this.cut();
    }, lingerMs);
    this.lingerTimer.unref();
  }

  /** By a reset, or the peer would take what is missing for the end. */
  private cut(): void {
    // libuv refuses to reset after a FIN was asked for, and leaves the handle open; then nothing is missing.
    if (this.isEnding && this.writingBytes === 0) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  private dispatch(buffer: Uint8Array): void {
    this.writingBytes = buffer.length;
    this.isInsideWrite = true;
    const { socket } = this;
    const inside = socket as SocketInside;
    if (this.shared.useHandles && typeof inside._write === "function") {
      inside._write(buffer, "buffer", this.written);
    } else {
      socket.write(buffer, this.written);
    }
    this.isInsideWrite = false;
  }

  private readonly written = (error?: Error | null): void => {
    this.queuedBytes -= this.writingBytes;
    this.writingBytes = 0;
    if (error) {
      this.breakWith(errorCodeOf(error));
      return;
    }
    if (!this.pending.isEmpty) this.dispatch(this.pending.take());
    else if (this.isEnding) this.socket.end();
    if (!this.isInsideWrite) this.events?.roomMade();
  };

  /** Gives the handle of an accepted socket to a new net.Socket that reads into the shared buffer. */
  private moveHandle(): void {
    const old = this.socket as net.Socket & SocketInside;
    const handle = old._handle;
    if (!handle || old.destroyed) return;
    const onread: OnRead = {
      buffer: this.shared.readBuffer,
      callback: (count, buffer) => this.bytesRead(count, buffer),
    };
    const options = { handle, onread, allowHalfOpen: true, manualStart: true };
    old.removeAllListeners();
    old._handle = null;
    this.socket = new net.Socket(options as net.SocketConstructorOpts);
    this.watch();
  }

  private watch(): void {
    this.socket.on("end", () => {
      this.hasEnded = true;
      this.events?.endArrived();
    });
    this.socket.on("error", (error) => this.breakWith(errorCodeOf(error)));
    this.socket.on("close", () => {
      this.shared.openCount--;
      if (this.lingerTimer !== null) clearTimeout(this.lingerTimer);
      if (!this.hasEnded) this.breakWith(ErrorCode.ConnectionAborted);
    });
  }

  private breakWith(code: ErrorCode): void {
    if (this.isBroken) return;
    this.isBroken = true;
    this.queuedBytes = 0;
    this.pending.clear();
    this.socket.destroy();
    const { events } = this;
    if (events === null) return;
    // A write may break inside a call of the guest, and nothing is called back from there.
    if (this.isInsideWrite) setImmediate(() => this.events?.failed(code));
    else events.failed(code);
  }
}

/** Stands between a socket's onread callback, given before connecting, and the connection made after it. */
export class OnReadRelay {
  target: NodeConnection | null = null;

  constructor(readonly buffer: Uint8Array) {}

  readonly callback = (count: number, buffer: Uint8Array): boolean => this.target?.bytesRead(count, buffer) ?? false;
}
