// The bytes of one stream on their way to the gateway: at once while there is credit, otherwise in frames that are
// ready to go.
//
//   FLOWING --end()--> ENDING --nothing waits: END--> ENDED
//
// A frame goes whole. Receivers owe less than half of a window, and no frame is longer than that, so the next one
// always finds its credit.

import { copyBytes } from "../../wasi/byte-queue.js";
import { emptyDataFrame, END, plainFrame } from "../frames.js";
import { CREDIT_BYTES_MAX, HEADER_BYTES, WAITING_FRAME_BYTES_MIN } from "../limits.js";
import type { Session } from "./session.js";

export class Outgoing {
  /** Bytes that wait for credit. */
  queuedBytes = 0;
  private credit: number;
  private readonly payloadMax: number;
  private waiting: Uint8Array[] = [];
  /** How far the last frame that waits is filled. */
  private filled = 0;
  private isEnding = false;

  constructor(private readonly session: Session, private readonly id: number) {
    const { window, frameMax } = session.grants;
    this.credit = window;
    this.payloadMax = Math.min(frameMax, window >>> 1);
  }

  write(source: Uint8Array, start: number, end: number): void {
    if (this.isEnding) return;
    for (let at = start; at < end;) {
      const count = Math.min(end - at, this.payloadMax);
      if (this.queuedBytes > 0 || count > this.credit) return this.queue(source, at, end);
      this.credit -= count;
      this.session.sendData(this.id, source, at, at + count);
      at += count;
    }
  }

  /** END after what waits. */
  end(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.endWhenDrained();
  }

  /** More may be sent. False when that is more than anybody may give. */
  credited(count: number): boolean {
    this.credit += count;
    if (this.credit > CREDIT_BYTES_MAX) return false;
    if (this.queuedBytes === 0) return true;
    const { waiting } = this;
    waiting.push((waiting.pop() as Uint8Array).subarray(0, this.filled));
    let sent = 0;
    for (const frame of waiting) {
      const bytes = frame.length - HEADER_BYTES;
      if (bytes > this.credit) break;
      this.credit -= bytes;
      this.queuedBytes -= bytes;
      this.session.send(frame);
      sent++;
    }
    waiting.splice(0, sent);
    if (this.isEnding) this.endWhenDrained();
    return true;
  }

  /** Drops what waits, and takes nothing more. */
  cut(): void {
    this.isEnding = true;
    this.queuedBytes = 0;
    this.waiting = [];
  }

  private queue(source: Uint8Array, start: number, end: number): void {
    const { waiting } = this;
    this.queuedBytes += end - start;
    for (let at = start; at < end;) {
      let last = waiting[waiting.length - 1];
      if (last === undefined || last.length === this.filled) {
        const room = Math.max(end - at, WAITING_FRAME_BYTES_MIN);
        last = emptyDataFrame(this.id, Math.min(room, this.payloadMax));
        waiting.push(last);
        this.filled = HEADER_BYTES;
      }
      const count = Math.min(end - at, last.length - this.filled);
      copyBytes(source, at, last, this.filled, count);
      this.filled += count;
      at += count;
    }
  }

  private endWhenDrained(): void {
    if (this.queuedBytes === 0) this.session.send(plainFrame(END, this.id));
  }
}
