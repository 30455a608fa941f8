// The two streams of a udp-socket: what is received and in which bounds, permits, destinations, failures, replaced
// pairs and the edges that wake a guest.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode, OK } from "#host/wasi/error-code.js";
import { Family, type SocketAddress } from "#host/wasi/ip-address.js";
import {
  DATAGRAM_BYTES_MAX_IPV4, DATAGRAM_BYTES_MAX_IPV6, DATAGRAM_QUEUE_BYTES_MAX, DATAGRAM_QUEUE_MAX,
  DATAGRAM_SEND_QUEUE_MAX, DATAGRAMS_PER_CALL_MAX,
} from "#host/wasi/limits.js";
import type { OutgoingDatagram, OutgoingDatagramStream } from "#host/wasi/datagram-streams.js";
import type { DatagramStreams } from "#host/wasi/udp-socket.js";
import type { Grants } from "#host/wasi/wasi-host.js";
import type { FakeDatagrams } from "../support/fake-platform.js";
import { ipv4, ipv6 } from "../support/socket-world.js";
import { bindUdp, OTHER, PEER, stream, udpWorld, type UdpWorld } from "../support/udp-world.js";

interface Made extends UdpWorld, DatagramStreams {
  datagrams: FakeDatagrams;
}

function made(remote: SocketAddress | null = null, grants: Grants = { udp: true }): Made {
  const world = udpWorld(Family.Ipv4, grants);
  const datagrams = bindUdp(world);
  return { ...world, datagrams, ...stream(world, remote) };
}

const bytesOf = (result: { bytes: Uint8Array }[] | ErrorCode): number[][] => {
  if (typeof result === "number") throw new Error(ErrorCode[result]);
  return result.map(({ bytes }) => [...bytes]);
};

const datagram = (remote: SocketAddress | null, ...bytes: number[]): OutgoingDatagram =>
  ({ source: Uint8Array.from([0, ...bytes, 0]), start: 1, end: 1 + bytes.length, remote });

function send(outgoing: OutgoingDatagramStream, ...list: OutgoingDatagram[]): number | ErrorCode {
  const checked = outgoing.checkSend();
  if (checked !== OK) return checked;
  const outcome = outgoing.send(list);
  return outcome === OK ? outgoing.sentCount : outcome;
}

const receiving = suite("receive");

receiving("should give what came, in order, with its sender, and then nothing", () => {
  const { datagrams, incoming } = made();
  datagrams.arrive(PEER, 1, 2);
  datagrams.arrive(OTHER);
  datagrams.arrive(PEER, 3);
  assert.equal(bytesOf(incoming.receive(2)), [[1, 2], []]);
  assert.equal(incoming.receive(9), [{ bytes: Uint8Array.of(3), remote: PEER }]);
  assert.equal(incoming.receive(9), []);
});

receiving("should give an empty list for 0, whatever there is", () => {
  const { datagrams, incoming, socket } = made(PEER);
  datagrams.arrive(PEER, 1);
  assert.equal(incoming.receive(0), []);
  incoming.receive(1);
  datagrams.failNow(ErrorCode.ConnectionRefused);
  assert.equal(incoming.receive(0), []);
  assert.is(incoming.receive(1), ErrorCode.ConnectionRefused);
  socket.stream(null);
  assert.equal(incoming.receive(0), []);
});

receiving("should give at most so many at a time, and wake for the rest", () => {
  const { host, datagrams, incoming } = made();
  host.subscribe(incoming);
  for (let index = 0; index < DATAGRAMS_PER_CALL_MAX + 1; index++) datagrams.arrive(PEER, index);
  host.ready.shift();
  assert.is(bytesOf(incoming.receive(1000)).length, DATAGRAMS_PER_CALL_MAX);
  assert.is(host.ready.length, 1, "a short answer tells the guest to wait");
  assert.is(bytesOf(incoming.receive(1000)).length, 1);
});

