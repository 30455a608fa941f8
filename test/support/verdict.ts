// Judges one finished test file from what uvu printed and how its process ended.
//
// An exit code alone is not enough: a file that registers no suite, or forgets `.run()`, exits with 0 too.
// Skipped tests count as a failure, because a forgotten `.only` shows up as skips. A file that needs what a machine may
// lack calls leaveOut() instead of registering tests: it counts neither as passed nor as failed.

export type Expectation = "passes" | "fails";

/** How a test process ended, as the runner saw it. */
export interface Ending {
  exitCode: number | null;
  signal: string | null;
  timedOut: boolean;
  /** Processes of the test's group that were still running after it had ended. */
  leftRunning: number;
  output: string;
}

export interface Verdict {
  passed: number;
  failed: number;
  /** Why the file counts as failed beyond its own failing tests; empty when it does not. */
  problem: string;
  /** Why the file ran nothing, when it said so by itself. */
  leftOut?: string;
}

const LEFT_OUT = "left out: ";

/** For a test file that registers no test on this machine: tells the runner and the reader why. */
export function leaveOut(reason: string): void {
  console.log(LEFT_OUT + reason);
}

const COLOUR = /\u001b\[[0-9;]*m/g;

/** Sums a `Name:   N` line over all of its occurrences; undefined when there is none. */
function sumOf(name: string, text: string): number | undefined {
  const found = [...text.matchAll(new RegExp(`^ +${name}: +(\\d+)$`, "gm"))];
  if (found.length === 0) return undefined;
  return found.reduce((sum, match) => sum + Number(match[1]), 0);
}

export function judge(ending: Ending, expectation: Expectation): Verdict {
  const text = ending.output.replace(COLOUR, "");
  const total = sumOf("Total", text) ?? 0;
  const passed = sumOf("Passed", text) ?? 0;
  const skipped = sumOf("Skipped", text) ?? 0;
  if (expectation === "fails") return judgeCanary(ending, total, passed);

  const failed = Math.max(0, total - passed);
  const leftOut = total === 0 ? new RegExp(`^${LEFT_OUT}(.+)$`, "m").exec(text)?.[1] : undefined;
  const problem = problemOf(ending, total, failed, skipped, leftOut !== undefined);
  const verdict = { passed, failed: failed + (problem === "" ? 0 : 1), problem };
  return leftOut === undefined ? verdict : { ...verdict, leftOut };
}

function problemOf(ending: Ending, total: number, failed: number, skipped: number, leftOut: boolean): string {
  if (ending.timedOut) return "did not end in time and was killed";
  if (ending.signal !== null) return `was killed by ${ending.signal}`;
  if (total === 0 && !leftOut) return "ran no test";
  if (skipped > 0) return `skipped ${skipped} tests`;
  if (failed === 0 && ending.exitCode !== 0) return `exited with ${ending.exitCode}, yet its tests passed`;
  if (failed > 0 && ending.exitCode === 0) return "exited with 0, yet tests failed";
  if (ending.leftRunning > 0) return `left ${ending.leftRunning} processes running`;
  return "";
}

/** A canary must have run, must have failed in every test, and must have said so in its exit code. */
function judgeCanary(ending: Ending, total: number, passed: number): Verdict {
  const ended = !ending.timedOut && ending.signal === null;
  const seen = ended && total > 0 && passed === 0 && ending.exitCode === 1;
  if (seen) return { passed: 1, failed: 0, problem: "" };
  return { passed: 0, failed: 1, problem: "was expected to run and to fail, and did not" };
}
