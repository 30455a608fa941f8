// Writing to an endpoint in order, however many writes are asked for: what the promises, the web streams and the
// Node socket share.
//
//   OPEN -- end() --> ENDING -- everything sent --> ENDED
//    |                   |
//    +--- failure, close() ---> OVER (what waits is told why)
//
// An endpoint takes one write at a time. What is asked for meanwhile waits here as it is, uncopied, and goes out
// together with the next write, at most WRITE_BYTES_MAX at once: so many small writes cost one, and a large one does
// not have to fit into the memory of the engine.

import type { Endpoint, SliceBuffer, Status } from "../interfaces.js";
import { OK_STATUS, refuseArgument, statusOfThrown } from "../status.js";
import { DESTROYED, ENDED } from "./outcomes.js";

export const WRITE_BYTES_MAX = 262_144;

type Done = (status: Status) => void;

interface Item {
  /** null is the end of the stream. */
  readonly bytes: Uint8Array | null;
  readonly done: Done;
}

const encoder = new TextEncoder();

/** What applications write, as bytes: text is UTF-8, and anything else is thrown back as INVALID_ARGUMENT. */
export function bytesOf(data: Uint8Array | string): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (typeof data !== "string") refuseArgument("only a Uint8Array or a string can be written");
  return encoder.encode(data);
}

function unheard(): void {}

export class ByteWriter {
  /** The first `#sending` items are in the outstanding write; of the one after them the first `#offset` bytes. */
  #items: Item[] = [];
  #sending = 0;
  #offset = 0;
  #isWriting = false;
  #isPumping = false;
  #isEnding = false;
  #isClosed = false;
  #isReleased = false;
  #over: Status | null = null;

  /** Takes ownership of the buffer. The endpoint stays the caller's: who closes this one destroys it too. */
  constructor(
    private readonly endpoint: Endpoint,
    private readonly buffer: SliceBuffer,
  ) {}

  /**
   * Runs `done` once, when the endpoint has taken all of the bytes or with why it will not. It may run inside this
   * call. Any number may wait, in order; the bytes must not change meanwhile.
   */
  write(bytes: Uint8Array, done: Done): void {
    this.#add({ bytes, done });
  }

  /** Several writes that leave together; `done` runs once for all of them. */
  writeMany(data: readonly Uint8Array[], done: Done): void {
    const last = data.length - 1;
    this.#add(...data.map((bytes, index) => ({ bytes, done: index === last ? done : unheard })));
  }

  /** Ends the stream towards the peer after all the bytes of earlier writes. Later writes are refused, ends are not. */
  end(done: Done): void {
    this.#isEnding = true;
    this.#add({ bytes: null, done });
  }

  /** Refuses what waits, for `why`. To be followed by the endpoint's `destroy`, which ends an outstanding write. */
  close(why = DESTROYED): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#over ??= why;
    this.#pump();
  }

  #add(...items: Item[]): void {
    const refusal = this.#over ?? (this.#isEnding && items[0]?.bytes !== null ? ENDED : null);
    if (refusal !== null) {
      for (const { done } of items) done(refusal);
      return;
    }
    this.#items.push(...items);
    this.#pump();
  }

  readonly #written = (status: Status): void => {
    this.#isWriting = false;
    if (!status.ok) this.#over ??= status;
    this.#pump();
  };

  /** A loop, since a write may be complete at once and `done` may ask for the next. */
  #pump(): void {
    if (this.#isPumping || this.#isWriting) return;
    this.#isPumping = true;
    try {
      while (this.#over === null && !this.#isWriting && this.#items.length > 0) this.#step();
    } finally {
      this.#isPumping = false;
    }
    if (this.#over !== null && !this.#isWriting) this.#refuse(this.#over);
  }

  #step(): void {
    this.#complete();
    if (this.#over !== null || this.#items.length === 0) return;
    try {
      this.#gather();
      this.#start();
    } catch (error) {
      this.#isWriting = false;
      this.#over ??= statusOfThrown(error);
    }
  }

  #start(): void {
    if (this.buffer.length > 0) {
      this.#isWriting = true;
      this.#isWriting = !this.endpoint.write(this.#written, this.buffer, { mayCompleteInline: true });
    } else if (this.#sending === 0) {
      this.#sending = 1;
      this.endpoint.shutdownSend();
    }
  }

  /** Those whose bytes the endpoint has taken hear of it. */
  #complete(): void {
    if (this.buffer.length > 0) this.buffer.clear();
    const sent = this.#items.splice(0, this.#sending);
    this.#sending = 0;
    for (const { done } of sent) done(OK_STATUS);
  }

  /** Copies what is next into the buffer, up to an end. */
  #gather(): void {
    let room = WRITE_BYTES_MAX;
    while (room > 0) {
      const bytes = this.#items[this.#sending]?.bytes;
      if (!bytes) return;
      const end = Math.min(bytes.length, this.#offset + room);
      if (end > this.#offset) this.buffer.append(bytes.subarray(this.#offset, end));
      room -= end - this.#offset;
      this.#offset = end;
      if (end < bytes.length) return;
      this.#sending += 1;
      this.#offset = 0;
    }
  }

  #refuse(status: Status): void {
    const refused = this.#items;
    this.#items = [];
    this.#sending = 0;
    if (this.#isClosed && !this.#isReleased) {
      this.#isReleased = true;
      this.buffer.destroy();
    }
    for (const { done } of refused) done(status);
  }
}
