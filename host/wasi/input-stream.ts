// wasi:io/streams input-stream: what has arrived and was not read yet, over any byte source.
//
//      (1) bytes            (2) end of the source           (3) the source broke
//   open ----> open      open ----> ending -(drained)-> closed      open ----> failing -(drained, told once)-> closed
//
//   (4) shut by the guest: any state -> closed, queued bytes are dropped.
//
// Bytes that arrived before an end or an error are always readable first. An error is told once; every read after
// it, or after the end, answers `closed`.

import { ByteQueue, type ByteQueuePool } from "./byte-queue.js";
import type { ErrorCode } from "./error-code.js";
import { Kind } from "./kind.js";
import { BORROW_BYTES_MIN, INPUT_HIGH_WATER_BYTES, INPUT_LOW_WATER_BYTES, READ_BYTES_MAX } from "./limits.js";
import type { ReadyQueue } from "./ready-queue.js";
import { Watchable } from "./resource.js";
import { CLOSED, FAILED, type StreamStatus } from "./stream-status.js";
import type { ByteSink, ByteSource } from "./transport.js";

export enum InputState {
  Open,
  Ending,
  Failing,
  Closed,
}

/** What several streams on one source have in common: the bytes that no one has read yet, and whether it is paused. */
export class InputFlow {
  readonly queue: ByteQueue;
  isPaused = false;

  constructor(pool: ByteQueuePool) {
    this.queue = new ByteQueue(pool);
  }
}

export class InputStream extends Watchable implements ByteSink {
  readonly kind = Kind.InputStream;
  private state = InputState.Open;
  private failure: ErrorCode | null = null;
  private readonly queue: ByteQueue;
  onRelease: (() => void) | null = null;

  /** `onRelease` set: the flow goes on without this stream, and whoever set it looks after that. */
  constructor(
    private readonly source: ByteSource,
    private readonly flow: InputFlow,
    private readonly ready: ReadyQueue,
  ) {
    super();
    this.queue = flow.queue;
  }

  get queuedBytes(): number {
    return this.queue.length;
  }

  isReady(): boolean {
    return this.state !== InputState.Open || this.queue.length > 0;
  }

  /**
   * How many bytes a read of `wanted` bytes gives now: 0 when nothing is there yet, or a stream status (below 0).
   * A failure is consumed by being told, so the caller passes it on.
   */
  available(wanted: number): number | StreamStatus {
    const { length } = this.queue;
    if (length > 0) {
      const count = wanted < length ? wanted : length;
      return count < READ_BYTES_MAX ? count : READ_BYTES_MAX;
    }
    switch (this.state) {
      case InputState.Open:
        return 0;
      case InputState.Failing:
        this.state = InputState.Closed;
        return FAILED;
      case InputState.Ending:
        this.state = InputState.Closed;
        return CLOSED;
      case InputState.Closed:
        return CLOSED;
    }
  }

  /** What FAILED was about. */
  takeFailure(): ErrorCode {
    const code = this.failure;
    if (code === null) throw new Error("the stream has not failed");
    return code;
  }

  /** Moves bytes that `available` promised. */
  takeInto(target: Uint8Array, offset: number, count: number): void {
    this.queue.takeInto(target, offset, count);
    this.afterTaking();
  }

  skip(count: number): void {
    this.queue.skip(count);
    this.afterTaking();
  }

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.state !== InputState.Open) return false;
    const isLarge = end - start >= BORROW_BYTES_MIN;
    const wasEmpty = this.queue.length === 0;
    if (isLarge) this.queue.appendBorrowed(bytes, start, end);
    else this.queue.appendCopy(bytes, start, end);
    if (wasEmpty) this.announce(isLarge);
    if (isLarge) this.queue.keepBorrowed();
    return this.wantsMore();
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.state !== InputState.Open) return false;
    const wasEmpty = this.queue.length === 0;
    this.queue.appendOwned(bytes, start, end);
    if (wasEmpty) this.announce(false);
    return this.wantsMore();
  }

  endArrived(): void {
    if (this.state !== InputState.Open) return;
    this.state = InputState.Ending; // (2)
    this.wakeWatchers();
  }

  failed(code: ErrorCode): void {
    if (this.state !== InputState.Open) return;
    this.state = InputState.Failing; // (3)
    this.failure = code;
    this.wakeWatchers();
  }

  /** The guest wants no more input. */
  shut(): void {
    const wasReady = this.isReady();
    this.state = InputState.Closed; // (4)
    this.queue.clear();
    this.pause();
    if (!wasReady) this.wakeWatchers();
  }

  release(): void {
    this.state = InputState.Closed;
    if (this.onRelease !== null) return this.onRelease();
    this.queue.clear();
    this.pause();
  }

  /** Another stream on the same source heard of bytes. */
  wake(): void {
    this.wakeWatchers();
  }

  /** The guest may run in here, and may do anything to this stream. */
  private announce(isUrgent: boolean): void {
    const wasEmpty = this.ready.hold();
    this.wakeWatchers();
    this.ready.letGo(wasEmpty, isUrgent);
  }

  private wantsMore(): boolean {
    if (this.state !== InputState.Open) return false;
    if (this.queue.length < INPUT_HIGH_WATER_BYTES) return true;
    this.flow.isPaused = true;
    return false;
  }

  private pause(): void {
    if (this.flow.isPaused) return;
    this.flow.isPaused = true;
    this.source.pause();
  }

  private afterTaking(): void {
    if (this.state !== InputState.Open) {
      // A short read tells the guest to wait. What is left to hear, the end or the error, came before it and will
      // not come again, so the guest is woken for it now.
      if (this.queue.length === 0) this.wakeWatchers();
      return;
    }
    if (!this.flow.isPaused || this.queue.length > INPUT_LOW_WATER_BYTES) return;
    this.flow.isPaused = false;
    this.source.resume();
  }
}
