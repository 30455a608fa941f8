// One TCP connection of a session.
//
//                 +--refused, too slow: FAIL------------------------------------------------> over
//                 |                                  +--RESET, or it failed, or was idle----> over
//   OPEN --> CONNECTING --connected: OPENED--> OPEN -+
//                 |          accepted: ACCEPTED -^   +--CLOSE--> FLUSHING --all was taken---> over
//                 +--CLOSE----------------------------------> over  +--no progress, failed--> over
//
// Towards the client it reads only as much as the client's credit and the channel take. A read that is longer is kept
// until they take the rest, and nothing more is read meanwhile. From the client it takes at most a window; credit for
// that is given when the peer's side of it, that is the transport, has taken the bytes.

import { copyOf } from "../../wasi/byte-queue.js";
import type { TimerId } from "../../wasi/clock.js";
import { ErrorCode } from "../../wasi/error-code.js";
import { addressText, type SocketAddress } from "../../wasi/ip-address.js";
import type { Connection, ConnectionEvents, Request } from "../../wasi/transport.js";
import {
  CLOSE, codeFrame, creditFrame, CREDIT, DATA, dataFrame, END, type Frame, openedFrame, type OpenFrame, plainFrame,
  RESET,
} from "../frames.js";
import { CREDIT_BYTES_MAX, CREDIT_NS_MAX } from "../limits.js";
import type { Waiter } from "./outlet.js";
import type { Item, SessionCore } from "./session-core.js";
import { ORPHAN_LINGER_MS } from "./session-limits.js";

export class Stream implements Item, ConnectionEvents, Waiter {
  readonly isHeld = true;
  private connection: Connection | null = null;
  private request: Request | null = null;
  private timer: TimerId | null = null;
  private isFlushing = false;
  private isOver = false;
  /** Bytes that the client did not give credit for yet, after it was read. */
  private kept: Uint8Array | null = null;
  private hasPeerEnded = false;
  private hasClientEnded = false;
  private isReading = true;
  /** Bytes of the client that it has no credit for again. */
  private owedBytes = 0;
  private creditedNs = 0;
  private activeNs = 0;
  private sentBytes = 0;
  private receivedBytes = 0;

  /** `credit` is what the client takes at first. */
  constructor(private readonly core: SessionCore, readonly id: number, private credit: number) {}

  /** Connects to the checked literal, and to nothing else. */
  connect({ local }: OpenFrame, remote: SocketAddress): void {
    const { core, id } = this;
    core.add(id, this);
    if (core.limits.connectMs !== Infinity) {
      this.timer = core.clock.setTimer(core.limits.connectMs, () => {
        this.timer = null;
        this.request?.cancel();
        this.refused(ErrorCode.Timeout);
      });
    }
    this.request = core.transport.connect({ remote, local }, (result) => {
      this.request = null;
      this.stopTimer();
      if (typeof result === "number") return this.refused(result);
      core.outlet.send(openedFrame(id, result.localAddress ?? { ...remote, port: 0 }, result.remoteAddress ?? remote));
      this.begin(result);
    });
  }

  /** A connection that a binding accepted; the client knows of it. */
  accepted(connection: Connection): void {
    this.core.add(this.id, this);
    this.begin(connection);
  }

  frameArrived(frame: Frame): boolean {
    const { connection } = this;
    if (frame.type === CLOSE) {
      this.close();
      return true;
    }
    if (connection === null) return false;
    switch (frame.type) {
      case DATA:
        return this.dataArrived(connection, frame.bytes, frame.start);
      case CREDIT:
        if (this.credit + frame.bytes > CREDIT_BYTES_MAX) return false;
        this.credit += frame.bytes;
        this.turnCame();
        return true;
      case END:
        if (this.hasClientEnded) return false;
        this.hasClientEnded = true;
        connection.end();
        return true;
      case RESET:
        connection.abort();
        this.finish("reset by the client");
        return true;
      default:
        return false;
    }
  }

  abandon(): void {
    this.request?.cancel();
    this.request = null;
    // What the client closed properly is complete, and goes on without it, for a while.
    if (this.isFlushing) this.connection?.close(ORPHAN_LINGER_MS);
    else this.connection?.abort();
    this.finish("the session ended");
  }

  sweep(sinceNs: number): void {
    if (this.connection === null || this.isFlushing || this.activeNs >= sinceNs) return;
    this.connection.abort();
    this.failed(ErrorCode.Timeout);
  }

