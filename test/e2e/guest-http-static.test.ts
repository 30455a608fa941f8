// The static HTTP server in C, against Node's client, curl and hostile input over plain sockets.
import { execFile } from "node:child_process";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../support/bytes.js";
import { type Address, open } from "../support/client.js";
import { until, within } from "../support/guard.js";
import { guestArms } from "../support/guests.js";
import { openFiles, residentMib, withServer } from "../support/process.js";

console.log(`TEST_SEED=${SEED}`);
const HELLO = "Hello, world\n";
const GET_HELLO = "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST_HELLO = "GET /hello.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/** What the server sends until it ends the connection, after these pieces. */
async function talk(server: Address, pieces: (string | Buffer)[], pauseMs = 0): Promise<string> {
  const socket = await open(server);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = once(socket, "end");
  ended.catch(() => {});
  for (const piece of pieces) {
    socket.write(piece);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  await within("the end of the answers", ended);
  socket.destroy();
  return Buffer.concat(chunks).toString();
}

const statuses = (text: string): string[] => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1] ?? "");

interface Answer {
  response: IncomingMessage;
  localPort: number | undefined;
  body: string;
}

async function answered(options: object, agent?: Agent): Promise<Answer> {
  const request = httpRequest({ host: "127.0.0.1", ...options, ...agent && { agent } });
  request.end();
  const [response] = (await within("an answer", once(request, "response"))) as [IncomingMessage];
  const { localPort } = response.socket; // The agent takes the socket back with the last byte.
  let body = "";
  for await (const chunk of response) body += String(chunk);
  return { response, localPort, body };
}

const HOSTILE: [name: string, sent: string | Buffer, status: string][] = [
  ["a head without an end", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(9000)}`, "431"],
  ["a line without an end", "G".repeat(1_000_000), "431"],
  ["nothing but empty lines", "\r\n".repeat(5000), "431"],
  ["no host", "GET / HTTP/1.1\r\n\r\n", "400"],
  ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"],
  ["another version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"],
  ["no version", "GET /\r\nHost: a\r\n\r\n", "400"],
  ["another protocol", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n", "400"],
  ["a zero byte", "GET / HTTP/1.1\r\nHost: \0\r\n\r\n", "400"],
  ["a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"],
  ["a folded line", "GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n", "400"],
  ["a bare line break", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "400"],
  ["no path", "GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n", "400"],
  ["a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "413"],
  ["chunks", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "413"],
  ["another method", "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", "405"],
  ["more behind an error", `BAD\r\n\r\n${GET_HELLO.repeat(1000)}`, "400"],
];

for (const { label, arm } of guestArms("http-static")) {
  const http = suite(`the HTTP server in C on ${label}`);
  const test = (name: string, body: (server: Address & { pid: number }) => Promise<void>): void => {
    http(name, () => withServer(arm, ["127.0.0.1:0"], body));
  };

  test("should answer Node's client over one connection that is kept", async ({ port }) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<unknown>();
    for (const [path, status, type] of [["/", 200, "text/html; charset=utf-8"], ["/hello.txt?query", 200, "text/plain"],
      ["/style.css", 200, "text/css"], ["/nowhere", 404, "text/plain"], ["/hello.txt", 200, "text/plain"]] as const) {
      const { response, localPort, body } = await answered({ port, path }, agent);
      assert.is(response.statusCode, status);
      assert.is(response.headers["content-type"], type);
      assert.is(response.headers["content-length"], String(body.length));
      if (path.startsWith("/hello")) assert.is(body, HELLO);
      ports.add(localPort);
    }
    const { response, localPort, body } = await answered({ port, path: "/hello.txt", method: "HEAD" }, agent);
    assert.is(response.headers["content-length"], String(HELLO.length));
    assert.is(body, "");
    ports.add(localPort);
    assert.is(ports.size, 1);
    agent.destroy();
  });

  test("should answer curl", async ({ port }) => {
    const run = promisify(execFile);
    const urls = [`http://127.0.0.1:${port}/hello.txt`, `http://127.0.0.1:${port}/hello.txt`];
    assert.is((await run("curl", ["--silent", "--fail", ...urls])).stdout, HELLO + HELLO);
    const head = await run("curl", ["--silent", "--head", "--http1.0", urls[0] as string]);
    assert.match(head.stdout, /^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n/);
  });

  test("should answer requests that come at once, in pieces, and in order", async (server) => {
    const many = await talk(server, [GET_HELLO.repeat(3000) + LAST_HELLO]);
    assert.is(many.split(HELLO).length - 1, 3001);
    const others = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n";
    const slowly = await talk(server, [...`\r\n${GET_HELLO}${others}${LAST_HELLO}`], 1);
    assert.equal(statuses(slowly), ["200", "200", "404", "200"]);
    assert.is(slowly.split(HELLO).length - 1, 2);
    const old = await talk(server, ["GET /hello.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "GET http://a/hello.txt HTTP/1.0\r\n\r\n"]);
    assert.equal(statuses(old), ["200", "200"]);
  });

  test("should answer what is wrong with one status, and end", async (server) => {
    for (const [name, sent, status] of HOSTILE) {
      const text = await talk(server, [sent]);
      assert.equal(statuses(text), [status], name);
      assert.match(text, /\r\nConnection: close\r\n/, name);
    }
    assert.equal(statuses(await talk(server, [LAST_HELLO])), ["200"]);
  });

  test("should live through random bytes, and clients that vanish", async (server) => {
    const random = new Random();
    const files = openFiles(server.pid);
    for (let round = 0; round < 60; round += 1) {
      const socket = await open(server);
      socket.resume();
      const mutated = Buffer.from(GET_HELLO.repeat(1 + random.below(50)));
      for (let change = random.below(5); change > 0; change -= 1) {
        mutated[random.below(mutated.length)] = random.below(256);
      }
      socket.write(mutated.subarray(0, random.below(mutated.length)));
      await new Promise((resolve) => setTimeout(resolve, random.below(4)));
      if (random.below(2) === 0) socket.destroy();
      else socket.resetAndDestroy();
    }
    await until(() => `${openFiles(server.pid)} open files`, () => openFiles(server.pid) <= files);
    assert.equal(statuses(await talk(server, [LAST_HELLO])), ["200"]);
  });

  test("should hold little for clients that send for ever and never read", async (server) => {
    await talk(server, [GET_HELLO.repeat(1000) + LAST_HELLO]);
    const before = residentMib(server.pid);
    const block = Buffer.from(GET_HELLO.repeat(2000));
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(server)));
    for (const socket of sockets) for (let sent = 0; sent < 20; sent += 1) socket.write(block);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(statuses(await talk(server, [LAST_HELLO])), ["200"]);
    const grown = residentMib(server.pid) - before;
    console.log(`it grew by ${grown.toFixed(1)} MiB`);
    assert.ok(grown < 64, `it grew by ${grown.toFixed(1)} MiB`);
    for (const socket of sockets) socket.destroy();
  });

  test("should serve more clients at once than it holds connections", async (server) => {
    const all = await Promise.all(Array.from({ length: 1100 }, async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, index % 20));
      const text = await talk(server, [LAST_HELLO]);
      return statuses(text)[0];
    }));
    assert.equal(all.filter((status) => status === "200").length, 1100);
  });

  http.run();
}
