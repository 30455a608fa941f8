// One test per core body, on the arm that is given; and what a body says about itself.
import { suite, type Test } from "uvu";
import * as assert from "uvu/assert";
import { canPlay, type CoreArm, type CoreEnding } from "./arms.js";
import { nodeArm } from "./node-arm.js";
import { PEERS } from "./peers.js";

export interface CoreBody {
  readonly name: string;
  /** "passes", "fails" or "traps: " and the sentence of the assertion. */
  readonly ending: string;
  /** "alone", or the name of a peer that the test plays. */
  readonly peer: string;
  readonly title: string;
}

export async function coreBodies(): Promise<CoreBody[]> {
  const { code, stdout, stderr } = await nodeArm.run(["--list"]);
  assert.is(code, 0, stderr);
  return stdout.trimEnd().split("\n").map((line) => {
    const [name = "", ending = "", peer = "", title = ""] = line.split("\t");
    return { name, ending, peer, title };
  });
}

export async function testCoreBodies(arm: CoreArm): Promise<void> {
  const tests = suite(`core bodies, ${arm.name}`);
  registerCoreBodies(tests, arm, await coreBodies());
  tests.after(() => arm.end?.());
  tests.run();
}

export function registerCoreBodies(tests: Test, arm: CoreArm, bodies: readonly CoreBody[]): void {
  for (const body of bodies.filter((each) => canPlay(arm.name, each.peer))) {
    tests(`${body.name}: ${body.title}`, async () => check(body, await runBody(arm, body)));
  }
  tests("should refuse a name that no body has", async () => {
    assert.is((await arm.run(["no-such-body"])).code, 1);
  });
}

async function runBody(arm: CoreArm, { name, peer }: CoreBody): Promise<CoreEnding> {
  if (peer === "alone") return arm.run([name]);
  const play = (arm.peers ?? PEERS)[peer];
  if (play === undefined) throw new Error(`${name} wants the peer ${peer}, which nobody plays`);
  return play((words, onOutput) => arm.run([name, ...words], onOutput));
}

function check({ name, ending }: CoreBody, { code, stdout, stderr }: CoreEnding): void {
  const passed = stdout.endsWith(`ok ${name}\n`);
  if (ending === "passes") {
    assert.equal([code, stderr, passed], [0, "", true]);
  } else if (ending === "fails") {
    assert.equal([code, passed], [1, false], stderr);
    assert.ok(stderr.startsWith(`${name}: `), stderr);
  } else {
    const sentence = ending.replace(/^traps: /, "");
    assert.is.not(code, 0);
    assert.ok(stderr.startsWith(`event-engine: assertion failed: ${sentence} at `), stderr);
    assert.is(passed, false);
  }
}
