// wasi:io/streams output-stream: permits, writes and flushes over any byte target.
//
//   (1) the guest ends it (shutdown)      open ----> ended: check-write answers `closed`
//   (2) the target broke                  open ----> failing -(told once)-> closed
//
// The permit is what the high-water mark leaves: a guest that obeys check-write bounds the host's memory. A write
// beyond the last permit is a trap, as the WIT says.

import type { ErrorCode } from "./error-code.js";
import { Kind } from "./kind.js";
import { BLOCKING_WRITE_BYTES_MAX, BLOCKING_WRITE_QUEUE_BYTES_MAX, OUTPUT_HIGH_WATER_BYTES } from "./limits.js";
import { Watchable } from "./resource.js";
import { CLOSED, DONE, FAILED, type StreamStatus } from "./stream-status.js";
import type { ByteTarget, RoomListener } from "./transport.js";
import { trap } from "./trap.js";

export enum OutputState {
  Open,
  Ended,
  Failing,
  Closed,
}

const ZEROES = new Uint8Array(64 * 1024);

export class OutputStream extends Watchable implements RoomListener {
  readonly kind = Kind.OutputStream;
  private state = OutputState.Open;
  private failure: ErrorCode | null = null;
  /** What the guest may still write without asking again. */
  private permit = 0;
  /** The guest was told 0, so it waits to hear of room. */
  private isStarved = false;
  private isFlushing = false;
  onRelease: () => void = () => {};

  constructor(private readonly target: ByteTarget) {
    super();
  }

  get queuedBytes(): number {
    return this.target.queuedBytes;
  }

  /** Whoever hears "no" is told when that changes. */
  isReady(): boolean {
    if (this.state !== OutputState.Open || this.room() > 0) return true;
    this.starve();
    return false;
  }

  /** False from the end or the failure on, told or not. */
  get isOpen(): boolean {
    return this.state === OutputState.Open;
  }

  /** The permit, or a stream status. */
  checkWrite(): number | StreamStatus {
    if (this.state !== OutputState.Open) return this.tellState();
    const room = this.room();
    this.permit = room;
    if (room === 0) this.starve();
    return room;
  }

  write(source: Uint8Array, start: number, end: number): typeof DONE | StreamStatus {
    const count = end - start;
    if (this.state !== OutputState.Open) return this.tellState();
    if (count > this.permit) trap(`write of ${count} bytes exceeds the permit of ${this.permit}`);
    this.permit -= count;
    if (count > 0) this.target.write(source, start, end);
    return this.outcomeOfWrite();
  }

  writeZeroes(count: number): typeof DONE | StreamStatus {
    if (this.state !== OutputState.Open) return this.tellState();
    if (count > this.permit) trap(`write-zeroes of ${count} bytes exceeds the permit of ${this.permit}`);
    this.permit -= count;
    for (let left = count; left > 0; left -= ZEROES.length) {
      this.target.write(ZEROES, 0, Math.min(left, ZEROES.length));
    }
    return this.outcomeOfWrite();
  }

  /** A write that needs no permit, of at most 4096 bytes; it keeps its place behind what is queued. */
  blockingWrite(source: Uint8Array, start: number, end: number): typeof DONE | StreamStatus {
    const count = end - start;
    if (count > BLOCKING_WRITE_BYTES_MAX) {
      trap(`blocking write of ${count} bytes: at most ${BLOCKING_WRITE_BYTES_MAX} are allowed`);
    }
    if (this.state !== OutputState.Open) return this.tellState();
    if (this.target.queuedBytes + count > BLOCKING_WRITE_QUEUE_BYTES_MAX) {
      trap("would block: blocking writes filled the output queue");
    }
    this.permit = 0;
    if (count > 0) this.target.write(source, start, end);
    return this.outcomeOfWrite();
  }

  blockingWriteZeroes(count: number): typeof DONE | StreamStatus {
    return this.blockingWrite(ZEROES, 0, count);
  }

  /** Until the flush is through, check-write gives no permit. */
  flush(): typeof DONE | StreamStatus {
    if (this.state !== OutputState.Open) return this.tellState();
    this.isFlushing = this.target.queuedBytes > 0;
    if (this.isFlushing) {
      this.permit = 0;
      this.target.wantRoom?.();
    }
    return DONE;
  }

  /** True when nothing that was written waits in the host any more. */
  isFlushed(): boolean {
    return this.state !== OutputState.Open || this.target.queuedBytes === 0;
  }

  takeFailure(): ErrorCode {
    const code = this.failure;
    if (code === null) throw new Error("the stream has not failed");
    return code;
  }

  /** (1) No more output: FIN after the queued bytes. */
  end(): void {
    if (this.state !== OutputState.Open) return;
    const wasReady = this.isReady();
    this.state = OutputState.Ended;
    this.target.end();
    if (!wasReady) this.wakeWatchers();
  }

  /** (2) */
  failed(code: ErrorCode): void {
    if (this.state !== OutputState.Open) return;
    this.state = OutputState.Failing;
    this.failure = code;
    this.wakeWatchers();
  }

  roomMade(): void {
    if (this.isFlushing && this.target.queuedBytes === 0) this.isFlushing = false;
    if (!this.isStarved || this.room() === 0) return;
    this.isStarved = false;
    this.wakeWatchers();
  }

  release(): void {
    this.end();
    this.state = OutputState.Closed;
    this.onRelease();
  }

  private starve(): void {
    if (this.isStarved) return;
    this.isStarved = true;
    this.target.wantRoom?.();
  }

  private room(): number {
    if (this.isFlushing && this.target.queuedBytes > 0) return 0;
    const room = OUTPUT_HIGH_WATER_BYTES - this.target.queuedBytes;
    return room > 0 ? room : 0;
  }

  /** A standard stream may have failed inside the write. */
  private outcomeOfWrite(): typeof DONE | StreamStatus {
    return this.state === OutputState.Open ? DONE : this.tellState();
  }

  private tellState(): StreamStatus {
    if (this.state !== OutputState.Failing) return CLOSED;
    this.state = OutputState.Closed;
    return FAILED;
  }
}
