// A reader that does not read: the sender must be held back, and the server's memory must not grow.
//
// What the kernel's own socket buffers take is not ours; with automatic sizing that is tens of megabytes per
// connection, so the sender offers far more than that.
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern, SEED } from "../support/bytes.js";
import { listen, open, receiveAll, send } from "../support/client.js";
import { GUARD_MS, until, within } from "../support/guard.js";
import { hardlyWorks, residentMib, type Server, startCommand, withServer } from "../support/process.js";
import { armsAndRun } from "../support/run-arm.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();
const OFFERED_BYTES = 512 << 20;
const CHUNK_BYTES = 65_536;
/** The sender counts as held back after this long without any progress. */
const HELD_BACK_MS = 1500;
/** How much the server may grow meanwhile: its bounded queues, plus what a garbage collector leaves lying. */
const GROWTH_MIB_MAX = 40;

/** Sends until nothing moves any more. Returns how much was handed to the socket. */
async function sendUntilHeldBack(socket: Writable): Promise<number> {
  let sent = 0;
  while (sent < OFFERED_BYTES) {
    const more = socket.write(pattern.at(sent, CHUNK_BYTES));
    sent += CHUNK_BYTES;
    if (more) continue;
    const drained = once(socket, "drain").then(() => true);
    if (!await Promise.race([drained, sleep(HELD_BACK_MS, false)])) return sent;
  }
  throw new Error(`all of the ${OFFERED_BYTES} bytes were taken, although nobody reads`);
}

function assertBounded(growthMib: number, sentBytes: number): void {
  const story = `grew by ${growthMib.toFixed(1)} MiB while holding back ${sentBytes >> 20} MiB`;
  assert.ok(growthMib <= GROWTH_MIB_MAX, story);
}

/** One connection through the server whose client does not read until the sender is held back. */
async function slowReader(server: Server): Promise<void> {
  const socket = await open(server);
  const before = residentMib(server.pid);
  const sent = await sendUntilHeldBack(socket);
  const growth = residentMib(server.pid) - before;
  await hardlyWorks(server.pid);
  const received = receiveAll(socket, pattern);
  socket.end();
  assert.is(await received, sent, "every byte that was sent comes back once the client reads");
  assertBounded(growth, sent);
  socket.destroy();
}

/** Many slow readers at once, a few megabytes each, all of them within one bound. */
async function manySlowReaders(server: Server): Promise<void> {
  const EACH_BYTES = 24 << 20;
  const count = 32;
  const sockets = await Promise.all(Array.from({ length: count }, () => open(server)));
  const before = residentMib(server.pid);
  const left = sockets.map(() => EACH_BYTES);
  const push = (index: number): void => {
    const socket = sockets[index] as Socket;
    for (let room = true; room && (left[index] as number) > 0;) {
      room = socket.write(pattern.at(EACH_BYTES - (left[index] as number), CHUNK_BYTES));
      left[index] = (left[index] as number) - CHUNK_BYTES;
    }
    if (left[index] === 0) socket.end();
    else socket.once("drain", () => push(index));
  };
  sockets.forEach((_, index) => push(index));
  await sleep(HELD_BACK_MS);
  const growth = residentMib(server.pid) - before;
  const all = Promise.all(sockets.map((socket) => receiveAll(socket, pattern)));
  const received = await within("all bytes", all, 2 * GUARD_MS);
  for (const bytes of received) assert.is(bytes, EACH_BYTES);
  for (const socket of sockets) socket.destroy();
  // Each connection may hold its two bounded queues (256 KiB each way is the design). What two heaps of JavaScript, one
  // of them a worker's, have not collected yet is more than that; 768 MiB are offered.
  const most = GROWTH_MIB_MAX + 2 * count;
  assert.ok(growth <= most, `grew by ${growth.toFixed(1)} MiB with ${count} slow readers: at most ${most}`);
}

