// What every transport on real sockets must show: bytes, half-closes, resets, refusals, backpressure, look-ups, and
// nothing left open.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { once } from "node:events";
import net from "node:net";
import { ErrorCode, errorCodeName } from "#host/wasi/error-code.js";
import type { SocketAddress } from "#host/wasi/ip-address.js";
import type { Binding, Connection, Transport } from "#host/wasi/transport.js";
import { until, within } from "../../support/guard.js";
import { connect, firstArrival, gone, loopback, mustBind, Record } from "./node-transport.js";

interface Accepted {
  binding: Binding;
  /** The transport's end. */
  connection: Connection;
  record: Record;
  /** The plain end. */
  peer: net.Socket;
}

/** A connection that the transport accepted from a plain socket. */
async function accepted(transport: Transport): Promise<Accepted> {
  const binding = await mustBind(transport);
  const { arrival } = await firstArrival(binding);
  const peer = net.connect({ port: binding.localAddress.port, host: "127.0.0.1", allowHalfOpen: true });
  peer.on("error", () => {});
  const connection = await within("a connection", arrival);
  const record = new Record();
  connection.attach(record);
  return { binding, connection, record, peer };
}

/** A connection that the transport made to a plain server. */
async function connected(transport: Transport): Promise<Omit<Accepted, "binding"> & { server: net.Server }> {
  const server = net.createServer({ allowHalfOpen: true });
  const arrival = once(server, "connection") as Promise<[net.Socket]>;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const result = await connect(transport, loopback((server.address() as net.AddressInfo).port));
  if (typeof result === "number") throw new Error(errorCodeName(result));
  const [peer] = await arrival;
  peer.on("error", () => {});
  const record = new Record();
  result.attach(record);
  return { connection: result, record, peer, server };
}

const send = (connection: Connection, text: string): void => {
  const bytes = Buffer.from(text);
  connection.write(bytes, 0, bytes.length);
};

async function read(socket: net.Socket, count: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  while (length < count) {
    const part = socket.read() as Buffer | null;
    if (part === null) await within("bytes", once(socket, "readable"));
    else {
      parts.push(part);
      length += part.length;
    }
  }
  return Buffer.concat(parts);
}

type Ends = Omit<Accepted, "binding"> & { finish: () => Promise<void> };

/** Makes a connection, and what ends both sides of it and insists that nothing is left. */
async function made(transport: Transport, make: typeof accepted | typeof connected): Promise<Ends> {
  const result = await make(transport);
  const finish = async (): Promise<void> => {
    result.connection.close(1000);
    result.peer.destroy();
    if ("binding" in result) result.binding.close();
    else result.server.close();
    await gone(transport);
  };
  return { ...result, finish };
}

/** Both ends of a connection, made either way. */
export function endCases(how: string, transport: Transport): void {
  for (const [side, make] of [["accepted", accepted], ["connected", connected]] as const) {
    const both = suite(`either end, ${side}, ${how}`);
    carryingCases(both, () => made(transport, make));
    closingCases(both, () => made(transport, make));
    both.run();
  }
}

type Suite = ReturnType<typeof suite>;

function carryingCases(both: Suite, made: () => Promise<Ends>): void {
  both("should carry bytes both ways", async () => {
    const { connection, record, peer, finish } = await made();
    peer.write("to you");
    await until(() => record.text, () => record.text === "to you");
    send(connection, "to me");
    assert.is((await read(peer, 5)).toString(), "to me");
    assert.is(connection.localAddress?.port, peer.remotePort);
    assert.is(connection.remoteAddress?.port, peer.localPort);
    await finish();
  });

  both("should read on after its own end", async () => {
    const { connection, record, peer, finish } = await made();
    send(connection, "bye");
    connection.end();
    peer.resume();
    await within("FIN", once(peer, "end"));
    peer.end("still here");
    await until(() => record.text, () => record.text === "still here" && record.log.includes("end"));
    assert.equal(record.log, ["end"]);
    await finish();
  });

  both("should write on after the peer's end", async () => {
    const { connection, record, peer, finish } = await made();
    peer.end("bye");
    await until(() => record.log.join(), () => record.log.includes("end"));
    assert.is(record.text, "bye");
    send(connection, "still here");
    assert.is((await read(peer, 10)).toString(), "still here");
    await finish();
  });

  both("should tell a reset once", async () => {
    const { connection, record, peer, finish } = await made();
    peer.resetAndDestroy();
    await until(() => record.log.join(), () => record.log.length > 0);
    assert.equal(record.log, ["connection-reset"]);
    send(connection, "into the void");
    connection.end();
    assert.is(connection.queuedBytes, 0);
    await finish();
    assert.equal(record.log, ["connection-reset"]);
  });

  both("should stop reading when told to, and lose nothing", async () => {
    const { connection, record, peer, finish } = await made();
    record.wantsMore = false;
    peer.write(Buffer.alloc(1 << 20, 1));
    await until(() => `${record.length}`, () => record.length > 0);
    const before = record.length;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    assert.is(record.length, before, "paused after the first bytes");
    record.wantsMore = true;
    connection.resume();
    await until(() => `${record.length}`, () => record.length === 1 << 20);
    await finish();
  });
}

