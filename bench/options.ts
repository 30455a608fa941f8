// The command line of the benchmarks: which size, which arms, which workloads, how long.
import { parseArgs } from "node:util";
import { ARM_NAMES, type ArmName } from "./arms.js";
import { LARGE, SMALL, SPECIAL_WORKLOADS, type RunSize } from "./workloads.js";

export const USAGE = `usage: node build/bench/run.js [--small] [--arms A,B] [--workloads A,B]
                              [--rounds N] [--seconds S]
arms: ${ARM_NAMES.join(", ")}
workloads: ${workloadNames(LARGE).join(", ")}`;

function workloadNames(size: RunSize): string[] {
  return [...[...size.echo, ...size.operations, ...size.pages].map((workload) => workload.name), ...SPECIAL_WORKLOADS];
}

export interface Options {
  help: boolean;
  size: RunSize;
  arms: readonly ArmName[];
  /** True when the arms were named: then a missing one is an error, not a remark. */
  armsNamed: boolean;
  workloads: readonly string[];
}

function chosen<T extends string>(what: string, text: string | undefined, known: readonly T[]): readonly T[] {
  if (text === undefined) return known;
  return text.split(",").map((name) => {
    const found = known.find((k) => k === name);
    if (found === undefined) throw new Error(`unknown ${what} "${name}"; known: ${known.join(", ")}`);
    return found;
  });
}

function positive(name: string, text: string | undefined, otherwise: number, most: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0 && value <= most)) throw new Error(`--${name} ${text}: not a number in (0, ${most}]`);
  return value;
}

export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      small: { type: "boolean", default: false },
      arms: { type: "string" },
      workloads: { type: "string" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const base = values.small ? SMALL : LARGE;
  return {
    help: values.help,
    size: {
      ...base,
      rounds: Math.ceil(positive("rounds", values.rounds, base.rounds, 1_000)),
      seconds: positive("seconds", values.seconds, base.seconds, 600),
    },
    arms: values.arms === undefined ? base.arms : chosen("arm", values.arms, ARM_NAMES),
    armsNamed: values.arms !== undefined,
    workloads: chosen("workload", values.workloads, workloadNames(base)),
  };
}
