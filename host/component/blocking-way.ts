// How a guest blocks. Two ways exist, and instantiating is the same for both:
//
//   JSPI      the guest is suspended while the platform's event loop runs
//   a thread  the guest's own thread sleeps until there is something to do (`blocksThread`)

import type { Waiter } from "../abi/blocking.js";
import { LoopWaiter } from "../abi/loop-waiter.js";
import { type ImportFunction, wasm } from "../abi/webassembly.js";
import type { WasiHost } from "../wasi/wasi-host.js";
import { Spinning } from "./spinning.js";
import type { CoreType } from "./value-types.js";

export interface Blocking {
  readonly waiter: Waiter;
  /** Makes an import of a function that may give a promise. */
  suspending(wrapped: ImportFunction): unknown;
  /** Makes an import of a function that may answer "not yet"; its core type is given. */
  asking(wrapped: ImportFunction, params: readonly CoreType[], results: readonly CoreType[]): unknown;
  /** Makes a callable of an exported function that may wait on its way. */
  promising(wrapped: ImportFunction): () => unknown;
}

/** Null where the runtime has no JavaScript Promise Integration. Takes over `host.ready.onFirst`. */
export function blocksByJspi(host: WasiHost): Blocking | null {
  const { Suspending, promising } = wasm;
  if (Suspending === undefined || promising === undefined) return null;
  const waiter = new LoopWaiter(host);
  const suspending = (wrapped: ImportFunction): unknown => new Suspending(wrapped);
  const spinning = new Spinning(waiter, suspending);
  return {
    waiter, suspending, promising,
    asking: (wrapped, params, results) => spinning.wrap(wrapped, params, results),
  };
}

/** For a waiter that never gives a promise. */
export function blocksThread(waiter: Waiter): Blocking {
  return {
    waiter, suspending: (wrapped) => wrapped, promising: (wrapped) => wrapped as () => unknown,
    asking: (wrapped) => wrapped,
  };
}
