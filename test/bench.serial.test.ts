// The benchmarks run: every workload at its small size, on every arm that needs no packages of its own. Each run
// checks its own results (every byte, every count); speed is none of a test's business.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const run = promisify(execFile);
const ARMS = "engine-node,engine-wasmtime,engine-typescript,node-net,libuv,node";
const ECHO = ["ping-pong-32", "bulk-16", "active-100"];
const OPERATIONS = ["timers-1k", "tasks", "slices", "quota"];
const OTHERS = ["memory", "flat-memory", "idle", "start-up", "size"];

const bench = suite("benchmarks");

bench("should run every kind of workload at its small size", async () => {
  await run("sh", ["bench/setup.sh", "--native"], { timeout: 300_000 });
  await run("make", ["build/bench/operations.wasm"], { timeout: 300_000 });
  const { stdout } = await run(process.execPath, ["build/bench/run.js", "--small", "--arms", ARMS], {
    timeout: 300_000,
    maxBuffer: 1 << 24,
  });
  for (const workload of [...ECHO, ...OPERATIONS, ...OTHERS]) {
    assert.match(stdout, new RegExp(`^${workload}\\b`, "m"), `${workload} has no table`);
  }
});

bench.run();
