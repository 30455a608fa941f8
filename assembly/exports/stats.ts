// Exports of the direct face: statistics, and the bound of a turn.

import * as loop from "../engine/loop";
import * as stats from "../engine/stats";

/** A count since the start, by kind (engine/stats.ts); -1 for a kind that there is not. */
export function statistic(kind: u32): f64 {
  return stats.isKnown(kind) ? <f64>stats.value(kind) : -1;
}

/** Timers, tasks and sources that one turn handles at most, each: 1 to 1,048,576. */
export function set_turn_bound(calls: u32): void {
  loop.setTurnBound(calls);
}
