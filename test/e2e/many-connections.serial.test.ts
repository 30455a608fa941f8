// A thousand connections, twenty times over, and nothing left: neither file descriptors nor memory.
// And the other end of it: a server without file descriptors to spare recovers when it has them again.
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Arm, arms } from "../support/arms.js";
import { Pattern, SEED } from "../support/bytes.js";
import { type Address, echoOnce, gone, listen, open, receiveExactly } from "../support/client.js";
import { until, within } from "../support/guard.js";
import { hardlyWorks, openFiles, residentMib, type Server, withServer } from "../support/process.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();
const CONNECTIONS = 1000;
const ROUNDS = 20;
/** Connections being opened at once: below any listen backlog, so that none waits for a repeated SYN. */
const OPENING_MAX = 50;
const MESSAGE_BYTES = 64;
/**
 * Where memory must stay. Between round 5 and the end lie 15,000 connections, and a leak of 1 KiB each would be
 * 14.6 MiB; V8 by itself takes up to 16 MiB until its heap has found its size, the newer ones more than the old.
 */
const GROWTH_SINCE_ROUND_5_MIB_MAX = 24;
const GROWTH_SINCE_MIDDLE_MIB_MAX = 12;
/** Less garbage lies about when V8's nursery is small, so what is measured is nearer to what is in use. */
const SMALL_NURSERY = { environment: { NODE_OPTIONS: "--max-semi-space-size=1" } };
const FILES_MAX = 64;

async function openMany(address: Address, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const size = Math.min(OPENING_MAX, count - sockets.length);
    sockets.push(...await Promise.all(Array.from({ length: size }, () => open(address))));
  }
  return sockets;
}

/** Opens them all, has each echo a message, and closes them in three different ways. */
async function round(server: Server, number: number): Promise<void> {
  const sockets = await openMany(server, CONNECTIONS);
  await Promise.all(sockets.map((socket, index) => {
    const answer = receiveExactly(socket, pattern, index, MESSAGE_BYTES);
    socket.write(pattern.at(index, MESSAGE_BYTES));
    return answer;
  }));
  const closed = sockets.map(gone);
  sockets.forEach((socket, index) => {
    if ((index + number) % 3 === 0) socket.end().resume(); // It closes when the server has ended too.
    else if ((index + number) % 3 === 1) socket.resetAndDestroy();
    else socket.destroy();
  });
  await within("all connections to close", Promise.all(closed));
}

async function openAndCloseManyTimes(server: Server): Promise<void> {
  await echoOnce(server, pattern, 1000);
  await sleep(200);
  const files = openFiles(server.pid);
  const resident: number[] = [];
  for (let number = 1; number <= ROUNDS; number += 1) {
    await round(server, number);
    await until(
      () => `round ${number}: ${openFiles(server.pid)} open files, ${files} at the start`,
      () => openFiles(server.pid) <= files,
    );
    resident.push(residentMib(server.pid));
  }
  const story = resident.map((mib) => mib.toFixed(1)).join(" ");
  console.log(`resident MiB after each round: ${story}`);
  // Of three rounds the smallest counts: garbage that waits to be collected is no leak.
  const least = (from: number): number => Math.min(...resident.slice(from - 1, from + 2));
  const late = least(ROUNDS - 2);
  const sinceFive = late - least(5);
  const sinceMiddle = late - least(ROUNDS / 2);
  const grew = `grew by ${sinceFive.toFixed(1)} MiB since round 5, ${sinceMiddle.toFixed(1)} of it late`;
  assert.ok(sinceFive <= GROWTH_SINCE_ROUND_5_MIB_MAX, `${grew}: ${story}`);
  assert.ok(sinceMiddle <= GROWTH_SINCE_MIDDLE_MIB_MAX, `${grew}: ${story}`);
  await echoOnce(server, pattern, 100_000);
}

/** Clients that leave with bytes on their way in both directions, some of them after their half-close. */
async function vanishingClients(server: Server): Promise<void> {
  await sleep(200);
  const files = openFiles(server.pid);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const sockets = await openMany(server, 200);
    sockets.forEach((socket, index) => {
      socket.write(pattern.at(0, (index + 1) * 5000));
      if (index % 4 === 0) socket.end();
    });
    await sleep(100);
    sockets.forEach((socket, index) => {
      if (index % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    });
    await until(
      () => `${openFiles(server.pid)} open files, ${files} at the start`,
      () => openFiles(server.pid) <= files,
    );
  }
}

