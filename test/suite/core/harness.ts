// The harness of the core bodies. A body is a list of steps that run between turns, so one and the same body runs
// where the engine waits in wasi:io/poll and where a host turns it by hand.
//
//   body(...) --> step --> step --> ... --> SETTLING --everything is back to zero--> FINISHED
//                   |        ^  |                |
//                   |        +--+ not over:      +-- still something live when the watchdog barks --> FAILED
//                   |             asked again after the next turn
//                   +-- expectation failed, or the watchdog barked --> FAILED
//
// Functions capture nothing here, so what callbacks saw goes into `notes`.

import * as clock from "../../../assembly/time/clock";
import * as timers from "../../../assembly/time/timer-heap";
import { Timer } from "../../../assembly/time/timer-heap";
import { getStderr, getStdout, print } from "../../../assembly/wasi/cli";
import * as leaks from "./leaks";

export const RUNNING: i32 = 0;
export const FINISHED: i32 = 1;
export const FAILED: i32 = 2;

/** Seconds that one step, or the wait for everything to close, may take: a hang guard, not a measurement. */
const PATIENCE_S: u64 = 20;
const SECOND_NS: u64 = 1_000_000_000;

/** RUNNING, FINISHED (exit code 0) or FAILED (exit code 1). */
export let outcome: i32 = RUNNING;

/** What callbacks saw, oldest first. */
export const notes: i64[] = [];

class Step {
  constructor(
    readonly once: (() => void) | null,
    readonly isOver: (() => bool) | null,
  ) {}
}

/** How a body ends when all is well. */
export const PASSES: string = "passes";
export const FAILS: string = "fails";
/** An assertion of the core stops it; the sentence of the assertion follows. */
export const TRAPS: string = "traps: ";

@final
export class Body {
  /** What the body needs from outside: "alone", or the name of a peer that the arm plays. */
  peer: string = "alone";
  patienceNs: u64 = 0;
  readonly steps: Step[] = [];

  constructor(
    readonly name: string,
    readonly title: string,
    readonly ending: string,
  ) {}

  with(peer: string): Body {
    this.peer = peer;
    return this;
  }

  /** How long a step may take before the body counts as hanging. */
  patient(ns: u64): Body {
    this.patienceNs = ns;
    return this;
  }

  /** A step that is over when it has run. */
  then(run: () => void): Body {
    this.steps.push(new Step(run, null));
    return this;
  }

  /** A step that is asked after each turn whether it is over. */
  until(isOver: () => bool): Body {
    this.steps.push(new Step(null, isOver));
    return this;
  }
}

export const bodies: Body[] = [];
let current: Body | null = null;
let at: i32 = 0;
let watchdog: Timer = changetype<Timer>(0);
/** What follows the body's name on the command line. */
export let parameters: string[] = [];

/** The number that follows a word of the command line. */
export function parameter(word: string, otherwise: u64): u64 {
  const index = parameters.indexOf(word);
  return index < 0 ? otherwise : <u64>parseInt(parameters[index + 1]);
}

export function body(name: string, title: string, ending: string = PASSES): Body {
  const added = new Body(name, title, ending);
  bodies.push(added);
  return added;
}

// What bodies say

export function note(value: usize): void {
  notes.push(<i64>value);
}

export function noted(): i32 {
  return notes.length;
}

/** The first failure is the one that is told; the body ends after the step that is running. */
export function fail(why: string): void {
  if (outcome != RUNNING) return;
  outcome = FAILED;
  const running = current;
  print(getStderr(), (running ? running.name + ": " : "") + why + "\n");
}

export function expect(condition: bool, what: string): void {
  if (!condition) fail("expected " + what);
}

export function equal(found: i64, wanted: i64, what: string): void {
  if (found != wanted) fail("expected " + wanted.toString() + " " + what + ", found " + found.toString());
}

/** The notes are exactly these, in this order. */
export function sequence(wanted: i64[], what: string): void {
  const found = notes.map<string>((value: i64): string => value.toString()).join(" ");
  const text = wanted.map<string>((value: i64): string => value.toString()).join(" ");
  if (found != text) fail("expected " + what + ": " + text + ", found " + found);
}

// How the arms drive it

/** Starts what the arguments name, or lists all bodies. */
export function start(args: string[]): void {
  if (args.length == 2 && args[1] == "--list") {
    print(getStdout(), bodies.map<string>((each: Body): string => lineOf(each)).join(""));
    outcome = FINISHED;
    return;
  }
  for (let i = 0; i < bodies.length && args.length > 1; i++) {
    if (bodies[i].name == args[1]) current = bodies[i];
  }
  if (!current) return fail("no body has this name (try --list)");
  parameters = args.slice(2);
  watchdog = timers.create(barked, 0);
  if (!current!.patienceNs) current!.patient(parameter("--patience", PATIENCE_S) * SECOND_NS);
  rearm();
  leaks.begin();
}

/** Runs as many steps as are over. To be called after each turn. */
export function advance(): void {
  const running = current;
  if (outcome != RUNNING || !running) return;
  while (at < running.steps.length && outcome == RUNNING) {
    const step = running.steps[at];
    const isOver = step.isOver;
    const once = step.once;
    if (isOver && !isOver()) return;
    if (once) once();
    at++;
    rearm();
  }
  if (outcome != RUNNING || leaks.text().length) return;
  outcome = FINISHED;
  timers.free(watchdog);
  print(getStdout(), "ok " + running.name + "\n");
}

function rearm(): void {
  timers.schedule(watchdog, clock.after(current!.patienceNs));
}

function barked(owner: usize): void {
  const running = current!;
  if (at < running.steps.length) fail("step " + at.toString() + " waited in vain");
  else fail("left behind: " + leaks.text());
}

function lineOf(each: Body): string {
  return [each.name, each.ending, each.peer, each.title].join("\t") + "\n";
}
