// The proxy program: both directions byte for byte, each half-close on its own, and no failure of one
// connection ever takes the proxy down.
import { once } from "node:events";
import type { Socket } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Arm } from "../support/arms.js";
import { Pattern, Random, SEED } from "../support/bytes.js";
import {
  echoOnce, gone, listen, open, receiveAll, receiveExactly, send, unusedPort,
} from "../support/client.js";
import { within } from "../support/guard.js";
import { type Server, withServer } from "../support/process.js";
import { armsAndRun } from "../support/run-arm.js";

console.log(`TEST_SEED=${SEED}`);
const pattern = new Pattern();
const back = new Pattern(SEED + 1);

/** A proxy before an upstream of the test's own. */
async function withProxy(
  arm: Arm, onUpstream: (socket: Socket) => void, body: (proxy: Server) => Promise<void>,
): Promise<void> {
  const far = await listen((socket) => {
    socket.on("error", () => {});
    onUpstream(socket);
  });
  const args = ["proxy", "--listen", "127.0.0.1:0", "--to", `127.0.0.1:${far.port}`];
  await withServer(arm, args, body).finally(() => far.close());
}

/** A client of the proxy together with the connection that the proxy made for it. */
async function withPair(arm: Arm, body: (client: Socket, upstream: Socket) => Promise<void>): Promise<void> {
  const accepted: Socket[] = [];
  let arrived: (socket: Socket) => void = () => {};
  await withProxy(arm, (socket) => {
    accepted.push(socket);
    arrived(socket);
  }, async (proxy) => {
    const connected = new Promise<Socket>((resolve) => (arrived = resolve));
    const client = await open(proxy);
    const upstream = await within("the proxy to connect", connected);
    await body(client, upstream);
    client.destroy();
    upstream.destroy();
    assert.is(accepted.length, 1, "one client makes one upstream connection");
  });
}

for (const { label, arm } of armsAndRun) {
  const proxy = suite(`proxy on ${label}`);

  proxy("should carry different bytes in both directions at once", async () => {
    await withPair(arm, async (client, upstream) => {
      const there = receiveAll(upstream, pattern);
      const here = receiveAll(client, back);
      await Promise.all([
        send(client, pattern, 0, 20 << 20).then(() => client.end()),
        send(upstream, back, 0, 13 << 20).then(() => upstream.end()),
      ]);
      assert.is(await there, 20 << 20);
      assert.is(await here, 13 << 20);
    });
  });

  proxy("should pass the client's half-close on and keep the other direction open", async () => {
    await withPair(arm, async (client, upstream) => {
      const there = receiveAll(upstream, pattern);
      await send(client, pattern, 0, 50_000);
      client.end();
      assert.is(await there, 50_000);
      const here = receiveAll(client, back);
      await send(upstream, back, 0, 1 << 20);
      upstream.end();
      assert.is(await here, 1 << 20, "the upstream still answers after the client's end");
    });
  });

  proxy("should pass the upstream's half-close on and keep the other direction open", async () => {
    await withPair(arm, async (client, upstream) => {
      const here = receiveAll(client, back);
      await send(upstream, back, 0, 50_000);
      upstream.end();
      assert.is(await here, 50_000);
      const there = receiveAll(upstream, pattern);
      await send(client, pattern, 0, 1 << 20);
      client.end();
      assert.is(await there, 1 << 20, "the client may still send after the upstream's end");
    });
  });

  proxy("should close both connections when both sides have half-closed", async () => {
    await withPair(arm, async (client, upstream) => {
      const both = Promise.all([gone(client), gone(upstream)]);
      client.end().resume();
      upstream.end().resume();
      await within("both to close", both);
    });
  });

  proxy("should carry what an upstream says first", async () => {
    await withProxy(arm, (socket) => socket.end(back.at(0, 1000)), async (server) => {
      const client = await open(server);
      assert.is(await receiveAll(client, back), 1000);
      client.destroy();
    });
  });

  proxy("should serve many clients at once through an echo server on the same arm", async () => {
    await withServer(arm, ["echo", "--listen", "127.0.0.1:0"], async (echo) => {
      const args = ["proxy", "--listen", "127.0.0.1:0", "--to", `127.0.0.1:${echo.port}`];
      await withServer(arm, args, async (server) => {
        const random = new Random();
        const sizes = Array.from({ length: 100 }, () => random.below(500_000));
        await Promise.all(sizes.map((size) => echoOnce(server, pattern, size)));
      });
    });
  });

  proxy("should connect by name", async () => {
    const far = await listen((socket) => socket.pipe(socket));
    const args = ["proxy", "--listen", "127.0.0.1:0", "--to", `localhost:${far.port}`];
    await withServer(arm, args, (server) => echoOnce(server, pattern, 100_000)).finally(() => far.close());
  });

  proxy("should close the client when the upstream refuses, and serve the next", async () => {
    const port = await unusedPort();
    const args = ["proxy", "--listen", "127.0.0.1:0", "--to", `127.0.0.1:${port}`];
    await withServer(arm, args, async (server) => {
      for (let attempt = 0; attempt < 10; attempt += 1) {
        const client = await open(server);
        client.end("nobody will read this").resume();
        await within("the refused client to be closed", gone(client));
      }
      const far = await listen((socket) => socket.pipe(socket), port);
      await echoOnce(server, pattern, 100_000).finally(() => far.close());
    }, { complaints: /^event-engine: proxy: .*refused/ });
  });

  proxy("should close the upstream when the client resets", async () => {
    await withPair(arm, async (client, upstream) => {
      const flowing = receiveExactly(upstream, pattern, 0, 1000);
      client.write(pattern.at(0, 1000));
      await flowing;
      const closed = gone(upstream);
      upstream.resume();
      // A clean end may be how the reset arrives (WASI cannot send one); the upstream then ends as well.
      upstream.once("end", () => upstream.end());
      client.resetAndDestroy();
      await within("the upstream to be closed", closed);
    });
  });

  proxy("should close the client when the upstream resets in the middle of a stream", async () => {
    await withPair(arm, async (client, upstream) => {
      const closed = gone(client);
      client.write(pattern.at(0, 1 << 20));
      upstream.write(back.at(0, 100_000));
      await within("the first bytes", once(client, "data"));
      client.resume();
      client.once("end", () => client.end());
      upstream.resetAndDestroy();
      await within("the client to be closed", closed);
    });
  });

  proxy.run();
}
