// What every arm with real datagram sockets must show over loopback, if its binds end within the call: errors that must
// not end anything, and that nothing is left behind.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import dgram from "node:dgram";
import { once } from "node:events";
import type { DatagramSocket } from "#host/wasi/datagram-transport.js";
import { ErrorCode, errorCodeName, OK } from "#host/wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import type { Binding, Transport } from "#host/wasi/transport.js";
import { until } from "../../support/guard.js";
import { DatagramRecord } from "./datagram-record.js";
import { bind as bindTcp, loopback } from "./node-transport.js";

const loopback6 = (port: number): SocketAddress => makeAddress(Family.Ipv6, [0, 0, 0, 0, 0, 0, 0, 1], port);

type MakeTransport = () => Transport;

interface Bound {
  record: DatagramRecord;
  socket: DatagramSocket;
}

function bind(transport: Transport, address = loopback(0)): Bound | ErrorCode {
  const record = new DatagramRecord();
  let outcome: DatagramSocket | ErrorCode | undefined;
  transport.bindDatagrams(address, record, (result) => { outcome = result; });
  if (outcome === undefined) throw new Error("the bind did not end within the call");
  return typeof outcome === "number" ? outcome : { record, socket: outcome };
}

function mustBind(transport: Transport, address = loopback(0)): Bound {
  const result = bind(transport, address);
  if (typeof result === "number") throw new Error(errorCodeName(result));
  return result;
}

const arrived = ({ record }: Bound, count: number): Promise<void> =>
  until(() => `${record.texts.length} datagrams arrived`, () => record.texts.length >= count);

const failedOnce = ({ record }: Bound): Promise<void> => until(() => "no failure", () => record.errors.length > 0);

/** `takesAtOnce`: the system has a datagram when `send` returns, so that none is queued. */
export function datagramCases(how: string, makeTransport: MakeTransport, takesAtOnce: boolean): void {
  const sends = suite(`datagrams, ${how}`);
  sendCases(sends, makeTransport, takesAtOnce);
  sends.run();
  const binds = suite(`binding, ${how}`);
  bindCases(binds, makeTransport);
  arrivalCases(binds, makeTransport);
  binds.run();
  const peers = suite(`connected sockets, ${how}`);
  peerCases(peers, makeTransport);
  connectionCases(peers, makeTransport);
  peers.run();
}

type Suite = ReturnType<typeof suite>;

function sendCases(sends: Suite, makeTransport: MakeTransport, takesAtOnce: boolean): void {
  for (const [name, home] of [["IPv4", loopback], ["IPv6", loopback6]] as const) {
    sends(`should go to and fro over ${name}, whole and with their senders`, async () => {
      const transport = makeTransport();
      const [a, b] = [mustBind(transport, home(0)), mustBind(transport, home(0))];
      assert.ok(a.socket.localAddress.port > 0);
      for (const text of ["one", "", "three"]) a.socket.send(Buffer.from(text), b.socket.localAddress);
      const queued = a.socket.queuedCount;
      await arrived(b, 3);
      assert.equal(b.record.texts, ["one", "", "three"]);
      assert.equal(b.record.remotes[0], a.socket.localAddress);
      await until(() => `${a.socket.queuedCount} are queued`, () => a.socket.queuedCount === 0);
      assert.is(queued, takesAtOnce ? 0 : 3);
      assert.is(a.record.rooms > 0, !takesAtOnce);
      b.socket.send(Buffer.from("back"), b.record.remotes[0]!);
      await arrived(a, 1);
      assert.equal([...a.record.errors, ...b.record.errors], []);
      for (const { socket } of [a, b]) socket.close();
      assert.is(transport.openCount, 0);
    });
  }

  sends("should be as large as the protocol allows", async () => {
    const transport = makeTransport();
    for (const [home, length] of [[loopback, 65_507], [loopback6, 65_527]] as const) {
      const [a, b] = [mustBind(transport, home(0)), mustBind(transport, home(0))];
      a.socket.send(new Uint8Array(length), b.socket.localAddress);
      await arrived(b, 1);
      assert.equal(b.record.lengths, [length]);
      for (const { socket } of [a, b]) socket.close();
    }
  });

  sends("should tell what the system refuses, and go on", async () => {
    const transport = makeTransport();
    const [a, b] = [mustBind(transport), mustBind(transport)];
    a.socket.send(new Uint8Array(65_508), b.socket.localAddress);
    await failedOnce(a);
    assert.equal(a.record.errors, [ErrorCode.DatagramTooLarge]);
    a.socket.send(Buffer.from("on"), b.socket.localAddress);
    await arrived(b, 1);
    for (const { socket } of [a, b]) socket.close();
  });
}

