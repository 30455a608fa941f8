// Completion queues, after the texts "Completion Queue creation" (2017) and "Core callback-based completion queue"
// (2020), with names in camelCase. An operation is begun on a queue under a tag; when it has ended, its event carries
// the tag, and whoever takes events from the queue learns of it.
//
// The engine turns by itself here, so taking events drives nothing: of the polling types only what they refuse is left.

import type { AcceptCallback, Endpoint } from "./interfaces.js";
import type { Status } from "./status.js";

/** How events leave: oldest first by `next`, each for its tag by `pluck`, or by running the tag, which is a functor. */
export type CompletionType = "next" | "pluck" | "callback";

/** A queue that is not "default" cannot be told of accepted connections. */
export type PollingType = "default" | "non-listening" | "non-polling";

/** What an operation of a "callback" queue has for a tag: called once, with whether it succeeded. */
export type CompletionFunctor = ((ok: boolean) => void) | {
  functorRun(ok: boolean): void;
  /** Whether it may run on the thread that saw the operation end. There is one thread: it does in any case. */
  readonly inlineable?: boolean;
};

export interface CompletionQueueAttributes {
  /** 1 or 2. */
  readonly version: number;
  readonly completionType: CompletionType;
  readonly pollingType: PollingType;
  /** Version 2, type "callback": runs once, with true, after every other functor of the queue. */
  readonly onShutdown?: CompletionFunctor;
}

/** Makes queues of the attributes that it was looked up with. */
export interface CompletionQueueFactory {
  create(): CompletionQueue;
}

/** What `next` and `pluck` bring. */
export type QueueEvent =
  | {
    readonly type: "op-complete";
    /** The very value that the operation was begun with. */
    readonly tag: unknown;
    readonly success: boolean;
    /** How the operation ended. */
    readonly status: Status;
    /** What came of it: the endpoint of a connect or an accept, which is the taker's to destroy; or undefined. */
    readonly value: unknown;
  }
  /** Shut down, and every event was taken: nothing will come any more. */
  | { readonly type: "queue-shutdown" }
  /** The deadline came first. */
  | { readonly type: "queue-timeout" };

/** When to give up: at a date, or after so many milliseconds. A time that has passed still gives one turn. */
export interface WaitOptions {
  readonly deadline?: Date;
  readonly timeoutMs?: number;
}

/**
 * One outstanding operation: a status callback that ends it, to be given to the call that it stands for. The event
 * carries the status, and the second argument (a connect's endpoint).
 */
export interface Operation {
  (status: Status, value?: Endpoint | null): void;
  /**
   * Ends it without an event, when the callback will never be called: the call was refused, was cancelled, or
   * completed inline.
   */
  drop(): void;
}

export interface CompletionQueue extends Disposable {
  /**
   * Begins an operation. Tags are values of any kind; where they are looked for, they are compared like the keys of a
   * Map. They need not differ. Throws when the queue is shut down, or 1,048,576 operations of the engine are
   * outstanding or were not taken.
   */
  operation(tag: unknown): Operation;
  /** Begins an operation of the caller's own, known by its tag. False when `operation` would throw. */
  beginOp(tag: unknown): boolean;
  /** Ends an operation that `beginOp` began with `tag`. Throws when there is none. */
  endOp(tag: unknown, success: boolean): void;
  /** For `createListener`: every connection is an operation of its own that ends with its endpoint as the value. */
  accepts(tag: unknown): AcceptCallback;
  /** The oldest event of a "next" queue. Whoever waits longest is served first. */
  next(until?: Date | WaitOptions): Promise<QueueEvent>;
  /** The oldest event, a shutdown, or null: never waits. */
  tryNext(): QueueEvent | null;
  /** The oldest event with `tag`, of a "pluck" queue. Six may wait; the next one has its timeout at once. */
  pluck(tag: unknown, until?: Date | WaitOptions): Promise<QueueEvent>;
  /** The same without waiting: null when there is none. */
  tryPluck(tag: unknown): QueueEvent | null;
  /**
   * Called, never inside of a call of the user's, when there is something to take that no `next` or `pluck` waits for:
   * once when a "next" queue gets an event while it has none, for every event of a "pluck" queue, and once when it is
   * shut down. With it another event loop can own the queue without asking again and again.
   */
  onReady: (() => void) | null;
  /** Events that were not taken. */
  readonly length: number;
  /** No operation is outstanding and none can begin; events may be left. */
  readonly isShutDown: boolean;
  /** When what is outstanding has ended, nothing can begin any more. Idempotent. */
  shutdown(): void;
  /**
   * Shuts it down, too. Refused while it holds events, or while somebody waits. Operations that are outstanding end
   * without an event, and endpoints that they bring are destroyed; functors still run. Idempotent.
   */
  destroy(): void;
  /** Events of a "next" queue until it is shut down. */
  [Symbol.asyncIterator](): AsyncIterator<QueueEvent & { type: "op-complete" }>;
}
