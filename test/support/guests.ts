// Guests: components that are not ours, in build/guests/ (see the Makefile), and the ways to run them.
import { existsSync } from "node:fs";
import { type Arm, CLI, nodeArm, ROOT, wasmtime, wasmtimeArm } from "./arms.js";
import { runArm } from "./run-arm.js";

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
    ...wasmtimeArm,
    command: (args) => [wasmtime(), ["run", ...capabilities, guestFile(name), ...args]],
  };
}

/** Runs one guest by `event-engine run` in the Node that runs the tests, which may have to block in a worker. */
function hereArm(name: string): Arm {
  return {
    ...nodeArm,
    command: (args) => [process.execPath, [CLI, "run", "--network", guestFile(name), ...args]],
  };
}

export interface GuestArm {
  label: string;
  arm: Arm;
}

/** Every way to run a guest with the network. */
export function guestArms(name: string): GuestArm[] {
  const wanted = process.env.E2E_ARMS;
  return [
    { label: "Wasmtime", arm: wasmtimeGuestArm(name) },
    { label: "event-engine run with JSPI", arm: runArm(guestFile(name)) },
    { label: "event-engine run in this Node", arm: hereArm(name) },
  ].filter(({ arm }) => (wanted ?? arm.name) === arm.name);
}
