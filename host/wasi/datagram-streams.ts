// wasi:sockets/udp incoming-datagram-stream and outgoing-datagram-stream: the two ends of a udp-socket, over the
// channel that the socket keeps for them. A later pair takes an earlier one's place; that one answers invalid-state.
//
// A failure is told once, by whichever operation comes first: as systems do with the pending error of a socket.

import type { Datagram, DatagramQueue } from "./datagram-queue.js";
import type { DatagramSocket } from "./datagram-transport.js";
import { ErrorCode, OK, type Outcome } from "./error-code.js";
import { Family, type SocketAddress } from "./ip-address.js";
import { Kind } from "./kind.js";
import {
  DATAGRAM_BYTES_MAX_IPV4, DATAGRAM_BYTES_MAX_IPV6, DATAGRAM_SEND_QUEUE_MAX, DATAGRAMS_PER_CALL_MAX, READ_BYTES_MAX,
} from "./limits.js";
import { Watchable } from "./resource.js";
import { trap } from "./trap.js";

/** What the two streams of a pair work on; the socket has one per pair. */
export interface DatagramChannel {
  readonly socket: DatagramSocket;
  readonly queue: DatagramQueue;
  readonly isConnected: boolean;
  /** OK, or why nothing may be sent there; null is the connected peer. */
  checkRemote(remote: SocketAddress | null): Outcome;
  /** Another pair has taken over. */
  isReplaced: boolean;
  /** What the system told and the guest was not told yet. */
  failure: ErrorCode | null;
}

/** Bytes `[start, end)` of the guest's memory, and where to; null is the connected peer. */
export interface OutgoingDatagram {
  readonly source: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly remote: SocketAddress | null;
}

abstract class DatagramStream extends Watchable {
  constructor(protected readonly channel: DatagramChannel) {
    super();
  }

  wake(): void {
    this.wakeWatchers();
  }

  release(): void {}

  protected hasNews(): boolean {
    return this.channel.isReplaced || this.channel.failure !== null;
  }

  /** OK, or the error that this call is told. */
  protected takeTrouble(): Outcome {
    const { channel } = this;
    if (channel.isReplaced) return ErrorCode.InvalidState;
    const { failure } = channel;
    channel.failure = null;
    return failure ?? OK;
  }
}

export class IncomingDatagramStream extends DatagramStream {
  readonly kind = Kind.IncomingDatagramStream;

  isReady(): boolean {
    return this.hasNews() || this.channel.queue.length > 0;
  }

  /** At most `max` datagrams of what has come; what came before a failure comes first. */
  receive(max: number): Datagram[] | ErrorCode {
    const { queue, isReplaced } = this.channel;
    if (max === 0) return [];
    if (isReplaced || queue.length === 0) {
      const trouble = this.takeTrouble();
      return trouble === OK ? [] : trouble;
    }
    const taken: Datagram[] = [];
    const most = Math.min(max, DATAGRAMS_PER_CALL_MAX);
    for (let bytes = 0; taken.length < most; taken.push(queue.shift())) {
      const next = queue.first();
      if (next === null) break;
      bytes += next.bytes.length;
      if (bytes > READ_BYTES_MAX && taken.length > 0) break;
    }
    // A short answer tells the guest to wait, so it is woken for what is left.
    if (queue.length > 0 || this.hasNews()) this.wakeWatchers();
    return taken;
  }
}

export class OutgoingDatagramStream extends DatagramStream {
  readonly kind = Kind.OutgoingDatagramStream;
  /** What the guest may send in one call without asking again. */
  permit = 0;
  /** How many datagrams the latest `send` took. */
  sentCount = 0;
  /** Somebody heard "no", and is to hear of room. */
  private isStarved = false;

  constructor(channel: DatagramChannel, private readonly family: Family) {
    super(channel);
  }

  isReady(): boolean {
    if (this.hasNews() || this.room() > 0) return true;
    this.isStarved = true;
    return false;
  }

  /** How many datagrams the next send may have is in `permit`, or an error. */
  checkSend(): Outcome {
    this.permit = 0;
    const trouble = this.takeTrouble();
    if (trouble !== OK) return trouble;
    this.permit = Math.min(this.room(), DATAGRAMS_PER_CALL_MAX);
    if (this.permit === 0) this.isStarved = true;
    return OK;
  }

  /** Traps when `count` datagrams are more than the permit. */
  checkPermit(count: number): void {
    if (count > this.permit) trap(`send of ${count} datagrams exceeds the permit of ${this.permit}`);
  }

  /**
   * Sends in order until one is refused. How many went is in `sentCount`; an error only when it is the first. The
   * permit is used up, whatever is left of it.
   */
  send(datagrams: readonly OutgoingDatagram[]): Outcome {
    this.checkPermit(datagrams.length);
    this.sentCount = 0;
    if (datagrams.length === 0) return OK;
    this.permit = 0;
    const trouble = this.takeTrouble();
    if (trouble !== OK) return trouble;
    for (const datagram of datagrams) {
      const refusal = this.refusalOf(datagram);
      if (refusal !== OK) return this.sentCount > 0 ? OK : refusal;
      const { source, start, end, remote } = datagram;
      this.channel.socket.send(source, this.channel.isConnected ? null : remote, start, end);
      this.sentCount++;
    }
    return OK;
  }

  roomMade(): void {
    if (!this.isStarved || this.room() === 0) return;
    this.isStarved = false;
    this.wakeWatchers();
  }

  private refusalOf({ start, end, remote }: OutgoingDatagram): Outcome {
    const most = this.family === Family.Ipv4 ? DATAGRAM_BYTES_MAX_IPV4 : DATAGRAM_BYTES_MAX_IPV6;
    if (end - start > most) return ErrorCode.DatagramTooLarge;
    return this.channel.checkRemote(remote);
  }

  private room(): number {
    return Math.max(0, DATAGRAM_SEND_QUEUE_MAX - this.channel.socket.queuedCount);
  }
}
