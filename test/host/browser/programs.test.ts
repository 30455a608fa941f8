// Programs and components by a function call, over Node's sockets and in a simulation. What browsers make of it is in
// test/browser.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ComponentError, runComponent, runProgram, type Running } from "#host/components.js";
import { COMPONENT } from "../../support/arms.js";
import { wasm } from "#host/abi/webassembly.js";
import { until, within } from "../../support/guard.js";

const file = readFileSync(COMPONENT);

interface Observed extends Running {
  stdout: string;
  stderr: string;
}

function observed(start: (streams: { stdout(text: string): void; stderr(text: string): void }) => Running): Observed {
  const seen = { stdout: "", stderr: "" };
  const running = start({
    stdout: (text) => { seen.stdout += text; },
    stderr: (text) => { seen.stderr += text; },
  });
  return Object.assign(seen, running);
}

async function portOf(program: Observed): Promise<number> {
  await until(() => `no port: ${program.stdout}${program.stderr}`, () => program.stdout.endsWith("\n"));
  return Number(/^listening 127\.0\.0\.1:(\d+)\n$/.exec(program.stdout)?.[1]);
}

const programs = suite("runProgram");

programs("should run the echo program until it is stopped", async () => {
  const echo = observed((streams) => runProgram(["echo", "--listen", "127.0.0.1:0"], streams));
  const socket = connect(await portOf(echo), "127.0.0.1");
  socket.end("hello");
  const [answer] = await within("the echo", once(socket, "data")) as [Buffer];
  assert.is(answer.toString(), "hello");
  await within("the end", once(socket, "close"));
  echo.stop();
  assert.is(await within("the program's end", echo.exitCode), 0);
});

programs("should give a program its input, and its exit code to whoever waits", async () => {
  const echo = observed((streams) => runProgram(["echo", "--listen", "127.0.0.1:0"], streams));
  const words = ["connect", `127.0.0.1:${await portOf(echo)}`];
  const client = observed((streams) => runProgram(words, { ...streams, wasm: file, stdin: "hello" }));
  assert.is(await within("the client's end", client.exitCode), 0);
  assert.equal([client.stdout, client.stderr], ["hello", ""]);
  echo.stop();
  await within("the program's end", echo.exitCode);
});

programs("should answer 1 and a line on stderr when a program fails", async () => {
  const program = observed((streams) => runProgram(["nonsense"], streams));
  assert.is(await within("its end", program.exitCode), 1);
  assert.match(program.stderr, /^event-engine: .*unknown program 'nonsense'/);
});

programs("should run nothing when it is stopped before it was loaded", async () => {
  const program = observed((streams) => runProgram(["echo", "--listen", "127.0.0.1:0"], streams));
  program.stop();
  assert.equal([await within("its end", program.exitCode), program.stdout], [0, ""]);
});

programs("should reject when the file is none", async () => {
  const { exitCode } = runProgram(["echo"], { wasm: new Uint8Array(9) });
  await exitCode.then(() => assert.unreachable(), (error: Error) => assert.match(error.message, /^component: /));
});

programs.run();

const components = suite("runComponent");

if ("Suspending" in wasm) {
  components("should run a component", async () => {
    const { exitCode } = runComponent(file, { args: ["event-engine", "--version"], stdout: () => {} });
    assert.is(await exitCode, 0);
  });
} else {
  components("should say what is missing where WebAssembly cannot be suspended, and what works", async () => {
    const { exitCode, stop } = runComponent(file);
    stop();
    await exitCode.then(() => assert.unreachable(), (error: Error) => {
      assert.instance(error, ComponentError);
      assert.match(error.message, /JavaScript Promise Integration.*EventEngine and the engine's own programs/);
    });
  });
}

components.run();
