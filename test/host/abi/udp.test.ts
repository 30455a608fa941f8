// wasi:sockets/udp through the direct face: the layout of every result and list, growth of the memory in mid-call, and
// misuse.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Family, makeAddress } from "#host/wasi/ip-address.js";
import type { FakeDatagrams } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { Guest, LOOPBACK_FLAT, RET } from "./harness.js";

const UDP = "sockets/udp";
const SOCKET = "[method]udp-socket.";
const INCOMING = "[method]incoming-datagram-stream.";
const OUTGOING = "[method]outgoing-datagram-stream.";
const NONE = new Array<number>(13).fill(0);
const PEER_FLAT = [1, 0, 7000, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0];
const PEER = makeAddress(Family.Ipv4, [127, 0, 0, 1], 7000);
const IPV6 = { family: Family.Ipv6, port: 53, parts: [0xfe80, 0, 0, 0, 1, 2, 3, 4], flowInfo: 0x12345, scopeId: 9 };

interface Opened {
  guest: Guest;
  socket: number;
  incoming: number;
  outgoing: number;
  datagrams: FakeDatagrams;
}

function create(guest: Guest, family = 0): number {
  guest.call("sockets/udp-create-socket", "create-udp-socket", family, RET);
  if (guest.u8(0) !== 0) throw new Error(`create-udp-socket: error ${guest.u8(4)}`);
  return guest.u32(4);
}

function bound(guest: Guest, family = 0): number {
  const socket = create(guest, family);
  const network = guest.network();
  const address = family === 0 ? LOOPBACK_FLAT : [1, 8080, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0];
  guest.call(UDP, `${SOCKET}start-bind`, socket, network, ...address, RET);
  assert.is(guest.u8(0), 0);
  guest.call("sockets/network", "[resource-drop]network", network);
  guest.platform.transport.settle();
  guest.call(UDP, `${SOCKET}finish-bind`, socket, RET);
  assert.is(guest.u8(0), 0);
  return socket;
}

function opened(remote: number[] = NONE, family = 0): Opened {
  const guest = new Guest({ udp: true });
  const socket = bound(guest, family);
  guest.call(UDP, `${SOCKET}stream`, socket, ...remote, RET);
  assert.is(guest.u8(0), 0);
  const datagrams = guest.platform.transport.datagrams as FakeDatagrams;
  return { guest, socket, incoming: guest.u32(4), outgoing: guest.u32(8), datagrams };
}

function dropAll({ guest, socket, incoming, outgoing }: Opened): void {
  guest.call(UDP, "[resource-drop]incoming-datagram-stream", incoming);
  guest.call(UDP, "[resource-drop]outgoing-datagram-stream", outgoing);
  guest.call(UDP, "[resource-drop]udp-socket", socket);
  nothingIsLeft(guest.host, guest.platform);
}

/** Builds a list<outgoing-datagram>; an address is 32 bytes. */
function outgoingList(guest: Guest, list: { bytes: number[]; remote?: Uint8Array }[]): [number, number] {
  const records = new Uint8Array(list.length * 44);
  const view = new DataView(records.buffer);
  for (const [index, { bytes, remote }] of list.entries()) {
    const [address, length] = guest.put(bytes);
    view.setUint32(index * 44, address, true);
    view.setUint32(index * 44 + 4, length, true);
    records[index * 44 + 8] = remote === undefined ? 0 : 1;
    if (remote !== undefined) records.set(remote, index * 44 + 12);
  }
  return [guest.put(records)[0], list.length];
}

function ipv4Record(port: number): Uint8Array {
  const record = new Uint8Array(32);
  new DataView(record.buffer).setUint16(4, port, true);
  record.set([127, 0, 0, 1], 6);
  return record;
}

const layout = suite("results");

