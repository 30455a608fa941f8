// The interfaces of the package, checked from the inside by a guest in C, on every way to run a guest and in
// simulations: there everything that may vary does vary.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CALM, type Conditions, RAGGED } from "#host/sim/index.js";
import { LISTEN_BACKLOG_DEFAULT } from "#host/wasi/limits.js";
import { type Arm, wasmtime } from "../support/arms.js";
import { SEED } from "../support/bytes.js";
import { guestArms, guestFile } from "../support/guests.js";
import { runCommand } from "../support/process.js";
import { runArm } from "../support/run-arm.js";
import { runSimulated } from "../support/simulated-guest.js";

const ROUGH_RUNS = 2;
const RANDOM_STEPS = 4000;
const GUEST = "interface";
const PLAIN: Conditions = { ...CALM, soonDelayNs: [1000, 1000] };
const ROUGH: Conditions = { ...RAGGED, segmentBytes: [64, 65_536], readBytes: [64, 65_536] };

interface Story {
  code: number | null;
  stdout: string;
  stderr: string;
}

type Run = (args: string[]) => Promise<Story>;

const simulated = (conditions: Conditions, seed: number): Run => (args) =>
  runSimulated(guestFile(GUEST), args, { seed, conditions });

const runs = new Map<string, Run>([["a calm simulation", simulated(PLAIN, SEED)]]);
for (let seed = SEED; seed < SEED + ROUGH_RUNS; seed++) {
  runs.set(`a rough simulation with seed ${seed}`, simulated(ROUGH, seed));
}
for (const { label, arm } of guestArms(GUEST)) {
  runs.set(label, async (args) => {
    const { code, stdout, stderr } = await runCommand(arm, args);
    return { code, stdout: stdout.toString(), stderr };
  });
}

const withoutNetwork = new Map<string, () => Promise<Story>>([
  ["a simulation", () => runSimulated(guestFile(GUEST), ["denied"], { seed: SEED, conditions: PLAIN, tcp: false })],
]);
const plainArms: Arm[] = [
  { name: "wasmtime", command: (args) => [wasmtime(), ["run", guestFile(GUEST), ...args]] },
  runArm(guestFile(GUEST), []),
];
for (const arm of plainArms.filter(({ name }) => (process.env.E2E_ARMS ?? name) === name)) {
  withoutNetwork.set(arm.name, async () => {
    const { code, stdout, stderr } = await runCommand(arm, ["denied"]);
    return { code, stdout: stdout.toString(), stderr };
  });
}

const listed = await runSimulated(guestFile(GUEST), ["list"], { seed: SEED, conditions: PLAIN });
console.log(`TEST_SEED=${SEED}`);
const names = listed.stdout.trim().split("\n");

for (const [label, run] of runs) {
  const checks = suite(`the interfaces in ${label}`);
  let story: Story = { code: null, stdout: "", stderr: "it did not run" };

  checks.before(async () => { story = await run([]); });

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

  checks("should agree with a model, whatever is called", async () => {
    const { code, stdout, stderr } = await run(["random", String(SEED), String(RANDOM_STEPS)]);
    assert.match(stdout, /^\d+ operations\nok random\n$/, `TEST_SEED=${SEED}`);
    assert.equal([code, stderr], [0, ""]);
  });

  checks("should agree with a model, whatever is looked up", async () => {
    const { code, stdout, stderr } = await run(["names", String(SEED), String(RANDOM_STEPS)]);
    assert.match(stdout, /^\d+ look-ups\nok names\n$/, `TEST_SEED=${SEED}`);
    assert.equal([code, stderr], [0, ""]);
  });

  checks("should agree with a model, whatever alarms are set and functions run", async () => {
    const { code, stdout, stderr } = await run(["alarms", String(SEED), String(RANDOM_STEPS)]);
    assert.match(stdout, /^\d+ alarms\nok alarms\n$/, `TEST_SEED=${SEED}`);
    assert.equal([code, stderr], [0, ""]);
  });

  checks("should agree with a model, whatever descriptors are told to do", async () => {
    const { code, stdout, stderr } = await run(["sockets", String(SEED), String(RANDOM_STEPS)]);
    assert.match(stdout, /^\d+ registrations\nok sockets\n$/, `TEST_SEED=${SEED}`);
    assert.equal([code, stderr], [0, ""]);
  });

  checks("should shut down when the last reference goes, and not before", async () => {
    const { code, stdout, stderr } = await run(["held"]);
    assert.equal([code, stdout, stderr], [0, "ok held\n", ""]);
  });

  checks.run();
}

const options = suite("socket options of a guest");

options("should arrive at their sockets, each in its place", async () => {
  const { code, sockets } = await runSimulated(guestFile(GUEST), ["options"], { seed: SEED, conditions: PLAIN });
  assert.is(code, 0);
  const found = sockets.map((socket) => ({
    ...Reflect.get(socket, "options") as object, backlog: Reflect.get(socket, "backlog") as number,
  }));
  assert.equal(found, [{
    keepAliveEnabled: true, keepAliveIdleNs: 61_000_000_000n, keepAliveIntervalNs: 11_000_000_000n,
    keepAliveCount: 3, receiveBufferBytes: 65_536n, sendBufferBytes: 131_072n, hopLimit: 41, backlog: 17,
  }, {
    keepAliveEnabled: false, keepAliveIdleNs: 62_000_000_000n, keepAliveIntervalNs: 12_000_000_000n,
    keepAliveCount: 4, receiveBufferBytes: 32_768n, sendBufferBytes: 16_384n, hopLimit: 42,
    backlog: LISTEN_BACKLOG_DEFAULT,
  }]);
});

options.run();

const denied = suite("the interfaces without the network");

for (const [label, run] of withoutNetwork) {
  denied(`should say in ${label} that it is denied, and leave nothing behind`, async () => {
    const { code, stdout } = await run();
    assert.equal([code, stdout], [0, "ok denied\n"]);
  });
}

denied.run();
