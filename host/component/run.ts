// Runs a command component: one that exports `wasi:cli/run` of WASI 0.2.

import { GuestExit } from "../wasi/trap.js";
import type { WasiHost } from "../wasi/wasi-host.js";
import { ComponentError } from "./binary/component-error.js";
import { parseComponent } from "./binary/parse.js";
import type { Blocking } from "./blocking-way.js";
import type { LiftedFunction } from "./call.js";
import { instantiate } from "./instantiate.js";
import type { ComponentFunction, Instance } from "./scope.js";

const RUN = /^wasi:cli\/run@0\.2\.\d+$/;

/**
 * Runs the command to its end and answers its exit code: 0 or 1 by the result of `run`, or what it gave to
 * `wasi:cli/exit`. Everything that it held is released then, whatever the end was.
 * @throws ComponentError when the file cannot be run, and whatever a trap throws.
 */
export async function runComponent(file: Uint8Array, host: WasiHost, blocking: Blocking): Promise<number> {
  try {
    const { core, postReturn } = findRun(await instantiate(parseComponent(file), host, blocking));
    const result = await blocking.promising(core)() as number;
    (postReturn as ((result: number) => void) | null)?.(result);
    return result === 0 ? 0 : 1;
  } catch (error) {
    if (error instanceof GuestExit) return error.exitCode;
    throw error;
  } finally {
    host.close();
  }
}

function findRun({ exports }: Instance): LiftedFunction {
  for (const [name, { sort, value }] of exports) {
    if (sort !== "instance" || !RUN.test(name)) continue;
    const run = (value as Instance).exports.get("run");
    const found = run?.sort === "func" ? run.value as ComponentFunction : undefined;
    const type = found?.type;
    if (found?.form === "lifted" && type?.params.length === 0 && type.result?.flat?.length === 1) return found;
    throw new ComponentError(`component: its ${name} has no function "run" that can be called`);
  }
  throw new ComponentError("component: it does not export wasi:cli/run of WASI 0.2, so it is not a command");
}
