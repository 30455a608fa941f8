// Any WASI 0.2 command component in this thread, suspended while it waits (docs/running-components.md).
//
//   loading --> running --its end, or a trap--> over
//      +------------+-- stop(): everything it holds is cut --> over, rejected

import { ComponentError } from "../../component/binary/component-error.js";
import { blocksByJspi } from "../../component/blocking-way.js";
import { runComponent as runOnHost } from "../../component/run.js";
import { TellingHost } from "../../component/telling-host.js";
import type { Grants } from "../../wasi/wasi-host.js";
import { platformOf, type RunOptions, type Running } from "./options.js";

export interface ComponentOptions extends RunOptions {
  /** What it may use: nothing, by default. Its first refusal is told on stderr. */
  readonly grants?: Omit<Grants, "args" | "env">;
  /** By custom the first one is the name of the program. */
  readonly args?: readonly string[];
}

const NO_JSPI = "this runtime cannot suspend WebAssembly (JavaScript Promise Integration), so no component runs in it; "
  + "EventEngine and the engine's own programs do";

/**
 * Runs a component that exports `wasi:cli/run`. `exitCode` is 0 or 1 by the answer of `run`, or what it gave to
 * `wasi:cli/exit`; it rejects with a ComponentError when the file cannot be run, or when this runtime has no JSPI.
 * `stop` cuts all that the component holds; one that computes without a call to the host cannot be interrupted.
 */
export function runComponent(file: Uint8Array, options: ComponentOptions = {}): Running {
  const { grants, args = [], env = {} } = options;
  const platform = platformOf(options);
  const encoder = new TextEncoder();
  const host = new TellingHost(platform, { ...grants, args, env }, (what, grant) => {
    const line = encoder.encode(`event-engine: the component was denied ${what}: allow it with grants.${grant}\n`);
    platform.streams.stderr.write(line, 0, line.length);
  });
  const blocking = blocksByJspi(host);
  if (blocking === null) return { exitCode: Promise.reject(new ComponentError(NO_JSPI)), stop: () => {} };
  let stopped = (): void => {};
  const stopping = new Promise<never>((_, reject) => {
    stopped = () => reject(new Error("the component was stopped"));
  });
  return {
    exitCode: Promise.race([runOnHost(file, host, blocking), stopping]),
    // Not from inside one of its writes: from a microtask on it waits, and nothing will end that.
    stop: () => queueMicrotask(() => {
      host.close();
      stopped();
    }),
  };
}