receiving("should keep an answer to 64 KiB, but for one larger datagram", () => {
  const { datagrams, incoming } = made();
  for (const length of [40_000, 20_000, 6000, 65_507]) {
    datagrams.events.datagramArrived(new Uint8Array(length), PEER);
  }
  const lengths = (): number[] => bytesOf(incoming.receive(99)).map((bytes) => bytes.length);
  assert.equal(lengths(), [40_000, 20_000]);
  assert.equal(lengths(), [6000]);
  assert.equal(lengths(), [65_507]);
});

receiving("should keep a bounded number and drop the newest, counted", () => {
  const { datagrams, incoming, socket } = made();
  for (let index = 0; index < DATAGRAM_QUEUE_MAX + 3; index++) datagrams.arrive(PEER, index & 0xff);
  assert.is(socket.droppedCount, 3);
  assert.equal(bytesOf(incoming.receive(2)), [[0], [1]]);
  datagrams.arrive(PEER, 9);
  assert.is(socket.droppedCount, 3, "there is room again");
});

receiving("should keep a bounded number of bytes", () => {
  const { datagrams, incoming, socket } = made();
  const large = DATAGRAM_BYTES_MAX_IPV4;
  const fitting = Math.floor(DATAGRAM_QUEUE_BYTES_MAX / large);
  for (let index = 0; index < fitting + 2; index++) datagrams.events.datagramArrived(new Uint8Array(large), PEER);
  assert.is(socket.droppedCount, 2);
  incoming.receive(1);
  datagrams.events.datagramArrived(new Uint8Array(large), PEER);
  assert.is(socket.droppedCount, 2);
});

receiving("should hear the peer only when there is one, and forget what others sent before", () => {
  const world = udpWorld();
  const datagrams = bindUdp(world);
  datagrams.arrive(OTHER, 1);
  datagrams.arrive(PEER, 2);
  const { incoming } = stream(world, PEER);
  datagrams.arrive(OTHER, 3);
  datagrams.arrive({ ...PEER, scopeId: 4 }, 4);
  assert.equal(bytesOf(incoming.receive(9)), [[2], [4]]);
});

receiving("should leave what came to the next pair", () => {
  const one = made(PEER);
  one.datagrams.arrive(PEER, 1);
  const { incoming } = stream(one, null);
  one.datagrams.arrive(OTHER, 2);
  assert.equal(bytesOf(incoming.receive(9)), [[1], [2]]);
});

receiving("should not hear whom the grant refuses", () => {
  const { datagrams, incoming } = made(null, { udp: (use, { port }) => use !== "receive" || port === PEER.port });
  datagrams.arrive(OTHER, 1);
  datagrams.arrive(PEER, 2);
  assert.equal(bytesOf(incoming.receive(9)), [[2]]);
});

receiving("should wake when the first comes, and not for the next ones", () => {
  const { host, datagrams, incoming } = made();
  const pollable = host.subscribe(incoming);
  assert.is(pollable.isReady(), false);
  datagrams.arrive(PEER, 1);
  assert.is(pollable.isReady(), true);
  assert.is(host.ready.shift(), pollable);
  datagrams.arrive(PEER, 2);
  assert.is(host.ready.length, 0);
  incoming.receive(2);
  assert.is(pollable.isReady(), false);
  datagrams.arrive(PEER, 3);
  assert.is(host.ready.length, 1);
});

receiving.run();

// ---

const permits = suite("check-send and send");

permits("should trap without a permit, with too small a one, and when it is used again", () => {
  const { outgoing } = made();
  const one = datagram(PEER, 1);
  assert.throws(() => outgoing.send([one]), /send of 1 datagrams exceeds the permit of 0/);
  assert.is(outgoing.checkSend(), OK);
  assert.is(outgoing.permit, DATAGRAMS_PER_CALL_MAX);
  const many = new Array<OutgoingDatagram>(DATAGRAMS_PER_CALL_MAX + 1).fill(one);
  assert.throws(() => outgoing.send(many), /exceeds the permit of 16/);
  assert.is(outgoing.send([one]), OK);
  assert.throws(() => outgoing.send([one]), /exceeds the permit of 0/);
});

