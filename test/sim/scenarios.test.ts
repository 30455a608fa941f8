// The scenarios over many seeds, on the shipped file: fixed seeds, the same in every run, and a few fresh ones, which
// are printed (TEST_SEED repeats them). A failure says by which command it can be seen again.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runScenario, type Scenario, type ScenarioResult, scenarios } from "#host/sim/index.js";
import { ROOT } from "../support/arms.js";
import { SEED } from "../support/bytes.js";

/** Fixed seeds per scenario: 400 in all. */
const SEEDS: Record<string, number> = {
  "echo": 40, "proxy-chain": 80, "slow-reader": 8, "connect-storm": 20, "names": 40, "silence": 20,
  "graceful-stop": 30, "idle-day": 2, "engines": 20, "engines-hostile": 40,
  "resolvers": 40, "resolvers-hostile": 60,
};
const FRESH_SEEDS = 3;

const wasm = readFileSync(`${ROOT}build/event-engine.wasm`);

function check({ name, seed, failure }: ScenarioResult): void {
  assert.is(failure, null, `again: event-engine sim --scenario ${name} --seed ${seed}\n${failure}`);
}

function named(wanted: string): Scenario {
  return scenarios.find(({ name }) => name === wanted) ?? assert.unreachable(`no scenario ${wanted}`) as never;
}

const holds = suite("scenarios");
console.log(`fresh seeds from ${SEED}`);

for (const [name, count] of Object.entries(SEEDS)) {
  holds(`${name} should hold for ${count} seeds and ${FRESH_SEEDS} fresh ones`, async () => {
    const scenario = named(name);
    for (let seed = 0; seed < count; seed++) check(await runScenario(scenario, seed, wasm));
    for (let fresh = 0; fresh < FRESH_SEEDS; fresh++) check(await runScenario(scenario, SEED + fresh, wasm));
  });
}

holds("should all be among these, but for the canary", () => {
  assert.equal(scenarios.map(({ name }) => name).sort(), [...Object.keys(SEEDS), "canary"].sort());
});

holds("should happen the same way again for the same seed, and differently for another", async () => {
  for (const { name } of scenarios) {
    if (name === "idle-day") continue; // so calm that little is left to chance
    const [first, again, other] = [
      await runScenario(named(name), 5, wasm), await runScenario(named(name), 5, wasm),
      await runScenario(named(name), 6, wasm),
    ];
    assert.equal(again, first, name);
    assert.is.not(other.hash, first.hash, name);
  }
});

holds("should see a failure, and name its seed", async () => {
  for (const seed of [0, 1, 4_294_967_299]) {
    const { failure } = await runScenario(named("canary"), seed, wasm);
    assert.match(failure ?? "", new RegExp(`^canary with seed ${seed}: peer 0 got a wrong byte at 0$`));
  }
});

holds("should name the seed of what fails by itself, too", async () => {
  const broken: Scenario = {
    ...named("canary"), name: "broken", run: () => Promise.reject(new Error("out of nowhere")),
  };
  assert.is((await runScenario(broken, 9, wasm)).failure, "broken with seed 9: out of nowhere");
});

holds.run();
