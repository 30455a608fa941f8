// The bars: what the project promises about its speed and size, each with the measured figure beside it.
//
// A ratio is taken within each round, then the median of the rounds counts. A bar that was not measured in a
// run (an arm or workload left out) is not judged at all.
import { isEngineArm, YARDSTICK, type EchoArm } from "./arms.js";
import type { Sample } from "./echo-rounds.js";
import { largestGrowth, type FlatMemory } from "./flat-memory.js";
import { perMinute, type IdleResult } from "./idle.js";
import { judgeOperations } from "./operation-report.js";
import type { OperationResult } from "./operation-rounds.js";
import { judgePages, type PageFigures } from "./page-report.js";
import { judgeSlack } from "./slack-report.js";
import type { SlackResult } from "./slack-wake-ups.js";
import { spread, type Spread } from "./statistics.js";

export interface EchoResult {
  workload: string;
  samples: Sample[];
}

export interface Figures {
  echo: EchoResult[];
  operations: OperationResult[];
  pages?: PageFigures;
  flatMemory?: FlatMemory[];
  idle?: IdleResult[];
  slack?: SlackResult[];
  artifactBytes?: number;
  memoryBytesPerIdleConnection?: number;
}

export interface Judgement {
  bar: string;
  wanted: string;
  measured: string;
  met: boolean;
}

/** Rate of one arm divided by the rate of another in the same round; or of another figure. */
export function ratioOf(
  samples: readonly Sample[], arm: EchoArm, to: EchoArm, pick = (sample: Sample) => sample.msgPerSecond,
): Spread | undefined {
  const ratios: number[] = [];
  for (const sample of samples) {
    if (sample.arm !== arm) continue;
    const other = samples.find((s) => s.arm === to && s.round === sample.round);
    if (other !== undefined) ratios.push(pick(sample) / pick(other));
  }
  return ratios.length === 0 ? undefined : spread(ratios);
}

interface RatioBar {
  arm: EchoArm;
  to: EchoArm;
  least: number;
  workloads: readonly string[];
}

const EVERY_SIZE = ["ping-pong-1", "ping-pong-32", "ping-pong-256", "ping-pong-1024", "bulk-16"];
const CROWDED = ["active-100-idle-10000"];

const RATIO_BARS: readonly RatioBar[] = [
  { arm: "engine-node", to: YARDSTICK, least: 1, workloads: EVERY_SIZE },
  { arm: "engine-node", to: "preview2-shim", least: 20, workloads: EVERY_SIZE },
  { arm: "engine-jspi", to: "preview2-shim", least: 20, workloads: EVERY_SIZE },
  { arm: "engine-worker", to: "preview2-shim", least: 20, workloads: EVERY_SIZE },
  { arm: "guest-wasi-jspi", to: "guest-wasi-shim", least: 20, workloads: EVERY_SIZE },
  { arm: "guest-wasi-worker", to: "guest-wasi-shim", least: 20, workloads: EVERY_SIZE },
  { arm: "engine-typescript", to: YARDSTICK, least: 0.95, workloads: EVERY_SIZE },
  { arm: "engine-wasmtime", to: YARDSTICK, least: 0.75, workloads: EVERY_SIZE.slice(1, 4) },
  { arm: "engine-wasmtime", to: YARDSTICK, least: 1.5, workloads: ["bulk-16"] },
  { arm: "guest-c-wasmtime", to: "engine-wasmtime", least: 0.8, workloads: EVERY_SIZE },
  { arm: "guest-c-wasmtime", to: "guest-wasi-wasmtime", least: 0.9, workloads: EVERY_SIZE },
  { arm: "engine-node", to: YARDSTICK, least: 0.95, workloads: CROWDED },
  { arm: "engine-wasmtime", to: YARDSTICK, least: 0.95, workloads: CROWDED },
];

const ARTIFACT_BYTES_MAX = 176 * 1024;
const IDLE_CONNECTION_BYTES_MAX = 512;

function judgeRatio(bar: RatioBar, result: EchoResult): Judgement | undefined {
  const ratio = ratioOf(result.samples, bar.arm, bar.to);
  if (ratio === undefined) return undefined;
  return {
    bar: `${result.workload}: ${bar.arm} / ${bar.to}`,
    wanted: `>= ${bar.least.toFixed(2)}`,
    measured: `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}..${ratio.max.toFixed(2)})`,
    met: ratio.median >= bar.least,
  };
}

function judgeMost(bar: string, measured: number | undefined, most: number): Judgement[] {
  if (measured === undefined) return [];
  const text = Number.isInteger(measured) ? String(measured) : measured.toFixed(1);
  return [{ bar, wanted: `<= ${most}`, measured: text, met: measured <= most }];
}

function judgeIdle({ arm, seconds, turns, wakeUps }: IdleResult): Judgement[] {
  if (!isEngineArm(arm)) return [];
  const turned = turns === undefined ? undefined : perMinute(turns, seconds);
  return [
    ...judgeMost(`idle turns per minute, ${arm}`, turned, 0),
    ...judgeMost(`idle wake-ups per minute, ${arm}`, perMinute(wakeUps, seconds), 0),
  ];
}

export function judge(figures: Figures): Judgement[] {
  const judgements: Judgement[] = [];
  for (const bar of RATIO_BARS) {
    for (const result of figures.echo) {
      const judgement = bar.workloads.includes(result.workload) ? judgeRatio(bar, result) : undefined;
      if (judgement !== undefined) judgements.push(judgement);
    }
  }
  const memory = figures.memoryBytesPerIdleConnection;
  const flat = (figures.flatMemory ?? []).flatMap((result) => {
    const kinds = `${result.operations.toLocaleString("en-US")} operations of each kind`;
    return judgeMost(`growth of wasm memory over ${kinds}, ${result.arm}, bytes`, largestGrowth(result), 0);
  });
  return [
    ...judgements,
    ...judgeOperations(figures.operations),
    ...(figures.pages === undefined ? [] : judgePages(figures.pages)),
    ...flat,
    ...(figures.idle ?? []).flatMap(judgeIdle),
    ...judgeSlack(figures.slack ?? []),
    ...judgeMost("artifact, bytes", figures.artifactBytes, ARTIFACT_BYTES_MAX),
    ...judgeMost("wasm memory per idle connection, bytes", memory, IDLE_CONNECTION_BYTES_MAX),
  ];
}
