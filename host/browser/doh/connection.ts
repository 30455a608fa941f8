// A TCP connection to the virtual nameserver (RFC 7766): two bytes of length before each message, all of them asked at
// once, their answers in the order in which they come.
//
//            attach()          end(), and every message is answered
//   WAITING ----------> OPEN --------------------------------------> ENDED: `endArrived`, once
//      |                 |                                             |
//      +-----------------+-- a question without an answer --> STOPPED: `failed`, once, and nothing more
//      |                 |                                      |      |
//      +-----------------+-- close(), abort() ------------------+------+--> GONE: what is asked is cancelled
//
// Answers that nobody reads hold the next questions back, whose bytes then count as queued.

import { ByteQueue, type ByteQueuePool } from "../../wasi/byte-queue.js";
import { ErrorCode } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Connection, ConnectionEvents, Request } from "../../wasi/transport.js";
import { NAMESERVER } from "../../wasi/virtual-nameserver.js";
import type { Exchanges } from "./exchanges.js";
import { PIPELINED_MAX } from "./limits.js";

const PREFIX_BYTES = 2;

export class DohConnection implements Connection {
  readonly remoteAddress = NAMESERVER;
  private events: ConnectionEvents | null = null;
  private readonly questions: ByteQueue;
  /** Bytes of the first question, once its length was taken out; or -1. */
  private length = -1;
  private readonly requests = new Set<Request>();
  private readonly answers: Uint8Array[] = [];
  private isPaused = false;
  private isEnding = false;
  private isEndTold = false;
  private isStopped = false;
  private isGone = false;

  constructor(
    readonly localAddress: SocketAddress,
    private readonly exchanges: Exchanges,
    pool: ByteQueuePool,
    private readonly closed: () => void,
  ) {
    this.questions = new ByteQueue(pool);
  }

  get queuedBytes(): number {
    return this.isFull() ? this.questions.length : 0;
  }

  attach(events: ConnectionEvents): void {
    this.events = events;
    this.resume();
  }

  resume(): void {
    this.isPaused = false;
    queueMicrotask(() => this.deliver());
  }

  pause(): void {
    this.isPaused = true;
  }

  write(source: Uint8Array, start: number, end: number): void {
    if (this.isStopped || this.isEnding) return;
    this.questions.appendCopy(source, start, end);
    this.ask();
  }

  end(): void {
    this.isEnding = true;
    queueMicrotask(() => this.deliver());
  }

  setKeepAlive(): void {}

  /** Questions are asked for their answers: there is nothing to flush when nobody waits for these. */
  close(): void {
    this.abort();
  }

  abort(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.events = null;
    this.stop();
    this.closed();
  }

  private isFull(): boolean {
    return this.requests.size + this.answers.length >= PIPELINED_MAX;
  }

  /** Asks what has come whole. */
  private ask(): void {
    while (!this.isFull()) {
      if (this.length < 0) {
        if (this.questions.length < PREFIX_BYTES) return;
        const [high, low] = this.take(PREFIX_BYTES) as unknown as [number, number];
        this.length = high << 8 | low;
      }
      if (this.questions.length < this.length) return;
      const question = this.take(this.length);
      this.length = -1;
      const request = this.exchanges.begin(question, 0, question.length, (result) => {
        this.requests.delete(request);
        if (typeof result === "number") this.stop();
        else this.answers.push(framed(result));
        this.deliver();
      });
      this.requests.add(request);
    }
  }

  private take(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    this.questions.takeInto(bytes, 0, count);
    return bytes;
  }

  private deliver(): void {
    const { answers, queuedBytes } = this;
    while (this.events !== null && !this.isPaused && answers.length > 0) {
      const answer = answers.shift() as Uint8Array;
      if (!this.events.bytesGiven(answer, 0, answer.length)) this.isPaused = true;
    }
    this.ask();
    const { events } = this;
    if (events === null) return;
    if (this.isStopped) {
      this.events = null;
      events.failed(ErrorCode.ConnectionReset);
    } else if (this.queuedBytes < queuedBytes) {
      events.roomMade();
    } else if (this.isEnding && !this.isEndTold && !this.isPaused && this.requests.size + answers.length === 0) {
      this.isEndTold = true;
      events.endArrived();
    }
  }

  private stop(): void {
    this.isStopped = true;
    for (const request of this.requests) request.cancel();
    this.requests.clear();
    this.answers.length = 0;
    this.questions.clear();
    this.length = -1;
  }
}

function framed(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(PREFIX_BYTES + message.length);
  frame[0] = message.length >> 8;
  frame[1] = message.length;
  frame.set(message, PREFIX_BYTES);
  return frame;
}