for (const family of [0, 1]) {
  layout(`should tell family ${family}, the addresses and the states`, () => {
    const guest = new Guest({ udp: true });
    const socket = create(guest, family);
    assert.is(guest.number(UDP, `${SOCKET}address-family`, socket), family);
    for (const [name, at, code] of [
      ["finish-bind", 1, ErrorCode.NotInProgress], ["local-address", 4, ErrorCode.InvalidState],
      ["remote-address", 4, ErrorCode.InvalidState],
    ] as const) {
      guest.call(UDP, SOCKET + name, socket, RET);
      assert.equal([guest.u8(0), guest.u8(at)], [1, code], name);
    }
    guest.call(UDP, `${SOCKET}stream`, socket, ...NONE, RET);
    assert.equal([guest.u8(0), guest.u8(4)], [1, ErrorCode.InvalidState]);
    guest.call(UDP, "[resource-drop]udp-socket", socket);
    const second = bound(guest, family);
    guest.call(UDP, `${SOCKET}local-address`, second, RET);
    assert.equal([guest.u8(0), guest.u8(4), guest.u16(8)], [0, family, 8080]);
  });
}

layout("should lift the address of a connected peer, and lower it again", () => {
  const made = opened(PEER_FLAT);
  assert.equal(made.datagrams.log, ["connect 127.0.0.1:7000"]);
  made.guest.call(UDP, `${SOCKET}remote-address`, made.socket, RET);
  assert.equal([made.guest.u8(0), made.guest.u16(8)], [0, 7000]);
  dropAll(made);
});

layout("should be access-denied without a grant, and know two families only", () => {
  const guest = new Guest({ tcp: true });
  guest.call("sockets/udp-create-socket", "create-udp-socket", 0, RET);
  assert.equal([guest.u8(0), guest.u8(4)], [1, ErrorCode.AccessDenied]);
  const unknown = (): unknown => guest.call("sockets/udp-create-socket", "create-udp-socket", 2, RET);
  assert.throws(unknown, /unknown ip-address-family/);
});

for (const growsAlways of [false, true]) {
  const when = growsAlways ? " while the memory grows" : "";

  layout(`should lower received datagrams as a list of records${when}`, () => {
    const made = opened();
    const { guest, datagrams, incoming } = made;
    datagrams.arrive(PEER, 1, 2, 3);
    datagrams.arrive(PEER);
    datagrams.arrive(IPV6, 9);
    guest.growsAlways = growsAlways;
    guest.call(UDP, `${INCOMING}receive`, incoming, 9n, RET);
    assert.equal([guest.u8(0), guest.u32(8)], [0, 3]);
    const list = guest.u32(4);
    assert.is(list % 4, 0);
    const view = guest.view();
    const dataAt = (index: number): number[] => {
      const address = view.getUint32(list + index * 40, true);
      return [...new Uint8Array(guest.memory.buffer, address, view.getUint32(list + index * 40 + 4, true))];
    };
    assert.equal([dataAt(0), dataAt(1), dataAt(2)], [[1, 2, 3], [], [9]]);
    assert.equal([...new Uint8Array(guest.memory.buffer, list + 8 + 4, 6)], [0x58, 0x1b, 127, 0, 0, 1]);
    const third = list + 2 * 40 + 8;
    assert.equal([view.getUint8(third), view.getUint16(third + 4, true)], [1, 53]);
    assert.equal([view.getUint32(third + 8, true), view.getUint32(third + 28, true)], [0x12345, 9]);
    assert.equal([...new Uint16Array(guest.memory.buffer.slice(third + 12, third + 28))], IPV6.parts);
    dropAll(made);
  });
}

layout("should give an empty list without allocating", () => {
  const { guest, incoming } = opened();
  guest.allocations = [];
  guest.call(UDP, `${INCOMING}receive`, incoming, 9n, RET);
  assert.equal([guest.u8(0), guest.u32(8)], [0, 0]);
  assert.equal(guest.allocations, []);
});

layout("should take any u64 as the greatest number, also one that arrives as negative", () => {
  const { guest, incoming, datagrams } = opened();
  datagrams.arrive(PEER, 1);
  guest.call(UDP, `${INCOMING}receive`, incoming, -1n, RET);
  assert.is(guest.u32(8), 1);
});

