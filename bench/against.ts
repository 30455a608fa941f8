// Another state of this project against this one: the same single operations out of two folders, alternated.
//
// usage: node build/bench/against.js OTHER [--workload tasks] [--figures A,B] [--arms A,B] [--rounds N] [--most RATIO]
// OTHER is a clone in which `make build build/test/.stamp build/bench/operations.wasm` has run. The ratio of a round is
// this one's time by the other one's. A busy machine disturbs either, so beside the median of the rounds stands the
// ratio of the least times. With --most, exit code 1 says that a median is above it.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { outputOf } from "./operation-rounds.js";
import { LARGE_OPERATIONS, operationCommand, type OperationWorkload } from "./operation-workloads.js";
import { findWasmtime, ROOT } from "./runtimes.js";
import { endChildrenOnExit } from "./server-process.js";
import { median, spread } from "./statistics.js";
import { formatNumber, formatTable } from "./table.js";

const ARMS = ["engine-typescript", "engine-node", "engine-wasmtime"] as const;
type Arm = (typeof ARMS)[number];
/** Nanoseconds per operation by figure. */
type Figures = Readonly<Record<string, number>>;

interface Wanted {
  other: string;
  workload: OperationWorkload;
  arms: readonly Arm[];
  /** Nothing: all that the workload has. */
  figures?: readonly string[];
  rounds: number;
  most: number;
}

function parse(): Wanted {
  const { values, positionals: [other] } = parseArgs({
    allowPositionals: true,
    options: {
      workload: { type: "string", default: "tasks" },
      figures: { type: "string" },
      arms: { type: "string", default: ARMS.join() },
      rounds: { type: "string", default: "9" },
      most: { type: "string", default: "Infinity" },
    },
  });
  const workload = LARGE_OPERATIONS.find(({ name }) => name === values.workload);
  const arms = ARMS.filter((arm) => values.arms.split(",").includes(arm));
  const [rounds, most] = [Number(values.rounds), Number(values.most)];
  if (other === undefined || workload === undefined || arms.length === 0 || !(rounds >= 1) || !(most > 0)) {
    throw new Error("usage: OTHER [--workload NAME] [--figures A,B] [--arms A,B] [--rounds N] [--most RATIO]");
  }
  const figures = values.figures?.split(",");
  return { other: `${resolve(other)}/`, workload, arms, rounds, most, ...(figures === undefined ? {} : { figures }) };
}

async function measure(
  folder: string, arm: Arm, { workload, figures }: Wanted, wasmtime: string,
): Promise<Figures> {
  const command = operationCommand(arm, workload, () => wasmtime)
    .map((word) => (word.startsWith(ROOT) ? folder + word.slice(ROOT.length) : word));
  const lists = JSON.parse(await outputOf(`${arm} in ${folder}`, command)) as Record<string, number[]>;
  const wanted = Object.entries(lists).filter(([name]) => figures?.includes(name) ?? true);
  if (wanted.length === 0) throw new Error(`${arm} measures none of ${String(figures)}`);
  return Object.fromEntries(wanted.map(([name, values]) => [name, median(values)]));
}

/** A row of the table for each figure, and the median that counts. */
function compare(arm: Arm, own: readonly Figures[], others: readonly Figures[]): { row: string[]; median: number }[] {
  return Object.keys(own[0] ?? {}).map((figure) => {
    const [ours, theirs] = [own, others].map((all) => all.map((figures) => figures[figure] ?? Number.NaN));
    const [one = [], two = []] = [ours, theirs];
    const ratio = spread(one.map((ns, round) => ns / (two[round] ?? Number.NaN)));
    const least = Math.min(...one) / Math.min(...two);
    const row = [
      arm, figure, formatNumber(median(two)), formatNumber(median(one)), ratio.median.toFixed(3),
      `${ratio.min.toFixed(2)}..${ratio.max.toFixed(2)}`, least.toFixed(3),
    ];
    return { row, median: ratio.median };
  });
}

async function main(): Promise<void> {
  const wanted = parse();
  const { other, workload, arms, rounds, most } = wanted;
  endChildrenOnExit();
  const wasmtime = arms.includes("engine-wasmtime") ? findWasmtime() : "";
  const results: { row: string[]; median: number }[] = [];
  for (const arm of arms) {
    const own: Figures[] = [];
    const others: Figures[] = [];
    for (let round = 0; round < rounds; round++) {
      others.push(await measure(other, arm, wanted, wasmtime));
      own.push(await measure(ROOT, arm, wanted, wasmtime));
    }
    results.push(...compare(arm, own, others));
  }
  const head = ["arm", "figure", "other, ns", "this, ns", "ratio", "min..max", "of the least"];
  console.log(`${workload.name}, ${rounds} rounds\n${formatTable(head, results.map(({ row }) => row))}`);
  if (results.some((result) => !(result.median <= most))) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(`against: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
});
