// node:http and node:https over engine sockets, both sides: requests, bodies, keep-alive, upgrades and aborts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createHash } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import type { EventEngine } from "#host/engine/interfaces.js";
import { connectSocket, type EndpointSocket } from "#host/node/duplex.js";
import { ENGINES, withEngine } from "../../support/adapter-engines.js";
import { serveSockets } from "../../support/adapter-server.js";
import { Pattern } from "../../support/bytes.js";
import { within } from "../../support/guard.js";
import { CERTIFICATE, KEY } from "../../support/test-certificate.js";

const BODY_BYTES = 5_000_000;

class EngineAgent extends http.Agent {
  made = 0;

  constructor(private readonly engine: EventEngine, options: http.AgentOptions = {}) {
    super(options);
  }

  override createConnection(options: { host?: string; port?: number }): Duplex {
    this.made++;
    return connectSocket(this.engine, { host: options.host, port: Number(options.port) });
  }
}

interface Answer {
  status: number;
  text: string;
}

async function request(options: http.RequestOptions, body: string | Buffer = ""): Promise<Answer> {
  const sent = http.request(options);
  sent.end(body);
  return answerOf(sent);
}

async function answerOf(sent: http.ClientRequest): Promise<Answer> {
  const [response] = await within("a response", once(sent, "response")) as [http.IncomingMessage];
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode ?? 0, text };
}

/** Answers with the method, the path, and the length and hash of the body. */
async function describe(message: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of message) {
    hash.update(chunk as Buffer);
    length += (chunk as Buffer).length;
  }
  response.end(`${message.method} ${message.url} ${length} ${hash.digest("hex")}`);
}

const described = (line: string, body: Buffer | string): string =>
  `${line} ${body.length} ${createHash("sha256").update(body).digest("hex")}`;

