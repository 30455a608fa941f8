// The artifact and the two runtimes that run it: where the files are, and the command line for each.
//
// One place, because the claim "the same bytes in both runtimes" is only worth something when both
// commands are built from the same path.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The compiled benchmarks live in build/bench/, two folders below the root of the project. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const BENCH_BUILD = `${ROOT}build/bench/`;

const NODE_CLI = `${ROOT}dist/cli.js`;
const COMPONENT = `${ROOT}build/event-engine.wasm`;

export type RuntimeName = "Node" | "Wasmtime";

export interface Runtime {
  name: RuntimeName;
  /** The file that this runtime is going to run. */
  artifact: string;
  command(program: string, ...args: string[]): string[];
}

export function nodeRuntime(): Runtime {
  const artifact = fileURLToPath(new URL("../build/event-engine.wasm", pathToFileURL(NODE_CLI)));
  return {
    name: "Node",
    artifact,
    command: (program, ...args) => [process.execPath, NODE_CLI, program, ...args],
  };
}

let jspiPath: string | undefined;

/** A Node with JavaScript Promise Integration, as the project's tool finds or brings it. */
export function findJspiNode(): string {
  jspiPath ??= execFileSync("sh", [`${ROOT}test/tools/jspi-node.sh`], {
    encoding: "utf8", stdio: ["ignore", "pipe", "inherit"],
  }).trim();
  return jspiPath;
}

/** `event-engine run` with the network, for any component. */
export function runCommand(node: string, component: string, ...args: string[]): string[] {
  return [node, NODE_CLI, "run", "--network", component, ...args];
}

/** Also for another component than the artifact, which then has the same rights. */
export function wasmtimeRuntime(binary: string, artifact: string = COMPONENT): Runtime {
  const options = ["-S", "inherit-network", "-S", "allow-ip-name-lookup"];
  return {
    name: "Wasmtime",
    artifact,
    command: (program, ...args) => [binary, "run", ...options, artifact, program, ...args],
  };
}

/**
 * The Wasmtime to use: the one that was named, else WASMTIME in the environment, else what the project's
 * tool finds (on PATH, cached, or built once).
 */
export function findWasmtime(named?: string): string {
  const wish = named ?? process.env["WASMTIME"];
  if (wish !== undefined && wish !== "") return wish;
  const found = execFileSync("sh", [`${ROOT}test/tools/wasmtime.sh`], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return found.trim();
}

export function sha256OfFile(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

export function artifactPath(): string {
  return COMPONENT;
}
