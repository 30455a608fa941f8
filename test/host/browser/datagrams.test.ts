// Datagram sockets of the in-page network.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DatagramSocket } from "#host/wasi/datagram-transport.js";
import { ErrorCode, errorCodeName, OK } from "#host/wasi/error-code.js";
import { Family, makeAddress, parseIp, type SocketAddress, withPort } from "#host/wasi/ip-address.js";
import { DATAGRAM_SEND_QUEUE_MAX } from "#host/wasi/limits.js";
import type { Transport } from "#host/wasi/transport.js";
import { DatagramRecord } from "../support/datagram-record.js";
import { HERE, HERE6, inPage } from "./page-pair.js";

const at = (text: string, port = 0): SocketAddress => makeAddress(Family.Ipv4, parseIp(text)!.parts, port);
const ANY = at("0.0.0.0");

interface Bound {
  readonly record: DatagramRecord;
  readonly socket: DatagramSocket;
}

function bind(transport: Transport, address: SocketAddress): Bound | ErrorCode {
  const record = new DatagramRecord();
  let outcome: DatagramSocket | ErrorCode | undefined;
  transport.bindDatagrams(address, record, (result) => { outcome = result; });
  if (outcome === undefined) throw new Error("the bind did not end within the call");
  return typeof outcome === "number" ? outcome : { record, socket: outcome };
}

function mustBind(transport: Transport, address = HERE): Bound {
  const result = bind(transport, address);
  if (typeof result === "number") throw new Error(errorCodeName(result));
  return result;
}

const close = (...all: Bound[]): void => { for (const { socket } of all) socket.close(); };
const send = ({ socket }: Bound, text: string, remote: SocketAddress | null): void =>
  socket.send(Buffer.from(text), remote);

const binds = suite("binds of datagrams");

binds("should have ports of their own, each for one, on loopback only", inPage(({ network, ...world }) => {
  const first = mustBind(network);
  assert.is(bind(network, first.socket.localAddress), ErrorCode.AddressInUse);
  assert.is(bind(network, withPort(ANY, first.socket.localAddress.port)), ErrorCode.AddressInUse);
  assert.is(bind(network, at("10.0.0.1")), ErrorCode.AddressNotBindable);
  let tcp: unknown;
  network.bind({ address: first.socket.localAddress, backlog: 1 }, (result) => { tcp = result; });
  assert.type(tcp, "object", "a port of TCP is another one");
  (tcp as { close(): void }).close();
  close(first);
  close(first, mustBind(network, first.socket.localAddress));
  assert.is(world.clock.soonCount, 0);
}));

binds.run();

const sends = suite("sends of datagrams");

sends("should arrive whole and in order, later, with the sender's address", inPage((world) => {
  const [a, b] = [mustBind(world.network), mustBind(world.network)];
  for (const text of ["one", "", "three"]) send(a, text, b.socket.localAddress);
  assert.equal([b.record.texts, a.socket.queuedCount], [[], 3]);
  world.settle();
  assert.equal(b.record.texts, ["one", "", "three"]);
  assert.equal(b.record.remotes[0], a.socket.localAddress);
  assert.equal([a.socket.queuedCount, a.record.rooms], [0, 3]);
  send(b, "back", b.record.remotes[0]!);
  world.settle();
  assert.equal(a.record.texts, ["back"]);
  close(a, b);
}));

sends("should send a part of the bytes, as they were when they were sent", inPage((world) => {
  const [a, b] = [mustBind(world.network), mustBind(world.network)];
  const bytes = Buffer.from("<part>");
  a.socket.send(bytes, b.socket.localAddress, 1, 5);
  bytes.fill(0);
  world.settle();
  assert.equal(b.record.texts, ["part"]);
  close(a, b);
}));

sends("should come to who is bound to all addresses, from the address that was sent to by", inPage((world) => {
  const [a, b] = [mustBind(world.network, ANY), mustBind(world.network, ANY)];
  send(a, "x", withPort(at("127.9.9.9"), b.socket.localAddress.port));
  world.settle();
  assert.equal(b.record.remotes, [withPort(HERE, a.socket.localAddress.port)]);
  assert.equal(a.socket.localAddress.parts, [0, 0, 0, 0]);
  close(a, b);
}));

sends("should be lost where nobody is, quietly", inPage((world) => {
  const a = mustBind(world.network);
  send(a, "x", withPort(HERE, 9));
  send(a, "x", at("192.0.2.1", 9));
  send(a, "to nobody", null);
  world.settle();
  assert.equal([a.record.errors, a.socket.queuedCount], [[], 0]);
  close(a);
}));