for (const arm of ENGINES) {
  const overHttp = suite(`http over ${arm.name}`);
  const test = (name: string, body: (engine: EventEngine) => Promise<void>): void => {
    overHttp(name, () => withEngine(arm, body));
  };

  test("should serve and ask, with small and large bodies, over few connections", async (engine) => {
    const server = http.createServer((message, response) => void describe(message, response));
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const agent = new EngineAgent(engine, { keepAlive: true, maxSockets: 2 });
    const where = { agent, host: "127.0.0.1", port: listener.port };
    const large = Buffer.from(new Pattern().at(0, 1 << 20));
    const asked = Array.from({ length: 20 }, (_, index) => {
      const body = index % 5 === 0 ? large : `body ${index}`;
      return request({ ...where, method: "PUT", path: `/${index}` }, body)
        .then(({ text }) => assert.is(text, described(`PUT /${index}`, body)));
    });
    await within("all answers", Promise.all(asked));
    assert.is(agent.made, 2);
    agent.destroy();
    await listener.close();
    server.close();
  });

  test("should stream a large answer to a slow reader in bounded memory", async (engine) => {
    let produced = 0;
    const server = http.createServer((_message, response) => {
      const chunk = Buffer.alloc(50_000, 7);
      const more = (): void => {
        while (produced < BODY_BYTES * 4) {
          produced += chunk.length;
          if (!response.write(chunk)) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const sent = http.get({ agent: new EngineAgent(engine), host: "127.0.0.1", port: listener.port });
    const [response] = await within("a response", once(sent, "response")) as [http.IncomingMessage];
    for (let before = -1; before !== produced;) {
      before = produced;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    assert.ok(produced < BODY_BYTES * 4, `${produced} bytes were produced for nobody`);
    let received = 0;
    for await (const chunk of response) received += (chunk as Buffer).length;
    assert.is(received, produced);
    await listener.close();
    server.close();
  });

  test("should fail a request as node:net does when nobody listens", async (engine) => {
    const listener = serveSockets(engine, () => {});
    await listener.close();
    const sent = http.get({ agent: new EngineAgent(engine), host: "127.0.0.1", port: listener.port });
    const [error] = await within("an error", once(sent, "error"));
    assert.is(error.code, "ECONNREFUSED");
  });

  test("should tell the other side of an abort, on both sides", async (engine) => {
    const closed: string[] = [];
    const server = http.createServer((message, response) => {
      response.on("close", () => closed.push(message.url ?? ""));
      response.write("a part");
      if (message.url === "/cut") setTimeout(() => response.destroy(), 20);
    });
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const where = { agent: new EngineAgent(engine), host: "127.0.0.1", port: listener.port };
    const aborted = http.get({ ...where, path: "/abort" });
    const [response] = await once(aborted, "response") as [http.IncomingMessage];
    response.on("error", () => {});
    response.destroy();
    const [cut] = await once(http.get({ ...where, path: "/cut" }), "response") as [http.IncomingMessage];
    cut.resume();
    const [error] = await within("the cut", once(cut, "error"));
    assert.is(error.code, "ECONNRESET");
    while (closed.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(closed.sort(), ["/abort", "/cut"]);
    await listener.close();
    server.close();
  });

  test("should hand a connection over on upgrade", async (engine) => {
    const server = http.createServer();
    server.on("upgrade", (_message, socket: Duplex) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.pipe(socket);
    });
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const sent = http.get({
      agent: new EngineAgent(engine), host: "127.0.0.1", port: listener.port,
      headers: { connection: "upgrade", upgrade: "echo" },
    });
    const [, socket] = await within("an upgrade", once(sent, "upgrade")) as [unknown, EndpointSocket];
    socket.end("across");
    let text = "";
    for await (const chunk of socket) text += chunk;
    assert.is(text, "across");
    await listener.close();
    server.close();
  });

  test("should answer a client that ends its side right after its question", async (engine) => {
    const server = http.createServer((_message, response) => response.end("an answer"));
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket), { allowHalfOpen: true });
    const client = connectSocket(engine, { port: listener.port, host: "127.0.0.1", allowHalfOpen: true });
    client.end("GET / HTTP/1.0\r\n\r\n");
    let text = "";
    for await (const chunk of client) text += chunk;
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nan answer$/);
    await listener.close();
    server.close();
  });

  test("should time an idle connection out", async (engine) => {
    const server = http.createServer({ keepAliveTimeout: 30 }, (_message, response) => response.end("ok"));
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const agent = new EngineAgent(engine, { keepAlive: true });
    assert.is((await request({ agent, host: "127.0.0.1", port: listener.port })).text, "ok");
    const [socket] = listener.sockets;
    if (!socket!.destroyed) await within("the timeout", once(socket!, "close"));
    agent.destroy();
    await listener.close();
    server.close();
  });

  overHttp.run();

  // ---

  const overTls = suite(`tls over ${arm.name}`);
  const testTls = (name: string, body: (engine: EventEngine) => Promise<void>): void => {
    overTls(name, () => withEngine(arm, body));
  };
  const identity = { key: KEY, cert: CERTIFICATE };
  const trust = { ca: CERTIFICATE, servername: "engine.test" };

  testTls("should secure both sides by hand", async (engine) => {
    const listener = serveSockets(engine, (socket) => {
      const secure = new tls.TLSSocket(socket as unknown as net.Socket, { isServer: true, ...identity });
      secure.pipe(secure);
    }, { allowHalfOpen: true });
    const plain = connectSocket(engine, { port: listener.port, host: "127.0.0.1", allowHalfOpen: true });
    const secure = tls.connect({ socket: plain, ...trust });
    await within("the handshake", once(secure, "secureConnect"));
    assert.ok(secure.authorized);
    const sent = Buffer.from(new Pattern().at(0, 300_000));
    secure.end(sent);
    const received: Buffer[] = [];
    for await (const chunk of secure) received.push(chunk as Buffer);
    assert.ok(Buffer.concat(received).equals(sent));
    plain.destroy();
    await listener.close();
  });

  testTls("should refuse a certificate that nothing trusts", async (engine) => {
    const server = tls.createServer(identity);
    server.on("tlsClientError", () => {});
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const plain = connectSocket(engine, { port: listener.port, host: "127.0.0.1" });
    const secure = tls.connect({ socket: plain, servername: "engine.test" });
    const [error] = await within("a refusal", once(secure, "error"));
    assert.is(error.code, "DEPTH_ZERO_SELF_SIGNED_CERT");
    plain.destroy();
    await listener.close();
  });

  testTls("should carry https", async (engine) => {
    const server = https.createServer(identity, (message, response) => void describe(message, response));
    const listener = serveSockets(engine, (socket) => server.emit("connection", socket));
    const agent = new https.Agent({ keepAlive: true });
    const plains: EndpointSocket[] = [];
    agent.createConnection = () => {
      const plain = connectSocket(engine, { port: listener.port, host: "127.0.0.1" });
      plains.push(plain);
      return tls.connect({ socket: plain, ...trust });
    };
    const body = Buffer.from(new Pattern().at(0, 1 << 20));
    for (const path of ["/one", "/two"]) {
      const sent = https.request({ agent, host: "engine.test", path, method: "POST" });
      sent.end(body);
      assert.is((await answerOf(sent)).text, described(`POST ${path}`, body));
    }
    assert.is(plains.length, 1);
    agent.destroy();
    for (const plain of plains) plain.destroy();
    await listener.close();
    server.close();
  });

  overTls.run();
}
