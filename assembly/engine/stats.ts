// Statistics: what the engine did since its start, by kind. The numbers are part of the interfaces (docs/statistics.md):
//
//    0 turns                      4–8 tasks that ran, by level, low first     13 connections accepted
//    1 turns that were waited for   9 sources told that they are ready        14 connections made
//    2 turns in which nothing ran  10 sources that ran                        15 bytes read from streams
//    3 timers                      11 polls                                   16 bytes written to streams
//                                  12 pollables in their lists
//  100 nanoseconds of all turns that were measured     101–132 how many took so long, by power of two
//  200 nanoseconds by which timers were late           201–232 how many were so late, by power of two
//
// Counters are always on: the loop adds a few numbers per turn, the bindings one per call. The length of turns is measured,
// with one more look at the clock for each, from the first question for it on.

import * as histogram from "../base/histogram";
import { BUCKETS, HISTOGRAM_BYTES } from "../base/histogram";
import * as traffic from "../base/traffic";
import * as monotonicClock from "../wasi/monotonic-clock";
import * as clock from "../time/clock";

export const TURN_LENGTH: u32 = 100;
export const LATENESS: u32 = 200;

const turnLength: usize = memory.data(HISTOGRAM_BYTES, 8);
let isMeasuring: bool = false;

let turns: u64 = 0;
let waits: u64 = 0;
let emptyTurns: u64 = 0;
let sourcesTold: u64 = 0;
let sourcesRun: u64 = 0;

/** A turn begins; the clock was made current. `wasIdle`: nothing was queued before it. `told`: sources that are ready. */
@inline export function turnBegins(wasIdle: bool, told: i32): void {
  turns++;
  waits += <u64>wasIdle;
  sourcesTold += <u64>told;
  if (isMeasuring) clock.now();
}

@inline export function turnEnds(isEmpty: bool, ran: i32): void {
  emptyTurns += <u64>isEmpty;
  sourcesRun += <u64>ran;
  if (isMeasuring) histogram.record(turnLength, monotonicClock.now() - clock.now());
}

/** From now on turns are measured. */
export function measureTurns(): void {
  isMeasuring = true;
}

export function isKnown(kind: u32): bool {
  return kind <= 16 || kind - TURN_LENGTH <= BUCKETS || kind - LATENESS <= BUCKETS;
}

/** The statistic of a kind that is known. */
export function value(kind: u32): u64 {
  if (kind >= LATENESS) return 0;
  if (kind >= TURN_LENGTH) {
    isMeasuring = true;
    return wordAt(turnLength, kind - TURN_LENGTH);
  }
  switch (kind) {
    case 0: return turns;
    case 1: return waits;
    case 2: return emptyTurns;
    case 9: return sourcesTold;
    case 10: return sourcesRun;
    case 11: return traffic.polls;
    case 12: return traffic.polled;
    case 13: return traffic.accepted;
    case 14: return traffic.connected;
    case 15: return traffic.bytesRead;
    case 16: return traffic.bytesWritten;
    default: return 0;
  }
}

/** The sum of a histogram, then its buckets. */
function wordAt(words: usize, index: u32): u64 {
  return load<u64>(words + (<usize>index << 3));
}
