// An idle engine sleeps: no timer, no polling, however many connections are open.
//
// Not a timed test: it counts how often the server's threads went to sleep again, so how often they woke.
import type { Socket } from "node:net";
import { suite } from "uvu";
import { Pattern } from "../support/bytes.js";
import { echoOnce, open, receiveExactly } from "../support/client.js";
import { hardlyWakes, withServer } from "../support/process.js";
import { armsAndRun } from "../support/run-arm.js";

const CONNECTIONS = 50;

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
      await hardlyWakes(server.pid); // Soon: the runtime's own work after a burst, such as its garbage, is not ours.
      for (const socket of sockets) socket.destroy();
      await echoOnce(server, pattern, 100_000);
    });
  });
}

idle.run();
