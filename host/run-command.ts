// `event-engine run`: any WASI 0.2 command component on this host.
//
// A component gets what the options grant and nothing else. It runs in this thread where the runtime can suspend it
// (JSPI), and otherwise in one of its own, which blocks.
//
// No signal is handled: a component may compute for long without letting an event in, and has to end all the same. What
// it had open is closed by the system.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { ComponentError } from "./component/binary/component-error.js";
import { blocksByJspi } from "./component/blocking-way.js";
import { runComponent } from "./component/run.js";
import { refusalLine, TellingHost } from "./component/telling-host.js";
import { nodePlatform } from "./node/platform.js";
import { type RunningGuest, runInWorker, type WorkerGrants } from "./node/worker/run-in-worker.js";

/** How the exit code tells of a trap: as of a program that was aborted. */
export const TRAP_EXIT_CODE = 134;

export const RUN_USAGE = `usage: event-engine run [OPTION]... FILE [ARGUMENT]...

Runs a WASI 0.2 command component. It gets what these options grant, and nothing else:
  --network        TCP, UDP and name look-up
  --tcp            TCP only
  --udp            UDP only
  --name-lookup    name look-up only
  --env NAME=TEXT  a variable of its environment (as often as needed)

Exit code: what the component says; ${TRAP_EXIT_CODE} after a trap. SIGINT and SIGTERM end it at once.
`;

interface RunOptions extends WorkerGrants {
  readonly file: string;
}

function parseOptions(words: readonly string[]): RunOptions | "help" {
  const env: Record<string, string> = {};
  const granted = { tcp: false, udp: false, nameLookup: false };
  let at = 0;
  for (; words[at]?.startsWith("-") === true; at++) {
    const word = words[at] as string;
    switch (word) {
      case "--help": return "help";
      case "--network":
        granted.tcp = granted.udp = granted.nameLookup = true;
        break;
      case "--tcp": granted.tcp = true; break;
      case "--udp": granted.udp = true; break;
      case "--name-lookup": granted.nameLookup = true; break;
      case "--env": {
        const [, name, text] = /^([^=]+)=(.*)$/s.exec(words[++at] ?? "") ?? [];
        if (name === undefined || text === undefined) throw new Error("run: --env wants NAME=TEXT");
        env[name] = text;
        break;
      }
      default: throw new Error(`run: unknown option ${word}`);
    }
  }
  const file = words[at];
  if (file === undefined) throw new Error("run: name the component to run (event-engine run --help)");
  return { ...granted, env, file, args: [basename(file), ...words.slice(at + 1)] };
}

export async function runCommand(words: readonly string[]): Promise<number> {
  const options = parseOptions(words);
  if (options === "help") {
    process.stdout.write(RUN_USAGE);
    return 0;
  }
  const file = await readFile(options.file);
  const { exitCode } = runBySuspending(file, options) ?? runInWorker(file, options, nodePlatform());
  try {
    return await exitCode;
  } catch (error) {
    if (error instanceof ComponentError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`event-engine: trap: ${message.split("\n", 1)[0]}\n`);
    return TRAP_EXIT_CODE;
  }
}

/** In this thread; null where the runtime cannot suspend a guest. */
function runBySuspending(file: Uint8Array, grants: WorkerGrants): RunningGuest | null {
  const host = new TellingHost(nodePlatform(), grants, (what, grant) => {
    process.stderr.write(refusalLine(what, grant));
  });
  const blocking = blocksByJspi(host);
  return blocking && { exitCode: runComponent(file, host, blocking), stop: () => host.close() };
}