function bindCases(binds: Suite, makeTransport: MakeTransport): void {
  binds("should tell at once what is in use and what is not ours", () => {
    const transport = makeTransport();
    const first = mustBind(transport);
    assert.is(bind(transport, first.socket.localAddress), ErrorCode.AddressInUse);
    assert.is(bind(transport, makeAddress(Family.Ipv4, [192, 0, 2, 1], 0)), ErrorCode.AddressNotBindable);
    assert.is(transport.openCount, 1);
    first.socket.close();
    const second = mustBind(transport, first.socket.localAddress);
    second.socket.close();
    assert.is(transport.openCount, 0);
  });

  binds("should keep TCP and UDP ports apart", async () => {
    const transport = makeTransport();
    let tcp: Binding | ErrorCode = ErrorCode.AddressInUse;
    // Another program may have the other protocol's port by chance, but not each time.
    for (let attempt = 0; attempt < 20 && typeof tcp === "number"; attempt++) {
      const first = mustBind(transport);
      tcp = await bindTcp(transport, first.socket.localAddress);
      first.socket.close();
    }
    assert.type(tcp, "object");
    (tcp as Binding).close();
  });

  binds("should call nothing back after close, not even for what was on its way", async () => {
    const transport = makeTransport();
    const [a, b] = [mustBind(transport), mustBind(transport)];
    a.socket.send(Buffer.from("late"), b.socket.localAddress);
    b.socket.send(Buffer.from("late"), a.socket.localAddress);
    for (const { socket } of [a, b]) socket.close();
    const after = mustBind(transport);
    after.socket.send(Buffer.from("mine"), after.socket.localAddress);
    await arrived(after, 1);
    assert.equal([...a.record.texts, ...b.record.texts], []);
    assert.equal([a.record.rooms, b.record.rooms], [0, 0]);
    after.socket.close();
  });
}

function arrivalCases(binds: Suite, makeTransport: MakeTransport): void {
  binds("should be allowed to end in the middle of what arrives", async () => {
    const transport = makeTransport();
    const record = new DatagramRecord();
    let socket = null as DatagramSocket | null;
    record.onArrival = () => socket?.close();
    transport.bindDatagrams(loopback(0), record, (result) => { socket = result as DatagramSocket; });
    const other = mustBind(transport);
    const { localAddress } = socket as DatagramSocket;
    for (let times = 0; times < 5; times++) other.socket.send(Buffer.from("x"), localAddress);
    await until(() => "nothing arrived", () => record.texts.length > 0);
    other.socket.send(Buffer.from("mine"), other.socket.localAddress);
    await arrived(other, 1);
    assert.equal(record.texts, ["x"]);
    other.socket.close();
    assert.is(transport.openCount, 0);
  });

  binds("should be allowed to take another peer in the middle of what arrives", async () => {
    const transport = makeTransport();
    const [a, b] = [mustBind(transport), mustBind(transport)];
    a.socket.connect(b.socket.localAddress);
    a.record.onArrival = () => a.socket.connect(a.record.texts.length === 1 ? null : b.socket.localAddress);
    const { localAddress } = a.socket;
    b.socket.send(Buffer.from("1"), localAddress);
    await arrived(a, 1);
    b.socket.send(Buffer.from("2"), localAddress);
    await arrived(a, 2);
    a.socket.send(Buffer.from("3"), null);
    await arrived(b, 1);
    assert.equal(b.record.remotes, [localAddress]);
    for (const { socket } of [a, b]) socket.close();
    assert.is(transport.openCount, 0);
  });
}

