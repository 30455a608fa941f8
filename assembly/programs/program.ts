// What every program shares: its outcome, and its lines on stdout and stderr.

import { hexText } from "../abi/text";
import { print, getStderr, getStdout } from "../wasi/cli";
import { blockingWriteAndFlush } from "../wasi/streams";

export const RUNNING: i32 = 0;
export const FINISHED: i32 = 1;
export const FAILED: i32 = 2;

let stdout: u32 = 0;
let stderr: u32 = 0;

/** RUNNING, FINISHED (exit code 0) or FAILED (exit code 1). */
export let outcome: i32 = RUNNING;

/** Asks the running program to end in order. */
export let requestStop: () => void = (): void => {};

export function onStop(run: () => void): void {
  requestStop = run;
}

/** What is to run last, once the outcome is certain. */
let atEnd: () => void = (): void => {};

export function onEnd(run: () => void): void {
  atEnd = run;
}

export function finish(): void {
  if (outcome != RUNNING) return;
  outcome = FINISHED;
  atEnd();
}

/** Ends the program with one line on stderr. The first failure is the one that is told. */
export function fail(why: string): void {
  if (outcome != RUNNING) return;
  outcome = FAILED;
  complain(why);
  atEnd();
}

/** One line on stderr; the program goes on. */
export function complain(what: string): void {
  if (!stderr) stderr = getStderr();
  print(stderr, "event-engine: " + printable(what) + "\n");
}

/** Whole lines on stderr, of at most 4,096 bytes. */
export function tell(lines: usize, bytes: i32): void {
  if (!stderr) stderr = getStderr();
  blockingWriteAndFlush(stderr, lines, bytes);
}

/** What was quoted from outside must stay on its line and must not command a terminal. */
function printable(text: string): string {
  let result = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 32 && (code < 127 || code > 159)) result += text.charAt(i);
    else result += "\\x" + hexText(code, 2);
  }
  return result;
}

/** One line on stdout, there at once. */
export function say(line: string): void {
  if (!stdout) stdout = getStdout();
  if (!print(stdout, line + "\n")) fail("cannot write to stdout");
}
