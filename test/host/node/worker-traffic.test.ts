// Traffic between a worker and the sockets of another thread: what a slow reader may hold, what happens while the guest
// computes, many connections at a time, datagrams, and what is left when a guest dies.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";
import type { DatagramEvents, DatagramSocket } from "#host/wasi/datagram-transport.js";
import { ErrorCode, errorCodeName, OK } from "#host/wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import type { Binding, Connection } from "#host/wasi/transport.js";
import { STEP_BYTES, WINDOW_BYTES } from "#host/node/worker/messages.js";
import { openBlackHole } from "../../conformance/peers.js";
import { Pattern, Random, SEED } from "../../support/bytes.js";
import { until, within } from "../../support/guard.js";
import { closed, connect, gone, listen, loopback, mustBind, Record } from "../support/node-transport.js";
import { RemoteArm } from "../support/remote-arm.js";

console.log(`TEST_SEED=${SEED}`);

const pattern = new Pattern();

/** Bytes that are not those of another index. */
function contents(index: number, length: number): Buffer {
  const result = Buffer.alloc(length);
  for (let at = 0; at < length; at += 65_536) {
    pattern.at(index * 7919 + at, Math.min(65_536, length - at)).copy(result, at);
  }
  return result;
}

/** A plain client of the arm's listener, and the arm's end of it. */
interface Pair {
  peer: net.Socket;
  connection: Connection;
  record: Record;
}

class Server {
  readonly connections: Connection[] = [];

  private constructor(readonly binding: Binding) {}

  static async on(arm: RemoteArm): Promise<Server> {
    const server = new Server(await mustBind(arm));
    await listen(server.binding, (connection) => { server.connections.push(connection); });
    return server;
  }

  get port(): number {
    return this.binding.localAddress.port;
  }

  /** The arm's end of a plain socket. */
  async endOf(peer: net.Socket): Promise<Connection> {
    const find = (): Connection | undefined =>
      this.connections.find(({ remoteAddress }) => remoteAddress?.port === peer.localPort);
    await until(() => "no connection arrived", () => find() !== undefined);
    return find() as Connection;
  }

  async pair(): Promise<Pair> {
    const peer = net.connect(this.port, "127.0.0.1");
    await once(peer, "connect");
    const connection = await this.endOf(peer);
    const record = new Record();
    connection.attach(record);
    return { peer, connection, record };
  }
}

function finish(arm: RemoteArm, server: Server, peers: readonly net.Socket[]): Promise<void> {
  for (const peer of peers) peer.destroy();
  for (const connection of server.connections) connection.abort();
  server.binding.close();
  return gone(arm);
}

const bytes = suite("bytes");

bytes("should be held back at a window by a slow reader, who holds up nobody else", async () => {
  const arm = new RemoteArm();
  const server = await Server.on(arm);
  const slow = await server.pair();
  const other = await server.pair();
  slow.record.wantsMore = false;
  const sent = contents(0, 32 << 20);
  slow.peer.write(sent);
  await until(() => "nothing arrived", () => slow.record.length > 0);
  const before = slow.record.length;
  const quick = contents(1, 8 << 20);
  other.peer.write(quick);
  await until(() => `${other.record.length} bytes`, () => other.record.length === quick.length);
  assert.ok(Buffer.concat(other.record.bytes).equals(quick));
  assert.is(slow.record.length, before, "nothing is delivered while it is paused");
  assert.ok(slow.peer.writableLength > 0, "the sender is held back");
  slow.record.wantsMore = true;
  slow.connection.resume();
  await until(() => `${slow.record.length} bytes`, () => slow.record.length === sent.length);
  assert.ok(Buffer.concat(slow.record.bytes).equals(sent));
  await finish(arm, server, [slow.peer, other.peer]);
});

bytes("should come before the end and before the failure, though the reader pauses", async () => {
  const arm = new RemoteArm();
  const server = await Server.on(arm);
  const witness = await server.pair();
  /** What the sockets got before is under way when this is through. */
  const roundTrip = async (): Promise<void> => {
    const before = witness.record.length;
    witness.peer.write("x");
    await until(() => "the witness is silent", () => witness.record.length > before);
  };
  for (const ending of ["end", "connection-reset"]) {
    const { peer, connection, record } = await server.pair();
    peer.on("error", () => {});
    record.wantsMore = false;
    const sent = contents(0, 20_000);
    peer.write(sent.subarray(0, 10_000));
    await until(() => "nothing arrived", () => record.length > 0);
    const first = record.length;
    peer.write(sent.subarray(10_000));
    await roundTrip();
    await roundTrip();
    if (ending === "end") peer.end();
    else peer.resetAndDestroy();
    if (ending === "end") {
      await roundTrip();
      assert.equal([record.length, record.log], [first, []], "the end waits for what is before it");
      record.wantsMore = true;
      connection.resume();
    }
    await until(() => record.log.join(), () => record.log.length > 0);
    assert.equal(record.log, [ending]);
    assert.ok(Buffer.concat(record.bytes).equals(sent), "all of it, in order");
    peer.destroy();
  }
  await finish(arm, server, [witness.peer]);
});

