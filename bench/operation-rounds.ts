// Measures one operation workload on several arms, alternated in each round, every time in a new process.
//
// An arm prints several repetitions of each figure; their median is the figure of the round. A ratio is taken within
// a round, and the median of the rounds counts.
import { once } from "node:events";
import type { ArmName } from "./arms.js";
import { operationCommand, type OperationWorkload } from "./operation-workloads.js";
import { ProcessorTimes } from "./processor-time.js";
import { describeExit, spawnTracked } from "./server-process.js";
import { median, spread, type Spread } from "./statistics.js";

export interface OperationSample {
  round: number;
  arm: ArmName;
  /** Nanoseconds per operation by figure, unless the figure is something else by its name. */
  ns: Readonly<Record<string, number>>;
}

export interface OperationResult {
  workload: string;
  samples: OperationSample[];
}

/** Runs a process to its end; what it printed, but for the lines that `takeLine` took as they came. */
export async function outputOf(
  what: string, command: readonly string[], takeLine: (line: string, pid: number) => boolean = () => false,
): Promise<string> {
  const child = spawnTracked(command);
  let stdout = "";
  let stderr = "";
  let line = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    const lines = (line + chunk.toString()).split("\n");
    line = lines.pop() ?? "";
    for (const whole of lines) if (!takeLine(whole, child.pid ?? 0)) stdout += `${whole}\n`;
  });
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${what}: ${describeExit({ code, signal })}: ${stderr.trim()}`);
  return stdout + line;
}

function parseFigures(what: string, text: string, more: Record<string, number[]>): Record<string, number> {
  const lists = Object.entries({ ...JSON.parse(text) as Record<string, number[]>, ...more });
  const figures = lists.map(([name, values]) => [name, median(values)] as const);
  const bad = figures.find(([, ns]) => !(ns >= 0));
  if (lists.length === 0 || bad !== undefined) throw new Error(`${what}: no figures in ${text.trim()}`);
  return Object.fromEntries(figures);
}

export async function measureOperations(
  workload: OperationWorkload,
  arms: readonly ArmName[],
  options: {
    rounds: number;
    wasmtime: () => string;
    /** Behind the numbers of the command. */
    words: readonly string[];
    onSample: (sample: OperationSample) => void;
  },
): Promise<OperationSample[]> {
  const samples: OperationSample[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const arm of arms) {
      const what = `${workload.name}, ${arm}`;
      let times: ProcessorTimes | undefined;
      const command = [...operationCommand(arm, workload, options.wasmtime), ...options.words];
      const text = await outputOf(what, command, (line, pid) => (times ??= new ProcessorTimes(pid)).take(line));
      const sample = { round, arm, ns: parseFigures(what, text, times?.lists ?? {}) };
      samples.push(sample);
      options.onSample(sample);
    }
  }
  return samples;
}

/** `figure` may be a sum, as in "add+cancel". NaN when the arm does not measure it. */
export function nsOf(sample: OperationSample, figure: string): number {
  return figure.split("+").reduce((sum, name) => sum + (sample.ns[name] ?? Number.NaN), 0);
}

/** Time of one arm divided by the time of another in the same round: below 1 is faster. */
export function timeRatio(
  samples: readonly OperationSample[], figure: string, arm: ArmName, to: ArmName,
): Spread | undefined {
  const ratios = samples.filter((sample) => sample.arm === arm).flatMap((sample) => {
    const other = samples.find((s) => s.arm === to && s.round === sample.round);
    const ratio = other === undefined ? Number.NaN : nsOf(sample, figure) / nsOf(other, figure);
    return Number.isFinite(ratio) ? [ratio] : [];
  });
  return ratios.length === 0 ? undefined : spread(ratios);
}
