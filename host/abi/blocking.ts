// How an import of the direct face waits: what to wait for, and what to do then, without saying how.
//
// Each call of WASI that may block is split in two: a condition over the state machines, and the rest of the call,
// which does not block and writes the result into the guest's memory. A waiter brings the two together:
//
//   the reactor     never waits: the guest runs in turns and is told what is ready, so waiting is a trap
//   JSPI            the import gives a promise where it must, and the engine suspends the guest (loop-waiter.ts)
//   a worker        the thread sleeps on shared memory until the condition holds, and the import gives a plain result
//
// The rest takes handles and addresses that were checked before the wait: a guest that is blocked cannot drop or move
// anything meanwhile. Only views of its memory are taken anew.

import type { OutputStream } from "../wasi/output-stream.js";
import type { Pollable } from "../wasi/pollable.js";
import type { Watchable } from "../wasi/resource.js";
import { trap } from "../wasi/trap.js";
import type { WasiHost } from "../wasi/wasi-host.js";

export interface Waiter {
  /** False where `until` traps instead of waiting. */
  readonly canWait: boolean;
  /**
   * Waits until `isReady` holds, then gives what `rest` gives; at once when it holds already and the platform's events
   * had their turn lately. `isReady` may run any number of times and changes nothing; `rest` runs once, right after
   * an `isReady` that held. What either throws ends the call, thrown or as a rejection.
   *
   * Whatever `isReady` looks at must be watched by a pollable from before the call until its end, because a change that
   * nobody watches wakes nobody. Several calls may wait at a time.
   */
  until<T>(isReady: () => boolean, rest: () => T): T | Promise<T>;
  /**
   * One of the imports that never wait answered "not yet". The guest may repeat it for ever instead of waiting, so now
   * and then the waiter lets events in: within the call, or before the next one (`spinning.ts`).
   */
  notYet(): void;
}

/** The waiter of a guest that runs in turns. */
export const NEVER_WAITS: Waiter = {
  canWait: false,
  notYet: () => {},
  until: (isReady, rest) => (isReady() ? rest() : trap("would block: the direct face runs turns")),
};

/** Imports by interface, without version. */
type ImportNames = Readonly<Record<string, readonly string[]>>;

/** The imports that give a promise with a waiter that does: what JSPI must wrap in `WebAssembly.Suspending`. */
export const WAITING_IMPORTS: ImportNames = {
  "wasi:io/poll": ["poll", "[method]pollable.block"],
  "wasi:io/streams": [
    "[method]input-stream.blocking-read", "[method]input-stream.blocking-skip",
    "[method]output-stream.blocking-write-and-flush", "[method]output-stream.blocking-flush",
    "[method]output-stream.blocking-write-zeroes-and-flush", "[method]output-stream.blocking-splice",
  ],
};

/** The imports that never wait but may answer "not yet", which they tell the waiter: a guest may spin on them. */
export const ASKING_IMPORTS: ImportNames = {
  "wasi:io/poll": ["[method]pollable.ready"],
  "wasi:io/streams": [
    "[method]input-stream.read", "[method]input-stream.skip", "[method]output-stream.check-write",
    "[method]output-stream.splice",
  ],
  "wasi:sockets/ip-name-lookup": ["[method]resolve-address-stream.resolve-next-address"],
  "wasi:sockets/tcp": ["finish-bind", "finish-connect", "finish-listen", "accept"].map((name) =>
    `[method]tcp-socket.${name}`),
  "wasi:sockets/udp": [
    "[method]udp-socket.finish-bind", "[method]incoming-datagram-stream.receive",
    "[method]outgoing-datagram-stream.check-send",
  ],
};

/** What the helpers below need of a face. */
export interface WaitingSide {
  readonly host: WasiHost;
  readonly waiter: Waiter;
}

/** Waits until `isReady` holds, which depends on `sources` alone. They are watched for as long as that takes. */
export function whenAll<T>(
  { host, waiter }: WaitingSide, sources: readonly Watchable[], isReady: () => boolean, rest: () => T,
): T | Promise<T> {
  if (!waiter.canWait) return waiter.until(isReady, rest);
  const watches = sources.map((source) => host.subscribe(source));
  let result: T | Promise<T>;
  try {
    result = waiter.until(isReady, rest);
  } catch (error) {
    release(watches);
    throw error;
  }
  if (!(result instanceof Promise)) {
    release(watches);
    return result;
  }
  return result.finally(() => release(watches));
}

export function whenReady<T>(side: WaitingSide, source: Watchable, rest: () => T): T | Promise<T> {
  return whenAll(side, [source], () => source.isReady(), rest);
}

/**
 * A blocking write in three steps: room, then `write`, then everything handed over. A waiter that cannot wait puts the
 * bytes behind what is queued, which is bounded. `write` and `end` answer like the streams' own operations.
 */
export function writeAndFlush<T>(
  side: WaitingSide, stream: OutputStream, write: () => number, end: (status: number) => T,
): T | Promise<T> {
  if (!side.waiter.canWait) return end(write());
  const rest = (): T | Promise<T> => {
    const status = write();
    return status < 0 ? end(status) : flushed(side, stream, end);
  };
  return whenReady(side, stream, rest) as T | Promise<T>; // promises of promises do not exist
}

/** Flushes and waits until that is through; a failure on the way is what `end` is told. */
export function flushed<T>(
  side: WaitingSide, stream: OutputStream, end: (status: number) => T,
): T | Promise<T> {
  const status = stream.flush();
  if (status < 0 || stream.isFlushed()) return end(status);
  return whenAll(side, [stream], () => stream.isFlushed(), () => end(stream.flush()));
}

function release(watches: readonly Pollable[]): void {
  for (const watch of watches) watch.release();
}
