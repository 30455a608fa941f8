// Channels over real WebSockets and real MessagePorts: whole messages in order, openings and ends.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { MessageChannel } from "node:worker_threads";
import { WebSocket, WebSocketServer } from "ws";
import type { Channel, ChannelEvents, OpenChannel } from "#host/gateway/channel.js";
import { type WebSocketConstructor, webSocketChannel } from "#host/gateway/client/web-socket-channel.js";
import { messagePortChannel } from "#host/gateway/message-port-channel.js";
import { until, within } from "../../support/guard.js";

/** What a channel told, in order: "open", the messages as text, "closed: why". */
class Log implements ChannelEvents {
  readonly entries: string[] = [];

  opened(): void {
    this.entries.push("open");
  }

  messageArrived(bytes: Uint8Array): void {
    this.entries.push(`${bytes.length}: ${Buffer.from(bytes.subarray(0, 20))}`);
  }

  closed(reason: string): void {
    this.entries.push(`closed: ${reason}`);
  }

  has(count: number): Promise<void> {
    return until(() => `${this.entries}`, () => this.entries.length >= count);
  }
}

function openTo(open: OpenChannel): { channel: Channel; log: Log } {
  const log = new Log();
  const channel = open(log);
  assert.equal(log.entries, [], "nothing is told from inside the call");
  return { channel, log };
}

const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value));

const sockets = suite("a WebSocket");
const options = { WebSocket: WebSocket as unknown as WebSocketConstructor };

async function serve(): Promise<{ server: WebSocketServer; url: string; peer: Promise<WebSocket> }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  const peer = once(server, "connection").then(([socket]) => socket as WebSocket);
  await once(server, "listening");
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, peer };
}

sockets("should carry messages both ways, and parts of larger buffers as they are", async () => {
  const { server, url, peer } = await serve();
  const { channel, log } = openTo(webSocketChannel(url, options));
  channel.send(text("too early"));
  const socket = await within("a connection", peer);
  const heard: string[] = [];
  socket.on("message", (data: Buffer, isBinary) => heard.push(`${isBinary} ${data}`));
  await log.has(1);
  channel.send(text("one"));
  channel.send(text("--two--").subarray(2, 5));
  socket.send(Buffer.from("three"));
  socket.send(Buffer.alloc(100_000, 65));
  socket.send("no bytes");
  await log.has(4);
  await until(() => `${heard}`, () => heard.length === 2);
  assert.equal(heard, ["true one", "true two"]);
  assert.equal(log.entries, ["open", "5: three", `100000: ${"A".repeat(20)}`, "0: "]);
  assert.type(channel.bufferedBytes, "number");
  channel.close();
  channel.close();
  channel.send(text("too late"));
  await within("the end", once(socket, "close"));
  assert.is(log.entries.length, 4, "nothing is told after close");
  server.close();
});

sockets("should tell once how it ended", async () => {
  const { server, url, peer } = await serve();
  const { log } = openTo(webSocketChannel(url, options));
  const socket = await within("a connection", peer);
  await log.has(1);
  socket.close(4001, "enough");
  await log.has(2);
  assert.equal(log.entries, ["open", "closed: WebSocket closed: 4001 enough"]);
  server.close();
});

sockets("should tell when it cannot open", async () => {
  const { server, url } = await serve();
  server.close();
  await once(server, "close");
  const { channel, log } = openTo(webSocketChannel(url, options));
  await log.has(1);
  assert.equal(log.entries, ["closed: WebSocket closed: 1006"]);
  channel.close();
});

sockets("should offer the protocols that it was given", async () => {
  const { server, url, peer } = await serve();
  const { channel, log } = openTo(webSocketChannel(url, { ...options, protocols: ["one", "two"] }));
  assert.is((await within("a connection", peer)).protocol, "one");
  await log.has(1);
  channel.close();
  server.close();
});

/** Runs with this WebSocket in place of the platform's. */
function withPlatform(socket: unknown, run: () => void): void {
  const platform = globalThis as { WebSocket?: unknown };
  const known = platform.WebSocket;
  if (socket === undefined) delete platform.WebSocket;
  else platform.WebSocket = socket;
  try {
    run();
  } finally {
    if (known === undefined) delete platform.WebSocket;
    else platform.WebSocket = known;
  }
}

sockets("should be refused where there is none", () => withPlatform(undefined, () => {
  assert.throws(() => webSocketChannel("ws://127.0.0.1/")(new Log()), /this platform has no WebSocket/);
}));

sockets("should say that frames are copied only of the platform's own, which must", () => {
  class Silent {
    close(): void {}
  }
  const given = { WebSocket: Silent as unknown as WebSocketConstructor };
  withPlatform(Silent, () => {
    assert.is(openTo(webSocketChannel("ws://127.0.0.1/")).channel.copies, true);
    assert.is(openTo(webSocketChannel("ws://127.0.0.1/", given)).channel.copies, false);
  });
});

sockets.run();

// ---

const ports = suite("a MessagePort");

ports("should carry messages both ways, and nothing else", async () => {
  const { port1, port2 } = new MessageChannel();
  const [one, two] = [port1, port2].map((port) => openTo(messagePortChannel(port))) as
    [ReturnType<typeof openTo>, ReturnType<typeof openTo>];
  await Promise.all([one.log.has(1), two.log.has(1)]);
  one.channel.send(text("to two"));
  one.channel.send(text("--part--").subarray(2, 6));
  two.channel.send(text("to one"));
  port2.postMessage("no bytes");
  await Promise.all([one.log.has(3), two.log.has(3)]);
  assert.equal(one.log.entries, ["open", "6: to one", "0: "]);
  assert.equal(two.log.entries, ["open", "6: to two", "4: part"]);
  assert.is(one.channel.bufferedBytes, 0);
  one.channel.send(text("last words"));
  one.channel.close();
  one.channel.close();
  one.channel.send(text("too late"));
  await two.log.has(5);
  assert.equal(two.log.entries.slice(3), ["10: last words", "closed: the port is closed"]);
  two.channel.close();
  assert.is(one.log.entries.length, 3, "nothing is told after close");
});

ports("should be one channel only", async () => {
  const { port1, port2 } = new MessageChannel();
  const open = messagePortChannel(port1);
  const first = openTo(open);
  const second = openTo(open);
  await second.log.has(1);
  assert.equal(second.log.entries, ["closed: the port is closed"]);
  assert.equal(first.log.entries, ["open"]);
  second.channel.send(text("into the void"));
  first.channel.close();
  port2.close();
});

ports("should tell when the other end is closed without a word", async () => {
  const { port1, port2 } = new MessageChannel();
  const { log } = openTo(messagePortChannel(port1));
  await log.has(1);
  port2.close();
  await log.has(2);
  assert.equal(log.entries, ["open", "closed: the port is closed"]);
});

ports.run();
