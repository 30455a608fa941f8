// The standard streams seam of a simulated host: input that a script feeds, output that it can read and hold up.

import { copyOf } from "../wasi/byte-queue.js";
import type { InputEvents, OutputEvents, StandardInput, StandardOutput, StandardStreams }
  from "../wasi/standard-streams.js";
import { ErrorCode } from "../wasi/error-code.js";
import type { Conditions } from "./conditions.js";
import type { EventQueue } from "./event-queue.js";
import type { SimRandom } from "./random.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class SimInput implements StandardInput {
  private readonly chunks: Uint8Array[] = [];
  private events: InputEvents | null = null;
  private isPaused = false;
  private isEnded = false;
  private isEndTold = false;
  private isScheduled = false;

  constructor(
    private readonly queue: EventQueue,
    private readonly random: SimRandom,
    private readonly conditions: Conditions,
    private readonly hostNumber: number,
  ) {}

  /** More input, which the program gets in pieces as it reads. */
  feed(input: string | Uint8Array): void {
    const bytes = typeof input === "string" ? encoder.encode(input) : copyOf(input, 0, input.length);
    for (let at = 0; at < bytes.length;) {
      const count = this.random.sizeBetween(this.conditions.readBytes);
      this.chunks.push(bytes.slice(at, at + count));
      at += count;
    }
    this.schedule();
  }

  /** No more input after what was fed. */
  end(): void {
    this.isEnded = true;
    this.schedule();
  }

  open(events: InputEvents): void {
    this.events = events;
    this.schedule();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.schedule();
  }

  close(): void {
    this.events = null;
  }

  private schedule(): void {
    const hasWork = this.chunks.length > 0 || (this.isEnded && !this.isEndTold);
    if (this.isScheduled || this.isPaused || this.events === null || !hasWork) return;
    this.isScheduled = true;
    this.queue.after(0, "input", this.hostNumber, () => {
      this.isScheduled = false;
      this.deliver();
    });
  }

  private deliver(): void {
    const { events } = this;
    if (events === null || this.isPaused) return;
    const chunk = this.chunks.shift();
    if (chunk !== undefined) {
      if (!events.bytesGiven(chunk, 0, chunk.length)) this.isPaused = true;
    } else if (this.isEnded && !this.isEndTold) {
      this.isEndTold = true;
      events.endArrived();
    }
    this.schedule();
  }
}

export class SimOutput implements StandardOutput {
  private readonly chunks: Uint8Array[] = [];
  private events: OutputEvents | null = null;
  private isHeld = false;
  private isBroken = false;
  private heldBytes = 0;

  constructor(
    private readonly queue: EventQueue,
    private readonly hostNumber: number,
  ) {}

  get queuedBytes(): number {
    return this.heldBytes;
  }

  get byteLength(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** Everything that was written. */
  get bytes(): Uint8Array {
    const all = new Uint8Array(this.byteLength);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  get text(): string {
    return decoder.decode(this.bytes);
  }

  /** Nobody reads any more: what is written from now on counts as queued. */
  hold(): void {
    this.isHeld = true;
  }

  /** Somebody reads again. */
  release(): void {
    this.isHeld = false;
    this.queue.after(0, "drained", this.hostNumber, () => {
      if (this.isHeld) return;
      this.heldBytes = 0;
      this.events?.roomMade();
    });
  }

  /** The reader is gone: the next write fails. */
  breakOff(): void {
    this.isBroken = true;
  }

  listen(events: OutputEvents): void {
    this.events = events;
  }

  write(source: Uint8Array, start: number, end: number): void {
    if (this.isBroken) {
      this.events?.failed(ErrorCode.ConnectionReset);
      return;
    }
    this.chunks.push(copyOf(source, start, end));
    if (this.isHeld) this.heldBytes += end - start;
    this.queue.trace.add(this.queue.nowNs, "output", this.hostNumber, end - start);
    this.queue.trace.addBytes(source, start, end);
  }

  end(): void {}
}

export interface SimStreams extends StandardStreams {
  readonly stdin: SimInput;
  readonly stdout: SimOutput;
  readonly stderr: SimOutput;
}
