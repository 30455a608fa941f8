// Runs the operations inside the component in Node: build/bench/operations.wasm, on the shipped host.
//
// usage: node build/bench/operations-core.js WORKLOAD SIZE REPETITIONS OPERATIONS
// It never waits for anything, so its `run`, which Wasmtime calls as well, is called as it is.
import { readFileSync } from "node:fs";
import { CoreMemory } from "#host/abi/core-memory.js";
import { turnFace } from "#host/abi/face.js";
import { importsFor } from "#host/abi/imports.js";
import { wasm, type WasmMemory } from "#host/abi/webassembly.js";
import { extractCoreModule } from "#host/component/core-module.js";
import { nodePlatform } from "#host/node/platform.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { BENCH_BUILD } from "./runtimes.js";

interface Exports {
  memory: WasmMemory;
  cabi_realloc(oldAddress: number, oldSize: number, align: number, newSize: number): number;
  _initialize(): void;
}

const host = new WasiHost(nodePlatform(), { args: ["operations", ...process.argv.slice(2)], env: {} });
const module = await wasm.compile(extractCoreModule(readFileSync(`${BENCH_BUILD}operations.wasm`)));
const memory = new CoreMemory();
const instance = await wasm.instantiate(module, importsFor(module, turnFace(host, memory)));
const exports = instance.exports as unknown as Exports;
memory.bind(exports.memory, exports.cabi_realloc);
exports._initialize();
const run = instance.exports["wasi:cli/run@0.2.0#run"] as () => number;
process.exitCode = run();
