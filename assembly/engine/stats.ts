// Statistics: what the engine did since its start, by kind. The numbers are part of the interfaces
// (docs/statistics.md):
//
//    0 turns                      4–8 tasks that ran, by level, low first     13 connections accepted
//    1 turns that were waited for   9 sources told that they are ready        14 connections made
//    2 turns in which nothing ran  10 sources that ran                        15 bytes read from streams
//    3 timers                      11 polls                                   16 bytes written to streams
//                                  12 pollables in their lists
//  100 nanoseconds of all turns that were measured     101–132 how many took so long, by power of two
//  200 nanoseconds by which timers were late           201–232 how many were so late, by power of two
//
// Counters are always on: the loop adds a few numbers per turn, the bindings one per call. The length of turns is
// measured, with one more look at the clock for each, from the first question for it on.

import * as histogram from "../base/histogram";
import { BUCKETS, HISTOGRAM_BYTES } from "../base/histogram";
import { COUNT } from "../base/priority";
import * as traffic from "../base/traffic";
import * as tasks from "../exec/tasks";
import * as readiness from "../poll/readiness";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import * as monotonicClock from "../wasi/monotonic-clock";

const TASKS: u32 = 4;
const LAST_COUNTER: u32 = 16;
const TURN_LENGTH: u32 = 100;
const LATENESS: u32 = 200;

/** How long turns took, from the end of the wait before them; a histogram. */
export const turnLength: usize = memory.data(HISTOGRAM_BYTES, 8);
let isMeasuring: bool = false;

let turns: u64 = 0;
let waits: u64 = 0;
let emptyTurns: u64 = 0;
let sourcesTold: u64 = 0;
let sourcesRun: u64 = 0;
/** Sources that were ready, up to the beginning of this turn. */
let toldBefore: u64 = 0;

/** A turn begins, and waits first if the engine `isIdle`: nothing is queued. */
@inline export function turnBegins(isIdle: bool): void {
  turns++;
  waits += <u64>isIdle;
  toldBefore = toldSoFar();
}

/** What is ready is known. Makes the clock current. */
@inline export function waitEnds(): void {
  sourcesTold += toldSoFar() - toldBefore;
  clock.update();
  if (isMeasuring) clock.now();
}

@inline export function turnEnds(timersRan: i32, hadTasks: bool, sourcesRan: i32): void {
  sourcesRun += <u64>sourcesRan;
  emptyTurns += <u64>!(timersRan || hadTasks || sourcesRan);
  if (isMeasuring) histogram.record(turnLength, monotonicClock.now() - clock.now());
}

/** From now on turns are measured. */
export function measureTurns(): void {
  isMeasuring = true;
}

export function isKnown(kind: u32): bool {
  return kind <= LAST_COUNTER || kind - TURN_LENGTH <= BUCKETS || kind - LATENESS <= BUCKETS;
}

/** The statistic of a kind that is known. */
export function value(kind: u32): u64 {
  if (kind >= LATENESS) return wordAt(timers.lateness, kind - LATENESS);
  if (kind >= TURN_LENGTH) {
    measureTurns();
    return wordAt(turnLength, kind - TURN_LENGTH);
  }
  if (kind - TASKS < COUNT) return tasks.ranCount(kind - TASKS);
  switch (kind) {
    case 0: return turns;
    case 1: return waits;
    case 2: return emptyTurns;
    case 3: return histogram.count(timers.lateness);
    case 9: return sourcesTold;
    case 10: return sourcesRun + readiness.promptCount;
    case 11: return traffic.polls;
    case 12: return traffic.polled;
    case 13: return traffic.accepted;
    case 14: return traffic.connected;
    case 15: return traffic.bytesRead;
    default: return traffic.bytesWritten;
  }
}

/** Sources that are ready and wait, and prompt ones that ran already. */
@inline function toldSoFar(): u64 {
  return <u64>readiness.readyCount + readiness.promptCount;
}

/** The sum of a histogram, then its buckets. */
function wordAt(words: usize, index: u32): u64 {
  return load<u64>(words + (<usize>index << 3));
}
