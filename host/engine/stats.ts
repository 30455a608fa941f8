// Statistics: what the core counts, by name, and how long turns are with their callbacks.
//
// The core could measure its own part of a turn (assembly/engine/stats.ts). What keeps everybody else waiting is the
// whole, so that is measured here, by the platform's clock.

import type { CoreEngine } from "./core-engine.js";
import type { EngineTurns } from "./engine-turns.js";
import { refuseArgument } from "./status.js";
import type { WasiHost } from "../wasi/wasi-host.js";

/** Kinds of the core from 0 on (docs/statistics.md). */
const COUNTERS = [
  "turns", "waits", "emptyTurns", "timers", "tasksLow", "tasksMed", "tasksHigh", "tasksImmediate", "tasksSystem",
  "sourcesTold", "sourcesRun", "polls", "polled", "accepted", "connected", "bytesRead", "bytesWritten",
] as const;
const KIND_TURNS = 0;
const KIND_TIMERS = 3;
const KIND_LATENESS = 200;
const BUCKETS = 32;
const MILLISECOND_NS = 1e6;

/** How many of something took how long. Times go to the bucket of their power of two. */
export interface TimeHistogram {
  readonly count: number;
  /** Milliseconds of all together. */
  readonly sumMs: number;
  /** 32 counts: of times of 0 ns, of 1 ns, of 2 to 3 ns, 4 to 7 ns, …; the last one of all from 2^30 ns (1.07 s) on. */
  readonly buckets: readonly number[];
}

/** What an engine did since it was made: counts, as docs/statistics.md describes them, and two histograms. */
export interface EngineStats extends Readonly<Record<typeof COUNTERS[number], number>> {
  /** Turns of the platform: up to 16 of the engine and what their callbacks took. From when they are measured on. */
  readonly turnLength: TimeHistogram;
  /** How much later than at their latest time timers ran. */
  readonly timerLateness: TimeHistogram;
}

/** What `onTurn` is told: of one turn of the platform, in which up to 16 of the engine follow each other. */
export interface TurnReport {
  /** From its beginning to the end of its last callback. */
  readonly lengthMs: number;
  /** Turns of the engine in it. */
  readonly turns: number;
  /** Timers that ran in it, and how much later than at their latest time, in the mean. */
  readonly timers: number;
  readonly timersLateMs: number;
}

/** The time in milliseconds that `share` (0 to 1) of a histogram are below: the end of a bucket. 0 when it is empty. */
export function quantileMs({ count, buckets }: TimeHistogram, share: number): number {
  if (typeof share !== "number" || !(share >= 0 && share <= 1)) {
    refuseArgument(`quantileMs of ${String(share)}: want a number from 0 to 1`);
  }
  const wanted = Math.ceil(count * share);
  let found = buckets[0] as number;
  let bucket = 0;
  while (found < wanted) found += buckets[++bucket] as number;
  return bucket === 0 ? 0 : 2 ** bucket / MILLISECOND_NS;
}

/** Answers what `stats()` does. Turns are measured when there is `onTurn`, or else from the first call on. */
export function statisticsOf(
  core: CoreEngine, turns: EngineTurns, uncaught: (error: unknown) => void, onTurn?: (turn: TurnReport) => void,
): () => EngineStats {
  if (onTurn !== undefined && typeof onTurn !== "function") refuseArgument("onTurn must be a function");
  const statistics = new Statistics(core, turns, uncaught, onTurn);
  return () => statistics.read();
}

class Statistics {
  private isMeasuring = false;
  private readonly turnBuckets = new Array<number>(BUCKETS).fill(0);
  private turnSumNs = 0;
  // Up to where `onTurn` was told.
  private turns = 0;
  private timers = 0;
  private latenessNs = 0;

  constructor(
    private readonly core: CoreEngine,
    private readonly engineTurns: EngineTurns,
    private readonly uncaught: (error: unknown) => void,
    private readonly onTurn?: (turn: TurnReport) => void,
  ) {
    if (onTurn !== undefined) this.measure();
  }

  read(): EngineStats {
    if (!this.isMeasuring) this.measure();
    const counters = Object.fromEntries(COUNTERS.map((name, kind) => [name, this.count(kind)]));
    const lateness = Array.from({ length: BUCKETS }, (_, bucket) => this.count(KIND_LATENESS + 1 + bucket));
    return {
      ...counters as Record<typeof COUNTERS[number], number>,
      turnLength: histogram([...this.turnBuckets], this.turnSumNs),
      timerLateness: histogram(lateness, this.count(KIND_LATENESS)),
    };
  }

  /** Takes the place of `turn`, so that who measures nothing pays nothing. */
  private measure(): void {
    this.isMeasuring = true;
    const { core, engineTurns } = this;
    const turn = engineTurns.turn.bind(engineTurns);
    engineTurns.turn = (host: WasiHost): number => {
      const beganNs = core.clock.monotonicNow();
      const answer = turn(host);
      // What `onTurn` asks for is taken up like what callbacks ask for: by the next turn.
      core.isInTurn = true;
      core.isTouched = false;
      this.turnEnded(Math.max(core.clock.monotonicNow() - beganNs, 0));
      core.isInTurn = false;
      return core.isTouched ? 0 : answer;
    };
  }

  private turnEnded(lengthNs: number): void {
    const bucket = Math.min(lengthNs < 1 ? 0 : Math.floor(Math.log2(lengthNs)) + 1, BUCKETS - 1);
    this.turnBuckets[bucket] = this.turnBuckets[bucket] as number + 1;
    this.turnSumNs += lengthNs;
    if (this.onTurn !== undefined) this.report(this.onTurn, lengthNs);
  }

  private report(onTurn: (turn: TurnReport) => void, lengthNs: number): void {
    const { turns, timers, latenessNs } = this;
    this.turns = this.count(KIND_TURNS);
    this.timers = this.count(KIND_TIMERS);
    this.latenessNs = this.count(KIND_LATENESS);
    const ran = this.timers - timers;
    try {
      onTurn({
        lengthMs: lengthNs / MILLISECOND_NS,
        turns: this.turns - turns,
        timers: ran,
        timersLateMs: ran === 0 ? 0 : (this.latenessNs - latenessNs) / ran / MILLISECOND_NS,
      });
    } catch (error) {
      this.uncaught(error);
    }
  }

  private count(kind: number): number {
    return this.core.exports.statistic(kind);
  }
}

function histogram(buckets: readonly number[], sumNs: number): TimeHistogram {
  return { count: buckets.reduce((sum, count) => sum + count, 0), sumMs: sumNs / MILLISECOND_NS, buckets };
}
