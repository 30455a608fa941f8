// Turns measurements into the tables that people read and the JSON file that programs read.
import { cpus, release } from "node:os";
import { YARDSTICK, type EchoArm } from "./arms.js";
import { ratioOf, type EchoResult, type Judgement } from "./bars.js";
import type { Sample } from "./echo-rounds.js";
import { largestGrowth, type FlatMemory } from "./flat-memory.js";
import { perMinute, type IdleResult } from "./idle.js";
import type { StartUpSample } from "./start-up.js";
import { median, spread } from "./statistics.js";
import { formatNumber, formatTable } from "./table.js";

export function echoTable(result: EchoResult, arms: readonly EchoArm[]): string {
  const figures = ["msg/s", "min..max", "MiB/s", "p50 us", "p99 us", "fairness", "cpu us/msg"];
  const head = ["arm", ...figures, `x ${YARDSTICK}`, "min..max", `cpu x ${YARDSTICK}`];
  const rows = arms.flatMap((arm) => {
    const samples = result.samples.filter((sample) => sample.arm === arm);
    if (samples.length === 0) return [];
    const middle = (pick: (sample: Sample) => number): string => formatNumber(median(samples.map(pick)));
    const rate = spread(samples.map((sample) => sample.msgPerSecond));
    const ratio = ratioOf(result.samples, arm, YARDSTICK);
    const cpu = ratioOf(result.samples, arm, YARDSTICK, (sample) => sample.cpuUsPerMessage);
    const cells = [
      arm,
      formatNumber(rate.median),
      `${formatNumber(rate.min)}..${formatNumber(rate.max)}`,
      middle((sample) => sample.mibPerSecond),
      middle((sample) => sample.p50us),
      middle((sample) => sample.p99us),
      median(samples.map((sample) => sample.leastShare)).toFixed(2),
      middle((sample) => sample.cpuUsPerMessage),
      ratio === undefined ? "-" : ratio.median.toFixed(2),
      ratio === undefined ? "-" : `${ratio.min.toFixed(2)}..${ratio.max.toFixed(2)}`,
      cpu === undefined ? "-" : cpu.median.toFixed(2),
    ];
    return [cells];
  });
  return `${result.workload}\n${formatTable(head, rows)}`;
}

export function startUpTable(samples: readonly StartUpSample[], arms: readonly EchoArm[]): string {
  const rows = arms.map((arm) => {
    const own = samples.filter((sample) => sample.arm === arm);
    const served = spread(own.map((sample) => sample.servedMs));
    const bareMs = median(own.map((sample) => sample.bareMs));
    const figures = [served.median, served.min, served.max, bareMs, served.median - bareMs];
    return [arm, ...figures.map((figure) => figure.toFixed(0))];
  });
  const head = ["arm", "with process, ms", "min", "max", "bare runtime, ms", "without process, ms"];
  return `start-up: from nothing to the first byte served\n${formatTable(head, rows)}`;
}

export function flatTable(results: readonly FlatMemory[]): string {
  const rows = results.map((result) => {
    const { arm, operations, growth } = result;
    return [arm, formatNumber(operations), `${largestGrowth(result)}`, Object.keys(growth).join(", ")];
  });
  return `flat-memory\n${formatTable(["arm", "of each kind", "grew by, bytes", "kinds"], rows)}`;
}

export function idleTable(results: readonly IdleResult[]): string {
  const rows = results.map(({ arm, seconds, turns, wakeUps, otherWakeUps }) => [
    arm,
    seconds.toString(),
    turns === undefined ? "-" : formatNumber(perMinute(turns, seconds)),
    formatNumber(perMinute(wakeUps, seconds)),
    formatNumber(perMinute(otherWakeUps, seconds)),
  ]);
  const head = ["arm", "seconds", "turns per minute", "wake-ups per minute", "of other threads"];
  return `idle: a listener, 100 connections, a timer far away\n${formatTable(head, rows)}`;
}

export function barTable(judgements: readonly Judgement[]): string {
  const rows = judgements.map((j) => [j.bar, j.wanted, j.measured, j.met ? "met" : "MISSED"]);
  return `bars\n${formatTable(["bar", "wanted", "measured", "verdict"], rows)}`;
}

/** What a reader must know about the machine before comparing two files. */
export function machine(): Record<string, string | number> {
  const all = cpus();
  return {
    node: process.version,
    kernel: release(),
    processor: all[0]?.model ?? "unknown",
    cores: all.length,
  };
}
