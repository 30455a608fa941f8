// One end of a connection in the page.
//
//               attach               close()       no more than the pipe holds is unread
//   WAITING ------------> OPEN ---------------> CLOSING --------------------------------> GONE
//      |                   |                       |                                       ^
//      |                   +-- reset: `failed`, once --------------------------------------+
//      +-- close(), abort() -----------------------+-- no progress -------------------------+
//
// What one end writes lies in the inbox of the other, in order, until it is told there, one piece at a time. Up to
// PIPE_BYTES of it count as sent: they arrive, and then a FIN or a reset behind them, even if the writer is gone. What
// is beyond is the writer's, who waits for room; a reset drops it, and then overtakes what is unread, because the
// writer must hear of it. Bytes that nobody had read when an end went are answered by a reset, and so is whatever is
// written to an end that is gone.

import { ByteQueue, type ByteQueuePool } from "../../wasi/byte-queue.js";
import type { Clock, TimerId } from "../../wasi/clock.js";
import { ErrorCode } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Connection, ConnectionEvents } from "../../wasi/transport.js";

/** Bytes of one direction that are taken off the writer's hands. */
const PIPE_BYTES = 256 * 1024;

enum State {
  Waiting,
  Open,
  Closing,
  Gone,
}

export class PageConnection implements Connection {
  private state = State.Waiting;
  private events: ConnectionEvents | null = null;
  /** Written by the peer and not told yet. */
  private readonly inbox: ByteQueue;
  /** The peer's FIN is behind the inbox. */
  private hasEnd = false;
  private isEndTold = false;
  private failure: ErrorCode | null = null;
  /** The failure is told before what is in the inbox. */
  private isUrgent = false;
  private isPaused = false;
  private isWakeDue = false;
  private linger: TimerId | null = null;
  private peer!: PageConnection;
  /** Gives back what the end holds in the network. */
  onGone: () => void = () => {};

  private constructor(
    private readonly clock: Clock,
    private readonly pool: ByteQueuePool,
    readonly localAddress: SocketAddress,
    readonly remoteAddress: SocketAddress,
  ) {
    this.inbox = new ByteQueue(pool);
  }

  /** Two ends that are each other's peer. */
  static pair(
    clock: Clock, pool: ByteQueuePool, local: SocketAddress, remote: SocketAddress,
  ): [client: PageConnection, server: PageConnection] {
    const client = new PageConnection(clock, pool, local, remote);
    const server = new PageConnection(clock, pool, remote, local);
    client.peer = server;
    server.peer = client;
    return [client, server];
  }

  get queuedBytes(): number {
    return Math.max(0, this.peer.inbox.length - PIPE_BYTES);
  }

  attach(events: ConnectionEvents): void {
    if (this.state !== State.Waiting) return;
    this.state = State.Open;
    this.events = events;
    this.wakeSoon();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.wakeSoon();
  }

  /** There is no silence in a page: an end that goes says so. */
  setKeepAlive(): void {}

  write(source: Uint8Array, start: number, end: number): void {
    const { peer } = this;
    if (this.state !== State.Open || peer.hasEnd) return;
    // The first bytes learn that nobody is there, and those behind them that this was known.
    if (this.failure !== null || peer.state === State.Gone) return this.reset(this.failure !== null);
    peer.inbox.appendCopy(source, start, end);
    peer.wakeSoon();
  }

  end(): void {
    if (this.state === State.Open && this.failure === null) this.sendEnd();
  }

  close(lingerMs: number): void {
    if (this.state === State.Gone || this.state === State.Closing) return;
    this.events = null;
    this.state = State.Closing;
    if (this.failure !== null) return this.go();
    if (this.inbox.length === 0) this.sendEnd();
    if (this.queuedBytes === 0 || this.inbox.length > 0) this.leave();
    else this.lingerOn(lingerMs);
  }

  abort(): void {
    if (this.state === State.Gone) return;
    this.peer.cutTo(PIPE_BYTES);
    this.peer.reset(this.inbox.length > PIPE_BYTES);
    this.go();
  }

  private sendEnd(): void {
    this.peer.hasEnd = true;
    this.peer.wakeSoon();
  }

  /** The peer, or nobody in its place, answers with a reset. */
  private reset(isUrgent: boolean): void {
    if (this.state === State.Closing) this.go();
    if (this.state === State.Gone) return;
    this.failure ??= ErrorCode.ConnectionReset;
    this.isUrgent ||= isUrgent;
    this.wakeSoon();
  }

  private wakeSoon(): void {
    if (this.isWakeDue || this.state !== State.Open) return;
    this.isWakeDue = true;
    this.clock.soon(this.wake);
  }

  /** Tells what comes next. */
  private readonly wake = (): void => {
    this.isWakeDue = false;
    const { events, inbox } = this;
    if (events === null) return;
    const canTell = !this.isPaused && !this.isUrgent;
    if (canTell && inbox.length > 0) {
      this.deliver(events);
    } else if (canTell && this.hasEnd && !this.isEndTold) {
      this.isEndTold = true;
      events.endArrived();
    } else if (this.isFailureNext()) {
      const code = this.failure as ErrorCode;
      this.go();
      events.failed(code);
    }
    const isTellable = inbox.length > 0 || (this.hasEnd && !this.isEndTold);
    if (this.isFailureNext() || (isTellable && !this.isPaused)) this.wakeSoon();
  };

  private isFailureNext(): boolean {
    return this.failure !== null && (this.isUrgent || this.inbox.length === 0);
  }

  private deliver(events: ConnectionEvents): void {
    const { inbox, peer } = this;
    const before = inbox.length;
    const chunk = inbox.takeChunk();
    if (chunk === null) return;
    const { bytes, start, end, block } = chunk;
    const wantsMore = block === null ? events.bytesGiven(bytes, start, end) : events.bytesArrived(bytes, start, end);
    this.pool.recycle(chunk);
    if (!wantsMore) this.isPaused = true;
    if (before > PIPE_BYTES) peer.roomMade();
  }

  private roomMade(): void {
    if (this.state === State.Open) this.events?.roomMade();
    else if (this.state === State.Closing && this.queuedBytes === 0) this.leave();
  }

  /** Cuts the connection once the peer has taken nothing for so long. */
  private lingerOn(lingerMs: number): void {
    const before = this.queuedBytes;
    this.linger = this.clock.setTimer(lingerMs, () => {
      if (this.queuedBytes < before) this.lingerOn(lingerMs);
      else this.abort();
    });
  }

  /** All that was written counts as sent. */
  private leave(): void {
    if (this.inbox.length > 0) this.abort();
    else this.go();
  }

  private go(): void {
    this.state = State.Gone;
    this.events = null;
    this.inbox.clear();
    if (this.linger !== null) this.clock.clearTimer(this.linger);
    this.onGone();
  }

  /** What the peer wrote beyond these bytes never arrives. */
  private cutTo(count: number): void {
    const { inbox } = this;
    if (inbox.length <= count) return;
    const kept = new Uint8Array(count);
    inbox.takeInto(kept, 0, count);
    inbox.clear();
    inbox.appendOwned(kept, 0, count);
    this.hasEnd = false; // what is not whole has no end
  }
}