bytes("should wait, all of them, while the guest computes and the channel is full", async () => {
  const arm = new RemoteArm();
  const server = await Server.on(arm);
  const pairs = await Promise.all(Array.from({ length: 12 }, () => server.pair()));
  arm.isBusy = true;
  const sent = pairs.map((_, index) => contents(index, 3 << 20));
  pairs.forEach(({ peer }, index) => peer.write(sent[index]!));
  const late = Array.from({ length: 100 }, () => net.connect(server.port, "127.0.0.1"));
  await Promise.all(late.map((peer) => once(peer, "connect")));
  await new Promise((resolve) => { setTimeout(resolve, 100); });
  assert.ok(pairs.every(({ record }) => record.length === 0));
  arm.isBusy = false;
  await until(() => "the bytes", () => pairs.every(({ record }, index) => record.length === sent[index]!.length));
  pairs.forEach(({ record }, index) => {
    assert.ok(Buffer.concat(record.bytes).equals(sent[index]!), `connection ${index}`);
  });
  await until(() => `${server.connections.length}`, () => server.connections.length === pairs.length + late.length);
  await finish(arm, server, [...pairs.map(({ peer }) => peer), ...late]);
});

bytes("should be counted exactly once somebody waits for room, and closely before", async () => {
  const arm = new RemoteArm();
  const server = await Server.on(arm);
  const { peer, connection, record } = await server.pair();
  peer.resume();
  const message = Buffer.alloc(100);
  for (let index = 0; index < 5000; index++) connection.write(message, 0, message.length);
  await until(() => `${connection.queuedBytes}`, () => connection.queuedBytes < STEP_BYTES);
  const { rooms } = record;
  connection.write(message, 0, message.length);
  connection.wantRoom?.();
  connection.write(message, 0, message.length);
  await until(() => `${connection.queuedBytes}`, () => connection.queuedBytes === 0);
  assert.ok(record.rooms > rooms, "it is told");
  await finish(arm, server, [peer]);
});

bytes("should all arrive in a storm of connections that end in every way", async () => {
  const arm = new RemoteArm();
  const random = new Random();
  const binding = await mustBind(arm);
  const server = { binding, connections: [] as Connection[] };
  await listen(binding, (connection) => {
    server.connections.push(connection);
    connection.attach({
      bytesArrived: (source, start, end) => (connection.write(source, start, end), true),
      bytesGiven: (source, start, end) => (connection.write(source, start, end), true),
      endArrived: () => connection.close(30_000),
      roomMade: () => {},
      failed: () => connection.abort(),
    });
  });
  const one = async (index: number): Promise<void> => {
    const peer = net.connect(binding.localAddress.port, "127.0.0.1");
    peer.on("error", () => {});
    await once(peer, "connect");
    const sent = contents(index, 1 + random.below(60_000));
    const received: Buffer[] = [];
    peer.on("data", (chunk: Buffer) => received.push(chunk));
    peer.write(sent);
    if (random.below(4) === 0) {
      setTimeout(() => peer.resetAndDestroy(), random.below(20));
      return closed(peer);
    }
    peer.end();
    await within("the echo", closed(peer));
    assert.ok(Buffer.concat(received).equals(sent), `client ${index}`);
  };
  for (let wave = 0; wave < 4; wave++) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => one(wave * 100 + index)));
  }
  binding.close();
  await gone(arm);
});

bytes.run();

// ---

class Heard implements DatagramEvents {
  readonly lengths: number[] = [];
  readonly texts: string[] = [];
  readonly remotes: SocketAddress[] = [];
  readonly errors: string[] = [];

  datagramArrived(data: Uint8Array, remote: SocketAddress): void {
    this.lengths.push(data.length);
    this.texts.push(Buffer.from(data.subarray(0, 20)).toString());
    this.remotes.push(remote);
  }

  roomMade(): void {}

  failed(code: ErrorCode): void {
    this.errors.push(errorCodeName(code));
  }
}

async function bindDatagrams(arm: RemoteArm, address = loopback(0)): Promise<{ socket: DatagramSocket; heard: Heard }> {
  const heard = new Heard();
  const socket = await within("a bind", new Promise<DatagramSocket | ErrorCode>((resolve) => {
    arm.bindDatagrams(address, heard, resolve);
  }));
  if (typeof socket === "number") throw new Error(errorCodeName(socket));
  return { socket, heard };
}

async function plainSocket(): Promise<{ plain: dgram.Socket; address: SocketAddress }> {
  const plain = dgram.createSocket("udp4");
  plain.bind(0, "127.0.0.1");
  await once(plain, "listening");
  return { plain, address: loopback(plain.address().port) };
}

const datagrams = suite("datagrams");

