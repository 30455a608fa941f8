// The engines that adapters are tested on: the double; the real one over loopback, on its own loop and on a foreign
// one; and one of an application's own. Who keeps books has them balanced in the end.
import * as assert from "uvu/assert";
import { EventEngine, managedPlatform } from "#host/index.js";
import type { EventEngine as Engine } from "#host/engine/interfaces.js";
import { CountingEngine } from "./counting-engine.js";
import { CountingManager } from "./counting-manager.js";
import { FakeEngine } from "./fake-engine.js";
import { TimersLoop } from "./foreign-loop.js";
import { until } from "./guard.js";

export interface EngineArm {
  readonly name: string;
  make(): Promise<Engine>;
  /** What must be so when the engine is closed. */
  check?(engine: Engine): void;
}

export const REAL_ENGINE: EngineArm = { name: "the engine", make: () => EventEngine.create() };

export const OWN_ENGINE: EngineArm = {
  name: "an application's own engine",
  make: async () => new CountingEngine(await EventEngine.create()),
  check: (engine) => checkBooks(engine as CountingEngine),
};

const managers = new WeakMap<Engine, CountingManager>();

const MANAGED_ENGINE: EngineArm = {
  name: "an engine on a foreign loop",
  make: async () => {
    const manager = new CountingManager(new TimersLoop());
    const engine = await EventEngine.create({ platform: managedPlatform(manager) });
    managers.set(engine, manager);
    return engine;
  },
  check: (engine) => managers.get(engine)?.checkBooks(),
};

export const REAL_ENGINES: readonly EngineArm[] = [REAL_ENGINE, OWN_ENGINE, MANAGED_ENGINE];

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
  arm.check?.(engine);
}

/** Everything went through the engine, and each call ended once. */
function checkBooks({ books }: CountingEngine): void {
  assert.equal(books.outstanding(), {}, "began and did not end");
  const begun = (["connects", "listeners", "timers", "lookups"] as const).map((kind) => books.begun(kind));
  assert.ok(begun.some((count) => count > 0), "it was not used");
}
