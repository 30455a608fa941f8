// The component way: the suite as a command, under the Wasmtime CLI and, through jco's glue or by `event-engine run`,
// under a Node with JSPI.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { jcoAsyncImports } from "#host/component/jco.js";
import { ROOT, wasmtime } from "../support/arms.js";
import { within } from "../support/guard.js";
import { jspiNode, runArm } from "../support/run-arm.js";
import type { CoreArm, CoreEnding } from "./arms.js";
import { suiteFile } from "./suite-file.js";

/** What an ending by a signal counts as, as shells count it. */
const SIGNALLED = 128;

async function runChild(
  file: string, args: readonly string[], onOutput: (text: string) => void = () => {},
): Promise<CoreEnding> {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  const kill = (): boolean => child.kill("SIGKILL");
  process.once("exit", kill);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    onOutput(stdout);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => { stderr += text; });
  const closed = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? SIGNALLED));
  });
  try {
    return { code: await within(`${args.join(" ")} to end`, closed), stdout, stderr };
  } catch (error) {
    kill();
    throw new Error(`${String(error)}; stdout: ${stdout}; stderr: ${stderr}`);
  } finally {
    process.removeListener("exit", kill);
  }
}

export const wasmtimeArm: CoreArm = {
  name: "wasmtime",
  run: async (words, onOutput) => {
    const capabilities = ["-S", "inherit-network", "-S", "allow-ip-name-lookup"];
    return runChild(wasmtime(), ["run", ...capabilities, await suiteFile(), ...words], onOutput);
  },
};

/** `event-engine run`, as a component that is not ours would be run. */
export const ownRunArm: CoreArm = {
  name: "run",
  run: async (words, onOutput) => runChild(...runArm(await suiteFile()).command([...words]), onOutput),
};

/** Transpiles the suite once; each body then runs in a process of its own. */
export async function jcoArm(): Promise<CoreArm> {
  const folder = mkdtempSync(`${tmpdir()}/event-engine-conformance-`);
  execFileSync(process.execPath, [
    `${ROOT}node_modules/@bytecodealliance/jco/dist/jco.js`, "transpile", await suiteFile(), "--name", "component",
    "--quiet", "--instantiation", "async", "--async-mode", "jspi", "--out-dir", folder,
    "--async-imports", ...jcoAsyncImports("0.2.0"), "--async-exports", "wasi:cli/run@0.2.0#run",
  ]);
  writeFileSync(`${folder}/package.json`, '{ "type": "module" }\n');
  const runner = fileURLToPath(new URL("../host/component/jco-runner.js", import.meta.url));
  return {
    name: "jco",
    run: (words, onOutput) => runChild(jspiNode(), [runner, folder, ...words], onOutput),
    end: () => rmSync(folder, { recursive: true }),
  };
}
