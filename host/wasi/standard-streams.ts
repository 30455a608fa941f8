// wasi:cli standard streams over the platform's: streams without a socket behind them.
//
// Each `get-stdin` and so on hands out a stream of its own, as WASI wants; all of one kind share the platform's
// pipe. Dropping such a stream never closes the platform's pipe, which belongs to the process.

import { type ByteQueuePool, copyOf } from "./byte-queue.js";
import { InputFlow, InputStream } from "./input-stream.js";
import { INPUT_HIGH_WATER_BYTES } from "./limits.js";
import type { ReadyQueue } from "./ready-queue.js";
import { OutputStream } from "./output-stream.js";
import type { ByteSink, ByteSource, ByteTarget, RoomListener } from "./transport.js";
import type { ErrorCode } from "./error-code.js";

export interface InputEvents extends ByteSink {
  failed(code: ErrorCode): void;
}

export interface OutputEvents extends RoomListener {
  failed(code: ErrorCode): void;
}

/** What all three streams can tell about themselves. */
interface MaybeTerminal {
  /** Whether somebody sits in front of it; not, when left out. */
  readonly isTerminal?: boolean;
}

/** Where standard input comes from. Nothing is read before `open`. */
export interface StandardInput extends ByteSource, MaybeTerminal {
  open(events: InputEvents): void;
  /** The guest is over: nobody reads any more. */
  close(): void;
}

/** Where standard output or error goes. It may tell of a failure from inside `write`, so that the guest hears it. */
export interface StandardOutput extends ByteTarget, MaybeTerminal {
  /** Whom to tell about room; the latest call of `listen` replaces the one before. */
  listen(events: OutputEvents): void;
}

export interface StandardStreams {
  readonly stdin: StandardInput;
  readonly stdout: StandardOutput;
  readonly stderr: StandardOutput;
}

/** One input queue for all stdin handles of a guest: bytes are read once, by whoever asks first, and never lost. */
export class SharedInput implements InputEvents {
  private readonly flow: InputFlow;
  private readers: InputStream[] = [];
  private isOpen = false;
  private hasEnded = false;
  private failure: ErrorCode | null = null;

  constructor(
    private readonly input: StandardInput,
    pool: ByteQueuePool,
    private readonly ready: ReadyQueue,
  ) {
    this.flow = new InputFlow(pool);
  }

  newStream(): InputStream {
    const stream: InputStream = new InputStream(this.input, this.flow, this.ready);
    stream.onRelease = () => {
      this.readers = this.readers.filter((reader) => reader !== stream);
      if (this.readers.length === 0) this.pause();
    };
    this.readers.push(stream);
    if (this.hasEnded) stream.endArrived();
    else if (this.failure !== null) stream.failed(this.failure);
    else if (!this.isOpen) this.open();
    else if (this.flow.isPaused && this.flow.queue.length < INPUT_HIGH_WATER_BYTES) this.resume();
    return stream;
  }

  bytesArrived(bytes: Uint8Array, start: number, end: number): boolean {
    return this.bytesGiven(copyOf(bytes, start, end), 0, end - start);
  }

  bytesGiven(bytes: Uint8Array, start: number, end: number): boolean {
    const [first, ...others] = this.readers;
    if (first === undefined) {
      this.flow.queue.appendOwned(bytes, start, end);
      this.flow.isPaused = true;
      return false;
    }
    const wantsMore = first.bytesGiven(bytes, start, end);
    for (const other of others) other.wake();
    return wantsMore;
  }

  close(): void {
    if (this.isOpen) this.input.close();
  }

  endArrived(): void {
    this.hasEnded = true;
    for (const reader of this.readers) reader.endArrived();
  }

  failed(code: ErrorCode): void {
    this.failure = code;
    for (const reader of this.readers) reader.failed(code);
  }

  private open(): void {
    this.isOpen = true;
    this.input.open(this);
  }

  private pause(): void {
    if (this.hasEnded || this.flow.isPaused) return;
    this.flow.isPaused = true;
    this.input.pause();
  }

  private resume(): void {
    this.flow.isPaused = false;
    this.input.resume();
  }
}

/** All handles of one standard output write to one target, each with its own permit. */
export class SharedOutput implements OutputEvents {
  private writers: OutputStream[] = [];
  private isListening = false;

  constructor(private readonly output: StandardOutput) {}

  /** The first one begins to listen: a guest that never prints leaves no trace on a stream that others use too. */
  newStream(): OutputStream {
    if (!this.isListening) this.output.listen(this);
    this.isListening = true;
    const stream: OutputStream = new OutputStream(new KeptOpen(this.output));
    stream.onRelease = () => { this.writers = this.writers.filter((writer) => writer !== stream); };
    this.writers.push(stream);
    return stream;
  }

  roomMade(): void {
    for (const writer of this.writers) writer.roomMade();
  }

  failed(code: ErrorCode): void {
    for (const writer of this.writers) writer.failed(code);
  }
}

class KeptOpen implements ByteTarget {
  constructor(private readonly output: StandardOutput) {}

  get queuedBytes(): number {
    return this.output.queuedBytes;
  }

  write(source: Uint8Array, start: number, end: number): void {
    this.output.write(source, start, end);
  }

  wantRoom(): void {
    this.output.wantRoom?.();
  }

  end(): void {}
}
