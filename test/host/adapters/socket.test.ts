// The Node socket: what it says of itself in each state, its events and errors, ends, timeouts and backpressure.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { once } from "node:events";
import type { EventEngine } from "#host/engine/interfaces.js";
import {
  type ConnectSocketOptions, connectSocket, EndpointSocket, type EndpointSocketOptions,
} from "#host/node/duplex.js";
import { ENGINES, withEngine } from "../../support/adapter-engines.js";
import { Pattern } from "../../support/bytes.js";
import { unusedPort } from "../../support/client.js";
import { within } from "../../support/guard.js";

interface Pair {
  client: EndpointSocket;
  server: EndpointSocket;
  /** Ends both and stops listening. */
  end(): Promise<void>;
}

async function listening(
  engine: EventEngine, accepted: (socket: EndpointSocket) => void, options: EndpointSocketOptions = {},
): Promise<{ port: number; close(): Promise<void> }> {
  let isShut = (): void => {};
  const shut = new Promise<void>((resolve) => { isShut = resolve; });
  const listener = engine.createListener(
    (endpoint) => accepted(new EndpointSocket(engine, endpoint, options)), () => isShut());
  const port = listener.bind("127.0.0.1:0");
  listener.start();
  return { port, close: () => (listener.close(), within("the listener's end", shut)) };
}

async function pairOf(
  engine: EventEngine, options: Partial<ConnectSocketOptions> = {}, serverOptions: EndpointSocketOptions = {},
): Promise<Pair> {
  let take: (socket: EndpointSocket) => void = () => {};
  const accepted = new Promise<EndpointSocket>((resolve) => { take = resolve; });
  const { port, close } = await listening(engine, (socket) => take(socket), serverOptions);
  const client = connectSocket(engine, { port, host: "127.0.0.1", ...options });
  const [server] = await within("a pair", Promise.all([accepted, once(client, "connect")]));
  client.on("error", () => {});
  server.on("error", () => {});
  const end = async (): Promise<void> => {
    client.destroy();
    server.destroy();
    await close();
  };
  return { client, server, end };
}

async function errorOf(socket: EndpointSocket): Promise<NodeJS.ErrnoException & { address?: string; port?: number }> {
  const [error] = await within("an error", once(socket, "error"));
  return error;
}

