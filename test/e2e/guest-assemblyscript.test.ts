// The guest in AssemblyScript, composed with the engine: the WIT alone is enough to write one, in a language for which
// nobody generates bindings.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pattern } from "../support/bytes.js";
import { echoOnce } from "../support/client.js";
import { guestArms } from "../support/guests.js";
import { runCommand, withServer } from "../support/process.js";
import { echoCases } from "./echo-cases.js";

for (const { label, arm } of guestArms("echo-assemblyscript")) {
  const echo = suite(`echo-assemblyscript on ${label}`);

  echoCases(echo, arm, ["127.0.0.1:0"]);

  echo("should serve IPv6", async () => {
    await withServer(arm, ["[::1]:0"], async (server) => {
      assert.is(server.host, "::1");
      await echoOnce(server, new Pattern(), 100_000);
    });
  });

  echo("should say how it is used, and fail", async () => {
    for (const args of [[], ["somewhere"], ["127.0.0.1:0", "more"]]) {
      const { code, stdout, stderr } = await runCommand(arm, args);
      assert.is(code, 1);
      assert.is(stdout.toString(), "");
      assert.is(stderr, "usage: echo.wasm HOST:PORT\n");
    }
  });

  echo.run();
}
