// The echo server in C that reads and writes by itself, on descriptors: it must behave like the built-in program.
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern } from "../support/bytes.js";
import { open, receiveExactly } from "../support/client.js";
import { GUARD_MS, until } from "../support/guard.js";
import { guestArms } from "../support/guests.js";
import { openFiles, runCommand, withServer } from "../support/process.js";
import { echoCases } from "./echo-cases.js";

const ARGS = ["127.0.0.1:0"];
/** Longer than any pause that a loaded machine makes for the busy connection, which must not look silent. */
const IDLE_MS = 1500;

for (const { label, arm } of guestArms("descriptor-echo")) {
  const echo = suite(`the echo server on descriptors in C on ${label}`);
  echoCases(echo, arm, ARGS);

  echo("should close who is silent for too long, and nobody else", async () => {
    const pattern = new Pattern();
    await withServer(arm, [...ARGS, String(IDLE_MS)], async (server) => {
      const files = openFiles(server.pid);
      const [busy, silent] = [await open(server), await open(server)];
      let isOver = false;
      void once(silent.resume(), "end").then(() => (isOver = true));
      const limit = Date.now() + GUARD_MS;
      for (let offset = 0; !isOver; offset += 10) {
        assert.ok(Date.now() < limit, "who is silent is not closed");
        const answer = receiveExactly(busy, pattern, offset, 10);
        busy.write(pattern.at(offset, 10));
        await answer;
      }
      silent.destroy();
      busy.destroy();
      await until(() => `${openFiles(server.pid)} open files, ${files} at first`, () => openFiles(server.pid) <= files);
    });
  });

  echo("should say why it cannot listen", async () => {
    const result = await runCommand(arm, ["nowhere"]);
    assert.is(result.code, 1);
    assert.match(result.stderr, /^descriptor-echo: nowhere: INVALID_ARGUMENT /);
    assert.is(result.stdout.toString(), "");
  });

  echo.run();
}