async function textOf(socket: EndpointSocket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

for (const arm of ENGINES) {
  const socket = suite(`EndpointSocket over ${arm.name}`);
  const test = (name: string, body: (engine: EventEngine) => Promise<void>): void => {
    socket(name, () => withEngine(arm, body));
  };

  test("should say in which state it is, and who its ends are", async (engine) => {
    const events: string[] = [];
    let server: EndpointSocket | undefined;
    const { port, close } = await listening(engine, (accepted) => (server = accepted));
    const client = new EndpointSocket(engine);
    assert.equal([client.pending, client.connecting, client.readyState, client.address()], [true, false, "open", {}]);
    for (const event of ["connect", "ready", "end", "close"]) client.on(event, () => events.push(event));
    client.connect(port, "127.0.0.1", () => events.push("connected"));
    assert.equal([client.pending, client.connecting, client.readyState], [true, true, "opening"]);
    assert.throws(() => client.connect(port), /connects once/);
    await once(client, "connect");
    assert.equal([client.pending, client.connecting, client.readyState], [false, false, "open"]);
    assert.equal([client.remoteAddress, client.remotePort, client.remoteFamily], ["127.0.0.1", port, "IPv4"]);
    assert.equal([client.localAddress, client.localFamily], ["127.0.0.1", "IPv4"]);
    assert.equal(client.address(), { address: "127.0.0.1", port: client.localPort, family: "IPv4" });
    assert.is(client.setNoDelay(true).setKeepAlive(true, 1000).ref().unref(), client);
    client.end();
    await once(client, "finish");
    assert.is(client.readyState, "readOnly");
    server!.resume().end();
    client.resume();
    await within("the close", once(client, "close"));
    assert.equal(events, ["connect", "connected", "ready", "end", "close"]);
    assert.equal([client.readyState, client.destroyed, client.pending], ["closed", true, true]);
    assert.is(client.remotePort, port);
    assert.is(server!.remotePort, client.localPort);
    await close();
  });

  test("should connect by name", async (engine) => {
    const { client, server, end } = await pairOf(engine, {
      host: "a.test", lookup: (host, _options, done) => {
        assert.is(host, "a.test");
        process.nextTick(() => done(null, [{ address: "127.0.0.1", family: 4 }]));
      },
    });
    client.end("by name");
    assert.is(await textOf(server), "by name");
    await end();
  });

  test("should fail as net.connect does", async (engine) => {
    const port = await unusedPort();
    const refused = connectSocket(engine, { port, host: "127.0.0.1" });
    const hadError = new Promise((resolve) => { refused.on("close", resolve); });
    const error = await errorOf(refused);
    assert.equal([error.code, error.syscall], ["ECONNREFUSED", "connect"]);
    assert.equal([error.address, error.port], ["127.0.0.1", port]);
    assert.is(error.message, `connect ECONNREFUSED 127.0.0.1:${port}`);
    assert.is(error.errno, -111);
    assert.is((error.cause as { code: string }).code, "UNAVAILABLE");
    assert.is(await hadError, true);

    const unknown = connectSocket(engine, {
      port, host: "a.test", lookup: (_host, _options, done) => done(new Error("no such name"), []),
    });
    assert.is((await errorOf(unknown)).message, "no such name");
    assert.is((await errorOf(connectSocket(engine, { port: 70_000, host: "127.0.0.1" }))).code, "EINVAL");
  });

  test("should refuse what comes before a connection that never is", async (engine) => {
    const idle = new EndpointSocket(engine);
    idle.write("x");
    assert.is((await errorOf(idle)).code, "ERR_SOCKET_CLOSED");
    const { port, close } = await listening(engine, (accepted) => accepted.destroy());
    const early = connectSocket(engine, { port, host: "127.0.0.1" });
    const written = new Promise<NodeJS.ErrnoException>((resolve) => {
      early.write("x", (error) => resolve(error as NodeJS.ErrnoException));
    });
    early.destroy();
    assert.is((await written).code, "ERR_SOCKET_CLOSED_BEFORE_CONNECTION");
    const ended = new EndpointSocket(engine);
    ended.end();
    ended.destroy();
    await close();
  });

  test("should send what was written, and end what was ended, before it was connected", async (engine) => {
    let server: EndpointSocket | undefined;
    const { port, close } = await listening(engine, (accepted) => (server = accepted), { allowHalfOpen: true });
    const client = connectSocket(engine, { port, host: "127.0.0.1" });
    const answer = textOf(client);
    client.write("early ");
    client.end("bird");
    assert.is(client.bytesWritten, 10);
    await once(client, "connect");
    while (server === undefined) await new Promise((resolve) => setImmediate(resolve));
    assert.is(await textOfNow(server), "early bird");
    server.end("worm");
    assert.is(await answer, "worm");
    await close();
  });

  test("should gather corked writes into one", async (engine) => {
    const { client, server, end } = await pairOf(engine);
    client.cork();
    for (const part of ["a", "b", "c", "d"]) client.write(part);
    client.uncork();
    const [chunk] = await within("bytes", once(server, "data"));
    assert.is(String(chunk), "abcd");
    assert.equal([client.bytesWritten, server.bytesRead], [4, 4]);
    await end();
  });

  test("should answer after the peer's end when half-open", async (engine) => {
    const { client, server, end } = await pairOf(engine, { allowHalfOpen: true }, { allowHalfOpen: true });
    client.end("question");
    assert.is(await textOfNow(server), "question");
    assert.is(server.readyState, "writeOnly");
    server.end("answer");
    assert.is(await textOfNow(client), "answer");
    await end();
  });

  test("should end by itself after the peer's end when not half-open", async (engine) => {
    const { client, server, end } = await pairOf(engine);
    server.resume();
    client.resume();
    const closes = Promise.all([once(client, "close"), once(server, "close")]);
    client.end("bye");
    assert.equal(await within("both closes", closes), [[false], [false]]);
    await end();
  });

  test("should see the peer go although nobody reads", async (engine) => {
    const { client, server, end } = await pairOf(engine);
    client.destroy();
    await within("the end", once(server, "end"));
    await end();
  });

  test("should hold a fast writer back", async (engine) => {
    const { client, server, end } = await pairOf(engine);
    const chunk = Buffer.alloc(65_536);
    let sent = 0;
    const fill = async (): Promise<void> => {
      for (;;) {
        if (client.write(chunk)) sent += chunk.length;
        else if (!await Promise.race([once(client, "drain").then(() => true), pause(200)])) return;
        if (client.destroyed) return;
      }
    };
    await within("backpressure", fill());
    assert.ok(client.writableNeedDrain);
    assert.ok(client.writableLength <= 2 * chunk.length, `${client.writableLength} bytes wait in the socket`);
    server.resume();
    await within("room", once(client, "drain"));
    await end();
  });

  test("should carry much, both ways at once, byte for byte", async (engine) => {
    const { client, server, end } = await pairOf(engine, { allowHalfOpen: true }, { allowHalfOpen: true });
    const pattern = new Pattern();
    const length = 8 << 20;
    const transfer = async (from: EndpointSocket, to: EndpointSocket): Promise<void> => {
      let received = 0;
      to.on("data", (bytes: Buffer) => {
        pattern.check(received, bytes);
        received += bytes.length;
      });
      for (let offset = 0; offset < length; offset += 100_000) {
        const room = from.write(pattern.at(offset, Math.min(100_000, length - offset)));
        if (!room) await once(from, "drain");
      }
      from.end();
      await once(to, "end");
      assert.is(received, length);
    };
    await within("both transfers", Promise.all([transfer(client, server), transfer(server, client)]));
    await end();
  });

  test("should time out only when nothing moves", async (engine) => {
    const { client, server, end } = await pairOf(engine);
    let timeouts = 0;
    assert.is(server.setTimeout(30, () => timeouts++), server);
    assert.is(server.timeout, 30);
    await within("a timeout", once(server, "timeout"));
    assert.is(timeouts, 1);
    assert.not(server.destroyed, "a timeout closes nothing");
    server.setTimeout(0);
    client.setTimeout(10_000, () => timeouts++);
    await end();
    await pause(60);
    assert.is(timeouts, 1);
  });

  test("should destroy when its signal aborts", async (engine) => {
    const controller = new AbortController();
    const { client, end } = await pairOf(engine, { signal: controller.signal });
    const error = errorOf(client);
    controller.abort(new Error("enough"));
    assert.equal([(await error).name, ((await error).cause as Error).message], ["AbortError", "enough"]);
    await end();
    const late = new EndpointSocket(engine, null, { signal: controller.signal });
    assert.is((await errorOf(late)).name, "AbortError");
  });

  test("should cancel the attempt when destroyed while connecting", async (engine) => {
    const { port, close } = await listening(engine, (accepted) => accepted.destroy());
    const sockets = Array.from({ length: 4 }, () => connectSocket(engine, { port, host: "127.0.0.1" }));
    let connects = 0;
    for (const made of sockets) made.on("connect", () => connects++);
    for (const made of sockets) made.destroy();
    await Promise.all(sockets.map((made) => made.closed || once(made, "close")));
    assert.is(connects, 0);
    await close();
  });

  test("should send all that was written before destroySoon", async (engine) => {
    const { client, server, end } = await pairOf(engine);
    const received = textOf(server);
    client.write("x".repeat(500_000));
    client.destroySoon();
    assert.is((await received).length, 500_000);
    await end();
  });

  socket.run();
}

/** All text up to the end, without closing the other direction as a loop would. */
async function textOfNow(socket: EndpointSocket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => (text += String(chunk)));
  await within("the end", once(socket, "end"));
  return text;
}

function pause(delayMs: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), delayMs));
}
