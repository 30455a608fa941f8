// The arms: the same echo service in five makes. Each is a command that starts a server process.
//
// node:net is the yardstick of every ratio; libuv shows what the machine can do; preview2-shim shows what a
// WASI component reaches in Node without this project's host.
import { existsSync } from "node:fs";
import { artifactPath, BENCH_BUILD, nodeRuntime, ROOT, wasmtimeRuntime } from "./runtimes.js";

export const ARM_NAMES = ["engine-node", "engine-wasmtime", "node-net", "libuv", "preview2-shim"] as const;
export type ArmName = (typeof ARM_NAMES)[number];

export const YARDSTICK: ArmName = "node-net";

const ECHO = ["echo", "--listen", "127.0.0.1:0"] as const;

/** The command of an arm. `wasmtime` gives the path of the Wasmtime CLI, only asked for when it is needed. */
export function armCommand(arm: ArmName, wasmtime: () => string): string[] {
  switch (arm) {
    case "engine-node":
      return nodeRuntime().command(...ECHO);
    case "engine-wasmtime":
      return wasmtimeRuntime(wasmtime()).command(...ECHO);
    case "node-net":
      return [process.execPath, `${ROOT}bench/vs/node-net.mjs`];
    case "libuv":
      return [`${BENCH_BUILD}libuv-echo`];
    case "preview2-shim":
      return [process.execPath, `${ROOT}bench/vs/preview2-shim.mjs`, artifactPath(), ...ECHO];
  }
}

/** Says which file an arm lacks, or nothing when it can be started. */
export function missingFile(arm: ArmName): string | undefined {
  const needs: Record<ArmName, string[]> = {
    "engine-node": [artifactPath(), `${ROOT}dist/cli.js`],
    "engine-wasmtime": [artifactPath()],
    "node-net": [],
    libuv: [`${BENCH_BUILD}libuv-echo`],
    "preview2-shim": [artifactPath(), `${ROOT}bench/vs/node_modules`],
  };
  return needs[arm].find((path) => !existsSync(path));
}
