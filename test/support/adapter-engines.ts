// The engines that adapters are tested on: the double, the real one over loopback, and one of an application's own,
// whose books must balance in the end.
import * as assert from "uvu/assert";
import { EventEngine } from "#host/index.js";
import type { EventEngine as Engine } from "#host/engine/interfaces.js";
import { CountingEngine } from "./counting-engine.js";
import { FakeEngine } from "./fake-engine.js";
import { until } from "./guard.js";

export interface EngineArm {
  readonly name: string;
  make(): Promise<Engine>;
}

export const REAL_ENGINE: EngineArm = { name: "the engine", make: () => EventEngine.create() };

export const OWN_ENGINE: EngineArm = {
  name: "an application's own engine",
  make: async () => new CountingEngine(await EventEngine.create()),
};

export const REAL_ENGINES: readonly EngineArm[] = [REAL_ENGINE, OWN_ENGINE];

export const ENGINES: readonly EngineArm[] = [
  { name: "a double", make: async () => new FakeEngine() }, ...REAL_ENGINES,
];

const LEAK_GUARD_MS = 20_000;

/**
 * Runs the body with an engine, and checks the leak law: before the engine closes there is as much as there was in
 * the beginning, afterwards there is nothing.
 */
export async function withEngine(arm: EngineArm, body: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = await arm.make();
  const before = engine.live();
  const left = (): string => Object.entries(engine.live())
    .filter(([kind, count]) => count !== (before[kind] ?? 0))
    .map(([kind, count]) => `${kind}: ${count} for ${before[kind] ?? 0}`).join(", ");
  try {
    await body(engine);
    if (!engine.isClosed) await until(left, () => left() === "", LEAK_GUARD_MS);
  } finally {
    await engine.close();
  }
  for (const [kind, count] of Object.entries(engine.live())) assert.is(count, 0, `${kind} after close`);
  if (engine instanceof CountingEngine) checkBooks(engine);
}

/** Everything went through the engine, and each call ended once. */
function checkBooks({ books }: CountingEngine): void {
  assert.equal(books.outstanding(), {}, "began and did not end");
  const begun = (["connects", "listeners", "timers", "lookups"] as const).map((kind) => books.begun(kind));
  assert.ok(begun.some((count) => count > 0), "it was not used");
}
