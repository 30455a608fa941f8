// The two ways to run the command: under Node and under the Wasmtime CLI, from the same component file.
//
// E2e tests have one body each and run it once per arm. E2E_ARMS=node (or wasmtime) picks one by hand, and
// E2E_CLI names another copy of the Node command, such as an installed one.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const COMPONENT = `${ROOT}build/event-engine.wasm`;
export const CLI = process.env.E2E_CLI ?? `${ROOT}dist/cli.js`;

export interface Arm {
  name: "node" | "wasmtime";
  /** The executable and its arguments for running the command with these arguments. */
  command(args: string[]): [file: string, args: string[]];
}

/** Made when first needed: providing a Wasmtime CLI may take a while on a new machine. */
let wasmtimePath: string | undefined;

export function wasmtime(): string {
  if (wasmtimePath !== undefined) return wasmtimePath;
  const script = `${ROOT}test/tools/wasmtime.sh`;
  const output = execFileSync("sh", [script], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  wasmtimePath = output.trim();
  return wasmtimePath;
}

export const nodeArm: Arm = {
  name: "node",
  command: (args) => [process.execPath, [CLI, ...args]],
};

export const wasmtimeArm: Arm = {
  name: "wasmtime",
  command: (args) => {
    const capabilities = ["-S", "inherit-network", "-S", "allow-ip-name-lookup"];
    return [wasmtime(), ["run", ...capabilities, COMPONENT, ...args]];
  },
};

const wanted = process.env.E2E_ARMS;

export const arms: Arm[] = [nodeArm, wasmtimeArm].filter((arm) => (wanted ?? arm.name) === arm.name);
