// What the operation workloads tell: a table of times, tables of ratios to every rival and between figures of one arm,
// and the bars.
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

/** Two figures of one arm, whose ratio is worth a column of its own. */
interface Pair {
  workload: string;
  figure: string;
  to: string;
}

const PAIRS: readonly Pair[] = [
  { workload: "run-functions", figure: "function", to: "run" },
  { workload: "run-functions", figure: "functions", to: "function" },
  { workload: "run-functions", figure: "function-system", to: "function" },
  { workload: "priority-latency", figure: "system p50 us", to: "low p50 us" },
  { workload: "priority-latency", figure: "system p99 us", to: "low p99 us" },
  { workload: "priority-latency", figure: "system between p99", to: "low between p99" },
];

/**
 * Bars on such a ratio. A high priority costs what a medium one does. A list saves a guest crossings; from TypeScript
 * there are none to save, so there it only must not cost more. Either may be off by what a busy machine does to it.
 */
const PAIR_BARS: readonly (Pair & { arm: ArmName; most: number })[] = [
  ...(["engine-typescript", "guest-c-wasmtime", "guest-c-jspi"] as const).flatMap((arm) => {
    const of = { workload: "run-functions", to: "function", arm };
    const list = { ...of, figure: "functions", most: arm === "engine-typescript" ? 1.1 : 0.7 };
    return [list, { ...of, figure: "function-system", most: 1.1 }];
  }),
  ...(["engine-node", "engine-wasmtime", "engine-typescript"] as const).map((arm) => {
    return { workload: "priority-latency", figure: "system p99 us", to: "low p99 us", arm, most: 0.5 };
  }),
];

/** What figures are, where they are not all nanoseconds per operation. */
const UNITS: Readonly<Record<string, string>> = {
  "priority-latency": "microseconds from post to run, and how many closures of the flood ran in between",
};

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
  const unit = UNITS[result.workload] ?? "ns per operation";
  const tables = [`${result.workload}: ${unit}\n${formatTable(["arm", ...figures], times)}`];
  if (ratios.length > 0) {
    tables.push(`${result.workload}: time, below 1 is faster\n${formatTable(["arms", ...figures], ratios)}`);
  }
  const pairs = PAIRS.filter(({ workload }) => workload === result.workload);
  if (pairs.length > 0) {
    const head = pairs.map(({ figure, to }) => `${figure} / ${to}`);
    const rows = arms.map((arm) => [arm, ...pairs.map((pair) => formatRatio(pairRatio(result, arm, pair)))]);
    tables.push(`${result.workload}: ratios within an arm\n${formatTable(["arm", ...head], rows)}`);
  }
  return tables.join("\n\n");
}

/** Taken within each process; nothing when the arm does not measure both. */
function pairRatio(result: OperationResult, arm: ArmName, { figure, to }: Pair): Spread | undefined {
  const ratios = result.samples.filter((sample) => sample.arm === arm)
    .map((sample) => nsOf(sample, figure) / nsOf(sample, to)).filter(Number.isFinite);
  return ratios.length === 0 ? undefined : spread(ratios);
}

export function judgeOperations(results: readonly OperationResult[]): Judgement[] {
  return [...judgeRatios(results), ...judgePairs(results), ...judgeTimes(results)];
}

function judgePairs(results: readonly OperationResult[]): Judgement[] {
  return PAIR_BARS.flatMap((bar) => {
    const result = results.find(({ workload }) => workload === bar.workload);
    const ratio = result && pairRatio(result, bar.arm, bar);
    if (ratio === undefined) return [];
    return [{
      bar: `${bar.workload}, ${bar.arm}: ${bar.figure} / ${bar.to}`,
      wanted: `<= ${bar.most.toFixed(2)}`,
      measured: formatRatio(ratio),
      met: ratio.median <= bar.most,
    }];
  });
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
