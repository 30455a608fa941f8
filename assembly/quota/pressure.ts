// Memory pressure: from what is used now, a number that those who use memory can steer by.
//
//   sample (used / size)            0 ……………………… 0.95 ……… 0.99 … 1
//   tracker: largest in a round               target      threshold: reports 1 at once
//   controller, once per round: below the target reports its `low`, above it its `high`, and moves the two
//
//           round below the target                         round above the target
//   +-- LOW: report low; 100 rounds at low: halve it   --> high = (last + high) / 2, report high
//   |   HIGH: report high; 100 rounds: high = (1 + high) / 2   --> low = (low + high) / 2, report low
//
// What is reported rises at once and falls by at most 0.003 per round, so that the users do not swing.

import { Pool } from "../base/pool";

/** Nanoseconds of one round. */
export const ROUND_NS: u64 = 1_000_000_000;

const TARGET: f64 = 0.95;
const THRESHOLD: f64 = 0.99;
/** The error of a round that went beyond the threshold, as if infinitely far from the target. */
const FAR_TOO_HIGH: f64 = 1e99;
const SAME_ROUNDS_MAX: u32 = 100;
const FALL_PER_ROUND: f64 = 0.003;
/** Rounds that are made up for after a time without any; from 1 to 0 it takes 334. */
const MISSED_ROUNDS_MAX: u64 = 400;

@unmanaged
export class Pressure {
  /** What the controller reports after a round below the target. */
  low: f64;
  /** What it reports after a round above the target. */
  high: f64;
  /** What it reported last. */
  control: f64;
  /** What is reported now: `control`, or 1 since a sample beyond the threshold. */
  report: f64;
  /** Largest sample of this round. */
  roundMax: f64;
  roundEndNs: u64;
  sameRounds: u32;
  wasLow: bool;
}

const pool = new Pool(offsetof<Pressure>(), 4);

export function create(): Pressure {
  const pressure = changetype<Pressure>(pool.take());
  pressure.high = 2;
  pressure.wasLow = true;
  return pressure;
}

export function destroy(pressure: Pressure): void {
  pool.give(changetype<usize>(pressure));
}

/** Notes that `used` (0 to 1) is in use and returns what is reported. */
@inline export function sample(pressure: Pressure, used: f64): f64 {
  if (used > pressure.roundMax) pressure.roundMax = used;
  if (used >= THRESHOLD) pressure.report = 1;
  return pressure.report;
}

/** Ends every round that is over at `nowNs`, `used` being in use since the latest sample. */
export function update(pressure: Pressure, nowNs: u64, used: f64): void {
  if (pressure.roundEndNs == 0) pressure.roundEndNs = nowNs + ROUND_NS;
  if (nowNs < pressure.roundEndNs) return;
  const over = (nowNs - pressure.roundEndNs) / ROUND_NS + 1;
  pressure.roundEndNs += over * ROUND_NS;
  for (let round = min(over, MISSED_ROUNDS_MAX); round > 0; round--) {
    const largest = max(pressure.roundMax, used);
    pressure.roundMax = used;
    pressure.report = control(pressure, largest > THRESHOLD ? FAR_TOO_HIGH : largest - TARGET);
  }
}

/** One round of the controller: from how far the round was above the target to what is reported. */
export function control(pressure: Pressure, error: f64): f64 {
  const isLow = error < 0;
  const wasLow = pressure.wasLow;
  pressure.wasLow = isLow;
  if (isLow != wasLow) {
    pressure.sameRounds = 0;
    if (isLow) pressure.low = (pressure.low + pressure.high) / 2;
    else pressure.high = (pressure.control + pressure.high) / 2;
  } else if (!isLow || pressure.control == pressure.low) {
    pressure.sameRounds++;
    if (pressure.sameRounds >= SAME_ROUNDS_MAX) {
      pressure.sameRounds = 0;
      if (isLow) pressure.low /= 2;
      else pressure.high = (1 + pressure.high) / 2;
    }
  }
  const wanted = isLow ? pressure.low : pressure.high;
  pressure.control = max(wanted, pressure.control - FALL_PER_ROUND);
  return pressure.control;
}
