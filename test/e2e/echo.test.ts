// The echo program over real sockets, on both arms.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { arms } from "../support/arms.js";
import { Pattern } from "../support/bytes.js";
import { echoOnce } from "../support/client.js";
import { withServer } from "../support/process.js";
import { echoCases } from "./echo-cases.js";

for (const arm of arms) {
  const echo = suite(`echo on ${arm.name}`);

  echoCases(echo, arm, ["echo", "--listen", "127.0.0.1:0"]);

  echo("should serve IPv6", async () => {
    await withServer(arm, ["echo", "--listen", "[::1]:0"], async (server) => {
      assert.is(server.host, "::1");
      await echoOnce(server, new Pattern(), 100_000);
    });
  });

  echo.run();
}
