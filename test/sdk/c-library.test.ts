// The C library natively: its own tests (sdk/c/test) with sanitizers, against a stand-in for the engine. Each of them
// is a test here. Its seed is printed; C_LIBRARY_SEED repeats a run.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "../support/arms.js";

const SDK = join(ROOT, "sdk/c");
const SANITIZERS = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const WARNINGS = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"];
const INCLUDED = ["test", "include", "generated"].map((folder) => `-I${join(SDK, folder)}`);

function sources(folder: string): string[] {
  const names = readdirSync(join(SDK, folder)).filter((name) => name.endsWith(".c"));
  return names.sort().map((name) => join(SDK, folder, name));
}

/** What the program with the tests prints, and its exit code. */
function runNatively(): { output: string; code: number | null } {
  const folder = mkdtempSync(join(tmpdir(), "c-library-"));
  try {
    const program = join(folder, "harness");
    const args = [...SANITIZERS, ...WARNINGS, ...INCLUDED, ...sources("src"), ...sources("test"), "-o", program];
    execFileSync("cc", args, { stdio: ["ignore", "inherit", "inherit"] });
    const seed = process.env.C_LIBRARY_SEED;
    const run = spawnSync(program, seed === undefined ? [] : [seed], { encoding: "utf8", timeout: 120_000 });
    return { output: `${run.stdout}${run.stderr}`, code: run.status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { output, code } = runNatively();
const results = [...output.matchAll(/^(ok|not ok) - (.*)$/gm)];

const library = suite("C library");

for (const [line, verdict, name] of results) {
  library(name ?? line, () => assert.is(verdict, "ok", output.slice(output.indexOf(line)).slice(0, 4000)));
}

library("should have run every test to its end", () => {
  const count = /^1\.\.(\d+)$/m.exec(output)?.[1];
  assert.is(Number(count), results.length, output);
  assert.ok(results.length > 50, output);
  assert.is(code, results.every(([, verdict]) => verdict === "ok") ? 0 : 1, output);
});

const seedLine = /^# seed \d+$/m.exec(output)?.[0];
console.log(seedLine);
library.run();
