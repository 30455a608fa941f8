// The examples, run as a reader would run them: each must end by itself, and print what is here.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "./support/arms.js";
import { GUARD_MS } from "./support/guard.js";

const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  descriptors: [
    "server: end-of-stream", 'client: heard "hello, descriptors", then end-of-stream',
    "server: a client said nothing and was sent away", 'client: heard "", then end-of-stream',
  ],
  "echo-callbacks": ["echoed: hello, engine", "the listener is shut down: ok"],
  "echo-promises": ["echoed: hello", "echoed: engine", "the server stopped: that was all"],
  grpc: ["hello", "engine"],
  http: ["200: you asked for /first", "200: you asked for /second"],
  lookup: [
    "localhost:443: [::1]:443, 127.0.0.1:443", "cancelled: true, cancelled again: false",
    "late.example.test: DEADLINE_EXCEEDED", "connected to 127.0.0.1",
  ],
  "memory-quota": [
    "reserved: 4 MiB, overcommitted: true", "the cache gives 6 MiB back", "overcommitted: false",
  ],
  "own-engine": [
    "the default engine is ours: true", "you asked for /own", "createListener: 1, connect: 1, runAfter: 1", "left: 0",
  ],
  "own-loop": [
    "5 pings, 5 answers", "the timer was not early", "callbacks: true, outside of frames: 0, frames: true",
    "nobody holds the loop any more: it ends",
  ],
  timers: [
    "first: nothing runs before the call returns", "cancelled: true, cancelled again: false",
    "second: tasks run in the order of the calls", "third: an object with `run` does as well",
    "tick 1", "tick 2", "tick 3", "no timer was early",
  ],
};

const examples = suite("examples");

examples("should all be here", () => {
  const names = readdirSync(`${ROOT}examples`).filter((name) => name.endsWith(".mjs"));
  assert.equal(names.map((name) => name.replace(".mjs", "")).sort(), Object.keys(EXPECTED).sort());
});

for (const [name, lines] of Object.entries(EXPECTED)) {
  examples(`should run: ${name}`, async () => {
    const run = promisify(execFile)(process.execPath, [`examples/${name}.mjs`], { cwd: ROOT, timeout: GUARD_MS });
    const { stdout, stderr } = await run;
    assert.is(stderr, "");
    assert.equal(stdout.trimEnd().split("\n"), lines);
  });
}

examples.run();
