// Components that jco transpiled, as commands on our jco face, in a Node that has JavaScript Promise Integration.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { jcoAsyncImports } from "#host/component/jco.js";
import { type Arm, ROOT } from "./arms.js";
import { jspiNode } from "./run-arm.js";

const RUNNER = fileURLToPath(new URL("../host/component/jco-runner.js", import.meta.url));

export interface Transpiled {
  /** Has `component.js` and its core modules. */
  readonly folder: string;
  readonly arm: Arm;
  /** Removes what jco wrote. */
  remove(): void;
}

/** Takes some seconds. */
export function transpile(file: string): Transpiled {
  const folder = mkdtempSync(`${tmpdir()}/event-engine-jco-`);
  execFileSync(process.execPath, [
    `${ROOT}node_modules/@bytecodealliance/jco/dist/jco.js`, "transpile", file, "--name", "component", "--quiet",
    "--instantiation", "async", "--async-mode", "jspi", "--out-dir", folder,
    "--async-imports", ...jcoAsyncImports("0.2.0"), "--async-exports", "wasi:cli/run@0.2.0#run",
  ]);
  writeFileSync(`${folder}/package.json`, '{ "type": "module" }\n');
  return {
    folder,
    arm: { name: "node", command: (args) => [jspiNode(), [RUNNER, folder, ...args]] },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