sends("should be as large as the protocol allows, and be told of what is not", inPage((world) => {
  for (const [home, most] of [[HERE, 65_507], [HERE6, 65_527]] as const) {
    const [a, b] = [mustBind(world.network, home), mustBind(world.network, home)];
    for (const length of [most, most + 1]) a.socket.send(new Uint8Array(length), b.socket.localAddress);
    assert.equal(a.record.errors, [], "not inside the call");
    world.settle();
    assert.equal(b.record.lengths, [most]);
    assert.equal(a.record.errors, [ErrorCode.DatagramTooLarge]);
    close(a, b);
  }
}));

sends("should be dropped when too many are on their way", inPage((world) => {
  const [a, b] = [mustBind(world.network), mustBind(world.network)];
  for (let number = 0; number < DATAGRAM_SEND_QUEUE_MAX + 5; number++) send(a, `${number}`, b.socket.localAddress);
  assert.is(a.socket.queuedCount, DATAGRAM_SEND_QUEUE_MAX);
  world.settle();
  assert.is(b.record.texts.length, DATAGRAM_SEND_QUEUE_MAX);
  assert.is(b.record.texts.at(-1), `${DATAGRAM_SEND_QUEUE_MAX - 1}`, "the newest are dropped");
  send(a, "again", b.socket.localAddress);
  world.settle();
  assert.is(b.record.texts.at(-1), "again");
  close(a, b);
}));

sends("should call nothing back after close, not even for what was on its way", inPage((world) => {
  const [a, b] = [mustBind(world.network), mustBind(world.network)];
  send(a, "late", b.socket.localAddress);
  send(b, "late", a.socket.localAddress);
  a.socket.send(new Uint8Array(70_000), b.socket.localAddress);
  close(a, b);
  world.settle();
  for (const { texts, rooms, errors } of [a.record, b.record]) assert.equal([texts, rooms, errors], [[], 0, []]);
}));

sends("should be allowed to end in the middle of what arrives", inPage((world) => {
  const [a, b] = [mustBind(world.network), mustBind(world.network)];
  b.record.onArrival = () => b.socket.close();
  for (let times = 0; times < 5; times++) send(a, "x", b.socket.localAddress);
  world.settle();
  assert.equal(b.record.texts, ["x"]);
  close(a);
}));

sends("should take options of a real network quietly", inPage((world) => {
  const a = mustBind(world.network);
  a.socket.setHopLimit(5);
  a.socket.setReceiveBuffer(1);
  a.socket.setSendBuffer(1);
  close(a);
}));

sends.run();

const peers = suite("peers of datagrams");

peers("should hear their peer only, write to it, and be another's or nobody's later", inPage((world) => {
  const { network } = world;
  const [a, b, c] = [mustBind(network), mustBind(network), mustBind(network)];
  assert.is(a.socket.connect(b.socket.localAddress), OK);
  for (const each of [b, c]) send(each, "to a", a.socket.localAddress);
  send(a, "to the peer", null);
  world.settle();
  assert.equal([a.record.remotes, b.record.texts], [[b.socket.localAddress], ["to the peer"]]);
  assert.is(a.socket.connect(c.socket.localAddress), OK);
  send(a, "to the peer", null);
  assert.is(a.socket.connect(null), OK);
  send(b, "from anybody", a.socket.localAddress);
  world.settle();
  assert.equal([c.record.texts, a.record.texts], [["to the peer"], ["to a", "from anybody"]]);
  close(a, b, c);
}));

peers("should be told that nobody is there, and go on", inPage((world) => {
  const [a, b] = [mustBind(world.network), mustBind(world.network)];
  const { localAddress } = b.socket;
  close(b);
  a.socket.connect(localAddress);
  send(a, "anybody?", null);
  assert.equal(a.record.errors, [], "not inside the call");
  world.settle();
  assert.equal(a.record.errors, [ErrorCode.ConnectionRefused]);
  const again = mustBind(world.network, localAddress);
  send(a, "now?", null);
  world.settle();
  assert.equal([again.record.texts, a.record.errors.length], [["now?"], 1]);
  close(again);
  send(a, "too late to be told", null);
  a.socket.connect(null);
  world.settle();
  assert.is(a.record.errors.length, 1, "nobody is connected to there any more");
  close(a);
}));

peers("should tell the address that the peer sees, and refuse one that no way leads to", inPage((world) => {
  const [a, b] = [mustBind(world.network, ANY), mustBind(world.network)];
  a.socket.connect(b.socket.localAddress);
  assert.equal(a.socket.localAddress, withPort(HERE, a.socket.localAddress.port));
  assert.is(a.socket.connect(at("192.0.2.1", 9)), ErrorCode.RemoteUnreachable);
  assert.equal(a.socket.localAddress.parts, [0, 0, 0, 0], "and has no peer then");
  close(a, b);
}));

peers.run();
