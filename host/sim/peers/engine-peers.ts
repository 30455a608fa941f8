// What the scenarios do with an event engine: a client that sends a pattern and checks its echo, and the echo.
//
//   sending: writes of several slices, one after the other, then the end of the sending direction
//   reading: until the end of the stream or a failure; then the endpoint is destroyed

import type { Endpoint, EventEngine, SliceBuffer, Status } from "../../engine/interfaces.js";
import type { SimRandom } from "../random.js";
import { CheckedEndpoint } from "./checked-endpoint.js";
import { fillPattern, patternMismatch } from "./pattern.js";

const WRITE_BYTES_MAX = 100_000;
const SLICES_MAX = 4;

export interface EnginePeerOptions {
  readonly engine: EventEngine;
  readonly random: SimRandom;
  readonly broken: (law: string) => void;
}

export class EngineClient {
  sent = 0;
  received = 0;
  /** "complete", the reason of a failure, or "destroyed". */
  outcome: string | null = null;
  private checked: CheckedEndpoint | null = null;
  private input: SliceBuffer | null = null;
  private output: SliceBuffer | null = null;
  private isSendingOver = false;

  constructor(
    private readonly options: EnginePeerOptions,
    private readonly stream: number,
    private readonly sends: number,
  ) {}

  readonly connected = (status: Status, endpoint: Endpoint | null): void => {
    const { engine, random, broken } = this.options;
    if (status.ok !== (endpoint !== null)) broken("connect: an endpoint comes exactly with OK");
    if (this.outcome !== null) {
      endpoint?.destroy();
      return;
    }
    if (endpoint === null) {
      this.outcome = status.reason;
      return;
    }
    this.checked = new CheckedEndpoint(endpoint, random, broken);
    this.input = engine.createSliceBuffer();
    this.output = engine.createSliceBuffer();
    this.readOn(null);
    if (this.outcome === null) this.writeOn(null);
  };

  /** Ends everything now, whatever is outstanding. */
  destroy(): void {
    this.finish("destroyed");
  }

  /** `latest` is how the read before ended, if one did. */
  private readonly readOn = (latest: Status | null): void => {
    let status = latest;
    for (;;) {
      if (this.giveBackIfOver()) return;
      if (status !== null && !this.took(status)) return;
      status = (this.checked as CheckedEndpoint).read(this.input as SliceBuffer, this.readOn);
      if (status === null) return;
    }
  };

  private took(status: Status): boolean {
    const { received } = this;
    if (!status.ok) {
      const isWhole = this.isSendingOver && received === this.sends;
      this.finish(status.reason === "end-of-stream" && isWhole ? "complete" : status.reason);
      return false;
    }
    const bytes = (this.input as SliceBuffer).toUint8Array();
    if (patternMismatch(bytes, 0, bytes.length, this.stream, received) >= 0) {
      this.options.broken(`a wrong byte behind ${received} of stream ${this.stream}`);
    }
    this.received += bytes.length;
    return true;
  }

  private readonly writeOn = (latest: Status | null): void => {
    let status = latest;
    for (;;) {
      if (this.giveBackIfOver()) return;
      if (status !== null && !status.ok) return this.finish(status.reason);
      if (this.sent === this.sends) return this.endSending();
      this.fill(this.output as SliceBuffer);
      status = (this.checked as CheckedEndpoint).write(this.output as SliceBuffer, this.writeOn);
      if (status === null) return;
    }
  };

  private fill(buffer: SliceBuffer): void {
    const { random } = this.options;
    for (let slices = random.between([1, SLICES_MAX]); slices > 0 && this.sent < this.sends; slices--) {
      const bytes = new Uint8Array(Math.min(random.sizeBetween([1, WRITE_BYTES_MAX]), this.sends - this.sent));
      fillPattern(bytes, this.stream, this.sent);
      buffer.append(bytes);
      this.sent += bytes.length;
    }
  }

  private endSending(): void {
    this.isSendingOver = true;
    (this.checked as CheckedEndpoint).endpoint.shutdownSend();
  }

  private finish(outcome: string): void {
    if (this.outcome !== null) return;
    this.outcome = outcome;
    this.checked?.endpoint.destroy();
    this.giveBackIfOver();
  }

  /** Buffers go back when nothing of the endpoint uses them any more. */
  private giveBackIfOver(): boolean {
    if (this.outcome === null) return false;
    if (this.checked?.outstanding === 0) {
      this.input?.destroy();
      this.output?.destroy();
      this.input = this.output = null;
    }
    return true;
  }
}

/** Sends back what comes, one read and one write after the other, and ends as its peer does. */
export class EngineEcho {
  /** The reason of its end. */
  outcome: string | null = null;
  private readonly checked: CheckedEndpoint;
  private readonly buffer: SliceBuffer;

  constructor({ engine, random, broken }: EnginePeerOptions, endpoint: Endpoint) {
    this.checked = new CheckedEndpoint(endpoint, random, broken);
    this.buffer = engine.createSliceBuffer();
    this.goOn(null, false);
  }

  destroy(): void {
    this.finish("destroyed");
  }

  private readonly read = (status: Status): void => this.goOn(status, true);
  private readonly written = (status: Status): void => this.goOn(status, false);

  private goOn(latest: Status | null, wasRead: boolean): void {
    let status = latest;
    let isReadNext = !wasRead;
    for (;;) {
      if (status !== null && !status.ok) this.finish(status.reason);
      if (this.giveBackIfOver()) return;
      status = isReadNext ? this.checked.read(this.buffer, this.read) : this.checked.write(this.buffer, this.written);
      if (status === null) return;
      isReadNext = !isReadNext;
    }
  }

  private finish(outcome: string): void {
    if (this.outcome !== null) return;
    this.outcome = outcome;
    this.checked.endpoint.destroy();
    this.giveBackIfOver();
  }

  private giveBackIfOver(): boolean {
    if (this.outcome === null) return false;
    if (this.checked.outstanding === 0) this.buffer.destroy();
    return true;
  }
}
