// The benchmarks run: every workload at its small size, on every arm that needs no packages of its own. Each run
// checks its own results (every byte, every count); speed is none of a test's business.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { provide } from "./support/debian-tool.js";
import { guestArms } from "./support/guests.js";

const run = promisify(execFile);
const ARMS = "engine-node,engine-wasmtime,engine-typescript,node-net,libuv,node,node-c-ares";
const ECHO = ["ping-pong-32", "bulk-16", "active-100"];
const OPERATIONS = ["timers-1k", "tasks", "slices", "quota", "run-functions", "priority-latency", "dns-messages"];
/** Left out, with a remark, where there is no nameserver to ask. */
const ASKING = ["dns-1", "dns-256", "dns-cached-256", "dns-deadlines"];
const OTHERS = ["memory", "flat-memory", "idle", "slack-wake-ups", "start-up", "size"];
const IN_CHROMIUM = ["engine", "channel", "transfer", "gateway", "web-socket"].map((way) => `chromium-${way}`).join();
const OF_PAGES = ["page-echo-64", "page-echo-64k", "gateway-bulk", "gateway-ping-pong", "page-start-up"];

const bench = suite("benchmarks");

bench("should run every kind of workload at its small size", async () => {
  await run("sh", ["bench/setup.sh", "--native"], { timeout: 300_000 });
  await run("make", ["build/bench/operations.wasm"], { timeout: 300_000 });
  const hasChromium = provide("chromium") !== undefined;
  if (!hasChromium) console.log("workloads of pages are left out: there is no chromium");
  const arms = hasChromium ? `${ARMS},${IN_CHROMIUM}` : ARMS;
  const { stdout } = await run(process.execPath, ["build/bench/run.js", "--small", "--arms", arms], {
    timeout: 300_000,
    maxBuffer: 1 << 24,
  });
  const asking = /^DNS workloads are left out/m.test(stdout) ? [] : ASKING;
  const ofPages = hasChromium ? OF_PAGES : [];
  for (const workload of [...ECHO, ...OPERATIONS, ...asking, ...OTHERS, ...ofPages]) {
    assert.match(stdout, new RegExp(`^${workload}\\b`, "m"), `${workload} has no table`);
  }
});

for (const { label, arm } of guestArms("completions")) {
  bench(`should measure functions of a guest with ${label}`, async () => {
    const [file, args] = arm.command(["functions", "64", "1", "640"]);
    const { stdout } = await run(file, args, { timeout: 60_000 });
    const figures = Object.entries(JSON.parse(stdout) as Record<string, number[]>);
    assert.equal(figures.map(([name]) => name), ["run", "function", "functions", "function-system"]);
    assert.ok(figures.every(([, [ns = 0]]) => ns > 0), stdout);
  });
}

bench.run();
