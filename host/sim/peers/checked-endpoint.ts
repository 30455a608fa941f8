// An endpoint of an event engine whose laws are watched at every call: a callback runs exactly once, never inside the
// call that it was given to, and not at all when that call said "done".

import type { Endpoint, SliceBuffer, Status } from "../../engine/interfaces.js";
import { OK_STATUS } from "../../engine/status.js";
import type { SimRandom } from "../random.js";

const HINT_BYTES_MAX = 20_000;
const FRAME_BYTES_MAX = 50_000;

export class CheckedEndpoint {
  /** Reads and writes whose callbacks have not run. */
  outstanding = 0;
  private isInside = false;

  constructor(
    readonly endpoint: Endpoint,
    private readonly random: SimRandom,
    /** Told when a law is broken. */
    private readonly broken: (law: string) => void,
  ) {}

  /** Reads, with options left to chance. `done` runs later, or what it would be told is returned. */
  read(buffer: SliceBuffer, done: (status: Status) => void): Status | null {
    const { random } = this;
    const readHintBytes = random.chance(0.3) ? random.sizeBetween([1, HINT_BYTES_MAX]) : 1;
    return this.call("read", buffer, done, (callback) =>
      this.endpoint.read(callback, buffer, { readHintBytes, mayCompleteInline: random.chance(0.5) }));
  }

  write(buffer: SliceBuffer, done: (status: Status) => void): Status | null {
    const { random } = this;
    const maxFrameSize = random.chance(0.5) ? random.sizeBetween([1, FRAME_BYTES_MAX]) : 1 << 20;
    return this.call("write", buffer, done, (callback) =>
      this.endpoint.write(callback, buffer, { maxFrameSize, mayCompleteInline: random.chance(0.5) }));
  }

  private call(
    what: "read" | "write", buffer: SliceBuffer, done: (status: Status) => void,
    begin: (callback: (status: Status) => void) => boolean,
  ): Status | null {
    let calls = 0;
    let isDone = false;
    this.isInside = true;
    isDone = begin((status) => {
      calls++;
      if (this.isInside) this.broken(`${what}: its callback ran inside a call`);
      if (isDone) this.broken(`${what}: its callback ran though it was done`);
      if (calls > 1) this.broken(`${what}: its callback ran ${calls} times`);
      if (what === "read" && status.ok && buffer.length === 0) this.broken("read: ok without bytes");
      this.outstanding--;
      done(status);
    });
    this.isInside = false;
    if (isDone) return OK_STATUS;
    this.outstanding++;
    return null;
  }
}
