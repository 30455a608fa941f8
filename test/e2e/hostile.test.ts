// Guests that break every rule there is, or ask for more than there is. Each run ends as documented, the host lives on,
// and what the engine holds stays bounded.
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CALM, type Conditions } from "#host/sim/index.js";
import type { Arm } from "../support/arms.js";
import { SEED } from "../support/bytes.js";
import { until } from "../support/guard.js";
import { guestArms, guestFile } from "../support/guests.js";
import { runCommand, startCommand } from "../support/process.js";
import { jspiNode } from "../support/run-arm.js";
import { runSimulated, type SimulatedEnding } from "../support/simulated-guest.js";
import { GREEDY, HANDLES, RULES, SPINNING } from "./hostile-cases.js";

const GUEST = "hostile";
const MIB = 1 << 20;
/** Twice as much as the largest of these needs, and far less than what nothing but the address space would bound. */
const MEMORY_MAX = 192 * MIB;
const QUOTA_CASE_MEMORY_MAX = 32 * MIB;
const SOCKETS_MAX = 100;
const PLAIN: Conditions = { ...CALM, soonDelayNs: [1000, 1000] };
/** They wait by the clock alone, which in a simulation takes millions of events. */
const REAL_TIME = ["spin-for-a-while"];

async function simulated(name: string): Promise<SimulatedEnding> {
  const ending = await runSimulated(guestFile(GUEST), [name], {
    seed: SEED, conditions: PLAIN, socketsMax: SOCKETS_MAX,
  });
  assert.ok(ending.stdout.startsWith(`about to: ${name}\n`), ending.stdout);
  assert.ok(ending.memoryBytes <= MEMORY_MAX, `${ending.memoryBytes} bytes`);
  return ending;
}

function allOf(story: string, lines: readonly string[]): void {
  const said = story.trim().split("\n");
  for (const line of [...lines, "done"]) assert.ok(said.includes(line), `${line} is not in:\n${story}`);
}

const cases = suite("the cases of the hostile guest");

for (const [list, names] of Object.entries({
  rules: Object.keys(RULES), handles: Object.keys(HANDLES), greedy: [...Object.keys(GREEDY), SPINNING],
})) {
  cases(`should be all that it has in ${list}`, async () => {
    const { stdout } = await runSimulated(guestFile(GUEST), [list], { seed: SEED, conditions: PLAIN });
    assert.equal(stdout.trim().split("\n").sort(), names.sort());
  });
}

cases.run();

const rules = suite("a guest that breaks a rule of the engine");

for (const [name, rule] of Object.entries(RULES)) {
  rules(`should trap after one line that names the rule: ${name}`, async () => {
    const { code, trap, stdout, stderr, memoryBytes } = await simulated(name);
    assert.is(code, null);
    assert.is(trap, "unreachable");
    assert.is(stdout, `about to: ${name}\n`);
    const [line = "", ...rest] = stderr.trimEnd().split("\n");
    assert.match(line, new RegExp(`^event-engine: assertion failed: ${rule}.* at assembly/[a-z-/]+\\.ts:\\d+$`));
    assert.equal(rest, []);
    assert.ok(memoryBytes <= QUOTA_CASE_MEMORY_MAX, `${memoryBytes} bytes`);
  });
}

rules.run();

const handles = suite("a guest that breaks a rule of the component model");

for (const [name, message] of Object.entries(HANDLES)) {
  handles(`should trap, and nothing else: ${name}`, async () => {
    const { code, trap, stdout, stderr } = await simulated(name);
    assert.is(code, null);
    assert.match(trap, message);
    assert.is(stdout, `about to: ${name}\n`);
    assert.is(stderr, "");
  });
}

handles.run();

const greedy = suite("a guest that asks for too much");

for (const [name, lines] of Object.entries(GREEDY)) {
  if (REAL_TIME.includes(name)) continue;
  greedy(`should get what is bounded, and end: ${name}`, async () => {
    const { code, stdout, stderr } = await simulated(name);
    assert.is(code, 0);
    allOf(stdout, lines);
    assert.is(stderr, "");
  });
}

greedy.run();

const beside = suite("beside a guest that never waits, in one process,");

beside("other sockets should be served", async () => {
  const script = fileURLToPath(new URL("./beside-a-guest.js", import.meta.url));
  const arm: Arm = { name: "node", command: (args) => [jspiNode(), [script, ...args]] };
  const { code, stdout, stderr } = await runCommand(arm, [guestFile(GUEST)]);
  assert.is(stdout.toString(), "served 200, exit code 0\n", stderr);
  assert.is(code, 0);
});

beside.run();

/** One of each sort. */
const SAMPLE = ["make-buffers", "stale-handle", "list-of-17-megabytes"];
/** What depends on the host. */
const GREEDY_SAMPLE = ["never-drain", "never-claim", "spin-for-a-while"];

for (const { label, arm } of guestArms(GUEST)) {
  const hostile = suite(`a hostile guest in ${label}`);

  for (const name of SAMPLE) {
    hostile(`should end with a failure and a reason: ${name}`, async () => {
      const { code, signal, stdout, stderr } = await runCommand(arm, [name]);
      assert.is(stdout.toString(), `about to: ${name}\n`);
      assert.is(signal, null);
      assert.is.not(code, 0);
      assert.match(stderr, RULES[name] === undefined ? /./ : new RegExp(`assertion failed: ${RULES[name]}`));
    });
  }

  for (const name of GREEDY_SAMPLE) {
    hostile(`should get what is bounded, and end: ${name}`, async () => {
      const running = startCommand(arm, [name], { filesMax: SOCKETS_MAX });
      running.child.stdin?.end();
      const { code, stdout, stderr } = await running.finish();
      assert.is(code, 0, stderr);
      allOf(stdout.toString(), GREEDY[name] as string[]);
      assert.is(stderr, "");
    });
  }

  hostile("should hear of a peer although it never waits", async () => {
    const running = startCommand(arm, [SPINNING]);
    let said = "";
    running.child.stdout?.on("data", (chunk: Buffer) => { said += chunk.toString(); });
    await until(() => `it said ${said}`, () => /^port \d+$/m.test(said));
    const socket = connect(Number(/^port (\d+)$/m.exec(said)?.[1]), "127.0.0.1");
    socket.on("error", () => {}); // it ends while we are there
    const { code, stderr } = await running.finish();
    socket.destroy();
    assert.is(code, 0, stderr);
  });

  hostile.run();
}
