// Reading an endpoint into one slice buffer of its own: what the promises, the web streams and the Node socket share.
//
//   IDLE -- fill() --> READING -- bytes --> FILLED -- take(), takeInto() until empty --> IDLE
//                         |
//                         +-- end of stream, failure --> OVER (bytes that came with it are given first)
//
// `close` is allowed in every state. The buffer belongs to the engine while a read is outstanding, so it is given
// back when the read is over, not before.

import type { Endpoint, SliceBuffer, Status } from "../interfaces.js";
import { OK_STATUS, refuse, statusOfThrown } from "../status.js";
import { DESTROYED } from "./outcomes.js";

export class ByteReader {
  #taken = 0;
  #isReading = false;
  #isClosed = false;
  #over: Status | null = null;
  #done: ((status: Status) => void) | null = null;

  /** Takes ownership of the buffer. The endpoint stays the caller's: who closes this one destroys it too. */
  constructor(
    private readonly endpoint: Endpoint,
    private readonly buffer: SliceBuffer,
  ) {}

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#isClosed || this.#isReading ? 0 : this.buffer.length - this.#taken;
  }

  /**
   * Runs `done` once: with OK when there are bytes to take, else with why there never will be (`isEndOfStream`, or a
   * failure). It may run inside this call. One at a time. The endpoint is only read when nothing waits here.
   */
  fill(done: (status: Status) => void, readHintBytes = 1): void {
    if (this.#done !== null) refuse("a read is already outstanding");
    if (this.length > 0) return done(OK_STATUS);
    if (this.#over !== null) return done(this.#over);
    this.#done = done;
    if (!this.#isReading) this.#read(readHintBytes);
  }

  /** Takes the callback of `fill` back. The read goes on, and what it brings is for the next `fill`. */
  forget(): void {
    this.#done = null;
  }

  /** A copy of all the bytes that wait. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    this.takeInto(bytes);
    return bytes;
  }

  /** Moves as much as fits, and says how much that was. */
  takeInto(target: Uint8Array): number {
    const count = Math.min(this.length, target.length);
    if (count === 0) return 0;
    this.buffer.copyTo(count === target.length ? target : target.subarray(0, count), this.#taken);
    this.#taken += count;
    if (this.length === 0) this.#empty();
    return count;
  }

  /** Forgets what was not taken. To be followed by the endpoint's `destroy`, which ends an outstanding read. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#over ??= DESTROYED;
    if (!this.#isReading) this.buffer.destroy();
  }

  #read(readHintBytes: number): void {
    this.#isReading = true;
    let refusal: Status | null = null;
    try {
      if (!this.endpoint.read(this.#arrived, this.buffer, { readHintBytes, mayCompleteInline: true })) return;
    } catch (error) {
      refusal = statusOfThrown(error);
    }
    this.#arrived(refusal ?? OK_STATUS);
  }

  readonly #arrived = (status: Status): void => {
    this.#isReading = false;
    if (!status.ok) this.#over ??= status;
    if (this.#isClosed) this.buffer.destroy();
    const done = this.#done;
    if (done === null) return;
    this.#done = null;
    done(this.length > 0 ? OK_STATUS : this.#over ?? DESTROYED);
  };

  #empty(): void {
    this.buffer.clear();
    this.#taken = 0;
  }
}
