// `event-engine run`: the shipped file, run as any component is, and composed guests: grants, exit codes, signals.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite, type Test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { type Arm, COMPONENT } from "../support/arms.js";
import { Pattern } from "../support/bytes.js";
import { listen, open, receiveExactly } from "../support/client.js";
import { until, within } from "../support/guard.js";
import { processorSeconds, runCommand, startCommand, startServer } from "../support/process.js";
import { jspiNode, runArm as runArmIn } from "../support/run-arm.js";
import { composed } from "../support/composed.js";
import { echoCases } from "./echo-cases.js";

const folder = mkdtempSync(`${tmpdir()}/event-engine-run-`);
const pattern = new Pattern();
const LISTEN = ["--listen", "127.0.0.1:0"];

/** A file with a component in it, for the length of this test file. */
function fileWith(name: string, bytes: Uint8Array): string {
  writeFileSync(`${folder}/${name}`, bytes);
  return `${folder}/${name}`;
}

async function ends(arm: Arm, args: string[], code: number, stdout: string, stderr: RegExp | string): Promise<void> {
  const result = await runCommand(arm, args);
  if (typeof stderr === "string") assert.is(result.stderr, stderr);
  else assert.match(result.stderr, stderr);
  assert.is(result.stdout.toString(), stdout);
  assert.is(result.code, code);
}

/** The tests, for one way to run a guest. */
function testIn(label: string, node: () => string): void {
  const runArm = (file: string, options?: string[]): Arm => runArmIn(file, options, node);

  const echo = suite(`the engine by \`event-engine run\`, ${label}`);
  echoCases(echo, runArm(COMPONENT), ["echo", ...LISTEN]);

  const commands = suite(`event-engine run, ${label}`);

  commands("should name the component as the file is named, and give it its arguments", async () => {
    await ends(runArm(COMPONENT), ["--version"], 0, "event-engine 0.1.0\n", "");
    await ends(runArm(COMPONENT), ["nonsense"], 1, "", /nonsense/);
  });

  commands("should pipe standard input to a peer and its answer to standard output", async () => {
    const peer = await listen((socket) => socket.on("error", () => {}).pipe(socket));
    const text = pattern.at(0, 300_000);
    const result = await runCommand(runArm(COMPONENT), ["connect", `127.0.0.1:${peer.port}`], text)
      .finally(() => peer.close());
    assert.is(result.code, 0);
    assert.ok(result.stdout.equals(text), "every byte comes back");
  });

  commands("should deny the network unless it is granted, and say which option grants it", async () => {
    const denied = "event-engine: the component was denied";
    await ends(runArm(COMPONENT, []), ["echo", ...LISTEN], 1, "",
      `${denied} TCP: allow it with --tcp or --network\n` +
      "event-engine: echo: cannot listen on 127.0.0.1:0: access denied\n");
    await ends(runArm(COMPONENT, ["--tcp"]), ["connect", "localhost:1"], 1, "",
      new RegExp(`^${denied} name look-up: allow it with --name-lookup or --network\n`));
  });

  commands("should tell what is wrong with its own arguments", async () => {
    await ends(runArm("", []), [], 1, "", "event-engine: ENOENT: no such file or directory, open ''\n");
    await ends(runArm("--quick", []), [], 1, "", "event-engine: run: unknown option --quick\n");
    await ends(runArm("--env", []), ["A"], 1, "", "event-engine: run: --env wants NAME=TEXT\n");
    await ends(runArm("--tcp", []), [], 1, "", /^event-engine: run: name the component to run/);
    const help = await runCommand(runArm("--help", []), []);
    assert.match(help.stdout.toString(), /^usage: event-engine run/);
  });

  commands("should refuse what is no component, in one line", async () => {
    await ends(runArm(fileWith("text.wasm", Buffer.from("hello"))), [], 1, "",
      "event-engine: component: the file is too short (5 bytes)\n");
    await ends(runArm(fileWith("empty.wasm", await parse("(component)"))), [], 1, "", /is not a command\n$/);
  });

  commands("should exit with 134 after a trap, with one line that names it", async () => {
    const trap = fileWith("trap.wasm", await composed("(drop (call $value (i32.const 7))) (i32.const 0)"));
    await ends(runArm(trap), [], 134, "", "event-engine: trap: unknown handle: 7 is not a guest-resource\n");
    await ends(runArm(fileWith("fault.wasm", await composed("(unreachable)"))), [], 134, "",
      "event-engine: trap: unreachable\n");
  });

  commands("should suspend a guest that waits inside another component", async () => {
    const waits = fileWith("waits.wasm", await composed(`
      (call $block (call $subscribe (i64.const 30000000)))
      (local.set $n (i32.const 1000))
      (loop $again
        (call $block (call $subscribe (i64.const 0)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i32.const 0)`));
    await ends(runArm(waits), [], 0, "", "");
  });

  signalCases(commands, runArm);

  echo.run();
  commands.run();
}

function signalCases(commands: Test, runArm: (file: string) => Arm): void {
  commands("should end on a signal even while the guest computes", async () => {
    const { child, finish } = startCommand(runArm(fileWith("busy.wasm", await composed(`
      (drop (call $make (i32.const 1)))
      (loop $again (br $again)) (i32.const 0)`))), []);
    await until(() => "it is not busy", () => processorSeconds(child.pid as number) > 0.5);
    child.kill("SIGTERM");
    assert.is((await finish()).signal, "SIGTERM");
  });

  for (const [name, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    commands(`should end at once on ${name}, with connections open`, async () => {
      const server = await startServer(runArm(COMPONENT), ["echo", ...LISTEN]);
      const socket = await open(server);
      const answer = receiveExactly(socket, pattern, 0, 100);
      socket.write(pattern.at(0, 100));
      await answer;
      server.signal(name);
      const ended = await within("the command to end", server.ended);
      assert.is(server.stderr(), "");
      // To die of the signal itself is to a shell what its exit code would be.
      assert.ok(ended.code === code || ended.signal === name, `ended with ${ended.code ?? ended.signal}`);
      socket.destroy();
    });
  }
}

testIn("suspended", jspiNode);
testIn("in this Node", () => process.execPath);
process.once("exit", () => rmSync(folder, { recursive: true }));
