// --stats and --stats-every: all four programs tell what they did, with the same names on both arms and the numbers of
// the traffic that there was.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Arm, arms, nodeArm, ROOT } from "../support/arms.js";
import { Pattern, SEED } from "../support/bytes.js";
import { echoOnce, listen } from "../support/client.js";
import { until, within } from "../support/guard.js";
import { type RunResult, runCommand, startServer, withServer } from "../support/process.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();
const BYTES = 300_000;
const LINE = /^event-engine: stats: ([a-z0-9-]+) (\d+)$/;
const COUNTERS = [
  "turns", "waits", "empty-turns", "timers", "tasks-low", "tasks-med", "tasks-high", "tasks-immediate", "tasks-system",
  "sources-told", "sources-run", "polls", "polled", "accepted", "connected", "bytes-read", "bytes-written",
];
const TIMES = ["turn", "late"].flatMap((what) => ["p50", "p99", "max"].map((share) => `${what}-${share}-ns`));
const NAMES = [...COUNTERS, ...TIMES];

type Block = ReadonlyMap<string, number>;

/** The blocks in what a program said, each with every name once and in order, and nothing between or after them. */
function blocksIn(stderr: string): Block[] {
  assert.match(stderr, /\n$/);
  const pairs = stderr.trimEnd().split("\n").map((line): [string, number] => {
    const [, name, value] = LINE.exec(line) ?? [];
    assert.ok(name !== undefined, `a line of statistics: ${line}`);
    return [name, Number(value)];
  });
  const blocks: Block[] = [];
  for (let at = 0; at < pairs.length; at += NAMES.length) {
    const block = pairs.slice(at, at + NAMES.length);
    assert.equal(block.map(([name]) => name), NAMES);
    blocks.push(new Map(block));
  }
  return blocks;
}

function only(stderr: string): (name: string) => number {
  const blocks = blocksIn(stderr);
  assert.is(blocks.length, 1);
  return (name) => blocks[0]!.get(name)!;
}

/** A program whose first line says why it failed. */
function failed({ code, stderr }: RunResult, why: RegExp): (name: string) => number {
  assert.is(code, 1);
  const end = stderr.indexOf("\n");
  assert.match(stderr.slice(0, end), why);
  return only(stderr.slice(end + 1));
}

function assertPolls(arm: Arm, count: (name: string) => number): void {
  if (arm === nodeArm) assert.equal([count("polls"), count("polled")], [0, 0], "the host turns it");
  else assert.ok(count("polls") > 0 && count("polled") >= count("polls"));
}

