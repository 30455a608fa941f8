#!/usr/bin/env node
// The command on Node: loads the component that lies beside the compiled host and runs the program that the
// arguments name. The programs themselves, their options and their messages are in the component, so that they are
// the same here and under any other runtime. Three are the host's own: `sim` runs them in a simulated network, `run`
// runs any other component, and `gateway` lets pages reach the network.
//
// SIGINT and SIGTERM stop gracefully; a second one ends the process at once with 128 + its number.

import { readFile } from "node:fs/promises";
import { CoreProgram } from "./engine/core-program.js";
import { Reactor } from "./engine/reactor.js";
import { nodePlatform } from "./node/platform.js";
import { WasiHost } from "./wasi/wasi-host.js";

const COMPONENT = new URL("../build/event-engine.wasm", import.meta.url);
const signals = [["SIGINT", 130], ["SIGTERM", 143]] as const;

async function main(): Promise<number> {
  if (process.argv[2] === "sim") {
    const { simCommand } = await import("./sim-command.js");
    return simCommand(process.argv.slice(3), () => readFile(COMPONENT));
  }
  if (process.argv[2] === "run") {
    const { runCommand } = await import("./run-command.js");
    return runCommand(process.argv.slice(3));
  }
  if (process.argv[2] === "gateway") {
    const { gatewayCommand } = await import("./node/gateway/command.js");
    return gatewayCommand(process.argv.slice(3));
  }
  const host = new WasiHost(nodePlatform(), {
    tcp: true,
    udp: true,
    nameLookup: true,
    args: ["event-engine", ...process.argv.slice(2)],
    env: Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] =>
      entry[1] !== undefined)),
  });
  const program = await CoreProgram.instantiate(await readFile(COMPONENT), host);
  const reactor = new Reactor(program, host);
  let isStopping = false;
  for (const [signal, exitCode] of signals) {
    process.on(signal, () => {
      if (isStopping) process.exit(exitCode);
      isStopping = true;
      // After the events that came together with the signal, connections among them.
      setImmediate(() => reactor.stop());
    });
  }
  try {
    return await reactor.run();
  } finally {
    for (const [signal] of signals) process.removeAllListeners(signal);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`event-engine: ${message.split("\n", 1)[0]}\n`);
  process.exitCode = 1;
}