function peerCases(peers: Suite, makeTransport: MakeTransport): void {
  peers("should hear their peer only, write to it, and be another's or nobody's later, on the same port", async () => {
    const transport = makeTransport();
    const [a, b, c] = [mustBind(transport), mustBind(transport), mustBind(transport)];
    const { port } = a.socket.localAddress;
    assert.is(a.socket.connect(b.socket.localAddress), OK);
    c.socket.send(Buffer.from("not heard"), a.socket.localAddress);
    b.socket.send(Buffer.from("heard"), a.socket.localAddress);
    await arrived(a, 1);
    a.socket.send(Buffer.from("to b"), null);
    await arrived(b, 1);
    assert.is(a.socket.connect(c.socket.localAddress), OK);
    assert.is(a.socket.localAddress.port, port);
    a.socket.send(Buffer.from("to c"), null);
    await arrived(c, 1);
    assert.is(a.socket.connect(null), OK);
    assert.is(a.socket.localAddress.port, port);
    for (const { socket } of [b, c]) socket.send(Buffer.from("all"), a.socket.localAddress);
    await arrived(a, 3);
    assert.equal(a.record.texts, ["heard", "all", "all"]);
    for (const { socket } of [a, b, c]) socket.close();
    assert.is(transport.openCount, 0);
  });

  peers("should be told that nobody is there, and go on", async () => {
    const transport = makeTransport();
    const [a, b] = [mustBind(transport), mustBind(transport)];
    const address = b.socket.localAddress;
    b.socket.close();
    assert.is(a.socket.connect(address), OK);
    a.socket.send(Buffer.from("anybody?"), null);
    await failedOnce(a);
    assert.is(a.record.errors[0], ErrorCode.ConnectionRefused);
    const again = mustBind(transport, address);
    a.socket.send(Buffer.from("now?"), null);
    await arrived(again, 1);
    for (const { socket } of [a, again]) socket.close();
  });
}

function connectionCases(peers: Suite, makeTransport: MakeTransport): void {
  peers("should tell the address that the peer sees", () => {
    const transport = makeTransport();
    const [a, b] = [mustBind(transport, makeAddress(Family.Ipv4, [0, 0, 0, 0], 0)), mustBind(transport)];
    assert.equal(a.socket.localAddress.parts, [0, 0, 0, 0]);
    a.socket.connect(b.socket.localAddress);
    assert.equal(a.socket.localAddress.parts, [127, 0, 0, 1]);
    for (const { socket } of [a, b]) socket.close();
  });

  peers("should refuse a peer that no route leads to", () => {
    const transport = makeTransport();
    const a = mustBind(transport); // bound to loopback, which leads nowhere else
    assert.is(a.socket.connect(makeAddress(Family.Ipv4, [192, 0, 2, 1], 9)), ErrorCode.RemoteUnreachable);
    a.socket.close();
  });

  peers("should keep their options when they change their peer, and take odd ones quietly", async () => {
    const transport = makeTransport();
    const peer = dgram.createSocket("udp4").bind(0, "127.0.0.1");
    await once(peer, "listening");
    const a = mustBind(transport);
    a.socket.setHopLimit(5);
    a.socket.setReceiveBuffer(1);
    a.socket.setSendBuffer(0x7fff_ffff);
    a.socket.connect(loopback(peer.address().port));
    a.socket.connect(null);
    a.socket.send(Buffer.from("x"), loopback(peer.address().port));
    await once(peer, "message");
    assert.equal(a.record.errors, []);
    a.socket.close();
    peer.close();
  });
}
