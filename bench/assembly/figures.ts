// What was measured: nanoseconds per operation by name, printed as the one JSON line that every arm prints.

import * as cli from "../../assembly/wasi/cli";
import * as monotonicClock from "../../assembly/wasi/monotonic-clock";

const lists = new Map<string, string>();
let isWarm: bool = false;
let startedNs: u64 = 0;

/** From here on figures count; what came before only warmed up. */
export function warm(): void {
  isWarm = true;
}

export function startWatch(): void {
  startedNs = monotonicClock.now();
}

/** Nanoseconds since `startWatch`. */
export function watch(): f64 {
  return <f64>(monotonicClock.now() - startedNs);
}

/** One repetition of the figure `name`: `ns` for all of `operations`. */
export function add(name: string, ns: f64, operations: f64): void {
  if (!isWarm) return;
  const text = (ns / operations).toString();
  lists.set(name, lists.has(name) ? lists.get(name) + "," + text : text);
}

/** Processor time counts for the figure `name` from here to its `end`: who started the process takes it. */
export function begin(name: string): void {
  if (isWarm) say("begin " + name);
}

export function end(name: string, operations: u32): void {
  if (isWarm) say("end " + name + " " + operations.toString());
}

/** Fails the run: a result that is wrong has no speed. */
export function verify(isRight: bool, what: string): void {
  if (!isRight) throw new Error(what);
}

export function print(): void {
  const names = lists.keys();
  let line = "";
  for (let i = 0; i < names.length; i++) {
    line += (i ? "," : "{") + '"' + names[i] + '":[' + lists.get(names[i]) + "]";
  }
  say(line + "}");
}

let stdout: u32 = 0;

function say(line: string): void {
  if (!stdout) stdout = cli.getStdout();
  verify(cli.print(stdout, line + "\n"), "stdout cannot be written");
}
