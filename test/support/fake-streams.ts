// The two ends of a simulated connection as the core sees them: simple queues with the rules of wasi:io/streams
// asserted. A test is the peer: it pushes into inputs and takes from outputs.

/** What a stream operation answers instead of a value. */
export const CLOSED = "closed";
export const FAILED = "failed";
export type Trouble = typeof CLOSED | typeof FAILED;

export class FakeInput {
  #queue = Buffer.alloc(0);
  ended = false;
  failed = false;
  /** Bytes that the core has read in all. */
  taken = 0;
  reads = 0;

  push(bytes: Uint8Array): void {
    this.#queue = Buffer.concat([this.#queue, bytes]);
  }

  get length(): number {
    return this.#queue.length;
  }

  get ready(): boolean {
    return this.#queue.length > 0 || this.ended || this.failed;
  }

  /** Bytes first; the end or the failure stands behind them. */
  read(length: number): Buffer | Trouble {
    this.reads++;
    if (this.#queue.length === 0) {
      if (this.failed) return FAILED;
      if (this.ended) return CLOSED;
    }
    const bytes = this.#queue.subarray(0, length);
    this.#queue = this.#queue.subarray(bytes.length);
    this.taken += bytes.length;
    return bytes;
  }
}

export class FakeOutput {
  /** Bytes that the connection can hold on their way to the peer. */
  room = 65_536;
  closed = false;
  failed = false;
  /** `shutdown` or `flush` was called: no permit until every byte has left. */
  leaving: "shutdown" | "flush" | undefined;
  writes = 0;
  checks = 0;
  #received = Buffer.alloc(0);
  #onTheirWay = Buffer.alloc(0);
  /** The permit that the core holds: good for one write. */
  #permit = 0;
  /** Whether the next write is to fail, though a permit was given. */
  failsInWrite: Trouble | undefined;

  get onTheirWay(): number {
    return this.#onTheirWay.length;
  }

  /** All that the peer took. */
  get received(): Buffer {
    return this.#received;
  }

  get written(): number {
    return this.#received.length + this.#onTheirWay.length;
  }

  get ready(): boolean {
    return this.#answer() !== 0;
  }

  checkWrite(): number | Trouble {
    this.checks++;
    const answer = this.#answer();
    this.#permit = typeof answer === "number" ? answer : 0;
    return answer;
  }

  write(bytes: Uint8Array): Trouble | undefined {
    this.writes++;
    if (bytes.length > this.#permit) throw new Error(`a write of ${bytes.length} past the permit of ${this.#permit}`);
    this.#permit = 0;
    if (this.failsInWrite !== undefined) {
      this.failed = this.failsInWrite === FAILED;
      this.closed = this.failsInWrite === CLOSED;
      return this.failsInWrite;
    }
    this.#onTheirWay = Buffer.concat([this.#onTheirWay, bytes]);
    return undefined;
  }

  leave(how: "shutdown" | "flush"): void {
    this.leaving ??= how;
    this.#permit = 0;
  }

  /** The peer takes bytes. */
  take(length: number): void {
    const bytes = this.#onTheirWay.subarray(0, length);
    this.#onTheirWay = this.#onTheirWay.subarray(bytes.length);
    this.#received = Buffer.concat([this.#received, bytes]);
  }

  #answer(): number | Trouble {
    if (this.failed) return FAILED;
    if (this.closed) return CLOSED;
    if (this.leaving !== undefined && this.#onTheirWay.length > 0) return 0;
    if (this.leaving === "shutdown") return CLOSED;
    return Math.max(0, Math.min(65_536, this.room - this.#onTheirWay.length));
  }
}
