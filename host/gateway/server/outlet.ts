// The way to the client: what is sent goes into the channel, and streams that would send more than it takes wait for
// their turn here, first come, first served. It also counts what the session holds in memory.

import type { Clock, TimerId } from "../../wasi/clock.js";
import type { Channel } from "../channel.js";
import { Rate } from "./rate.js";
import { CHANNEL_BYTES_MAX, CHANNEL_HIGH_BYTES, CHANNEL_LOW_BYTES, type SessionLimits } from "./session-limits.js";

/** Waits for its turn to send. */
export interface Waiter {
  turnCame(): void;
}

export class Outlet {
  /** Bytes that streams hold: not taken by a peer, not covered by the client's credit. */
  heldBytes = 0;
  /** The most that was ever held, with what waited in the channel. */
  peakBytes = 0;
  /** All bytes of streams and datagrams so far. */
  movedBytes = 0;
  private readonly waiting = new Set<Waiter>();
  private readonly rate: Rate;
  private timer: TimerId | null = null;

  /** `overflow` runs when the client lets too much pile up, or has moved all that it may. */
  constructor(
    private readonly channel: Channel,
    private readonly clock: Clock,
    private readonly limits: SessionLimits,
    private readonly overflow: (why: string) => void,
  ) {
    this.rate = new Rate(limits.bytesPerSecond, () => clock.monotonicNow());
  }

  /** Whether streams may send, and give credit, now. */
  get hasRoom(): boolean {
    return this.channel.bufferedBytes < CHANNEL_HIGH_BYTES && this.rate.waitMs() === 0;
  }

  /** The frame is the channel's from here. */
  send(frame: Uint8Array): void {
    this.channel.send(frame);
    this.note();
    if (this.channel.bufferedBytes > CHANNEL_BYTES_MAX) this.overflow("too much waits to be read");
  }

  hold(bytes: number): void {
    this.heldBytes += bytes;
    this.note();
  }

  /** Bytes went in either direction. */
  moved(bytes: number): void {
    this.movedBytes += bytes;
    this.rate.use(bytes);
    if (this.movedBytes > this.limits.bytes) this.overflow("its bytes are used up");
  }

  wait(waiter: Waiter): void {
    this.waiting.add(waiter);
    this.expectRate();
  }

  leave(waiter: Waiter): void {
    this.waiting.delete(waiter);
  }

  /** The channel's `bufferedBytes` fell. */
  roomMade(): void {
    if (this.waiting.size > 0 && this.channel.bufferedBytes <= CHANNEL_LOW_BYTES) this.giveTurns();
  }

  stop(): void {
    this.waiting.clear();
    if (this.timer !== null) this.clock.clearTimer(this.timer);
    this.timer = null;
  }

  private giveTurns(): void {
    for (const waiter of this.waiting) {
      if (!this.hasRoom) break;
      this.waiting.delete(waiter);
      waiter.turnCame();
    }
    if (this.waiting.size > 0) this.expectRate();
  }

  /** The channel tells when it has room; of the rate somebody else must. */
  private expectRate(): void {
    const waitMs = this.rate.waitMs();
    if (waitMs === 0 || this.timer !== null) return;
    this.timer = this.clock.setTimer(waitMs, () => {
      this.timer = null;
      this.giveTurns();
    });
  }

  private note(): void {
    this.peakBytes = Math.max(this.peakBytes, this.heldBytes + this.channel.bufferedBytes);
  }
}