/**
 * Right after the flood the kernel's queue may still hold connections of clients that have gone; each takes its
 * descriptors for a moment. So the first newcomers may be refused, but soon one must be served.
 */
async function servesAgain(server: Server): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await echoOnce(server, pattern, 100_000);
    } catch (error) {
      if (attempt === 20) throw error;
      await sleep(250);
    }
  }
}

/** Takes more connections than the server has descriptors for, lets go of them; then it must work again. */
async function exhaustAndRecover(server: Server): Promise<void> {
  await echoOnce(server, pattern, 1000);
  await sleep(200);
  const files = openFiles(server.pid);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    // The kernel completes these by itself, so they all open; which are served is the server's choice.
    const sockets = await openMany(server, 2 * FILES_MAX);
    let echoed = 0;
    let refused = 0;
    for (const socket of sockets) {
      socket.once("data", () => (echoed += 1)).once("close", () => (refused += 1));
      socket.write(pattern.at(0, MESSAGE_BYTES));
    }
    await until(() => `only ${echoed} echoed`, () => echoed >= 10);
    await sleep(500);
    assert.ok(echoed < sockets.length, "the limit on descriptors has been reached");
    await hardlyWorks(server.pid); // although it wants descriptors
    console.log(`of ${sockets.length} connections ${echoed} were served and ${refused} refused`);
    for (const socket of sockets) socket.destroy();
    await until(
      () => `${openFiles(server.pid)} open files, ${files} at the start`,
      () => openFiles(server.pid) <= files,
    );
    await servesAgain(server);
  }
}

function manyConnections(arm: Arm): void {
  const many = suite(`many connections on ${arm.name}`);

  many(`should leave nothing behind of ${CONNECTIONS} connections, ${ROUNDS} times`, async () => {
    await withServer(arm, ["echo", "--listen", "127.0.0.1:0"], openAndCloseManyTimes, SMALL_NURSERY);
  });

  many("should leave nothing behind of clients that vanish in the middle", async () => {
    await withServer(arm, ["echo", "--listen", "127.0.0.1:0"], vanishingClients);
  });

  many("should leave nothing behind in a proxy, however its connections ended", async () => {
    const far = await listen((socket) => {
      socket.on("error", () => {});
      if (socket.remotePort as number % 3 === 0) socket.resetAndDestroy();
      else socket.pipe(socket);
    });
    const args = ["proxy", "--listen", "127.0.0.1:0", "--to", `127.0.0.1:${far.port}`];
    // An upstream that resets at once is a failed connect or a lost connection, depending on who is faster.
    const options = { complaints: /^event-engine: proxy: .*reset/ };
    await withServer(arm, args, vanishingClients, options).finally(() => far.close());
  });

  many("should recover after its file descriptors were used up", async () => {
    await withServer(arm, ["echo", "--listen", "127.0.0.1:0"], exhaustAndRecover, { filesMax: FILES_MAX });
  });

  many("should recover as a proxy after its file descriptors were used up", async () => {
    const far = await listen((socket) => socket.on("error", () => {}).pipe(socket));
    const args = ["proxy", "--listen", "127.0.0.1:0", "--to", `127.0.0.1:${far.port}`];
    const options = { filesMax: FILES_MAX, complaints: /^event-engine: proxy: cannot connect/ };
    await withServer(arm, args, exhaustAndRecover, options).finally(() => far.close());
  });

  many("should keep serving a connection while others are refused for want of descriptors", async () => {
    await withServer(arm, ["echo", "--listen", "127.0.0.1:0"], async (server) => {
      const steady = await open(server);
      const sockets = await openMany(server, 2 * FILES_MAX);
      await sleep(300);
      const answer = receiveExactly(steady, pattern, 0, 200_000);
      steady.write(pattern.at(0, 200_000));
      await answer;
      for (const socket of sockets) socket.destroy();
      steady.end().resume();
      await within("the steady connection to end", once(steady, "close"));
    }, { filesMax: FILES_MAX });
  });

  many.run();
}

arms.forEach(manyConnections);
