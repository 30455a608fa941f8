// The Redis client in C, against a real redis-server and against a peer that cuts and twists its answers.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { listen } from "../support/client.js";
import { guestArms } from "../support/guests.js";
import { runCommand } from "../support/process.js";
import { type RealServer, startRedis } from "../support/servers.js";

const folder = mkdtempSync(join(tmpdir(), "redis-"));
let redis: RealServer;
let address = "";

const setUp = suite("redis-server");
setUp("should start", async () => {
  redis = await startRedis(folder);
  ({ address } = redis);
});
setUp.run();

for (const { label, arm } of guestArms("redis-get-set")) {
  const client = suite(`the Redis client in C on ${label}`);

  /** A server that answers whatever comes with `pieces`, and then ends or stays. */
  async function answeredBy(
    pieces: string[], code: number, output: string, error: RegExp, ends = false,
  ): Promise<void> {
    const peer = await listen((socket) => {
      socket.on("error", () => {}).once("data", () => {
        pieces.forEach((piece, index) => setTimeout(() => {
          socket.write(piece);
          if (ends && index === pieces.length - 1) socket.end();
        }, index * 5));
      });
    });
    try {
      const result = await runCommand(arm, [`127.0.0.1:${peer.port}`, "key", "value"]);
      assert.match(result.stderr, error);
      assert.is(result.stdout.toString(), output);
      assert.is(result.code, code);
    } finally {
      peer.close();
    }
  }

  client("should set and get", async () => {
    const key = `key of ${label}`;
    assert.is((await runCommand(arm, [address, key])).stdout.toString(), "(nil)\n");
    const long = "x\r\ny".repeat(5000);
    for (const value of ["1", "", "a b\r\nc", long]) {
      const result = await runCommand(arm, [address, key, value]);
      assert.is(result.stderr, "");
      assert.is(result.stdout.toString(), `OK\n${value}\n`);
      assert.is(result.code, 0);
    }
    assert.is((await runCommand(arm, [address, key])).stdout.toString(), `${long}\n`);
  });

  client("should read answers however they are cut", async () => {
    await answeredBy([..."+OK\r\n$5\r\nva\rue\r\n"], 0, "OK\nva\rue\n", /^$/);
    await answeredBy(["+OK\r", "\n$-1\r\n"], 0, "OK\n(nil)\n", /^$/);
  });

  client("should say what is wrong with an answer, and end", async () => {
    await answeredBy(["-ERR no\r\n"], 1, "", /^redis-get-set: server: ERR no\n$/);
    await answeredBy(["+OK\r\n$99999999999\r\n"], 1, "OK\n", /receive: more than 1 MiB/);
    await answeredBy(["+OK\r\n$10\r\nhalf"], 1, "OK\n", /receive: end-of-stream/, true);
    await answeredBy(["x".repeat(1_100_000)], 1, "", /receive: more than 1 MiB/);
  });

  client("should say why it cannot connect", async () => {
    const result = await runCommand(arm, ["127.0.0.1:1", "key"]);
    assert.is(result.stderr, "redis-get-set: connect: connection-refused\n");
    assert.is(result.code, 1);
  });

  client.run();
}

const tearDown = suite("redis-server, at the end");
tearDown("should have lived through all of it", () => {
  assert.ok(redis.isRunning());
  redis.end();
  rmSync(folder, { recursive: true });
});
tearDown.run();