datagrams("should go both ways, up to the greatest there are", async () => {
  const arm = new RemoteArm();
  const { socket, heard } = await bindDatagrams(arm);
  const { plain, address } = await plainSocket();
  const echoed: number[] = [];
  plain.on("message", (data, { port }) => {
    echoed.push(data.length);
    plain.send(data, port, "127.0.0.1");
  });
  for (const size of [0, 1, 1000, 65_507]) {
    socket.send(new Uint8Array(size).fill(65), address);
    await until(() => `${size} bytes did not come back`, () => heard.lengths.at(-1) === size);
    assert.is(heard.remotes.at(-1)?.port, address.port);
  }
  assert.equal(echoed, [0, 1, 1000, 65_507]);
  for (let times = 0; times < 100; times++) socket.send(new Uint8Array(1), address);
  await until(() => `${socket.queuedCount} queued`, () => socket.queuedCount < 32); // told of so many together
  socket.close();
  plain.close();
  await gone(arm);
});

datagrams("should be those of the peer alone once connected, which is answered at once", async () => {
  const arm = new RemoteArm();
  const { socket, heard } = await bindDatagrams(arm, makeAddress(Family.Ipv4, [0, 0, 0, 0], 0));
  const [friend, stranger] = [await plainSocket(), await plainSocket()];
  const { port } = socket.localAddress;
  assert.is(socket.connect(friend.address), OK);
  assert.equal(socket.localAddress.parts, [127, 0, 0, 1], "the address that the peer sees");
  stranger.plain.send("no", port, "127.0.0.1");
  friend.plain.send("yes", port, "127.0.0.1");
  await until(() => heard.texts.join(), () => heard.texts.length > 0);
  assert.equal(heard.texts, ["yes"]);
  const [answer] = await Promise.all([once(friend.plain, "message"), socket.send(Buffer.from("to you"), null)]);
  assert.is(String((answer as [Buffer])[0]), "to you");
  assert.is(socket.connect(null), OK);
  socket.setHopLimit(9);
  socket.setReceiveBuffer(100_000);
  socket.setSendBuffer(100_000);
  stranger.plain.send("now", port, "127.0.0.1");
  await until(() => heard.texts.join(), () => heard.texts.length > 1);
  assert.equal(heard.texts, ["yes", "now"]);
  socket.close();
  friend.plain.close();
  stranger.plain.close();
  await gone(arm);
});

datagrams("should be dropped beyond a window while the guest computes, and come again then", async () => {
  const arm = new RemoteArm();
  const { socket, heard } = await bindDatagrams(arm);
  socket.setReceiveBuffer(4 << 20);
  const { plain } = await plainSocket();
  const { port } = socket.localAddress;
  const send = (count: number): Promise<unknown> => Promise.all(Array.from({ length: count }, () =>
    new Promise((resolve) => { plain.send(Buffer.alloc(10_000), port, "127.0.0.1", resolve); })));
  arm.isBusy = true;
  for (let wave = 0; wave < 20; wave++) await send(10);
  await new Promise((resolve) => { setTimeout(resolve, 100); });
  arm.isBusy = false;
  await until(() => "none arrived", () => heard.lengths.length > 0);
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  const first = heard.lengths.length;
  assert.ok(first * 10_000 <= WINDOW_BYTES, `${first} arrived`);
  await until(() => "no more arrives", () => (plain.send("again", port, "127.0.0.1"), heard.texts.includes("again")));
  socket.close();
  plain.close();
  await gone(arm);
});

datagrams("should tell of a peer that is not there, and go on", async () => {
  const arm = new RemoteArm();
  const { socket, heard } = await bindDatagrams(arm);
  const missing = await plainSocket();
  missing.plain.close();
  assert.is(socket.connect(missing.address), OK);
  await until(() => "no failure", () => (socket.send(Buffer.from("?"), null), heard.errors.length > 0));
  assert.is(heard.errors[0], "connection-refused");
  socket.close();
  await gone(arm);
});

datagrams.run();

// ---

const death = suite("the death of a guest");

death("should leave nothing open of all that it had", async () => {
  const arm = new RemoteArm();
  const server = await Server.on(arm);
  const pairs = await Promise.all(Array.from({ length: 5 }, () => server.pair()));
  const plain = net.createServer((socket) => { socket.on("error", () => {}); }).listen(0, "127.0.0.1");
  await once(plain, "listening");
  const made = await connect(arm, loopback((plain.address() as net.AddressInfo).port));
  assert.type(made, "object");
  await bindDatagrams(arm);
  await mustBind(arm);
  const hole = await openBlackHole();
  let answers = 0;
  arm.connect({ remote: loopback(Number(hole.address.split(":")[1])), local: null }, () => { answers++; });
  const ends = pairs.map(({ peer }) => {
    peer.on("error", () => {});
    return closed(peer);
  });
  arm.cut();
  await within("the ends", Promise.all(ends));
  await until(() => `${arm.servedCount} are open`, () => arm.servedCount === 0);
  assert.is(answers, 0);
  hole.end();
  plain.close();
});

death.run();
