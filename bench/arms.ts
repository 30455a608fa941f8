// The arms. For echo: the same service in six makes, each a command that starts a server process; what arms do for
// single operations is in operation-workloads.ts.
//
// node:net is the yardstick of every ratio; libuv shows what the machine can do; preview2-shim shows what a
// WASI component reaches in Node without this project's host.
import { existsSync } from "node:fs";
import { artifactPath, BENCH_BUILD, nodeRuntime, ROOT, wasmtimeRuntime } from "./runtimes.js";

const ENGINE_ARMS = ["engine-node", "engine-wasmtime", "engine-typescript"] as const;
export const ECHO_ARMS = [...ENGINE_ARMS, "node-net", "libuv", "preview2-shim"] as const;
export type EchoArm = (typeof ECHO_ARMS)[number];
export const ARM_NAMES = [...ECHO_ARMS, "node", "grpc"] as const;
export type ArmName = (typeof ARM_NAMES)[number];

export const YARDSTICK: EchoArm = "node-net";

export function isEchoArm(arm: ArmName): arm is EchoArm {
  return (ECHO_ARMS as readonly string[]).includes(arm);
}

export function isEngineArm(arm: ArmName): boolean {
  return (ENGINE_ARMS as readonly string[]).includes(arm);
}

const ECHO = ["echo", "--listen", "127.0.0.1:0"] as const;

/** The command of an arm. `wasmtime` gives the path of the Wasmtime CLI, only asked for when it is needed. */
export function armCommand(arm: EchoArm, wasmtime: () => string): string[] {
  switch (arm) {
    case "engine-node":
      return nodeRuntime().command(...ECHO);
    case "engine-wasmtime":
      return wasmtimeRuntime(wasmtime()).command(...ECHO);
    case "engine-typescript":
      return [process.execPath, `${BENCH_BUILD}echo-typescript.js`];
    case "node-net":
      return [process.execPath, `${ROOT}bench/vs/node-net.mjs`];
    case "libuv":
      return [`${BENCH_BUILD}libuv-echo`];
    case "preview2-shim":
      return [process.execPath, `${ROOT}bench/vs/preview2-shim.mjs`, artifactPath(), ...ECHO];
  }
}

/** Says which file an arm lacks, or nothing when it can be started. */
export function missingFile(arm: EchoArm): string | undefined {
  const needs: Record<EchoArm, string[]> = {
    "engine-node": [artifactPath(), `${ROOT}dist/cli.js`],
    "engine-wasmtime": [artifactPath()],
    "engine-typescript": [artifactPath(), `${BENCH_BUILD}echo-typescript.js`],
    "node-net": [],
    libuv: [`${BENCH_BUILD}libuv-echo`],
    "preview2-shim": [artifactPath(), `${ROOT}bench/vs/node_modules`],
  };
  return needs[arm].find((path) => !existsSync(path));
}