permits("should need none for an empty list, which takes none", () => {
  const { outgoing } = made();
  assert.is(outgoing.send([]), OK);
  assert.is(outgoing.sentCount, 0);
  outgoing.checkSend();
  outgoing.send([]);
  assert.is(outgoing.permit, DATAGRAMS_PER_CALL_MAX);
});

permits("should copy what it sends", () => {
  const { datagrams, outgoing } = made();
  const one = datagram(PEER, 5, 6);
  assert.is(send(outgoing, one, datagram(OTHER)), 2);
  one.source.fill(9);
  assert.equal(datagrams.sent, [{ bytes: [5, 6], remote: PEER }, { bytes: [], remote: OTHER }]);
});

permits("should shrink to nothing while the transport holds what was sent, and wake for room", () => {
  const { host, datagrams, outgoing } = made();
  const pollable = host.subscribe(outgoing);
  host.ready.shift();
  datagrams.isSlow = true;
  for (let sent = 0; sent < DATAGRAM_SEND_QUEUE_MAX; sent++) assert.is(send(outgoing, datagram(PEER, 1)), 1);
  assert.is(outgoing.checkSend(), OK);
  assert.is(outgoing.permit, 0);
  assert.is(pollable.isReady(), false);
  datagrams.takeAll();
  assert.is(pollable.isReady(), true);
  assert.is(host.ready.length, 1);
});

permits("should permit what is left when that is less than a full call", () => {
  const { datagrams, outgoing } = made();
  datagrams.queuedCount = DATAGRAM_SEND_QUEUE_MAX - 3;
  outgoing.checkSend();
  assert.is(outgoing.permit, 3);
});

permits.run();

// ---

const destinations = suite("destinations");

const refusals: [string, SocketAddress | null, SocketAddress | null, ErrorCode][] = [
  ["none without a peer", null, null, ErrorCode.InvalidArgument],
  ["port 0", null, { ...PEER, port: 0 }, ErrorCode.InvalidArgument],
  ["the unspecified address", null, ipv4([0, 0, 0, 0]), ErrorCode.InvalidArgument],
  ["the other family", null, ipv6([0, 0, 0, 0, 0, 0, 0, 1]), ErrorCode.InvalidArgument],
  ["an IPv4-mapped address", null, ipv6([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1]), ErrorCode.InvalidArgument],
  ["another than the peer", PEER, OTHER, ErrorCode.InvalidArgument],
];

for (const [what, peer, remote, code] of refusals) {
  destinations(`should not be ${what}: the first is an error, a later one ends the call`, () => {
    const { datagrams, outgoing } = made(peer);
    assert.is(send(outgoing, datagram(remote, 1)), code);
    assert.is(send(outgoing, datagram(PEER, 1), datagram(remote, 2), datagram(PEER, 3)), 1);
    assert.equal(datagrams.sent.map(({ bytes }) => bytes), [[1]]);
  });
}

destinations("should be the peer, named or not, when there is one", () => {
  const { datagrams, outgoing } = made(PEER);
  assert.is(send(outgoing, datagram(null, 1), datagram(PEER, 2)), 2);
  assert.equal(datagrams.sent, [{ bytes: [1], remote: null }, { bytes: [2], remote: null }]);
});

destinations("should be allowed by the grant, each of them", () => {
  const { outgoing } = made(null, { udp: (use, { port }) => use !== "send" || port === PEER.port });
  assert.is(send(outgoing, datagram(OTHER, 1)), ErrorCode.AccessDenied);
  assert.is(send(outgoing, datagram(PEER, 1)), 1);
});

