// The standard streams seam on Node's process streams. Nothing is read from stdin before a guest asks for it.

import { isatty } from "node:tty";
import { copyOf } from "../wasi/byte-queue.js";
import type { InputEvents, OutputEvents, StandardInput, StandardOutput, StandardStreams }
  from "../wasi/standard-streams.js";
import { errorCodeOf } from "./errno.js";

class ProcessInput implements StandardInput {
  /** Asked of the descriptor: the stream itself would open it. */
  readonly isTerminal = isatty(0);
  private stream: NodeJS.ReadStream | null = null;

  open(events: InputEvents): void {
    this.stream = process.stdin;
    this.stream.on("data", (chunk: Buffer) => {
      if (!events.bytesGiven(chunk, 0, chunk.length)) this.stream?.pause();
    });
    this.stream.on("end", () => events.endArrived());
    this.stream.on("error", (error) => events.failed(errorCodeOf(error)));
  }

  resume(): void {
    this.stream?.resume();
  }

  pause(): void {
    this.stream?.pause();
  }

  /** A pipe that stays open at its other end would keep the process alive for input that nobody reads. */
  close(): void {
    this.stream?.destroy();
    this.stream = null;
  }
}

class ProcessOutput implements StandardOutput {
  private events: OutputEvents | null = null;

  constructor(
    private readonly stream: NodeJS.WriteStream,
    readonly isTerminal: boolean,
  ) {}

  get queuedBytes(): number {
    return this.stream.writableLength;
  }

  listen(events: OutputEvents): void {
    if (this.events === null) {
      this.stream.on("error", (error) => this.events?.failed(errorCodeOf(error)));
    }
    this.events = events;
  }

  write(source: Uint8Array, start: number, end: number): void {
    this.stream.write(copyOf(source, start, end), this.written);
    // A full disk or a reader that is gone is known now; the "error" event would come after the guest was told "done".
    if (this.stream.errored !== null) this.events?.failed(errorCodeOf(this.stream.errored));
  }

  end(): void {}

  // Told per write, not by "drain": that event comes only after the stream's own high-water mark was passed.
  private readonly written = (): void => this.events?.roomMade();
}

export function processStreams(): StandardStreams {
  return {
    stdin: new ProcessInput(),
    stdout: new ProcessOutput(process.stdout, isatty(1)),
    stderr: new ProcessOutput(process.stderr, isatty(2)),
  };
}
