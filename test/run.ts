// The test runner: each *.test.ts in a process of its own, two at a time, and counts at the end.
//
//   node build/test/run.js [--sources DIR] [--compiled DIR] [FILTER...]
//
// Files are found by their sources, so a stale compiled file never runs and a missing one is a failure.
// A file may leave itself out (leaveOut() in verdict.ts); that is told, and counted neither way.
// *.serial.test.ts run alone, after the others. *.fails.test.ts must fail: they prove that failures are seen.
// The very last line is `N passed, N failed`.
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { killGroup, membersOf } from "./support/process-group.js";
import { type Ending, judge, type Verdict } from "./support/verdict.js";

const PARALLEL_MAX = 2;
const OUTPUT_CHARS_MAX = 4 << 20;
/** A hang guard, not a measurement: far above what any file needs on a slow machine. */
const FILE_SECONDS_MAX = Number(process.env.TEST_FILE_SECONDS_MAX ?? 900);
/** The same after a summary: a test that failed may hold its file open. More suites may follow, too. */
const REST_SECONDS_MAX = Number(process.env.TEST_REST_SECONDS_MAX ?? 180);
const SUMMARY_AT_END = /\n {2}Duration: +\S+\s*$/;
/** How long children of a test may take to end after it. */
const LEFTOVER_GRACE_MS = 2000;

const running = new Set<number>();

function findTests(sources: string, filters: string[]): string[] {
  return readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts") && !name.includes("node_modules"))
    .filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
    .sort();
}

async function runFile(compiled: string): Promise<Ending> {
  const child = spawn(process.execPath, [compiled], {
    detached: true, // A group of its own, so that whatever it leaves behind can be found and ended.
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
  });
  const groupId = child.pid;
  if (groupId === undefined) throw new Error(`cannot start ${process.execPath}`);
  running.add(groupId);
  let output = "";
  let timedOut = false;
  const giveUp = (): void => {
    if (!running.has(groupId)) return;
    timedOut = true;
    killGroup(groupId);
  };
  const guard = setTimeout(giveUp, FILE_SECONDS_MAX * 1000);
  let restGuard: NodeJS.Timeout | undefined;
  const collect = (chunk: string): void => {
    output = (output + chunk).slice(-OUTPUT_CHARS_MAX);
    clearTimeout(restGuard);
    if (SUMMARY_AT_END.test(output.slice(-100))) restGuard = setTimeout(giveUp, REST_SECONDS_MAX * 1000).unref();
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);

  const closed = new Promise((resolve) => child.once("close", resolve));
  const [exitCode, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once("exit", (code, name) => resolve([code, name]));
  });
  clearTimeout(guard);
  clearTimeout(restGuard);
  const leftRunning = await endLeftovers(groupId);
  // The last output may arrive after the exit.
  await Promise.race([closed, sleep(LEFTOVER_GRACE_MS, undefined, { ref: false })]);
  running.delete(groupId);
  return { exitCode, signal, timedOut, leftRunning, output };
}

/** Gives the group a moment to end by itself, then ends it. Returns how many had to be ended. */
async function endLeftovers(groupId: number): Promise<number> {
  const until = Date.now() + LEFTOVER_GRACE_MS;
  let left = membersOf(groupId).length;
  while (left > 0 && Date.now() < until) {
    await sleep(50);
    left = membersOf(groupId).length;
  }
  killGroup(groupId);
  return left;
}

function report(name: string, verdict: Verdict, output: string, seconds: number): void {
  const bad = verdict.failed > 0;
  if (!bad && verdict.leftOut !== undefined) {
    console.log(`none ${name}  left out: ${verdict.leftOut}`);
    return;
  }
  const counts = `${verdict.passed} passed${bad ? `, ${verdict.failed} failed` : ""}`;
  console.log(`${bad ? "FAIL" : "ok  "} ${name}  ${counts}  ${seconds.toFixed(1)} s`);
  if (!bad) return;
  if (verdict.problem !== "") console.log(`     ${name} ${verdict.problem}`);
  console.log(output.trimEnd().replace(/^/gm, "     | "));
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { sources: { type: "string" }, compiled: { type: "string" } },
  });
  const compiledRoot = values.compiled ?? import.meta.dirname;
  const sourceRoot = values.sources ?? join(import.meta.dirname, "../../test");
  const tests = findTests(sourceRoot, positionals);
  const failures: string[] = [];
  const sum = { passed: 0, failed: 0 };

  const runOne = async (name: string): Promise<void> => {
    const compiled = join(compiledRoot, name.replace(/\.ts$/, ".js"));
    const started = Date.now();
    const ending = existsSync(compiled)
      ? await runFile(compiled)
      : { exitCode: null, signal: null, timedOut: false, leftRunning: 0, output: `${compiled} is missing` };
    const verdict = judge(ending, name.endsWith(".fails.test.ts") ? "fails" : "passes");
    sum.passed += verdict.passed;
    sum.failed += verdict.failed;
    if (verdict.failed > 0) failures.push(name);
    report(relative(".", join(sourceRoot, name)), verdict, ending.output, (Date.now() - started) / 1000);
  };

  const isSerial = (name: string): boolean => name.endsWith(".serial.test.ts");
  const queue = tests.filter((name) => !isSerial(name));
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await runOne(name);
  };
  await Promise.all(Array.from({ length: PARALLEL_MAX }, worker));
  for (const name of tests.filter(isSerial)) await runOne(name);

  if (tests.length === 0) {
    console.log(`no test file matches: ${positionals.join(" ")}`);
    sum.failed += 1;
  }
  if (failures.length > 0) console.log(`\nfailed files:\n  ${failures.join("\n  ")}`);
  process.exitCode = sum.failed === 0 ? 0 : 1;
  console.log(`${sum.passed} passed, ${sum.failed} failed`);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const groupId of running) killGroup(groupId);
    process.exit(130);
  });
}
await main();