layout("should count permits and sent datagrams as u64, and lift their records", () => {
  const made = opened();
  const { guest, outgoing, datagrams } = made;
  guest.call(UDP, `${OUTGOING}check-send`, outgoing, RET);
  assert.equal([guest.u8(0), guest.u64(8)], [0, 16n]);
  const list = outgoingList(guest, [
    { bytes: [1, 2], remote: ipv4Record(7000) }, { bytes: [], remote: ipv4Record(65_535) }, { bytes: [3] },
  ]);
  guest.call(UDP, `${OUTGOING}send`, outgoing, ...list, RET);
  assert.equal([guest.u8(0), guest.u64(8)], [0, 2n], "the third has no destination");
  assert.equal(datagrams.sent, [{ bytes: [1, 2], remote: PEER }, { bytes: [], remote: { ...PEER, port: 65_535 } }]);
  guest.call(UDP, `${OUTGOING}check-send`, outgoing, RET);
  guest.call(UDP, `${OUTGOING}send`, outgoing, ...outgoingList(guest, [{ bytes: [3] }]), RET);
  assert.equal([guest.u8(0), guest.u8(8)], [1, ErrorCode.InvalidArgument]);
  dropAll(made);
});

layout("should lift an IPv6 destination with all its parts", () => {
  const { guest, outgoing, datagrams } = opened(NONE, 1);
  const record = new Uint8Array(32);
  const view = new DataView(record.buffer);
  record[0] = 1;
  view.setUint16(4, IPV6.port, true);
  view.setUint32(8, IPV6.flowInfo, true);
  IPV6.parts.forEach((part, index) => view.setUint16(12 + 2 * index, part, true));
  view.setUint32(28, IPV6.scopeId, true);
  guest.call(UDP, `${OUTGOING}check-send`, outgoing, RET);
  guest.call(UDP, `${OUTGOING}send`, outgoing, ...outgoingList(guest, [{ bytes: [1], remote: record }]), RET);
  assert.equal(datagrams.sent, [{ bytes: [1], remote: IPV6 }]);
});

layout("should tell errors of both streams where their results have them", () => {
  const { guest, incoming, outgoing, datagrams } = opened(PEER_FLAT);
  datagrams.failNow(ErrorCode.ConnectionRefused);
  guest.call(UDP, `${INCOMING}receive`, incoming, 1n, RET);
  assert.equal([guest.u8(0), guest.u8(4)], [1, ErrorCode.ConnectionRefused]);
  datagrams.failNow(ErrorCode.RemoteUnreachable);
  guest.call(UDP, `${OUTGOING}check-send`, outgoing, RET);
  assert.equal([guest.u8(0), guest.u8(8)], [1, ErrorCode.RemoteUnreachable]);
});

layout("should get and set options", () => {
  const { guest, socket } = opened();
  guest.call(UDP, `${SOCKET}unicast-hop-limit`, socket, RET);
  assert.equal([guest.u8(0), guest.u8(1)], [0, 64]);
  for (const [name, value, getter] of [
    ["set-receive-buffer-size", 5000n, "receive-buffer-size"], ["set-send-buffer-size", -1n, "send-buffer-size"],
  ] as const) {
    guest.call(UDP, SOCKET + name, socket, 0n, RET);
    assert.equal([guest.u8(0), guest.u8(1)], [1, ErrorCode.InvalidArgument]);
    guest.call(UDP, SOCKET + name, socket, value, RET);
    assert.is(guest.u8(0), 0);
    guest.call(UDP, SOCKET + getter, socket, RET);
    assert.equal([guest.u8(0), guest.u64(8)], [0, value === -1n ? 0x7fff_ffffn : value]);
  }
  guest.call(UDP, `${SOCKET}set-unicast-hop-limit`, socket, 0, RET);
  assert.equal([guest.u8(0), guest.u8(1)], [1, ErrorCode.InvalidArgument]);
});

