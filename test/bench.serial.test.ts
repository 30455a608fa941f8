// The benchmarks run: every workload at its small size, on every arm that needs no packages of its own. Each run
// checks its own results (every byte, every count); speed is none of a test's business.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const run = promisify(execFile);
const ARMS = "engine-node,engine-wasmtime,node-net,libuv";

const bench = suite("benchmarks");

bench("should run every kind of workload at its small size", async () => {
  await run("sh", ["bench/setup.sh", "--native"], { timeout: 300_000 });
  const { stdout } = await run(process.execPath, ["build/bench/run.js", "--small", "--arms", ARMS], {
    timeout: 300_000,
    maxBuffer: 1 << 24,
  });
  for (const workload of ["ping-pong-32", "bulk-16", "active-100", "memory", "start-up", "size"]) {
    assert.match(stdout, workload);
  }
});

bench.run();
