// The standard streams seam in a page: input from text or from whatever can be iterated, output to functions.

import { copyOf } from "../wasi/byte-queue.js";
import { ErrorCode } from "../wasi/error-code.js";
import type { InputEvents, StandardInput, StandardOutput, StandardStreams } from "../wasi/standard-streams.js";

/** Bytes that are handed on at a time. */
const INPUT_STEP_BYTES = 65_536;

/** What a function is told of standard output or error: text as it comes, not cut in lines. */
export type TextSink = (text: string) => void;

export interface StreamOptions {
  /** What can be read: all of it, or piece by piece as it is wanted. Default: nothing. */
  readonly stdin?: string | Uint8Array | AsyncIterable<string | Uint8Array> | StandardInput;
  /** Where text goes, or bytes by way of the seam. Default: lines on the console. */
  readonly stdout?: TextSink | StandardOutput;
  readonly stderr?: TextSink | StandardOutput;
}

/** No input; lines on the console. */
export function consoleStreams(): StandardStreams {
  return {
    stdin: new EmptyInput(),
    stdout: new TextOutput(lines((line) => console.log(line))),
    stderr: new TextOutput(lines((line) => console.error(line))),
  };
}

/** A page's standard streams. A sink is called from inside the guest's write, so it must not throw. */
export function pageStreams({ stdin, stdout, stderr }: StreamOptions = {}): StandardStreams {
  const streams = consoleStreams();
  return {
    stdin: stdin === undefined ? streams.stdin : inputFrom(stdin),
    stdout: stdout === undefined ? streams.stdout : outputTo(stdout),
    stderr: stderr === undefined ? streams.stderr : outputTo(stderr),
  };
}

function inputFrom(stdin: NonNullable<StreamOptions["stdin"]>): StandardInput {
  if (typeof stdin !== "string" && "open" in stdin) return stdin;
  const pieces = typeof stdin === "string" || stdin instanceof Uint8Array ? piecesOf(stdin) : stdin;
  return new PulledInput(pieces[Symbol.asyncIterator]());
}

function outputTo(sink: TextSink | StandardOutput): StandardOutput {
  return typeof sink === "function" ? new TextOutput(sink) : sink;
}

/** Tells whole lines only, without their ends. */
function lines(tell: TextSink): TextSink {
  let rest = "";
  return (text) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    parts.forEach(tell);
  };
}

/** Takes whatever is written, at once. */
class TextOutput implements StandardOutput {
  readonly queuedBytes = 0;
  private readonly decoder = new TextDecoder();

  constructor(private readonly sink: TextSink) {}

  listen(): void {}

  write(source: Uint8Array, start: number, end: number): void {
    this.sink(this.decoder.decode(source.subarray(start, end), { stream: true }));
  }

  end(): void {}
}

class EmptyInput implements StandardInput {
  private isClosed = false;

  open(events: InputEvents): void {
    queueMicrotask(() => {
      if (!this.isClosed) events.endArrived();
    });
  }

  resume(): void {}

  pause(): void {}

  close(): void {
    this.isClosed = true;
  }
}

/**
 * Input that is asked for piece by piece, never while the guest has enough.
 *
 *   new --open--> PULLING <--resume / pause--> PAUSED      the source ends or throws, or close(): OVER
 */
class PulledInput implements StandardInput {
  private events: InputEvents | null = null;
  private isPaused = false;
  private isPulling = false;

  constructor(private readonly source: AsyncIterator<string | Uint8Array>) {}

  open(events: InputEvents): void {
    this.events = events;
    void this.pull();
  }

  resume(): void {
    this.isPaused = false;
    void this.pull();
  }

  pause(): void {
    this.isPaused = true;
  }

  /** The source hears of it when the piece that it was asked for is there. */
  close(): void {
    this.events = null;
    void this.source.return?.().catch(() => {});
  }

  /** Nothing is told before the caller is back: the first piece is awaited too. */
  private async pull(): Promise<void> {
    if (this.isPulling) return;
    this.isPulling = true;
    try {
      while (this.events !== null && !this.isPaused) {
        const { done, value } = await this.source.next();
        if (done === true) this.over()?.endArrived();
        else this.give(typeof value === "string" ? new TextEncoder().encode(value) : copyOf(value, 0, value.length));
      }
    } catch {
      this.over()?.failed(ErrorCode.Unknown);
    } finally {
      this.isPulling = false;
    }
  }

  private give(bytes: Uint8Array): void {
    if (bytes.length > 0 && this.events?.bytesGiven(bytes, 0, bytes.length) === false) this.isPaused = true;
  }

  private over(): InputEvents | null {
    const { events } = this;
    this.events = null;
    return events;
  }
}

async function* piecesOf(input: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  for (let at = 0; at < bytes.length; at += INPUT_STEP_BYTES) yield bytes.subarray(at, at + INPUT_STEP_BYTES);
}