layout("should give pollables that are children of what they watch", () => {
  const made = opened();
  const { guest } = made;
  for (const [name, handle, drop] of [
    [`${SOCKET}subscribe`, made.socket, "[resource-drop]udp-socket"],
    [`${INCOMING}subscribe`, made.incoming, "[resource-drop]incoming-datagram-stream"],
    [`${OUTGOING}subscribe`, made.outgoing, "[resource-drop]outgoing-datagram-stream"],
  ] as const) {
    const pollable = guest.number(UDP, name, handle);
    assert.is(guest.number("io/poll", "[method]pollable.ready", pollable), name.includes("incoming") ? 0 : 1);
    assert.throws(() => guest.call(UDP, drop, handle), /resource has children/);
    guest.call("io/poll", "[resource-drop]pollable", pollable);
  }
  dropAll(made);
});

layout.run();

// ---

const misuse = suite("misuse");

const traps: [string, (made: Opened) => unknown, RegExp][] = [
  ["a send without a permit", ({ guest, outgoing }) =>
    guest.call(UDP, `${OUTGOING}send`, outgoing, ...outgoingList(guest, [{ bytes: [1] }]), RET), /exceeds the permit/],
  ["a list that is too long, before it is looked at", ({ guest, outgoing }) =>
    guest.call(UDP, `${OUTGOING}send`, outgoing, 0xffff_fff0, 0x7fff_ffff, RET), /exceeds the permit of 0/],
  ["a list outside the memory", ({ guest, outgoing }) => {
    guest.call(UDP, `${OUTGOING}check-send`, outgoing, RET);
    guest.call(UDP, `${OUTGOING}send`, outgoing, 65_532, 1, RET);
  }, /outside the memory/],
  ["data outside the memory", ({ guest, outgoing }) => {
    guest.call(UDP, `${OUTGOING}check-send`, outgoing, RET);
    const [list] = outgoingList(guest, [{ bytes: [1], remote: ipv4Record(1) }]);
    guest.view().setUint32(list + 4, 0x7fff_ffff, true);
    guest.call(UDP, `${OUTGOING}send`, outgoing, list, 1, RET);
  }, /outside the memory/],
  ["an unknown option case", ({ guest, outgoing }) => {
    guest.call(UDP, `${OUTGOING}check-send`, outgoing, RET);
    const [list] = outgoingList(guest, [{ bytes: [1] }]);
    guest.view().setUint8(list + 8, 2);
    guest.call(UDP, `${OUTGOING}send`, outgoing, list, 1, RET);
  }, /unknown option case: 2/],
  ["an unknown address case", ({ guest, outgoing }) => {
    guest.call(UDP, `${OUTGOING}check-send`, outgoing, RET);
    const [list] = outgoingList(guest, [{ bytes: [1], remote: new Uint8Array(32).fill(7) }]);
    guest.call(UDP, `${OUTGOING}send`, outgoing, list, 1, RET);
  }, /unknown ip-socket-address case: 7/],
  ["an unknown option case of stream", ({ guest, socket }) =>
    guest.call(UDP, `${SOCKET}stream`, socket, 3, ...NONE.slice(1), RET), /unknown option case: 3/],
  ["a stale socket", ({ guest }) => guest.call(UDP, `${SOCKET}finish-bind`, 99, RET), /unknown handle/],
  ["a stream for a socket", ({ guest, incoming }) =>
    guest.call(UDP, `${SOCKET}finish-bind`, incoming, RET), /wrong handle/],
  ["the other stream", ({ guest, incoming }) =>
    guest.call(UDP, `${OUTGOING}check-send`, incoming, RET), /wrong handle/],
  ["an unaligned result", ({ guest, incoming }) =>
    guest.call(UDP, `${INCOMING}receive`, incoming, 1n, RET + 2), /not aligned/],
];

for (const [what, misdo, message] of traps) {
  misuse(`should trap on ${what} and change nothing`, () => {
    const made = opened();
    assert.throws(() => misdo(made), message);
    assert.equal(made.datagrams.sent, []);
    dropAll(made);
  });
}

misuse.run();
