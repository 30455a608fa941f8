// All scenarios, by name, and how one is run.

import { Simulation } from "../simulation.js";
import { canary } from "./canary.js";
import { connectStorm } from "./connect-storm.js";
import { echo } from "./echo.js";
import { engines, enginesHostile } from "./engines.js";
import { gracefulStop } from "./graceful-stop.js";
import { idleDay } from "./idle-day.js";
import { names } from "./names.js";
import { proxyChain } from "./proxy-chain.js";
import { resolvers, resolversHostile } from "./resolvers.js";
import { type Scenario, Stage } from "./scenario.js";
import { silence } from "./silence.js";
import { slowReader } from "./slow-reader.js";

export const scenarios: readonly Scenario[] = [
  echo, proxyChain, slowReader, connectStorm, names, silence, gracefulStop, idleDay, engines, enginesHostile,
  resolvers, resolversHostile,
  canary,
];

export interface ScenarioResult {
  readonly name: string;
  readonly seed: number;
  /** Null when everything held; otherwise what did not, with name and seed. */
  readonly failure: string | null;
  readonly virtualMs: number;
  readonly events: number;
  /** Over everything that happened. */
  readonly hash: string;
}

/** Runs a scenario; `wasm` is the component file. The result of a name, a seed and a file is always the same. */
export async function runScenario(
  scenario: Scenario, seed: number, wasm: Uint8Array, onTrace?: (line: string) => void,
): Promise<ScenarioResult> {
  const { name, conditions } = scenario;
  const sim = new Simulation({ seed, name, conditions, ...(onTrace === undefined ? {} : { onTrace }) });
  let failure: string | null = null;
  try {
    await scenario.run(new Stage(sim, wasm));
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
    if (!failure.includes(`seed ${seed}`)) failure = sim.error(failure).message;
  }
  return { name, seed, failure, virtualMs: sim.nowMs, events: sim.events, hash: sim.hash };
}
