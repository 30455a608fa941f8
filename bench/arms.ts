// The arms. For echo: the same service in several makes, each a command that starts a server process; what arms do
// for single operations is in operation-workloads.ts.
//
// node:net is the yardstick of every ratio; libuv shows what the machine can do; preview2-shim shows what a
// WASI component reaches in Node without this project's host. The guests are C programs as components: `guest-c` is
// on our C library and composed with the engine, `guest-wasi` is written straight on WASI's poll and streams.
// Arms that end with -jspi are components that `event-engine run` runs, as they are, in a Node that can suspend them;
// those that end with -worker, in this Node, where they block in a thread of their own.
import { existsSync } from "node:fs";
import { PAGE_ARMS } from "./page-workloads.js";
import {
  artifactPath, BENCH_BUILD, findJspiNode, nodeRuntime, ROOT, runCommand, wasmtimeRuntime,
} from "./runtimes.js";

const ENGINE_ARMS = ["engine-node", "engine-wasmtime", "engine-typescript"] as const;
export const GUEST_ARMS = [
  "guest-c-wasmtime", "guest-c-jspi", "guest-wasi-wasmtime", "guest-wasi-jspi", "guest-wasi-worker", "guest-wasi-shim",
] as const;
export const ECHO_ARMS = [
  ...ENGINE_ARMS, "engine-jspi", "engine-worker", "node-net", "libuv", "preview2-shim", ...GUEST_ARMS,
] as const;
export type EchoArm = (typeof ECHO_ARMS)[number];
export const ARM_NAMES = [...ECHO_ARMS, "node", "node-c-ares", "grpc", ...PAGE_ARMS] as const;
export type ArmName = (typeof ARM_NAMES)[number];

export const YARDSTICK: EchoArm = "node-net";

export function isEchoArm(arm: ArmName): arm is EchoArm {
  return (ECHO_ARMS as readonly string[]).includes(arm);
}

export function isEngineArm(arm: ArmName): boolean {
  return (ENGINE_ARMS as readonly string[]).includes(arm);
}

const ANY_PORT = "127.0.0.1:0";
const LISTEN = ["--listen", ANY_PORT] as const;
const ECHO = ["echo", ...LISTEN] as const;
const GUEST_C = `${ROOT}build/guests/echo-server.wasm`;
const GUEST_WASI = `${ROOT}build/guests/wasi-echo.wasm`;

/** The stock shim is slow enough to be left out where many connections, or little time, are given. */
export function isShimArm(arm: ArmName): boolean {
  return arm === "preview2-shim" || arm === "guest-wasi-shim";
}

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
    case "engine-jspi":
      return runCommand(findJspiNode(), artifactPath(), ...ECHO);
    case "engine-worker":
      return runCommand(process.execPath, artifactPath(), ...ECHO);
    case "guest-c-jspi":
      return runCommand(findJspiNode(), GUEST_C, ANY_PORT);
    case "guest-wasi-jspi":
      return runCommand(findJspiNode(), GUEST_WASI, ...LISTEN);
    case "guest-wasi-worker":
      return runCommand(process.execPath, GUEST_WASI, ...LISTEN);
    case "guest-c-wasmtime":
      return wasmtimeRuntime(wasmtime(), GUEST_C).command(ANY_PORT);
    case "guest-wasi-wasmtime":
      return wasmtimeRuntime(wasmtime(), GUEST_WASI).command(...LISTEN);
    case "guest-wasi-shim":
      return [process.execPath, `${ROOT}bench/vs/preview2-shim.mjs`, GUEST_WASI, ...LISTEN];
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
    "engine-jspi": [artifactPath(), `${ROOT}dist/cli.js`],
    "engine-worker": [artifactPath(), `${ROOT}dist/cli.js`],
    "guest-c-jspi": [GUEST_C],
    "guest-wasi-jspi": [GUEST_WASI],
    "guest-c-wasmtime": [GUEST_C],
    "guest-wasi-worker": [GUEST_WASI],
    "guest-wasi-wasmtime": [GUEST_WASI],
    "guest-wasi-shim": [GUEST_WASI, `${ROOT}bench/vs/node_modules`],
  };
  return needs[arm].find((path) => !existsSync(path));
}
