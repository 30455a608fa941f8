// --stats and --stats-every SECONDS: what the engine did, as lines on stderr, `event-engine: stats: NAME VALUE`. The
// names are the same in every runtime; docs/statistics.md says what they mean.
//
// Everything is put together as bytes: this may be asked for every second for years, and strings would be garbage.

import * as histogram from "../base/histogram";
import * as stats from "../engine/stats";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import { Timer } from "../time/timer-heap";
import { Options } from "./options";
import * as program from "./program";

const SECOND_NS: u64 = 1_000_000_000;
const LINE_START = "event-engine: stats: ";
/** The counters in the order of their kinds. */
const COUNTERS = "turns waits empty-turns timers tasks-low tasks-med tasks-high tasks-immediate tasks-system "
  + "sources-told sources-run polls polled accepted connected bytes-read bytes-written ";
/** Half of the times, 99 of 100, and all are below this. */
const TIMES = "p50-ns p99-ns max-ns ";
const SHARES: StaticArray<u64> = [500, 990, 1000];
/** Enough for as many lines as there are names; no value has more than 20 digits. */
const BLOCK_BYTES: usize = 4096;

let block: usize = 0;
let intervalNs: u64 = 0;
let timer: Timer = changetype<Timer>(0);
/** Where the next byte goes. */
let at: usize = 0;

/** Whether nothing was wrong with the options, these two among them; otherwise their `error` says what. */
export function areMeant(options: Options): bool {
  if (options.has("--stats-every")) intervalNs = <u64>options.seconds("--stats-every", "") * SECOND_NS;
  return !options.error.length;
}

/** Does what the options ask for; after `areMeant`. */
export function begin(options: Options): void {
  if (!intervalNs && !options.has("--stats")) return;
  block = heap.alloc(BLOCK_BYTES);
  stats.measureTurns();
  program.onEnd(tell);
  if (!intervalNs) return;
  timer = timers.create(tick, 0);
  timers.schedule(timer, clock.after(intervalNs));
}

function tick(owner: usize): void {
  timers.schedule(timer, clock.after(intervalNs));
  tell();
}

function tell(): void {
  at = block;
  let kind: u32 = 0;
  for (let from = 0; from < COUNTERS.length; kind++) from = putLine("", COUNTERS, from, stats.value(kind));
  putTimes("turn-", stats.turnLength);
  putTimes("late-", timers.lateness);
  program.tell(block, <i32>(at - block));
}

function putTimes(prefix: string, times: usize): void {
  let from = 0;
  for (let i = 0; i < SHARES.length; i++) from = putLine(prefix, TIMES, from, histogram.below(times, SHARES[i]));
}

/** One line; the name goes from `from` to the next space. Returns where the one behind it begins. */
function putLine(prefix: string, names: string, from: i32, value: u64): i32 {
  putText(LINE_START, 0, LINE_START.length);
  putText(prefix, 0, prefix.length);
  const end = names.indexOf(" ", from);
  putText(names, from, end + 1);
  putNumber(value);
  store<u8>(at++, 10);
  return end + 1;
}

function putText(text: string, from: i32, end: i32): void {
  while (from < end) store<u8>(at++, <u8>text.charCodeAt(from++));
}

function putNumber(value: u64): void {
  if (value > 9) putNumber(value / 10);
  store<u8>(at++, <u8>(48 + value % 10));
}
