// The echo server in C, composed with the engine: it must behave like the built-in program.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern } from "../support/bytes.js";
import { gone, open, receiveExactly } from "../support/client.js";
import { until } from "../support/guard.js";
import { guestArms } from "../support/guests.js";
import { openFiles, runCommand, withServer } from "../support/process.js";
import { echoCases } from "./echo-cases.js";

const ARGS = ["127.0.0.1:0"];

for (const { label, arm } of guestArms("echo-server")) {
  const echo = suite(`the echo server in C on ${label}`);
  echoCases(echo, arm, ARGS);

  echo("should leave nothing behind of clients that vanish in the middle", async () => {
    const pattern = new Pattern();
    await withServer(arm, ARGS, async (server) => {
      const files = openFiles(server.pid);
      for (let round = 0; round < 3; round += 1) {
        const sockets = await Promise.all(Array.from({ length: 50 }, () => open(server)));
        const answers = sockets.map((socket) => receiveExactly(socket, pattern, 0, 100));
        for (const socket of sockets) socket.write(pattern.at(0, 100));
        await Promise.all(answers);
        sockets.forEach((socket, index) => {
          socket.write(pattern.at(100, index * 5000));
          if (index % 2 === 0) socket.destroy();
          else socket.resetAndDestroy();
        });
        await Promise.all(sockets.map(gone));
        await until(
          () => `${openFiles(server.pid)} open files, ${files} at the start`,
          () => openFiles(server.pid) <= files,
        );
      }
    });
  });

  echo("should say why it cannot listen", async () => {
    const result = await runCommand(arm, ["nowhere"]);
    assert.is(result.code, 1);
    assert.match(result.stderr, /^echo-server: nowhere: INVALID_ARGUMENT /);
    assert.is(result.stdout.toString(), "");
  });

  echo.run();
}
