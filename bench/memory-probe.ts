// The engine's echo server with a window: SIGUSR2 makes it tell the size of its linear memory on stderr.
//
// The command itself has no reason to print that, so the memory benchmark runs this in its place.
import { readFileSync } from "node:fs";
import { CoreProgram } from "#host/engine/core-program.js";
import { Reactor } from "#host/engine/reactor.js";
import { nodePlatform } from "#host/node/platform.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { artifactPath } from "./runtimes.js";

const host = new WasiHost(nodePlatform(), {
  tcp: true,
  nameLookup: true,
  args: ["event-engine", "echo", "--listen", "127.0.0.1:0"],
  env: {},
});
const program = await CoreProgram.instantiate(readFileSync(artifactPath()), host);
const reactor = new Reactor(program, host);
process.on("SIGUSR2", () => process.stderr.write(`memory ${program.memoryBytes}\n`));
process.on("SIGTERM", () => reactor.stop());
process.exitCode = await reactor.run();
