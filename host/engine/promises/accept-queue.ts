// Accepting with async iteration: `for await (const stream of listen(engine, "127.0.0.1:0"))`.
//
//   OPEN -- close(), an abort, a loop that is left --> CLOSING -- the engine's last word --> CLOSED
//     +---- the engine closes, or fails -----------------------------------------------------^
//
// The engine accepts ahead of the loop. When `queueMax` connections wait that nobody has taken yet, the listener
// pauses: who comes then waits in the platform's queue. What was on the way already, some dozens, still joins.

import type {
  AddressLike, Endpoint, EndpointConfig, EndpointOptions, EventEngine, Listener, MemoryAllocator,
  MemoryAllocatorFactory, ResolvedAddress, Status,
} from "../interfaces.js";
import { StatusError } from "../status.js";
import { EndpointStream } from "./endpoint-stream.js";
import { Waiter } from "./waiter.js";

export interface ListenOptions {
  /** Closes the listener: the loop, or who waits in `accept`, gets the signal's reason. Open connections stay open. */
  readonly signal?: AbortSignal;
  readonly config?: EndpointConfig | EndpointOptions;
  readonly factory?: MemoryAllocatorFactory;
  /** How many connections may wait to be taken before the listener pauses; 128 when left out. */
  readonly queueMax?: number;
}

export interface AcceptOptions {
  /** Ends the wait; the listener stays open. */
  readonly signal?: AbortSignal;
}

const QUEUE_MAX = 128;

export class AcceptQueue implements AsyncIterable<EndpointStream>, AsyncDisposable {
  /** Resolves when the listener is closed; connections that were taken live on. */
  readonly closed: Promise<void>;
  #isClosing = false;
  /** Why the engine failed. */
  #failure: StatusError | null = null;
  #queue: EndpointStream[] = [];
  #waiters = new Set<Waiter<EndpointStream | null>>();
  readonly #listener: Listener;
  readonly #queueMax: number;
  readonly #signal: AbortSignal | undefined;

  constructor(private readonly engine: EventEngine, addresses: readonly AddressLike[], options: ListenOptions) {
    options.signal?.throwIfAborted();
    this.#signal = options.signal;
    this.#queueMax = options.queueMax ?? QUEUE_MAX;
    let isShut: () => void = () => {};
    this.closed = new Promise((resolve) => { isShut = resolve; });
    const shutDown = (status: Status): void => {
      if (!status.ok) this.#failure = new StatusError(status);
      this.#end((waiter) => status.ok ? waiter.resolve(null) : waiter.reject(this.#failure));
      isShut();
    };
    this.#listener = engine.createListener(this.#accepted, shutDown, options.config, options.factory);
    try {
      for (const address of addresses) this.#listener.bind(address);
      this.#listener.start();
    } catch (error) {
      this.#listener.close();
      throw error;
    }
    this.#signal?.addEventListener("abort", this.#aborted, { once: true });
  }

  get boundAddresses(): readonly ResolvedAddress[] {
    return this.#listener.boundAddresses;
  }

  /** The port of the first address. */
  get port(): number {
    return this.boundAddresses[0]?.port ?? 0;
  }

  /**
   * The next connection, which is then the caller's, or null when the listener is closed. Any number may wait. Rejects
   * when the engine failed.
   */
  async accept({ signal }: AcceptOptions = {}): Promise<EndpointStream | null> {
    const [next] = this.#queue;
    if (next !== undefined) {
      if (!this.#isClosing && this.#queue.length <= this.#queueMax) this.#listener.resume(); // or it throws
      this.#queue.shift();
      return next;
    }
    this.#signal?.throwIfAborted();
    if (this.#failure !== null) throw this.#failure;
    if (this.#isClosing) return null;
    const waiter = new Waiter<EndpointStream | null>([signal], () => this.#waiters.delete(waiter));
    this.#waiters.add(waiter);
    return waiter.promise;
  }

  /** Takes connections until the listener is closed. Leaving the loop closes it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<EndpointStream, void, undefined> {
    try {
      for (let stream = await this.accept(); stream !== null; stream = await this.accept()) yield stream;
    } finally {
      await this.close();
    }
  }

  /** Stops listening and closes the connections that nobody took. Those that were taken live on. */
  close(): Promise<void> {
    this.#end((waiter) => waiter.resolve(null));
    return this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #accepted = (endpoint: Endpoint, allocator: MemoryAllocator): void => {
    const [waiter] = this.#waiters;
    if (this.#isClosing) {
      endpoint.destroy();
      return;
    }
    const stream = new EndpointStream(this.engine, endpoint, allocator);
    if (waiter === undefined) {
      this.#queue.push(stream);
      if (this.#queue.length >= this.#queueMax) this.#listener.pause();
      return;
    }
    this.#waiters.delete(waiter);
    waiter.resolve(stream);
  };

  readonly #aborted = (): void => this.#end((waiter) => waiter.reject(this.#signal?.reason));

  #end(settle: (waiter: Waiter<EndpointStream | null>) => void): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#signal?.removeEventListener("abort", this.#aborted);
    for (const stream of this.#queue.splice(0)) stream.destroy();
    for (const waiter of this.#waiters) settle(waiter);
    this.#waiters.clear();
    this.#listener.close();
  }
}

/**
 * Listens on one address or several and accepts. Throws a StatusError when an address cannot be had, and then leaves
 * nothing open.
 */
export function listen(
  engine: EventEngine, address: AddressLike | readonly AddressLike[], options: ListenOptions = {},
): AcceptQueue {
  const addresses = Array.isArray(address) ? address as readonly AddressLike[] : [address as AddressLike];
  return new AcceptQueue(engine, addresses, options);
}
