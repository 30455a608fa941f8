// What a client may expect of an echo server: every byte comes back, in every way a client can behave. One body for
// each case, for our echo program and for every guest that is one.
import { once } from "node:events";
import { type Test } from "uvu";
import * as assert from "uvu/assert";
import type { Arm } from "../support/arms.js";
import { Pattern, Random, SEED } from "../support/bytes.js";
import { echoOnce, gone, open, receiveAll, receiveExactly, send } from "../support/client.js";
import { within } from "../support/guard.js";
import { type Server, withServer as withServerOf } from "../support/process.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();

/** Adds the cases to a suite. `args` are those with which the arm listens at 127.0.0.1 on a port of the system's. */
export function echoCases(echo: Test, arm: Arm, args: string[]): void {
  const withServer = (body: (server: Server) => Promise<void>): Promise<void> => withServerOf(arm, args, body);

  dataCases(echo, withServer);
  faultCases(echo, withServer);
}

type WithServer = (body: (server: Server) => Promise<void>) => Promise<void>;

function dataCases(echo: Test, withServer: WithServer): void {
  echo("should return every byte of random sizes", async () => {
    await withServer(async (server) => {
      const random = new Random();
      const edges = [0, 1, 2, 4095, 4096, 4097, 65_535, 65_536, 65_537, 262_144, 262_145];
      const others = Array.from({ length: 20 }, () => random.below(1 << (1 + random.below(22))));
      for (const size of [...edges, ...others]) await echoOnce(server, pattern, size);
    });
  });

  echo("should return one large stream", async () => {
    await withServer((server) => echoOnce(server, pattern, 64 << 20));
  });

  echo("should serve many connections at once, each with its own bytes", async () => {
    await withServer(async (server) => {
      const random = new Random();
      const conversations = Array.from({ length: 200 }, (_, index) => {
        const own = index % 10 === 0 ? new Pattern(SEED + index) : pattern;
        return echoOnce(server, own, random.below(400_000));
      });
      await Promise.all(conversations);
    });
  });

  echo("should answer message by message without waiting for more", async () => {
    await withServer(async (server) => {
      const socket = await open(server);
      const random = new Random();
      for (let turn = 0, offset = 0; turn < 500; turn += 1) {
        const size = 1 + random.below(200);
        const answer = receiveExactly(socket, pattern, offset, size);
        socket.write(pattern.at(offset, size));
        await answer;
        offset += size;
      }
      socket.destroy();
    });
  });

  echo("should return everything after the client has half-closed, and then end", async () => {
    await withServer(async (server) => {
      const socket = await open(server);
      await send(socket, pattern, 0, 100_000);
      socket.end();
      await within("the client's own end", once(socket, "finish"));
      assert.is(await receiveAll(socket, pattern), 100_000);
      socket.destroy();
    });
  });

  echo("should end at once for a client that sends nothing and half-closes", async () => {
    await withServer((server) => echoOnce(server, pattern, 0));
  });
}

function faultCases(echo: Test, withServer: WithServer): void {
  echo("should go on after a client reset the connection in mid-write", async () => {
    await withServer(async (server) => {
      for (let round = 0; round < 50; round += 1) {
        const socket = await open(server);
        socket.write(pattern.at(0, 1 << 20));
        if (round % 2 === 0) await once(socket, "data"); // Half of them while echoed bytes are on their way.
        const closed = gone(socket);
        socket.resetAndDestroy();
        await within("the reset", closed);
      }
      await echoOnce(server, pattern, 300_000);
    });
  });

  echo("should not disturb other connections when one is reset", async () => {
    await withServer(async (server) => {
      const steady = echoOnce(server, pattern, 16 << 20);
      for (let round = 0; round < 20; round += 1) {
        const socket = await open(server);
        socket.write(pattern.at(0, 100_000));
        socket.resetAndDestroy();
      }
      await steady;
    });
  });

  echo("should go on after a client vanished without reading", async () => {
    await withServer(async (server) => {
      for (let round = 0; round < 20; round += 1) {
        const socket = await open(server);
        socket.write(pattern.at(0, 1 << 20));
        socket.destroy();
      }
      await echoOnce(server, pattern, 300_000);
    });
  });

  echo("should say where it listens in its first line and say nothing more", async () => {
    await withServer(async (server) => {
      await echoOnce(server, pattern, 1000);
      assert.is(server.stdout(), `listening 127.0.0.1:${server.port}\n`);
    });
  });
}
