// `event-engine gateway` as a process: its options, its output, its log, its tokens, and how it ends.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dataFrame, END, Goodbye, OPENED, plainFrame, WELCOME } from "#host/gateway/frames.js";
import type { AuditLine } from "#host/node/gateway/gateway.js";
import { signToken } from "#host/node/gateway/token.js";
import { nodeArm } from "../support/arms.js";
import { listen } from "../support/client.js";
import { at, GatewayClient, ORIGIN } from "../support/gateway-client.js";
import { until } from "../support/guard.js";
import { runCommand, startServer, withServer } from "../support/process.js";
import { startRedis } from "../support/servers.js";

const folder = mkdtempSync(join(tmpdir(), "gateway-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const LISTEN = ["gateway", "--listen", "127.0.0.1:0", "--origin", ORIGIN];

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

async function fails(args: string[], stderr: RegExp): Promise<void> {
  const result = await runCommand(nodeArm, ["gateway", ...args]);
  assert.match(result.stderr, stderr, args.join(" "));
  assert.is(result.stderr.split("\n").length, 2, "one line");
  assert.is(result.code, 1);
  assert.is(result.stdout.length, 0);
}

const command = suite("event-engine gateway");

command("should say how it is used, and what is wrong with its arguments", async () => {
  const help = await runCommand(nodeArm, ["gateway", "--help"]);
  assert.match(help.stdout.toString(), /^usage: event-engine gateway --listen/);
  assert.is(help.code, 0);
  await fails([], /^event-engine: gateway: --listen is missing/);
  await fails(["--quick"], /unknown option --quick/);
  await fails(["--listen"], /--listen wants a value/);
  await fails(["--listen", "a", "--listen", "b"], /--listen may be given once/);
  await fails(["--listen", "localhost:80"], /is not ADDRESS:PORT/);
  await fails(["--listen", "127.0.0.1:99999"], /is not ADDRESS:PORT/);
  await fails(["--listen", "127.0.0.1:0", "--allow", "tcp:::1:80"], /rule "tcp:::1:80": wants tcp:TARGET:PORTS/);
  await fails(["--listen", "127.0.0.1:0", "--origin", "*"], /"\*" is not an origin/);
  const here = ["--listen", "127.0.0.1:0"];
  await fails([...here, "--limit", "speed=9"], /is not NAME=NUMBER with one of streams, .*session-idle-ms/);
  await fails([...here, "--limit", "frame-bytes=5"], /the limit frameBytes is a whole number from 1024/);
  await fails([...here, "--secret-file", file("short", "abc\n")], /16 bytes at least/);
  await fails([...here, "--secret-file", join(folder, "none")], /ENOENT/);
});

command("should refuse a public address without a secret, and take one with it", async () => {
  await fails(["--listen", "0.0.0.0:0"], /without a secret the gateway listens on a loopback address only/);
  await fails(["--listen", "[::]:0"], /without a secret/);
  const secret = file("secret", "0123456789abcdef0123456789abcdef\n");
  await withServer(nodeArm, ["gateway", "--listen", "0.0.0.0:0", "--secret-file", secret], async (server) => {
    assert.is(server.host, "0.0.0.0");
    const client = await GatewayClient.greet(server.port, "", { origin: undefined });
    assert.is(client.goodbye, Goodbye.Unauthorised);
  });
});

command("should make tokens that its gateways take", async () => {
  // Any bytes may be in the file; editors put a line break at its end.
  const bytes = Buffer.from([...Buffer.from("0123456789abcdef"), 0x80, 0xff, 0xc3]);
  const secret = join(folder, "binary");
  writeFileSync(secret, Buffer.from([...bytes, 10]));
  const echo = await listen((socket) => socket.on("error", () => {}).pipe(socket));
  const made = await runCommand(nodeArm,
    ["gateway", "token", "--secret-file", secret, "--ttl", "60", "--allow", `tcp:127.0.0.1:${echo.port}`]);
  const token = made.stdout.toString().trim();
  await fails(["token", "--secret-file", secret, "--ttl", "x"], /whole seconds/);
  await fails(["token", "--secret-file", secret], /--ttl is missing/);
  const args = [...LISTEN, "--secret-file", secret, "--allow", "tcp:127.0.0.1:*"];
  await withServer(nodeArm, args, async ({ port }) => {
    const client = await GatewayClient.greet(port, token);
    assert.is((await client.open(1, at(echo.port))).type, OPENED);
    await client.close();
    const own = await GatewayClient.greet(port, signToken(bytes, 60));
    assert.is(own.of(WELCOME).length, 1, "whoever has the same bytes makes the same tokens");
    await own.close();
  });
  echo.close();
});

command("should write a line for every decision and every end, for its owner to read", async () => {
  const path = join(folder, "audit.jsonl");
  const echo = await listen((socket) => socket.on("error", () => {}).pipe(socket));
  const args = [...LISTEN, "--allow", `tcp:127.0.0.1:${echo.port}`, "--audit", path, "--limit", "streams=5"];
  await withServer(nodeArm, args, async (server) => {
    const client = await GatewayClient.greet(server.port);
    assert.is(client.of(WELCOME)[0]?.streamsMax, 5);
    await client.open(1, at(echo.port));
    await client.open(2, at(1));
    client.send(dataFrame(1, Buffer.from("12345"), 0, 5));
    client.send(plainFrame(END, 1));
    await client.next(END, 1);
    await client.close();
    await GatewayClient.connect(server.port, { origin: "http://evil.test" });
    const lines = (): AuditLine[] => readFileSync(path, "utf8").split("\n").slice(0, -1)
      .map((line) => JSON.parse(line) as AuditLine);
    await until(() => `only ${lines().length} lines`, () => lines().length >= 6);
    assert.equal(lines().map(({ event, allowed, session }) => [event, allowed, session]), [
      ["session", true, 1], ["connect", true, 1], ["connect", false, 1], ["end", undefined, 1],
      ["goodbye", undefined, 1], ["refused", false, 0],
    ]);
    assert.equal([lines()[3]?.sent, lines()[3]?.received], [5, 5]);
    assert.is(lines()[0]?.origin, ORIGIN);
    assert.match(lines()[0]?.client ?? "", /^127\.0\.0\.1:\d+$/);
  });
  assert.is(statSync(path).mode & 0o777, 0o600);
  echo.close();
});

command("should say goodbye when it is told to end, and end", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const server = await startServer(nodeArm, LISTEN);
    const client = await GatewayClient.greet(server.port);
    server.signal(signal);
    await client.until(() => client.closeCode !== null, "the close");
    assert.is(client.goodbye, Goodbye.ShuttingDown);
    assert.equal(await server.ended, { code: 0, signal: null });
    assert.is(server.stderr(), "");
  }
});

command.run();

const redis = suite("Redis by the gateway");

redis("should answer as it does without", async () => {
  const redisServer = await startRedis(folder);
  await withServer(nodeArm, [...LISTEN, "--allow", `tcp:${redisServer.address}`], async (server) => {
    const client = await GatewayClient.greet(server.port);
    await client.open(1, at(Number(redisServer.address.split(":")[1])));
    const value = "x".repeat(100_000);
    // Not an inline command: Redis takes those up to 64 KiB only, unless they happen to come in one piece.
    const set = `*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$${value.length}\r\n${value}\r\n`;
    const commands = Buffer.from(`${set}STRLEN key\r\nGET key\r\nQUIT\r\n`);
    for (let from = 0; from < commands.length; from += 65_536) {
      client.send(dataFrame(1, commands, from, Math.min(from + 65_536, commands.length)));
    }
    await client.next(END, 1);
    assert.is(client.bytes(1).toString(), `+OK\r\n:100000\r\n$100000\r\n${value}\r\n+OK\r\n`);
    await client.close();
  });
  redisServer.end();
});

redis.run();