for (const arm of arms) {
  const stats = suite(`statistics on ${arm.name}`);

  stats("should be told by connect, of its connection and every byte", async () => {
    const peer = await listen((socket) => void socket.pipe(socket));
    const input = Buffer.from(pattern.at(0, BYTES));
    const args = ["connect", "--stats", `127.0.0.1:${peer.port}`];
    const { code, stdout, stderr } = await runCommand(arm, args, input).finally(() => peer.close());
    assert.is(code, 0);
    assert.ok(stdout.equals(input));
    const count = only(stderr);
    assert.equal([count("accepted"), count("connected")], [0, 1]);
    assert.equal([count("bytes-read"), count("bytes-written")], [2 * BYTES, 2 * BYTES], "standard streams count, too");
    assert.ok(count("turns") >= count("waits") && count("waits") > 0);
    assert.ok(count("sources-run") > 0 && count("sources-told") > 0);
    assert.ok(count("turn-max-ns") >= count("turn-p99-ns") && count("turn-p99-ns") >= count("turn-p50-ns"));
    assert.ok(count("turn-max-ns") > 0);
    assertPolls(arm, count);
  });

  stats("should be told by resolve, and go to stderr alone", async () => {
    const { code, stdout, stderr } = await runCommand(arm, ["resolve", "--stats", "[::1]", "--port=443"]);
    assert.is(code, 0);
    assert.is(stdout.toString(), "[::1]:443\n");
    assert.is(only(stderr)("bytes-read"), 0);
  });

  stats("should be told of a program that failed, behind why it did", async () => {
    const result = await runCommand(arm, ["connect", "--stats", "127.0.0.1:1"]);
    assert.is(failed(result, /127\.0\.0\.1:1: connection refused/)("connected"), 0);
  });

  for (const [name, more] of [["echo", []], ["proxy", ["--to", "127.0.0.1:1"]]] as const) {
    stats(`should be told by ${name} that cannot listen`, async () => {
      const other = await listen(() => {});
      const args = [name, "--listen", `127.0.0.1:${other.port}`, ...more, "--stats"];
      const result = await runCommand(arm, args).finally(() => other.close());
      assert.is(failed(result, /in use/)("accepted"), 0);
    });
  }

  stats("should be told by servers now and then", async () => {
    await withServer(arm, ["echo", "--listen", "127.0.0.1:0", "--stats-every", "1"], async (echo) => {
      const args = ["proxy", "--listen", "127.0.0.1:0", "--to", `127.0.0.1:${echo.port}`, "--stats-every=1"];
      await withServer(arm, args, async (proxy) => {
        await echoOnce(proxy, pattern, BYTES);
        const latest = (server: typeof echo): Block | undefined =>
          server.stderr() === "" ? undefined : blocksIn(server.stderr()).at(-1);
        const told = (server: typeof echo): boolean => (latest(server)?.get("bytes-written") ?? 0) >= BYTES;
        await until(() => `${echo.stderr()}\n${proxy.stderr()}`, () => told(echo) && told(proxy));
        assert.equal(["accepted", "connected"].map((name) => latest(echo)!.get(name)), [1, 0]);
        assert.equal(["accepted", "connected"].map((name) => latest(proxy)!.get(name)), [1, 1]);
        assert.equal(["bytes-read", "bytes-written"].map((name) => latest(echo)!.get(name)), [BYTES, BYTES]);
        assert.equal(["bytes-read", "bytes-written"].map((name) => latest(proxy)!.get(name)), [2 * BYTES, 2 * BYTES]);
        const blocks = (): number => blocksIn(echo.stderr()).length;
        const before = blocks();
        await until(echo.stderr, () => blocks() > before);
        assert.ok(latest(echo)!.get("timers")! >= before);
      }, { complaints: LINE });
    }, { complaints: LINE });
  });

  for (const time of ["0", "-1", "1.5", "86401", "", "x", "1s"]) {
    stats(`should refuse ${JSON.stringify(time)} for a time`, async () => {
      const args = ["echo", "--listen", "127.0.0.1:0", "--stats-every", time];
      const { code, stderr, stdout } = await runCommand(arm, args);
      assert.equal([code, stdout.length], [1, 0]);
      assert.is(stderr, `event-engine: echo: bad time '${time}' (want 1 to 86400 seconds)\n`);
    });
  }

  for (const args of [["connect"], ["resolve"], ["echo"], ["proxy", "--to", "127.0.0.1:1"]]) {
    stats(`should not be told by ${args[0]!} that never began`, async () => {
      const { code, stderr } = await runCommand(arm, [...args, "--stats"]);
      assert.is(code, 1);
      assert.match(stderr, /^event-engine: [^\n]+\n$/);
      assert.not.match(stderr, /stats: /);
    });
  }

  stats("should take no value with --stats", async () => {
    const { stderr } = await runCommand(arm, ["resolve", "[::1]", "--stats=1"]);
    assert.is(stderr, "event-engine: resolve: option '--stats' takes no value\n");
  });

  stats.run();
}

const ending = suite("statistics of a server that is stopped");

for (const option of [["--stats"], ["--stats-every", "3600"]]) {
  ending(`should be told at the end, with ${option[0]!}`, async () => {
    const server = await startServer(nodeArm, ["echo", "--listen", "127.0.0.1:0", ...option]);
    try {
      await echoOnce(server, pattern, BYTES);
      assert.is(server.stderr(), "");
      server.signal("SIGTERM");
      const { code } = await within("the server to end", server.ended);
      assert.is(code, 0);
      const count = only(server.stderr());
      assert.equal([count("accepted"), count("bytes-read"), count("bytes-written")], [1, BYTES, BYTES]);
    } finally {
      await server.stop();
    }
  });
}

ending("should go by the names that the documentation has", () => {
  const page = readFileSync(`${ROOT}docs/statistics.md`, "utf8");
  assert.equal(NAMES.filter((name) => !page.includes(`\`${name}\``)), []);
});

ending.run();
