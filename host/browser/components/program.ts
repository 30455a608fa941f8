// The programs of the shipped file (`echo`, `proxy`, `connect`, `resolve`) as the command runs them.
//
//   loading --> running --stop()--> what arrived is handed on --> over, with the program's exit code
//      |           +-- its own end, or a trap -------------------------> over
//      +-- stop(): over, 0

import { CoreProgram } from "../../engine/core-program.js";
import { platformDefaults } from "../../engine/platform-defaults.js";
import { Reactor } from "../../engine/reactor.js";
import { WasiHost } from "../../wasi/wasi-host.js";
import { platformOf, type RunOptions, type Running } from "./options.js";

export interface ProgramOptions extends RunOptions {
  /** The component, or where it lies. Default: the one that comes with this package. */
  readonly wasm?: Uint8Array | URL;
}

/**
 * Runs what stands behind `event-engine` on a command line: `["echo", "--listen", "127.0.0.1:0"]`. It may use
 * all that the platform has. Default for `env`: what the platform says. `stop` asks for an end in order, as SIGTERM
 * does: within 5 seconds the exit code is there.
 */
export function runProgram(words: readonly string[], options: ProgramOptions = {}): Running {
  let reactor: Reactor | null = null;
  let isStopped = false;
  const run = async (): Promise<number> => {
    const { wasm } = options;
    const file = wasm instanceof Uint8Array ? wasm : await platformDefaults().load(wasm);
    const platform = platformOf(options);
    const own = options.platform === undefined ? platformDefaults().environment() : platform.environment;
    const { env = own } = options;
    const grants = { tcp: true, udp: true, nameLookup: true, args: ["event-engine", ...words], env };
    const host = new WasiHost(platform, grants);
    const program = await CoreProgram.instantiate(file, host);
    if (isStopped) return 0;
    reactor = new Reactor(program, host);
    return reactor.run();
  };
  return {
    exitCode: run(),
    stop: () => {
      isStopped = true;
      reactor?.stop();
    },
  };
}
