// `event-engine sim` on the command line.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scenarios } from "#host/sim/index.js";
import { nodeArm } from "../support/arms.js";
import { runCommand } from "../support/process.js";

const command = suite("the command sim");

async function sim(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await runCommand(nodeArm, ["sim", ...args]);
  return { code, stdout: stdout.toString(), stderr };
}

command("should list the scenarios", async () => {
  const { code, stdout } = await sim("--list");
  assert.is(code, 0);
  const listed = stdout.trimEnd().split("\n").map((line) => line.split(" ", 1)[0]);
  assert.equal(listed, scenarios.map(({ name }) => name));
});

command("should say how it went, and how again", async () => {
  const { code, stdout, stderr } = await sim("--scenario", "echo", "--seed", "3", "--runs", "2");
  assert.equal([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  assert.is(lines.length, 2);
  for (const [index, line] of lines.entries()) {
    assert.ok(line.startsWith(`echo seed ${3 + index}: `), line);
    assert.match(line, /: [0-9.]+ s virtual, [0-9]+ events, trace [0-9a-f]{16}, ok$/);
  }
  const again = await sim("--scenario", "echo", "--seed", "4");
  assert.is(again.stdout.trimEnd(), lines[1]);
});

command("should fail with the command that shows the failure again", async () => {
  const { code, stdout } = await sim("--scenario", "canary", "--seed", "12");
  assert.is(code, 1);
  const [, why, again] = stdout.split("\n");
  assert.match(stdout, /, FAILED\n/);
  assert.is(why, "  canary with seed 12: peer 0 got a wrong byte at 0");
  assert.is(again, "  again: event-engine sim --scenario canary --seed 12");
});

command("should run everything but the canary when no scenario is named", async () => {
  const { code, stdout } = await sim("--seed", "1");
  assert.is(code, 0, stdout);
  assert.is(stdout.trimEnd().split("\n").length, scenarios.length - 1);
  assert.not.match(stdout, /canary/);
});

command("should print each event when told to", async () => {
  const { stdout } = await sim("--scenario", "names", "--trace");
  assert.match(stdout, /^[0-9]+ lookup [0-9]+ 0$/m);
});

command("should refuse in one line what it does not understand", async () => {
  const refused: [args: string[], names: string][] = [
    [["--scenario", "nothing"], "nothing"], [["--seed", "-1"], "--seed"], [["--seed", "1e3"], "--seed"],
    [["--seed", "99999999999999999999"], "--seed"], [["--runs", "x"], "--runs"], [["--loud"], "--loud"],
    [["extra"], "extra"],
  ];
  for (const [args, names] of refused) {
    const { code, stdout, stderr } = await sim(...args);
    assert.equal([code, stdout], [1, ""], args.join(" "));
    assert.match(stderr, /^event-engine: sim: [^\n]+\n$/, args.join(" "));
    assert.ok(stderr.includes(names), stderr);
  }
});

command("should explain itself", async () => {
  const { code, stdout } = await sim("--help");
  assert.is(code, 0);
  const options = ["--scenario", "--seed", "--runs", "--trace", "--list"];
  for (const option of options) assert.ok(stdout.includes(option), option);
});

command.run();
