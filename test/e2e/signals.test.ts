// SIGINT and SIGTERM under Node: stop accepting at once, finish what is in flight, exit with 0.
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arms, nodeArm } from "../support/arms.js";
import { Pattern, SEED } from "../support/bytes.js";
import { type Address, gone, listen, open, receiveAll, receiveExactly, send } from "../support/client.js";
import { until, within } from "../support/guard.js";
import { type Server, startCommand, startServer } from "../support/process.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();
const STOPPING: NodeJS.Signals[] = ["SIGTERM", "SIGINT"];

/** A stop is promised within 5 s; a slow machine gets some more. */
const STOP_MS_MAX = 15_000;

async function isRefused(address: Address): Promise<boolean> {
  const socket = connect(address.port, address.host);
  const refused = await Promise.race([
    once(socket, "connect").then(() => false),
    once(socket, "close").then(() => true, () => true),
  ]).catch(() => true);
  socket.destroy();
  return refused;
}

async function assertCleanExit(server: Server): Promise<void> {
  const { code, signal } = await within("the server to end", server.ended, STOP_MS_MAX);
  assert.is(server.stderr(), "");
  assert.is(signal, null);
  assert.is(code, 0);
}

async function withNodeServer(args: string[], body: (server: Server) => Promise<void>): Promise<void> {
  const server = await startServer(nodeArm, args);
  await body(server).finally(server.stop);
}

const LISTEN = ["echo", "--listen", "127.0.0.1:0"];
const signals = suite("signals on node");

for (const name of STOPPING) {
  signals(`should exit with 0 on ${name} when idle`, async () => {
    await withNodeServer(LISTEN, async (server) => {
      server.signal(name);
      await assertCleanExit(server);
    });
  });

  signals(`should deliver what is in flight on ${name}, and refuse newcomers meanwhile`, async () => {
    await withNodeServer(LISTEN, async (server) => {
      const socket = await open(server);
      const answer = receiveExactly(socket, pattern, 0, 100);
      socket.write(pattern.at(0, 100));
      await answer; // From here on the connection is the server's, and not only the kernel's.
      await send(socket, pattern, 100, 1 << 20);
      socket.end();
      await within("everything to be sent", once(socket, "finish"));
      server.signal(name);
      let refused = false;
      void (async () => {
        while (!refused) refused = await isRefused(server) || (await sleep(20), false);
      })();
      await until(() => "newcomers are still accepted", () => refused, 5000);
      assert.is(await receiveAll(socket, pattern, 100), 1 << 20);
      socket.destroy();
      await assertCleanExit(server);
    });
  });
}

signals("should end although a client keeps its idle connection open", async () => {
  await withNodeServer(LISTEN, async (server) => {
    const socket = await open(server);
    const answer = receiveExactly(socket, pattern, 0, 100);
    socket.write(pattern.at(0, 100));
    await answer;
    const closed = gone(socket);
    socket.resume().once("end", () => socket.end());
    server.signal("SIGTERM");
    await within("the connection to be closed", closed);
    await assertCleanExit(server);
  });
});

signals("should end at last although a client never reads", async () => {
  await withNodeServer(LISTEN, async (server) => {
    const socket = await open(server);
    for (let offset = 0; socket.writableLength < 1 << 20; offset += 65_536) {
      socket.write(pattern.at(offset, 65_536));
      await sleep(0);
    }
    server.signal("SIGTERM");
    await assertCleanExit(server);
    socket.destroy();
  });
});

signals("should stop a proxy with connections on both sides", async () => {
  const far = await listen((socket) => socket.on("error", () => {}).pipe(socket));
  const args = ["proxy", "--listen", "127.0.0.1:0", "--to", `127.0.0.1:${far.port}`];
  await withNodeServer(args, async (server) => {
    const socket = await open(server);
    const answer = receiveExactly(socket, pattern, 0, 100);
    socket.write(pattern.at(0, 100));
    await answer;
    socket.resume().once("end", () => socket.end());
    server.signal("SIGTERM");
    await assertCleanExit(server);
    socket.destroy();
  }).finally(() => far.close());
});

signals("should stop connect", async () => {
  const peer = await listen((socket) => void socket.on("error", () => {}).resume());
  const accepted = once(peer, "connection");
  const { child, finish } = startCommand(nodeArm, ["connect", `127.0.0.1:${peer.port}`]);
  await within("the connection", accepted);
  child.kill("SIGTERM");
  const { code, stderr } = await finish().finally(() => peer.close());
  assert.is(stderr, "");
  assert.is(code, 0);
});

for (const [name, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  signals(`should exit at once with ${code} on a second ${name}`, async () => {
    await withNodeServer(LISTEN, async (server) => {
      const socket = await open(server);
      for (let offset = 0; socket.writableLength < 1 << 20; offset += 65_536) {
        socket.write(pattern.at(offset, 65_536));
        await sleep(0);
      }
      server.signal(name);
      while (!await isRefused(server)) await sleep(20); // Two signals at the same moment would be one.
      server.signal(name);
      const ended = await within("the server to end", server.ended);
      // To die of the signal itself is the same to a shell: it reports 128 plus the signal's number.
      assert.ok(ended.code === code || ended.signal === name, `ended with ${ended.code ?? ended.signal}`);
      socket.destroy();
    });
  });
}

if (arms.includes(nodeArm)) signals.run();
