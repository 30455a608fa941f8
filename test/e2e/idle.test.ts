// An idle engine sleeps: no timer, no polling, however many connections are open.
//
// Not a timed test: it counts how often the server's threads went to sleep again, so how often they woke.
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern } from "../support/bytes.js";
import { echoOnce, open, receiveExactly } from "../support/client.js";
import { voluntarySwitches, withServer } from "../support/process.js";
import { armsAndRun } from "../support/run-arm.js";

const CONNECTIONS = 50;
const IDLE_MS = 2000;
/** A loop that polls every 100 ms would make 20 in that time. What is tolerated is the runtime's own. */
const WAKE_UPS_MAX = 8;

const idle = suite("idle");

for (const { label, arm } of armsAndRun) {
  idle(`should not wake up on ${label} while nothing happens`, async () => {
    await withServer(arm, ["echo", "--listen", "127.0.0.1:0"], async (server) => {
      const pattern = new Pattern();
      const sockets: Socket[] = [];
      for (let index = 0; index < CONNECTIONS; index += 1) {
        const socket = await open(server);
        const answer = receiveExactly(socket, pattern, 0, 100);
        socket.write(pattern.at(0, 100));
        await answer;
        sockets.push(socket);
      }
      await sleep(1000); // The runtime's own work after a burst, such as collecting garbage, is not ours.
      const before = voluntarySwitches(server.pid);
      await sleep(IDLE_MS);
      const wakeUps = voluntarySwitches(server.pid) - before;
      const story = `${wakeUps} wake-ups in ${IDLE_MS} ms with ${CONNECTIONS} idle connections`;
      assert.ok(wakeUps <= WAKE_UPS_MAX, story);
      for (const socket of sockets) socket.destroy();
      await echoOnce(server, pattern, 100_000);
    });
  });
}

idle.run();
