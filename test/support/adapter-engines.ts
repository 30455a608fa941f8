// The engines that adapters are tested on: the double, and the real one over loopback.
import * as assert from "uvu/assert";
import type { EventEngine } from "#host/engine/interfaces.js";
import { FakeEngine } from "./fake-engine.js";
import { settled } from "./adapter-steps.js";
import { until } from "./guard.js";

export interface EngineArm {
  readonly name: string;
  make(): Promise<EventEngine>;
}

export const ENGINES: readonly EngineArm[] = [
  { name: "a double", make: async () => new FakeEngine() },
];

/** Runs the body with an engine, and checks the leak law before and after the engine closes. */
export async function withEngine(arm: EngineArm, body: (engine: EventEngine) => Promise<void>): Promise<void> {
  const engine = await arm.make();
  try {
    await body(engine);
    await settled();
    const left = (): string => Object.entries(engine.live()).filter(([, count]) => count !== 0).join(" ");
    await until(left, () => left() === "", 10_000);
  } finally {
    await engine.close();
  }
  for (const [kind, count] of Object.entries(engine.live())) assert.is(count, 0, `${kind} after close`);
}
