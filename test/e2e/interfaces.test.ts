// The interfaces of the package, checked from the inside by a guest in C, on every way to run a guest and in
// simulations: there everything that may vary does vary.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CALM, type Conditions, RAGGED } from "#host/sim/index.js";
import { SEED } from "../support/bytes.js";
import { guestArms, guestFile } from "../support/guests.js";
import { runCommand } from "../support/process.js";
import { runSimulated } from "../support/simulated-guest.js";

const ROUGH_RUNS = 2;
const GUEST = "interface";
const PLAIN: Conditions = { ...CALM, soonDelayNs: [1000, 1000] };
const ROUGH: Conditions = { ...RAGGED, segmentBytes: [64, 65_536], readBytes: [64, 65_536] };

interface Story {
  code: number | null;
  stdout: string;
  stderr: string;
}

const simulated = (conditions: Conditions, seed: number) => (): Promise<Story> =>
  runSimulated(guestFile(GUEST), [], { seed, conditions });

const runs = new Map<string, () => Promise<Story>>([["a calm simulation", simulated(PLAIN, SEED)]]);
for (let seed = SEED; seed < SEED + ROUGH_RUNS; seed++) {
  runs.set(`a rough simulation with seed ${seed}`, simulated(ROUGH, seed));
}
for (const { label, arm } of guestArms(GUEST)) {
  runs.set(label, async () => {
    const { code, stdout, stderr } = await runCommand(arm, []);
    return { code, stdout: stdout.toString(), stderr };
  });
}

const listed = await runSimulated(guestFile(GUEST), ["list"], { seed: SEED, conditions: PLAIN });
const names = listed.stdout.trim().split("\n");

for (const [label, run] of runs) {
  const checks = suite(`the interfaces in ${label}`);
  let story: Story = { code: null, stdout: "", stderr: "it did not run" };

  checks.before(async () => { story = await run(); });

  for (const name of names) {
    checks(`should keep the rule of ${name}`, () => {
      const lines = story.stdout.split("\n");
      assert.is(lines.find((line) => line.startsWith("FAIL")) ?? "", "");
      assert.ok(lines.includes(`ok ${name}`), `it ended before; on stderr: ${story.stderr}`);
    });
  }

  checks("should end well, and say nothing on stderr", () => {
    assert.is(story.code, 0);
    assert.is(story.stderr, "");
    assert.is(story.stdout.split("\n").filter((line) => line.startsWith("ok ")).length, names.length);
  });

  checks.run();
}
