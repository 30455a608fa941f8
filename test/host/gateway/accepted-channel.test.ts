// The channel over a WebSocket that a server accepted, with a WebSocket in the test's hands.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { acceptedChannel, type AcceptedSocket } from "#host/node/gateway/accepted-channel.js";

class FakeSocket extends EventEmitter {
  readyState = 1;
  bufferedAmount = 0;
  readonly waiting: (() => void)[] = [];
  readonly closed: (number | undefined)[] = [];

  send(data: Uint8Array, _options: { binary: true }, sent: () => void): void {
    this.bufferedAmount += data.length;
    this.waiting.push(() => {
      this.bufferedAmount -= data.length;
      sent();
    });
  }

  close(code?: number): void {
    this.closed.push(code);
  }
}

function world(): { socket: FakeSocket; raw: PassThrough; log: string[]; channel: ReturnType<typeof make> } {
  const socket = new FakeSocket();
  const raw = new PassThrough();
  const log: string[] = [];
  return { socket, raw, log, channel: make(socket, raw, log) };
}

const make = (socket: FakeSocket, raw: PassThrough, log: string[]) =>
  acceptedChannel(socket as unknown as AcceptedSocket, raw)({
    opened: () => log.push("opened"),
    messageArrived: (bytes) => log.push(`message ${bytes.length}`),
    closed: (reason) => log.push(reason),
    roomMade: () => log.push("room"),
  });

const channels = suite("channels of accepted WebSockets");

channels("should count what small frames cost while they wait", () => {
  const { socket, channel, log } = world();
  for (let index = 0; index < 1000; index++) channel.send(new Uint8Array(5));
  assert.ok(channel.bufferedBytes >= 1000 * 200, `${channel.bufferedBytes}`);
  for (const sent of socket.waiting) sent();
  assert.is(channel.bufferedBytes, 0);
  assert.is(log.length, 1000, "of room it tells each time");
});

channels("should send the frames of one turn together, and long ones at once", async () => {
  const { raw, channel } = world();
  const corked = (): number => raw.writableCorked;
  channel.send(new Uint8Array(5));
  channel.send(new Uint8Array(5));
  assert.is(corked(), 1);
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.is(corked(), 0);
  let uncorked = 0;
  const uncork = raw.uncork.bind(raw);
  raw.uncork = () => { uncorked++; uncork(); };
  channel.send(new Uint8Array(70_000));
  assert.is(uncorked, 1, "within the call");
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.is(corked(), 0);
});

channels("should tell of messages and of one end, and of nothing after its own close", () => {
  const { socket, channel, log } = world();
  socket.emit("message", Buffer.alloc(3), true);
  socket.emit("message", Buffer.from("text"), false);
  socket.emit("error", new Error("broken"));
  socket.emit("close", 1006);
  socket.emit("close", 1006);
  assert.equal(log, ["message 3", "message 0", "WebSocket closed: 1006"]);
  channel.close();
  assert.equal(socket.closed, []);
  const other = world();
  other.channel.close();
  other.channel.close();
  other.socket.emit("message", Buffer.alloc(3), true);
  other.socket.emit("close", 1000);
  assert.equal([other.log, other.socket.closed], [[], [1000]]);
  other.socket.readyState = 3;
  other.channel.send(new Uint8Array(5));
  assert.is(other.socket.waiting.length, 0);
});

channels.run();
