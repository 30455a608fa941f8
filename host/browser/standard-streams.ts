// The standard streams seam in a page: input that is known beforehand, output as text for a function.

import { copyOf } from "../wasi/byte-queue.js";
import type { InputEvents, StandardInput, StandardOutput, StandardStreams } from "../wasi/standard-streams.js";

/** Bytes that are handed on at a time. */
const INPUT_STEP_BYTES = 65_536;

/** What a function is told of standard output or error: text as it comes, not cut in lines. */
export type TextSink = (text: string) => void;

export interface StreamOptions {
  /** All that can be read. Default: nothing. */
  readonly stdin?: string | Uint8Array | StandardInput;
  /** Where text goes, or bytes by way of the seam. Default: lines on the console. */
  readonly stdout?: TextSink | StandardOutput;
  readonly stderr?: TextSink | StandardOutput;
}

/** A page's standard streams. A sink is called from inside the guest's write, so it must not throw. */
export function pageStreams({ stdin = "", stdout, stderr }: StreamOptions = {}): StandardStreams {
  const isGiven = typeof stdin === "string" || stdin instanceof Uint8Array;
  return {
    stdin: isGiven ? new GivenInput(stdin) : stdin,
    stdout: outputTo(stdout ?? lines((line) => console.log(line))),
    stderr: outputTo(stderr ?? lines((line) => console.error(line))),
  };
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

/** Gives itself away piece by piece, as a pipe does. */
class GivenInput implements StandardInput {
  private readonly bytes: Uint8Array;
  private at = 0;
  private events: InputEvents | null = null;
  private isPaused = false;

  constructor(input: string | Uint8Array) {
    this.bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  }

  open(events: InputEvents): void {
    this.events = events;
    this.resume();
  }

  resume(): void {
    this.isPaused = false;
    queueMicrotask(this.deliver);
  }

  pause(): void {
    this.isPaused = true;
  }

  close(): void {
    this.events = null;
  }

  private readonly deliver = (): void => {
    while (this.events !== null && !this.isPaused) {
      const piece = copyOf(this.bytes, this.at, Math.min(this.at + INPUT_STEP_BYTES, this.bytes.length));
      this.at += piece.length;
      if (piece.length > 0) {
        this.isPaused = !this.events.bytesGiven(piece, 0, piece.length);
      } else {
        this.events.endArrived();
        this.events = null;
      }
    }
  };
}