function closingCases(both: Suite, made: () => Promise<Ends>): void {
  both("should count what a slow peer has not taken and tell of room", async () => {
    const { connection, record, peer, finish } = await made();
    const chunk = Buffer.alloc(65_536);
    let sent = 0;
    while (connection.queuedBytes < 1 << 20) {
      chunk.fill(sent);
      connection.write(chunk, 0, chunk.length);
      sent++;
    }
    chunk.fill(255);
    assert.is(record.rooms, 0, "nothing is called back from inside a write");
    const received = await read(peer, sent * chunk.length);
    for (let index = 0; index < sent; index++) {
      const part = received.subarray(index * chunk.length, (index + 1) * chunk.length);
      assert.ok(part.every((byte) => byte === (index & 255)), `chunk ${index}`);
    }
    await until(() => `${connection.queuedBytes} queued`, () => connection.queuedBytes === 0);
    assert.ok(record.rooms > 0);
    await finish();
  });

  both("should flush before it closes", async () => {
    const { connection, peer, finish } = await made();
    const bytes = Buffer.alloc(4 << 20, 7);
    connection.write(bytes, 0, bytes.length);
    connection.close(30_000);
    assert.is((await read(peer, bytes.length)).length, bytes.length);
    await finish();
  });

  both("should not cut a connection that drains slowly", async () => {
    const { connection, peer, finish } = await made();
    const bytes = Buffer.alloc(24 << 20, 7);
    for (let at = 0; at < bytes.length; at += 65_536) connection.write(bytes, at, at + 65_536);
    connection.close(1000); // far more than a busy machine keeps everybody waiting
    let received = 0;
    let isOver = false;
    peer.on("data", (chunk: Buffer) => { // 2.2 seconds at least for all of it
      received += chunk.length;
      peer.pause();
      setTimeout(() => peer.resume(), (chunk.length / bytes.length) * 2200);
    });
    peer.on("end", () => { isOver = true; });
    await until(() => `${received} of ${bytes.length} bytes`, () => isOver || peer.destroyed);
    assert.is(received, bytes.length);
    await finish();
  });

  both("should cut a connection that never drains", async () => {
    const { connection, record, peer, finish } = await made();
    const bytes = Buffer.alloc(16 << 20, 7);
    connection.write(bytes, 0, bytes.length);
    connection.close(20);
    await within("the cut", finish());
    assert.equal(record.log, [], "nothing is told after close");
    assert.ok(peer.destroyed);
  });
}

/** `bindsAtOnce`: the answer of a bind comes within the call, too early to be cancelled. */
export function connectCases(how: string, transport: Transport, bindsAtOnce: boolean): void {
  const connecting = suite(`connect, ${how}`);

  connecting("should say that it was refused", async () => {
    const binding = await mustBind(transport);
    const { port } = binding.localAddress;
    await within("release", new Promise<void>((resolve) => binding.close(resolve)));
    assert.is(await connect(transport, loopback(port)), ErrorCode.ConnectionRefused);
    await gone(transport);
  });

  connecting("should leave from the address it was given", async () => {
    const binding = await mustBind(transport);
    await within("release", new Promise<void>((resolve) => binding.close(resolve)));
    const server = net.createServer((socket) => { socket.end(`${socket.remotePort}`); }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    const connection = await connect(transport, loopback(port), binding.localAddress) as Connection;
    const record = new Record();
    connection.attach(record);
    await until(() => record.text, () => record.log.includes("end"));
    assert.is(record.text, `${binding.localAddress.port}`);
    connection.close(1000);
    server.close();
    await gone(transport);
  });

  connecting("should never call back when it was cancelled", async () => {
    const server = net.createServer((socket) => { socket.on("error", () => {}); }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    let calls = 0;
    transport.connect({ remote: loopback(port), local: null }, () => { calls++; }).cancel();
    if (!bindsAtOnce) transport.bind({ address: loopback(0), backlog: 1 }, () => { calls++; }).cancel();
    transport.lookup("localhost", () => { calls++; }).cancel();
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    assert.is(calls, 0);
    server.close();
    await gone(transport);
  });

  connecting.run();
}

export function lookupCases(how: string, transport: Transport): void {
  const lookup = suite(`lookup, ${how}`);

  lookup("should find localhost and not find a name that cannot exist", async () => {
    const ask = (name: string): Promise<SocketAddress[] | ErrorCode> =>
      within("a look-up", new Promise((resolve) => { transport.lookup(name, resolve); }));
    const found = await ask("localhost") as SocketAddress[];
    assert.ok(found.some(({ parts }) => parts.join(".") === "127.0.0.1" || parts.join(":") === "0:0:0:0:0:0:0:1"));
    const missing = await ask("no-such-name.invalid");
    assert.ok(missing === ErrorCode.NameUnresolvable || missing === ErrorCode.TemporaryResolverFailure);
  });

  lookup.run();
}