for (const [family, most, to] of [
  [Family.Ipv4, DATAGRAM_BYTES_MAX_IPV4, PEER],
  [Family.Ipv6, DATAGRAM_BYTES_MAX_IPV6, ipv6([0, 0, 0, 0, 0, 0, 0, 1])],
] as const) {
  destinations(`should take datagrams of up to ${most} bytes`, () => {
    const world = udpWorld(family);
    world.socket.startBind(to);
    world.platform.transport.settle();
    world.socket.finishBind();
    const { outgoing } = stream(world, null);
    const source = new Uint8Array(70_000);
    assert.is(send(outgoing, { source, start: 0, end: most, remote: to }), 1);
    assert.is(send(outgoing, { source, start: 0, end: most + 1, remote: to }), ErrorCode.DatagramTooLarge);
  });
}

destinations.run();

// ---

const trouble = suite("failures and replaced pairs");

trouble("should be told once, by whichever operation comes first, behind what came before", () => {
  const operations: [string, (one: Made) => unknown][] = [
    ["receive", ({ incoming }) => incoming.receive(1)],
    ["check-send", ({ outgoing }) => outgoing.checkSend()],
  ];
  for (const [name, perform] of operations) {
    const one = made(PEER);
    const pollables = [one.host.subscribe(one.incoming), one.host.subscribe(one.outgoing)];
    one.host.ready.shift();
    one.datagrams.failNow(ErrorCode.ConnectionRefused);
    assert.is(one.host.ready.length, 2, "both are woken");
    assert.equal(pollables.map((pollable) => pollable.isReady()), [true, true]);
    assert.is(perform(one), ErrorCode.ConnectionRefused, name);
    assert.equal(one.incoming.receive(1), []);
    assert.is(one.outgoing.checkSend(), OK);
  }
});

trouble("should be told by send when it comes after the permit, and nothing is sent", () => {
  const { datagrams, outgoing } = made(PEER);
  outgoing.checkSend();
  datagrams.failNow(ErrorCode.RemoteUnreachable);
  assert.is(outgoing.send([datagram(null, 1)]), ErrorCode.RemoteUnreachable);
  assert.equal(datagrams.sent, []);
  assert.is(send(outgoing, datagram(null, 1)), 1);
});

trouble("should come behind what was received before it", () => {
  const { datagrams, incoming } = made(PEER);
  datagrams.arrive(PEER, 1);
  datagrams.failNow(ErrorCode.ConnectionRefused);
  assert.equal(bytesOf(incoming.receive(9)), [[1]]);
  assert.is(incoming.receive(9), ErrorCode.ConnectionRefused);
});

trouble("should be nobody's without a peer: that datagram is lost", () => {
  const { datagrams, incoming, outgoing } = made();
  datagrams.failNow(ErrorCode.ConnectionRefused);
  assert.equal(incoming.receive(9), []);
  assert.is(outgoing.checkSend(), OK);
});

trouble("should not pass to the next pair", () => {
  const one = made(PEER);
  one.datagrams.failNow(ErrorCode.ConnectionRefused);
  const { incoming, outgoing } = stream(one, OTHER);
  assert.equal(incoming.receive(9), []);
  assert.is(outgoing.checkSend(), OK);
});

trouble("should be invalid-state from a replaced pair, which is ready and never hangs", () => {
  const one = made(PEER);
  const pollables = [one.host.subscribe(one.incoming), one.host.subscribe(one.outgoing)];
  one.outgoing.checkSend();
  while (one.host.ready.shift() !== null);
  const next = stream(one, null);
  assert.is(one.host.ready.length, 2);
  assert.equal(pollables.map((pollable) => pollable.isReady()), [true, true]);
  for (let times = 0; times < 2; times++) {
    assert.is(one.incoming.receive(1), ErrorCode.InvalidState);
    assert.is(one.outgoing.checkSend(), ErrorCode.InvalidState);
  }
  assert.throws(() => one.outgoing.send([datagram(PEER, 1)]), /exceeds the permit of 0/);
  assert.is(send(next.outgoing, datagram(OTHER, 2)), 1);
  one.datagrams.arrive(OTHER, 3);
  assert.is(one.incoming.receive(1), ErrorCode.InvalidState);
  assert.equal(bytesOf(next.incoming.receive(1)), [[3]]);
});

trouble.run();