  // What the connection tells.

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.isFlushing || this.isOver) return false;
    this.activeNs = this.core.clock.monotonicNow();
    const from = this.kept === null ? this.pass(bytes, start, end) : start;
    if (from < end) this.keep(copyOf(bytes, from, end));
    return this.readsOn();
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    return this.bytesArrived(bytes, start, end);
  }

  endArrived(): void {
    if (this.isFlushing || this.isOver) return;
    this.hasPeerEnded = true;
    if (this.kept === null) this.core.outlet.send(plainFrame(END, this.id));
  }

  failed(code: ErrorCode): void {
    if (this.isOver) return;
    if (!this.isFlushing) this.core.outlet.send(codeFrame(RESET, this.id, code));
    this.connection?.abort();
    this.finish(`failed: ${ErrorCode[code]}`);
  }

  roomMade(): void {
    if (this.isOver) return;
    this.activeNs = this.core.clock.monotonicNow();
    if (!this.isFlushing) this.giveCredit();
    else if (this.connection?.queuedBytes === 0) this.leave(this.connection);
  }

  /** The channel, or the client's credit, takes more. */
  turnCame(): void {
    const { connection, kept } = this;
    if (this.isOver || this.isFlushing || connection === null) return;
    this.giveCredit();
    if (kept !== null) {
      const from = this.pass(kept, 0, kept.length);
      this.core.outlet.hold(-from);
      this.kept = from < kept.length ? kept.subarray(from) : null;
      if (this.kept === null && this.hasPeerEnded) this.core.outlet.send(plainFrame(END, this.id));
    }
    if (!this.isReading && this.readsOn() && !this.isOver) connection.resume();
  }

  private begin(connection: Connection): void {
    this.connection = connection;
    this.activeNs = this.core.clock.monotonicNow();
    this.creditedNs = this.activeNs;
    if (!this.isOver) connection.attach(this);
    else connection.abort(); // the session ended while the client was told
  }

  private refused(code: ErrorCode): void {
    this.core.fail(this.id, code);
    this.finish(`refused: ${ErrorCode[code]}`);
  }

  private dataArrived(connection: Connection, bytes: Uint8Array, start: number): boolean {
    const { limits, outlet } = this.core;
    const count = bytes.length - start;
    const mayCome = !this.hasClientEnded && count <= limits.frameBytes && this.owedBytes + count <= limits.windowBytes;
    if (!mayCome) return false;
    if (outlet.heldBytes + count > limits.heldBytes) {
      this.failed(ErrorCode.OutOfMemory);
      return true;
    }
    this.owedBytes += count;
    this.sentBytes += count;
    outlet.hold(count);
    outlet.moved(count);
    if (this.isOver) return true; // the last byte that the session may move
    this.activeNs = this.core.clock.monotonicNow();
    connection.write(bytes, start, bytes.length);
    this.giveCredit();
    return true;
  }

  /**
   * In lumps of half a window, which is what a client must be able to wait for; in smaller ones to a slow peer, so that
   * a client that flushes sees that it goes on.
   */
  private giveCredit(): void {
    const { outlet, limits, clock } = this.core;
    if (this.owedBytes * 2 < limits.windowBytes || this.connection === null) return;
    const taken = this.owedBytes - this.connection.queuedBytes;
    const isLate = taken > 0 && clock.monotonicNow() - this.creditedNs >= CREDIT_NS_MAX;
    if (taken * 2 < limits.windowBytes && !isLate) {
      this.connection.wantRoom?.();
    } else if (!outlet.hasRoom) {
      outlet.wait(this);
    } else {
      this.owedBytes -= taken;
      this.creditedNs = clock.monotonicNow();
      outlet.hold(-taken);
      outlet.send(creditFrame(this.id, taken));
    }
  }

  /** Sends as much as may be; returns where the rest begins. */
  private pass(bytes: Uint8Array, start: number, end: number): number {
    const { outlet, limits } = this.core;
    let at = start;
    while (at < end && this.credit > 0 && outlet.hasRoom && !this.isOver) {
      const count = Math.min(end - at, this.credit, limits.frameBytes);
      outlet.send(dataFrame(this.id, bytes, at, at + count));
      this.credit -= count;
      this.receivedBytes += count;
      at += count;
      outlet.moved(count);
    }
    return at;
  }

  private keep(bytes: Uint8Array): void {
    this.core.outlet.hold(bytes.length);
    if (this.kept === null) {
      this.kept = bytes;
      return;
    }
    const joined = new Uint8Array(this.kept.length + bytes.length);
    joined.set(this.kept);
    joined.set(bytes, this.kept.length);
    this.kept = joined;
  }

  /** Whether more may be read; if not, it waits for whatever is missing. */
  private readsOn(): boolean {
    const { outlet } = this.core;
    this.isReading = !this.isOver && this.kept === null && this.credit > 0 && outlet.hasRoom;
    if (!this.isReading && !this.isOver && this.credit > 0) outlet.wait(this);
    return this.isReading;
  }

  /** The client gives it back: what it sent still goes out. */
  private close(): void {
    const { connection, core } = this;
    this.request?.cancel();
    if (connection === null) return this.finish("cancelled");
    connection.pause();
    connection.end();
    core.remove(this.id);
    if (connection.queuedBytes === 0) return this.leave(connection);
    this.isFlushing = true;
    core.outlet.leave(this);
    core.flushing.add(this);
    connection.wantRoom?.();
    this.linger(connection);
  }

  private linger(connection: Connection): void {
    const left = (): number => connection.unsentBytes ?? connection.queuedBytes;
    const before = left();
    this.timer = this.core.clock.setTimer(this.core.limits.lingerMs, () => {
      this.timer = null;
      if (left() < before) return this.linger(connection);
      connection.abort();
      this.finish("its peer took nothing more");
    });
  }

  /** The transport has everything of ours. */
  private leave(connection: Connection): void {
    connection.close(this.core.limits.lingerMs);
    this.finish("closed");
  }

  private finish(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stopTimer();
    const { core, id, kept } = this;
    core.remove(id);
    core.flushing.delete(this);
    core.outlet.leave(this);
    core.outlet.hold(-this.owedBytes - (kept?.length ?? 0));
    this.kept = null;
    const remote = this.connection?.remoteAddress ?? null;
    core.audit({
      event: "end", id, reason, sent: this.sentBytes, received: this.receivedBytes,
      ...(remote === null ? {} : { address: addressText(remote) }),
    });
  }

  private stopTimer(): void {
    if (this.timer !== null) this.core.clock.clearTimer(this.timer);
    this.timer = null;
  }
}
