// Standard streams that keep what a guest writes, and have nothing to read.
import type { OutputEvents, StandardInput, StandardOutput } from "#host/wasi/standard-streams.js";

const nothing: StandardInput = {
  open: (events) => events.endArrived(),
  resume: () => {},
  pause: () => {},
  close: () => {},
};

class Captured implements StandardOutput {
  text = "";
  readonly queuedBytes = 0;
  readonly #decoder = new TextDecoder();

  constructor(private readonly onGrown: (text: string) => void) {}

  listen(_events: OutputEvents): void {}

  write(source: Uint8Array, start: number, end: number): void {
    this.text += this.#decoder.decode(source.slice(start, end), { stream: true });
    this.onGrown(this.text);
  }

  end(): void {}
}

export interface CapturedStreams {
  readonly stdin: StandardInput;
  readonly stdout: Captured;
  readonly stderr: Captured;
}

export function capturedStreams(onOutput: (text: string) => void = () => {}): CapturedStreams {
  return { stdin: nothing, stdout: new Captured(onOutput), stderr: new Captured(() => {}) };
}
