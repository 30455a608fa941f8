// Where a browser is not and cannot be installed, its test file says so by name: it neither passes nor fails.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inSandbox } from "../support/sandbox.js";
import { judge } from "../support/verdict.js";

const MISSING = {
  chromium: "there is no chromium", firefox: "there is no firefox-esr", webkit: "there is no WebKitWebDriver, no Xvfb",
};
/** Nobody who may install. */
const ID = "#!/bin/sh\necho 1000\n";

const tests = suite("a browser that is missing");

for (const [name, sentence] of Object.entries(MISSING)) {
  tests(`should leave the tests in ${name} out, by name`, () => inSandbox({ id: ID }, async (box) => {
    const file = join(import.meta.dirname, `driver-${name}.test.js`);
    const env = { ...process.env, PATH: join(box.root, "bin") };
    const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "ignore"], env });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
    const verdict = judge({ exitCode, signal: null, timedOut: false, leftRunning: 0, output }, "passes");
    const leftOut = `${name}: ${sentence}; test/tools/debian-tool.sh says how to get it`;
    assert.equal(verdict, { passed: 0, failed: 0, problem: "", leftOut });
  }));
}

tests.run();
