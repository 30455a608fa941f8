// Guests: components that are not ours, in build/guests/ (see the Makefile), and the arms that run them.
import { existsSync } from "node:fs";
import { type Arm, ROOT, wasmtime } from "./arms.js";

/** The file of a guest. */
export function guestFile(name: string): string {
  const file = `${ROOT}build/guests/${name}.wasm`;
  if (!existsSync(file)) throw new Error(`there is no ${file}: run make guests`);
  return file;
}

/** Runs one guest under the Wasmtime CLI, with the network. */
export function wasmtimeGuestArm(name: string): Arm {
  const capabilities = ["-S", "inherit-network", "-S", "allow-ip-name-lookup"];
  return {
    name: "wasmtime",
    command: (args) => [wasmtime(), ["run", ...capabilities, guestFile(name), ...args]],
  };
}
