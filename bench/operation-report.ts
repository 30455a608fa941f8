// What the operation workloads tell: a table of times, a table of ratios to every rival, and the bars.
import { isEngineArm, type ArmName } from "./arms.js";
import type { Judgement } from "./bars.js";
import { nsOf, timeRatio, type OperationResult } from "./operation-rounds.js";
import { spread, type Spread } from "./statistics.js";
import { formatNumber, formatTable } from "./table.js";

interface OperationBar {
  workload: string;
  /** A sum of figures, as in "add+cancel". */
  figure: string;
  arm: ArmName;
  to: ArmName;
  /** Of the rival's time. */
  most: number;
}

const OPERATION_BARS: readonly OperationBar[] = [
  { workload: "timers-1m", figure: "add+cancel", arm: "engine-node", to: "libuv", most: 0.5 },
  { workload: "timers-1m", figure: "add+cancel", arm: "engine-wasmtime", to: "libuv", most: 0.5 },
  { workload: "timers-1m", figure: "fire", arm: "engine-node", to: "libuv", most: 0.5 },
  { workload: "timers-1m", figure: "fire", arm: "engine-wasmtime", to: "libuv", most: 0.5 },
  { workload: "timers-1m", figure: "add+cancel", arm: "engine-typescript", to: "node", most: 0.25 },
  { workload: "tasks", figure: "run", arm: "engine-typescript", to: "node", most: 0.5 },
  { workload: "tasks", figure: "run", arm: "engine-typescript", to: "grpc", most: 0.25 },
  { workload: "dns-256", figure: "srv", arm: "engine-node", to: "node-c-ares", most: 1 },
  { workload: "dns-256", figure: "srv", arm: "engine-wasmtime", to: "node-c-ares", most: 1 },
  { workload: "dns-256", figure: "srv", arm: "engine-typescript", to: "node-c-ares", most: 1 },
  { workload: "dns-cached-256", figure: "srv", arm: "engine-node", to: "node-c-ares", most: 0.05 },
  { workload: "dns-cached-256", figure: "srv", arm: "engine-wasmtime", to: "node-c-ares", most: 0.05 },
  { workload: "dns-cached-256", figure: "srv", arm: "engine-typescript", to: "node-c-ares", most: 0.05 },
];

/** Nanoseconds that an arm may need, whatever others do. */
const TIME_BARS: readonly { workload: string; figure: string; arm: ArmName; mostNs: number }[] = [
  { workload: "dns-messages", figure: "a-2", arm: "engine-node", mostNs: 1_000 },
  { workload: "dns-messages", figure: "a-2", arm: "engine-wasmtime", mostNs: 1_000 },
  { workload: "dns-messages", figure: "srv-2", arm: "engine-node", mostNs: 1_000 },
  { workload: "dns-messages", figure: "srv-2", arm: "engine-wasmtime", mostNs: 1_000 },
  { workload: "dns-deadlines", figure: "late max", arm: "engine-node", mostNs: 20_000_000 },
  { workload: "dns-deadlines", figure: "late max", arm: "engine-wasmtime", mostNs: 20_000_000 },
  { workload: "dns-deadlines", figure: "late max", arm: "engine-typescript", mostNs: 20_000_000 },
];

const SUMS: Readonly<Record<string, string>> = { add: "add+cancel" };

/** The range beside the median, unless there was only one round. */
function formatSpread({ median, min, max }: Spread, format: (value: number) => string): string {
  if (Number.isNaN(median)) return "-";
  return min === max ? format(median) : `${format(median)} (${format(min)}..${format(max)})`;
}

function formatRatio(ratio: Spread | undefined): string {
  return ratio === undefined ? "-" : formatSpread(ratio, (value) => value.toFixed(2));
}

/** The figures of a workload in the order in which the arms measured them, with the sums that bars are about. */
function figuresOf(result: OperationResult): string[] {
  const names = new Set(result.samples.flatMap((sample) => Object.keys(sample.ns)));
  return [...names].flatMap((name) => (SUMS[name] === undefined ? [name] : [name, SUMS[name]]));
}

export function operationTables(result: OperationResult): string {
  const figures = figuresOf(result);
  const arms = [...new Set(result.samples.map((sample) => sample.arm))];
  const times = arms.map((arm) => [arm, ...figures.map((figure) => {
    const all = result.samples.filter((sample) => sample.arm === arm).map((sample) => nsOf(sample, figure));
    return formatSpread(spread(all), formatNumber);
  })]);
  const rivals = arms.filter((arm) => !isEngineArm(arm));
  const ratios = arms.filter(isEngineArm).flatMap((arm) => rivals.map((rival) => [
    `${arm} / ${rival}`,
    ...figures.map((figure) => formatRatio(timeRatio(result.samples, figure, arm, rival))),
  ]));
  const tables = [`${result.workload}: ns per operation\n${formatTable(["arm", ...figures], times)}`];
  if (ratios.length > 0) {
    tables.push(`${result.workload}: time, below 1 is faster\n${formatTable(["arms", ...figures], ratios)}`);
  }
  return tables.join("\n\n");
}

export function judgeOperations(results: readonly OperationResult[]): Judgement[] {
  return [...judgeRatios(results), ...judgeTimes(results)];
}

function judgeTimes(results: readonly OperationResult[]): Judgement[] {
  return TIME_BARS.flatMap(({ workload, figure, arm, mostNs }) => {
    const samples = results.find((result) => result.workload === workload)?.samples ?? [];
    const all = samples.filter((sample) => sample.arm === arm).map((sample) => nsOf(sample, figure));
    if (all.length === 0) return [];
    const measured = spread(all);
    return [{
      bar: `${workload} ${figure}, ns: ${arm}`,
      wanted: `<= ${formatNumber(mostNs)}`,
      measured: formatSpread(measured, formatNumber),
      met: measured.median <= mostNs,
    }];
  });
}

function judgeRatios(results: readonly OperationResult[]): Judgement[] {
  return OPERATION_BARS.flatMap((bar) => {
    const result = results.find(({ workload }) => workload === bar.workload);
    const ratio = result && timeRatio(result.samples, bar.figure, bar.arm, bar.to);
    if (ratio === undefined) return [];
    return [{
      bar: `${bar.workload} ${bar.figure}: ${bar.arm} / ${bar.to}`,
      wanted: `<= ${bar.most.toFixed(2)}`,
      measured: formatRatio(ratio),
      met: ratio.median <= bar.most,
    }];
  });
}
