// The bytes of one stream that came from the gateway, on their way to a sink.
//
//   WAITING --open()--> FLOWING <--pause(), false / resume()--> PAUSED        close() from anywhere: nothing is told
//
// Credit goes back for what the sink took, in lumps of half a window. What comes while nobody takes it is held, so at
// most a window of it. An end is told after all bytes.

import { ByteQueue } from "../../wasi/byte-queue.js";
import type { Clock } from "../../wasi/clock.js";
import type { ByteSink } from "../../wasi/transport.js";
import { creditFrame, type DataFrame } from "../frames.js";
import { HELD_PART_BYTES_MAX, HELD_WHOLE_BYTES_MIN } from "../limits.js";
import type { Session } from "./session.js";

export class Incoming {
  private sink: ByteSink | null = null;
  private isPaused = false;
  private hasEnded = false;
  private isClosed = false;
  private readonly held: ByteQueue;
  /** Came and not credited; of it, what the sink took. */
  private pending = 0;
  private owed = 0;
  private readonly window: number;
  private readonly clock: Clock;

  constructor(private readonly session: Session, private readonly id: number) {
    this.window = session.shared.window;
    this.clock = session.shared.clock;
    this.held = new ByteQueue(session.shared.pool);
  }

  open(sink: ByteSink): void {
    this.sink = sink;
    this.deliverSoon();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.deliverSoon();
  }

  close(): void {
    this.isClosed = true;
    this.sink = null;
    this.held.clear();
  }

  /** False when it is more than there was credit for, or comes after the end. */
  arrived({ bytes, start }: DataFrame): boolean {
    const { held } = this;
    const end = bytes.length;
    this.pending += end - start;
    if (this.pending > this.window || this.hasEnded) return false;
    if (this.isClosed) return true;
    if (this.sink !== null && !this.isPaused && held.length === 0) this.give(bytes, start);
    // Many small messages must not cost more memory than their bytes.
    else if (end - start < HELD_WHOLE_BYTES_MIN) held.appendCopy(bytes, start, end);
    else held.appendOwned(bytes, start, end);
    return true;
  }

  /** False when it ended before. */
  ended(): boolean {
    if (this.hasEnded) return false;
    this.hasEnded = true;
    this.deliver();
    return true;
  }

  /** Gives the sink what is held although it paused: nothing can come after it. */
  flush(): void {
    while (this.sink !== null && this.held.length > 0) this.giveHeld();
    this.isPaused = false;
    this.deliver();
  }

  private deliverSoon(): void {
    if (this.held.length > 0 || this.hasEnded) this.clock.soon(this.deliver);
  }

  private readonly deliver = (): void => {
    while (this.sink !== null && !this.isPaused && this.held.length > 0) this.giveHeld();
    const { sink } = this;
    if (sink === null || this.isPaused || !this.hasEnded) return;
    this.sink = null; // nothing can come any more
    sink.endArrived();
  };

  private giveHeld(): void {
    const bytes = new Uint8Array(Math.min(this.held.length, HELD_PART_BYTES_MAX));
    this.held.takeInto(bytes, 0, bytes.length);
    this.give(bytes, 0);
  }

  private give(bytes: Uint8Array, start: number): void {
    if (this.sink?.bytesGiven(bytes, start, bytes.length) === false) this.isPaused = true;
    this.owed += bytes.length - start;
    if (this.isClosed || this.owed * 2 < this.window) return;
    this.session.send(creditFrame(this.id, this.owed));
    this.pending -= this.owed;
    this.owed = 0;
  }
}
