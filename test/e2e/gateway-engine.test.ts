// An engine whose network is a gateway: WebSocket, session and real servers, from end to end.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket } from "ws";
import { EventEngine } from "#host/engine/event-engine.js";
import { connect as connectStream, lookupHostname } from "#host/engine/promises.js";
import { GatewayTransport } from "#host/gateway/client/transport.js";
import { webSocketChannel, type WebSocketConstructor } from "#host/gateway/client/web-socket-channel.js";
import { connectSocket } from "#host/node/duplex.js";
import { createGateway, type Gateway } from "#host/node/gateway/gateway.js";
import { signToken } from "#host/node/gateway/token.js";
import { nodePlatform } from "#host/node/platform.js";
import "#host/node/defaults.js";
import { Pattern } from "../support/bytes.js";
import { listen, unusedPort } from "../support/client.js";
import { until, within } from "../support/guard.js";

const SECRET = "a secret of the test's own, long enough";
const pattern = new Pattern();

interface World {
  readonly engine: EventEngine;
  readonly gateway: Gateway;
  readonly transport: GatewayTransport;
}

/** An engine behind a gateway, for the length of one test. */
async function withEngine(rules: string[], body: (world: World) => Promise<void>): Promise<void> {
  const gateway = await createGateway({ rules, secret: SECRET });
  const { port } = await gateway.listen("127.0.0.1", 0);
  const platform = nodePlatform();
  const transport = new GatewayTransport({
    open: webSocketChannel(`ws://127.0.0.1:${port}/`, { WebSocket: WebSocket as unknown as WebSocketConstructor }),
    clock: platform.clock,
    token: () => signToken(SECRET, 60),
  });
  const engine = await EventEngine.create({ platform: { ...platform, transport } });
  try {
    await body({ engine, gateway, transport });
  } finally {
    engine.close();
    transport.close();
    await within("the gateway to close", gateway.close());
    await until(() => `${gateway.openCount} sockets are left`, () => gateway.openCount === 0);
    await until(() => `${transport.openCount} are left of the client`, () => transport.openCount === 0);
  }
}

const engines = suite("an engine behind a gateway");

engines("should send 64 MiB there and back, to the byte", async () => {
  const server = await listen((socket) => socket.on("error", () => socket.destroy()).pipe(socket));
  await withEngine(["tcp:127.0.0.1:*"], async ({ engine, gateway }) => {
    const socket = connectSocket(engine, { host: "127.0.0.1", port: server.port });
    const [sent, received] = [createHash("sha256"), createHash("sha256")];
    let count = 0;
    socket.on("data", (chunk: Buffer) => {
      received.update(chunk);
      count += chunk.length;
    });
    const ended = once(socket, "end");
    const length = 64 << 20;
    for (let offset = 0; offset < length; offset += 65_536) {
      const chunk = pattern.at(offset, 65_536);
      sent.update(chunk);
      if (!socket.write(chunk)) await within("room", once(socket, "drain"));
    }
    socket.end();
    await within("the end", ended, 300_000);
    assert.is(count, length);
    assert.is(received.digest("hex"), sent.digest("hex"));
    assert.ok(gateway.peakSessionBytes < 4 << 20, `${gateway.peakSessionBytes} bytes held`);
  });
  server.close();
});

engines("should hear of refusals as they are", async () => {
  const closed = await unusedPort();
  await withEngine([`tcp:127.0.0.1:${closed}`], async ({ engine }) => {
    for (const [port, reason] of [[closed, /refused/], [closed ^ 1, /denied/]] as const) {
      const failure = await connectStream(engine, `127.0.0.1:${port}`).then(() => null, (error: Error) => error);
      assert.match(String(failure?.message), reason);
    }
  });
});

engines("should look names up at the gateway", async () => {
  await withEngine(["tcp:127.0.0.0/8:*", "tcp:[::1]:*", "resolve:*"], async ({ engine }) => {
    const resolver = engine.getDNSResolver();
    const found = await lookupHostname(resolver, "localhost", "80");
    assert.ok(found.length > 0);
    resolver.destroy();
  });
});

engines("should hear of a gateway that shuts down", async () => {
  const server = await listen((socket) => socket.on("error", () => socket.destroy()).pipe(socket));
  await withEngine(["tcp:127.0.0.1:*"], async ({ engine, gateway }) => {
    const stream = await connectStream(engine, `127.0.0.1:${server.port}`);
    await stream.write("hello");
    assert.is(Buffer.from(await stream.read() ?? []).toString(), "hello");
    const reading = stream.read().then(() => null, (error: Error) => error);
    await gateway.close();
    const error = await within("an error", reading);
    stream.destroy();
    assert.match(String(error), /the connection broke/);
    const failure = await connectStream(engine, `127.0.0.1:${server.port}`).then(() => null, (error: Error) => error);
    assert.ok(failure instanceof Error);
  });
  server.close();
});

engines.run();