for (const { label, arm } of armsAndRun) {
  const slow = suite(`backpressure on ${label}`);

  slow("should hold a sender back that does not read its echo, in bounded memory", async () => {
    await withServer(arm, ["echo", "--listen", "127.0.0.1:0"], slowReader);
  });

  slow("should bound the memory of many slow readers", async () => {
    await withServer(arm, ["echo", "--listen", "127.0.0.1:0"], manySlowReaders);
  });

  slow("should hold a sender back through the proxy when the upstream does not read", async () => {
    let upstream: Socket | undefined;
    const far = await listen((socket) => (upstream = socket));
    const args = ["proxy", "--listen", "127.0.0.1:0", "--to", `127.0.0.1:${far.port}`];
    await withServer(arm, args, async (server) => {
      const socket = await open(server);
      const before = residentMib(server.pid);
      const sent = await sendUntilHeldBack(socket);
      const growth = residentMib(server.pid) - before;
      assert.ok(upstream !== undefined, "the proxy has connected");
      const received = receiveAll(upstream, pattern);
      socket.end();
      assert.is(await received, sent, "the upstream receives every byte once it reads");
      assertBounded(growth, sent);
      upstream.destroy();
      socket.destroy();
    }).finally(() => far.close());
  });

  slow("should hold an upstream back through the proxy when the client does not read", async () => {
    let upstream: Socket | undefined;
    const far = await listen((socket) => (upstream = socket));
    const args = ["proxy", "--listen", "127.0.0.1:0", "--to", `127.0.0.1:${far.port}`];
    await withServer(arm, args, async (server) => {
      const client = await open(server);
      await until(() => "the proxy has not connected", () => upstream !== undefined);
      const before = residentMib(server.pid);
      const sent = await sendUntilHeldBack(upstream as Socket);
      const growth = residentMib(server.pid) - before;
      await hardlyWorks(server.pid);
      const received = receiveAll(client, pattern);
      upstream?.end();
      assert.is(await received, sent, "the client receives every byte once it reads");
      assertBounded(growth, sent);
      upstream?.destroy();
      client.destroy();
    }).finally(() => far.close());
  });

  slow("should hold the input of connect back when its peer does not read", async () => {
    let peer: Socket | undefined;
    const far = await listen((socket) => (peer = socket));
    const { child, finish } = startCommand(arm, ["connect", `127.0.0.1:${far.port}`]);
    await until(() => "connect has not connected", () => peer !== undefined);
    const before = residentMib(child.pid as number);
    const sent = await sendUntilHeldBack(child.stdin as Writable);
    const growth = residentMib(child.pid as number) - before;
    await hardlyWorks(child.pid as number);
    const received = receiveAll(peer as Socket, pattern);
    child.stdin?.end();
    assert.is(await received, sent, "the peer receives every byte once it reads");
    peer?.end();
    const result = await finish().finally(() => far.close());
    assert.is(result.stderr, "");
    assert.is(result.code, 0);
    assertBounded(growth, sent);
  });

  slow("should hold the peer of connect back when nobody reads its output", async () => {
    const bytes = 96 << 20;
    let peer: Socket | undefined;
    const far = await listen((socket) => (peer = socket));
    const { child, finish } = startCommand(arm, ["connect", `127.0.0.1:${far.port}`], { readsOutput: false });
    await until(() => "connect has not connected", () => peer !== undefined);
    const before = residentMib(child.pid as number);
    const sent = send(peer as Socket, pattern, 0, bytes).then(() => peer?.end());
    await sleep(HELD_BACK_MS);
    const growth = residentMib(child.pid as number) - before;
    await hardlyWorks(child.pid as number);
    let received = 0;
    child.stdout?.on("data", (chunk: Buffer) => {
      pattern.check(received, chunk);
      received += chunk.length;
    });
    await sent;
    child.stdin?.end();
    const result = await finish().finally(() => far.close());
    assert.is(received, bytes);
    assert.is(result.stderr, "");
    assert.is(result.code, 0);
    assertBounded(growth, bytes);
  });

  slow.run();
}
