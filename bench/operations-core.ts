// Runs the operations inside the component in Node: build/bench/operations.wasm, on the shipped host.
//
// usage: node build/bench/operations-core.js WORKLOAD SIZE REPETITIONS OPERATIONS [SERVER SILENT-SERVER]
// Most never wait for anything, so their `run`, which Wasmtime calls as well, is called as it is. Those that ask a
// nameserver are turned, as the engine's own programs are.
import { readFileSync } from "node:fs";
import { CoreProgram, type ProgramExports } from "#host/engine/core-program.js";
import { Reactor } from "#host/engine/reactor.js";
import { nodePlatform } from "#host/node/platform.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { BENCH_BUILD } from "./runtimes.js";

const words = process.argv.slice(2);
const platform = nodePlatform();
const host = new WasiHost(platform, { args: ["operations", ...words], env: {}, tcp: true, udp: true });
const program = await CoreProgram.instantiate(readFileSync(`${BENCH_BUILD}operations.wasm`), host);
const exports = program.exports as ProgramExports & { "wasi:cli/run@0.2.0#run": () => number };
const isAsking = words.length > 4;
process.exitCode = isAsking ? await new Reactor(program, host).run() : exports["wasi:cli/run@0.2.0#run"]();
