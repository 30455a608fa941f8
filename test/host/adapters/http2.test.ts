// node:http2 over engine sockets, both sides: many streams on one connection, large bodies, resets, pings, TLS.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { once } from "node:events";
import http2 from "node:http2";
import tls from "node:tls";
import type { EventEngine } from "#host/engine/interfaces.js";
import { connectSocket } from "#host/node/duplex.js";
import { ENGINES, withEngine } from "../../support/adapter-engines.js";
import { serveSockets, type SocketServer } from "../../support/adapter-server.js";
import { Pattern } from "../../support/bytes.js";
import { within } from "../../support/guard.js";
import { CERTIFICATE, KEY } from "../../support/test-certificate.js";

function open(engine: EventEngine, listener: SocketServer): http2.ClientHttp2Session {
  return http2.connect(`http://127.0.0.1:${listener.port}`, {
    createConnection: () => connectSocket(engine, { port: listener.port, host: "127.0.0.1" }),
  });
}

async function end(session: http2.ClientHttp2Session, listener: SocketServer): Promise<void> {
  const closed = once(session, "close");
  session.close();
  await within("the end of the session", closed);
  await listener.close();
}

async function echoed(session: http2.ClientHttp2Session, body: Buffer): Promise<Buffer> {
  const stream = session.request({ ":method": "POST", ":path": "/" });
  stream.end(body);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function echo(stream: http2.ServerHttp2Stream): void {
  stream.on("error", () => {});
  stream.respond({ ":status": 200 });
  stream.pipe(stream);
}

for (const arm of ENGINES) {
  const overHttp2 = suite(`http2 over ${arm.name}`);
  const test = (name: string, body: (engine: EventEngine) => Promise<void>): void => {
    overHttp2(name, () => withEngine(arm, body));
  };

  test("should carry many streams on one connection", async (engine) => {
    const server = http2.createServer().on("stream", echo);
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const session = open(engine, listener);
    const pattern = new Pattern();
    const bodies = Array.from({ length: 50 }, (_, index) => pattern.at(index * 977, 1 + index * 2000));
    const answers = await within("all echoes", Promise.all(bodies.map((body) => echoed(session, body))));
    for (const [index, answer] of answers.entries()) assert.ok(answer.equals(bodies[index]!), `body ${index}`);
    assert.is(listener.sockets.length, 1);
    await end(session, listener);
  });

  test("should carry a large body with flow control", async (engine) => {
    const server = http2.createServer().on("stream", echo);
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const session = open(engine, listener);
    const body = Buffer.concat([0, 1, 2, 3].map((block) => new Pattern().at(block * 1_000_000, 1_000_000)));
    assert.ok((await within("the echo", echoed(session, body))).equals(body));
    await end(session, listener);
  });

  test("should carry pings and resets of single streams", async (engine) => {
    const server = http2.createServer().on("stream", (stream, headers) => {
      stream.on("error", () => {});
      if (headers[":path"] === "/reset") stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      else echo(stream);
    });
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const session = open(engine, listener);
    const answer = await new Promise<Buffer>((resolve) => {
      session.ping(Buffer.from("8 bytes."), (_error, _duration, payload) => resolve(payload));
    });
    assert.is(answer.toString(), "8 bytes.");
    const reset = session.request({ ":path": "/reset" });
    const [error] = await within("the reset", once(reset, "error"));
    assert.match(error.message, /NGHTTP2_REFUSED_STREAM/);
    assert.is((await echoed(session, Buffer.from("still there"))).toString(), "still there");
    await end(session, listener);
  });

  test("should fail the session when the connection goes", async (engine) => {
    const server = http2.createServer().on("stream", echo);
    server.on("sessionError", () => {});
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const session = open(engine, listener);
    session.on("error", () => {});
    assert.is((await echoed(session, Buffer.from("first"))).toString(), "first");
    const closed = once(session, "close");
    const pending = session.request({ ":method": "POST" });
    pending.on("error", () => {});
    for (const socket of listener.sockets) socket.destroy();
    await within("the end of the session", closed);
    await listener.close();
  });

  test("should fail the session when nobody listens", async (engine) => {
    const listener = serveSockets(engine, () => {});
    await listener.close();
    const session = open(engine, listener);
    const [error] = await within("an error", once(session, "error"));
    assert.is(error.code, "ECONNREFUSED");
  });

  test("should run over tls", async (engine) => {
    const server = http2.createSecureServer({ key: KEY, cert: CERTIFICATE }).on("stream", echo);
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const plain = connectSocket(engine, { port: listener.port, host: "127.0.0.1" });
    const session = http2.connect("https://engine.test", {
      createConnection: () => tls.connect({
        socket: plain, ca: CERTIFICATE, servername: "engine.test", ALPNProtocols: ["h2"],
      }),
    });
    const body = Buffer.from(new Pattern().at(0, 200_000));
    assert.ok((await within("the echo", echoed(session, body))).equals(body));
    await end(session, listener);
    plain.destroy();
  });

  overHttp2.run();
}
