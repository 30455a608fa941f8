// `event-engine sim`: runs scenarios of the simulation, which end in "ok" or in the command to see the failure again.

import { parseArgs } from "node:util";
import { runScenario, type Scenario, type ScenarioResult, scenarios } from "./sim/index.js";

const HELP = `usage: event-engine sim [--scenario NAME] [--seed N] [--runs K] [--trace]
       event-engine sim --list

Runs the engine in a simulated network under a virtual clock. A seed decides everything that happens.

  --scenario NAME  one scenario; all but the canary when left out
  --seed N         the first seed (0)
  --runs K         how many seeds, one after the other (1)
  --trace          each event on a line of its own
  --list           the scenarios
`;

const MUST_FAIL = "canary";

/** The exit code: 0 when everything held, 1 when something did not. Throws when the arguments mean nothing. */
export async function simCommand(args: string[], readComponent: () => Promise<Uint8Array>): Promise<number> {
  const options = parse(args);
  if (options.text !== null) {
    process.stdout.write(options.text);
    return 0;
  }
  const wasm = await readComponent();
  let failures = 0;
  for (const scenario of options.chosen) {
    for (let run = 0; run < options.runs; run++) {
      const onTrace = options.isTraced ? (line: string): void => { process.stdout.write(`${line}\n`); } : undefined;
      const result = await runScenario(scenario, options.seed + run, wasm, onTrace);
      if (result.failure !== null) failures++;
      process.stdout.write(lineOf(result));
    }
  }
  return failures === 0 ? 0 : 1;
}

interface Options {
  /** To be printed instead of running anything. */
  readonly text: string | null;
  readonly chosen: readonly Scenario[];
  readonly seed: number;
  readonly runs: number;
  readonly isTraced: boolean;
}

const OPTIONS = {
  scenario: { type: "string" }, seed: { type: "string" }, runs: { type: "string" },
  trace: { type: "boolean" }, list: { type: "boolean" }, help: { type: "boolean" },
} as const;

function parse(args: string[]): Options {
  try {
    return optionsOf(parseArgs({ args, options: OPTIONS }).values);
  } catch (error) {
    throw new Error(`sim: ${(error as Error).message}`);
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

function optionsOf(values: Values): Options {
  const list = scenarios.map(({ name, summary }) => `${name.padEnd(16)} ${summary}\n`).join("");
  const chosen = scenarios.filter(({ name }) => name === (values.scenario ?? name)
    && (name !== MUST_FAIL || values.scenario === MUST_FAIL));
  if (chosen.length === 0) throw new Error(`there is no scenario '${values.scenario}' (see --list)`);
  return {
    text: values.help === true ? HELP : values.list === true ? list : null,
    chosen,
    seed: wholeNumber("--seed", values.seed ?? "0"),
    runs: wholeNumber("--runs", values.runs ?? "1"),
    isTraced: values.trace === true,
  };
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) throw new Error(`${option} wants a whole number`);
  return value;
}

function lineOf({ name, seed, failure, virtualMs, events, hash }: ScenarioResult): string {
  const what = `${name} seed ${seed}: ${(virtualMs / 1000).toFixed(3)} s virtual, ${events} events, trace ${hash}`;
  if (failure === null) return `${what}, ok\n`;
  return `${what}, FAILED\n  ${failure}\n  again: event-engine sim --scenario ${name} --seed ${seed}\n`;
}
