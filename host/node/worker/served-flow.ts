// Bytes of one object of the main thread on their way to the worker, within its window, and from there to the system.

import type { ByteSource, ByteTarget } from "../../wasi/transport.js";
import { Event, STEP_BYTES, WINDOW_BYTES } from "./messages.js";
import { PAYLOAD_BYTES_MAX } from "./ring.js";
import type { Crowded, ServerLink } from "./server-link.js";

export class ServedIncoming implements Crowded {
  /** Sent, and no credit came for it yet: less than a window and one read. */
  private pending = 0;
  private isPaused = false;
  private isClosed = false;

  constructor(
    private readonly link: ServerLink,
    private readonly id: number,
    private readonly source: ByteSource,
  ) {}

  /** Sends them; false when the source has to pause. */
  arrived(bytes: Uint8Array, start: number, end: number): boolean {
    for (let at = start; at < end; at += PAYLOAD_BYTES_MAX) {
      this.link.send(Event.Data, this.id, 0, bytes, at, Math.min(end, at + PAYLOAD_BYTES_MAX));
    }
    this.pending += end - start;
    if (this.pending < WINDOW_BYTES && !this.link.isCrowded) return true;
    this.isPaused = true;
    if (this.link.isCrowded) this.link.whenClear(this);
    return false;
  }

  credit(count: number): void {
    this.pending -= count;
    this.roomMade();
  }

  roomMade(): void {
    if (!this.isPaused || this.isClosed || this.pending > WINDOW_BYTES / 2) return;
    if (this.link.isCrowded) {
      this.link.whenClear(this);
      return;
    }
    this.isPaused = false;
    this.source.resume();
  }

  close(): void {
    this.isClosed = true;
    this.link.neverMind(this);
  }
}

export class ServedOutgoing {
  /** Written, and not told yet that it was taken. */
  private untold = 0;
  private isRoomWanted = false;
  private isOver = false;

  constructor(
    private readonly link: ServerLink,
    private readonly id: number,
    private readonly target: ByteTarget,
  ) {}

  write(bytes: Uint8Array, start: number, end: number): void {
    this.untold += end - start;
    this.target.write(bytes, start, end);
    this.tell(STEP_BYTES);
  }

  wantRoom(): void {
    this.isRoomWanted = true;
    this.tell(1);
  }

  /** The system took something that it had not taken at once. */
  roomMade(): void {
    this.tell(1);
  }

  /** It broke or was closed: nothing more is told. */
  close(): void {
    this.isOver = true;
  }

  private tell(least: number): void {
    const taken = this.untold - this.target.queuedBytes;
    if (this.isOver || taken <= 0 || (taken < least && !this.isRoomWanted)) return;
    this.untold -= taken;
    if (this.untold === 0) this.isRoomWanted = false;
    this.link.tell(Event.Taken, this.id, taken);
  }
}
