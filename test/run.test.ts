// The test runner sees what it must: failures, crashes, hangs, empty files, missing files and leftovers.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Ending, judge } from "./support/verdict.js";

const RUNNER = fileURLToPath(new URL("./run.js", import.meta.url));
/** Inside of the build folder, so that the samples find uvu. */
const SAMPLES = fileURLToPath(new URL("../", import.meta.url));

const PASSING = `import { suite } from "uvu"; const s = suite("s"); s("a", () => {}); s("b", () => {}); s.run();`;
const FAILING = `import { suite } from "uvu"; const s = suite("s"); s("a", () => {});
s("b", () => { throw new Error("the reason"); }); s.run();`;
const ALL_FAILING = `import { suite } from "uvu"; const s = suite("s"); s("a", () => { throw new Error(); }); s.run();`;

interface Run {
  code: number | null;
  output: string;
  lastLine: string;
}

/** Runs the runner over sample test files: name to compiled text, or undefined for one that was not compiled. */
function run(samples: Record<string, string | undefined>, filters: string[] = [], env: object = {}): Run {
  const root = mkdtempSync(`${SAMPLES}runner-`);
  try {
    mkdirSync(`${root}/sources/sub`, { recursive: true });
    mkdirSync(`${root}/compiled/sub`, { recursive: true });
    writeFileSync(`${root}/compiled/package.json`, `{ "type": "module" }`);
    for (const [name, text] of Object.entries(samples)) {
      writeFileSync(`${root}/sources/${name}.ts`, "");
      if (text !== undefined) writeFileSync(`${root}/compiled/${name}.js`, text);
    }
    const args = [RUNNER, "--sources", `${root}/sources`, "--compiled", `${root}/compiled`, ...filters];
    const { status, stdout } = spawnSync(process.execPath, args, {
      encoding: "utf8", env: { ...process.env, ...env },
    });
    return { code: status, output: stdout, lastLine: stdout.trimEnd().split("\n").pop() ?? "" };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const runner = suite("runner");

runner("should sum what passed and end with the counts", () => {
  const result = run({ "a.test": PASSING, "sub/b.test": PASSING, "c.serial.test": PASSING });
  assert.is(result.lastLine, "6 passed, 0 failed");
  assert.is(result.code, 0);
});

runner("should count a failure, show it in full and fail", () => {
  const result = run({ "a.test": PASSING, "b.test": FAILING });
  assert.is(result.lastLine, "3 passed, 1 failed");
  assert.match(result.output, /the reason/);
  assert.is(result.code, 1);
});

runner("should count a canary that fails as passed, and one that passes as failed", () => {
  assert.is(run({ "a.fails.test": ALL_FAILING }).lastLine, "1 passed, 0 failed");
  const blind = run({ "a.fails.test": PASSING });
  assert.is(blind.lastLine, "0 passed, 1 failed");
  assert.is(blind.code, 1);
});

runner("should count a file that runs nothing as a failure", () => {
  assert.is(run({ "a.test": "" }).lastLine, "0 passed, 1 failed");
  const forgotten = `import { suite } from "uvu"; const s = suite("s"); s("a", () => {});`;
  assert.is(run({ "a.test": forgotten }).lastLine, "0 passed, 1 failed");
});

runner("should count a file that leaves itself out neither way, and say why", () => {
  const leaving = `console.log("left out: there is no ink");`;
  const result = run({ "a.test": leaving, "b.test": PASSING });
  assert.is(result.lastLine, "2 passed, 0 failed");
  assert.is(result.code, 0);
  assert.match(result.output, /^none .*a\.test\.ts  left out: there is no ink/m);
});

runner("should count a file that leaves itself out and then fails or crashes as a failure", () => {
  const leaving = `console.log("left out: there is no ink");`;
  assert.is(run({ "a.test": `${leaving} throw new Error("late");` }).lastLine, "0 passed, 1 failed");
  assert.is(run({ "a.test": `${leaving} ${FAILING}` }).lastLine, "1 passed, 1 failed");
  assert.is(run({ "a.fails.test": leaving }).lastLine, "0 passed, 1 failed");
});

runner("should count a file that was not compiled as a failure", () => {
  assert.is(run({ "a.test": undefined }).lastLine, "0 passed, 1 failed");
});

runner("should count a crash and a skip as failures", () => {
  assert.is(run({ "a.test": `process.kill(process.pid, "SIGSEGV");` }).lastLine, "0 passed, 1 failed");
  const skipping = PASSING.replace(`s("b"`, `s.skip("b"`);
  assert.is(run({ "a.test": skipping }).lastLine, "1 passed, 1 failed");
});

runner("should end a file that hangs", () => {
  const result = run({ "a.test": `setInterval(() => {}, 1000);` }, [], { TEST_FILE_SECONDS_MAX: "1" });
  assert.match(result.output, /did not end in time/);
  assert.is(result.lastLine, "0 passed, 1 failed");
});

runner("should end a file that hangs after its tests, and let suites follow each other", () => {
  const env = { TEST_REST_SECONDS_MAX: "1" };
  const result = run({ "a.test": `setInterval(() => {}, 1000); ${FAILING}` }, [], env);
  assert.match(result.output, /did not end in time/);
  assert.is(result.lastLine, "1 passed, 2 failed");
  const two = `${PASSING} setTimeout(() => { console.log("more"); setTimeout(() => {
    const t = suite("t"); t("c", () => {}); t.run(); }, 1500); }, 200);`;
  assert.is(run({ "a.test": two }, [], env).lastLine, "3 passed, 0 failed");
});

runner("should find and end a process that a test left behind", () => {
  const leaving = `import { spawn } from "node:child_process";
spawn("sleep", ["600"], { stdio: "ignore" }).unref(); ${PASSING}`;
  const result = run({ "a.test": leaving });
  assert.match(result.output, /left 1 processes running/);
  assert.is(result.lastLine, "2 passed, 1 failed");
});

runner("should run only what matches a filter, and fail when nothing does", () => {
  assert.is(run({ "a.test": PASSING, "b.test": FAILING }, ["a.t"]).lastLine, "2 passed, 0 failed");
  const nothing = run({ "a.test": PASSING }, ["nothing-like-this"]);
  assert.is(nothing.lastLine, "0 passed, 1 failed");
  assert.is(nothing.code, 1);
});

runner.run();

// ---------------------------------------------------------------------------------------------------------

const verdict = suite("verdict");
const OUTPUT = "  Total:     3\n  Passed:    3\n  Skipped:   0\n";
const GOOD: Ending = { exitCode: 0, signal: null, timedOut: false, leftRunning: 0, output: OUTPUT };

verdict("should believe neither the exit code nor the counts alone", () => {
  assert.equal(judge(GOOD, "passes"), { passed: 3, failed: 0, problem: "" });
  assert.is(judge({ ...GOOD, exitCode: 1 }, "passes").failed, 1);
  const oneFailed = OUTPUT.replace("Passed:    3", "Passed:    2");
  assert.is(judge({ ...GOOD, exitCode: 1, output: oneFailed }, "passes").failed, 1);
  assert.is(judge({ ...GOOD, exitCode: 0, output: oneFailed }, "passes").failed, 2);
});

verdict("should read coloured counts", () => {
  const coloured = OUTPUT.replace("  Passed:    3", "\u001b[32m  Passed:    3\u001b[39m");
  assert.equal(judge({ ...GOOD, output: coloured }, "passes"), { passed: 3, failed: 0, problem: "" });
});

verdict("should sum the counts of several suites", () => {
  assert.is(judge({ ...GOOD, output: OUTPUT + OUTPUT }, "passes").passed, 6);
});

verdict.run();
