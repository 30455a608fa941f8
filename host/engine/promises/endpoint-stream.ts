// An endpoint with promises: `await stream.read()`, `await stream.write(data)`, `for await (const chunk of stream)`.
//
// Ownership: it takes the endpoint over and gives it back to the engine by `close`, `destroy`, the end of an
// `await using` block, an aborted write, or a `for await` that is left early. Statuses become StatusErrors.

import type { Endpoint, EventEngine, MemoryAllocator, ResolvedAddress, Status } from "../interfaces.js";
import { StatusError } from "../status.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter, bytesOf } from "./byte-writer.js";
import { isEndOfStream } from "./outcomes.js";
import { Waiter } from "./waiter.js";

export interface ReadOptions {
  /** Ends the wait, not the connection: bytes that arrive later are for the next read. */
  readonly signal?: AbortSignal;
  /** How many bytes to wait for, if they come without a pause; 1 when left out. A suggestion. */
  readonly readHintBytes?: number;
}

export interface WriteOptions {
  /** Destroys the connection, since a part of the bytes may be on their way. */
  readonly signal?: AbortSignal;
}

export interface ChunkOptions extends ReadOptions {
  /** Leaves the connection open when the loop is left early. */
  readonly preventClose?: boolean;
}

export class EndpointStream implements AsyncIterable<Uint8Array>, AsyncDisposable {
  readonly localAddress: ResolvedAddress;
  readonly peerAddress: ResolvedAddress;
  readonly #reader: ByteReader;
  readonly #writer: ByteWriter;
  #isDestroyed = false;

  /** Takes ownership of the endpoint. The allocator is for what is written; the engine's own when left out. */
  constructor(engine: Pick<EventEngine, "createSliceBuffer">, private readonly endpoint: Endpoint,
    allocator?: MemoryAllocator) {
    this.localAddress = endpoint.localAddress;
    this.peerAddress = endpoint.peerAddress;
    this.#reader = new ByteReader(endpoint, engine.createSliceBuffer());
    this.#writer = new ByteWriter(endpoint, engine.createSliceBuffer(allocator));
  }

  get isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  /** The bytes that arrived, in memory of their own, or null at the end of the stream. One at a time. */
  async read(options: ReadOptions = {}): Promise<Uint8Array | null> {
    return await this.#fill(options) ? this.#reader.take() : null;
  }

  /** Reads into the caller's memory, and says how many bytes; 0 at the end of the stream, or for no room. */
  async readInto(target: Uint8Array, options: ReadOptions = {}): Promise<number> {
    return target.length > 0 && await this.#fill(options) ? this.#reader.takeInto(target) : 0;
  }

  /**
   * Resolves when the connection has taken all of the bytes, which must not change until then. Any number may wait,
   * and leave in order; who awaits each one has backpressure.
   */
  async write(data: Uint8Array | string, options: WriteOptions = {}): Promise<void> {
    const bytes = bytesOf(data);
    const waiter = new Waiter<void>([options.signal], () => this.destroy());
    this.#writer.write(bytes, (status) => settle(waiter, status));
    return waiter.promise;
  }

  /** Tells the peer that nothing follows the earlier writes. Reading goes on. More often than once changes nothing. */
  async end(options: WriteOptions = {}): Promise<void> {
    const waiter = new Waiter<void>([options.signal], () => this.destroy());
    this.#writer.end((status) => settle(waiter, status));
    return waiter.promise;
  }

  /** What arrives until the end of the stream. A loop that is left early, or by a throw, destroys the connection. */
  async *chunks(options: ChunkOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    let isWhole = false;
    try {
      for (let chunk = await this.read(options); chunk !== null; chunk = await this.read(options)) yield chunk;
      isWhole = true;
    } finally {
      if (!isWhole && options.preventClose !== true) this.destroy();
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    return this.chunks();
  }

  /**
   * Waits until the connection has taken what was written, then closes both directions. It never rejects: a write
   * that fails tells its own caller. An abort closes at once.
   */
  async close(options: WriteOptions = {}): Promise<void> {
    await this.end(options).catch(() => {});
    this.destroy();
  }

  /** Closes both directions at once. What waits rejects with CANCELLED; bytes already taken still leave. */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#reader.close();
    this.#writer.close();
    this.endpoint.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #fill({ signal, readHintBytes }: ReadOptions): Promise<boolean> {
    const waiter = new Waiter<boolean>([signal], () => this.#reader.forget());
    try {
      this.#reader.fill((status) => {
        if (status.ok) waiter.resolve(true);
        else if (isEndOfStream(status)) waiter.resolve(false);
        else waiter.reject(new StatusError(status));
      }, readHintBytes);
    } catch (error) {
      waiter.reject(error);
    }
    return waiter.promise;
  }
}

function settle(waiter: Waiter<void>, status: Status): void {
  if (status.ok) waiter.resolve();
  else waiter.reject(new StatusError(status));
}
