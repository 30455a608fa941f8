// A datagram socket on a handle that is played: what a system does only now and then, such as taking a datagram later,
// or a port away.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { constants } from "node:os";
import { ErrorCode, errorCodeName, OK } from "#host/wasi/error-code.js";
import { ConnectionShared } from "#host/node/connection-shared.js";
import type { Sender, SendRequest, UdpHandle, UdpInsides } from "#host/node/udp-handle.js";
import { HandleDatagramSocket } from "#host/node/udp-handle-socket.js";
import { loopback } from "../support/node-transport.js";

const { EADDRINUSE, ECANCELED, ECONNREFUSED, ENETUNREACH, EMSGSIZE } = constants.errno;

/** What the handles of one test do. */
class System {
  bindResult = 0;
  connectResult = 0;
  /** What `send` answers: 0 keeps the bytes and the request. */
  sendResult = 1;
  readonly log: string[] = [];
  readonly kept: { request: SendRequest; bytes: Uint8Array }[] = [];
  readonly handles: FakeHandle[] = [];
  readonly told: string[] = [];
  readonly shared = new ConnectionShared(true);
  readonly insides: UdpInsides;

  constructor() {
    const system = this;
    this.insides = {
      Handle: class extends FakeHandle { constructor() { super(system); } },
      Request: class { oncomplete = (): void => {}; bytes = new Uint8Array(0); },
    };
  }

  open(): HandleDatagramSocket {
    const socket = HandleDatagramSocket.bind(loopback(0), {
      datagramArrived: (bytes, { port }) => { this.told.push(`${Buffer.from(bytes)} from ${port}`); },
      roomMade: () => { this.told.push("room"); },
      failed: (code) => { this.told.push(errorCodeName(code)); },
    }, this.shared, this.insides);
    if (typeof socket === "number") throw new Error(errorCodeName(socket));
    return socket;
  }
}

class FakeHandle implements UdpHandle {
  onmessage: UdpHandle["onmessage"] = () => {};
  readonly bind6 = this.bind;
  readonly connect6 = this.connect;
  readonly send6 = this.send;
  isReceiving = false;

  constructor(private readonly system: System) {
    system.handles.push(this);
  }

  bind(host: string, port: number): number {
    this.system.log.push(`bind ${host}:${port}`);
    return this.system.bindResult;
  }

  connect(host: string, port: number): number {
    this.system.log.push(`connect ${host}:${port}`);
    return this.system.connectResult;
  }

  send(request: SendRequest, [bytes]: readonly Uint8Array[]): number {
    if (this.system.sendResult === 0) this.system.kept.push({ request, bytes: bytes as Uint8Array });
    return this.system.sendResult;
  }

  recvStart(): number {
    this.isReceiving = true;
    return 0;
  }

  getsockname(into: { address?: string; port?: number }): number {
    Object.assign(into, { address: "127.0.0.1", port: 4000 });
    return 0;
  }

  setTTL(limit: number): number {
    this.system.log.push(`hop limit ${limit}`);
    return 0;
  }

  bufferSize(bytes: number, isReceive: boolean): number | undefined {
    this.system.log.push(`${isReceive ? "receive" : "send"} buffer ${bytes}`);
    return undefined;
  }

  close(): void {
    this.isReceiving = false;
    this.system.log.push("close");
  }

  arrive(text: string, from: Sender): void {
    this.onmessage(text.length, this, Buffer.from(text), from);
  }
}

const soon = (): Promise<void> => new Promise(setImmediate);
const bytes = (text: string): Uint8Array => Buffer.from(text);

const handles = suite("a datagram socket on a handle");

handles("should keep what libuv queues as it was, and tell of room as it leaves", () => {
  const system = new System();
  const socket = system.open();
  system.sendResult = 0;
  const source = bytes("one");
  socket.send(source, loopback(1));
  source.fill(0);
  socket.send(bytes("two"), loopback(1));
  assert.is(socket.queuedCount, 2);
  assert.equal(system.kept.map((kept) => `${Buffer.from(kept.bytes)}`), ["one", "two"]);
  assert.is.not(system.kept[0]?.request, system.kept[1]?.request, "each has its own");
  for (const { request } of system.kept) request.oncomplete(0);
  assert.equal([socket.queuedCount, system.told], [0, ["room", "room"]]);
  socket.close();
  assert.is(system.shared.openCount, 0);
});

handles("should tell what the system refuses, at once or later, and never from inside the call", async () => {
  const system = new System();
  const socket = system.open();
  for (const result of [-EMSGSIZE, -ENETUNREACH]) {
    system.sendResult = result;
    socket.send(bytes("x"), loopback(1));
  }
  assert.equal(system.told, []);
  await soon();
  assert.equal(system.told.splice(0), ["datagram-too-large", "remote-unreachable"]);
  system.sendResult = 0;
  socket.send(bytes("x"), loopback(1));
  system.kept[0]?.request.oncomplete(-ECONNREFUSED);
  system.handles[0]?.onmessage(-ECONNREFUSED, system.handles[0], undefined, undefined);
  assert.equal(system.told, ["connection-refused", "room", "connection-refused"]);
  socket.close();
});

handles("should be silent after close, whatever was on its way", async () => {
  const system = new System();
  const socket = system.open();
  system.sendResult = 0;
  socket.send(bytes("x"), loopback(1));
  system.sendResult = -ENETUNREACH;
  socket.send(bytes("x"), loopback(1));
  socket.close();
  system.kept[0]?.request.oncomplete(-ECANCELED);
  system.handles[0]?.arrive("late", { address: "127.0.0.1", port: 1 });
  await soon();
  assert.equal(system.told, []);
});

handles("should take its port and its options along when it changes its peer", () => {
  const system = new System();
  const socket = system.open();
  socket.setHopLimit(9);
  socket.setReceiveBuffer(1000);
  socket.setSendBuffer(2000);
  system.sendResult = 0;
  assert.is(socket.connect(loopback(1)), OK);
  socket.send(bytes("x"), null);
  system.log.length = 0;
  assert.is(socket.connect(loopback(2)), OK);
  assert.equal(system.log, [
    "close", "bind 127.0.0.1:4000", "hop limit 9", "receive buffer 1000", "send buffer 2000", "connect 127.0.0.1:2",
  ]);
  assert.equal(system.handles.map(({ isReceiving }) => isReceiving), [false, true]);
  system.kept[0]?.request.oncomplete(-ECANCELED);
  assert.equal([system.told, socket.queuedCount], [["room"], 0], "what the handle before dropped is lost, no more");
  socket.close();
});

handles("should try again when somebody took its port meanwhile", () => {
  const system = new System();
  const socket = system.open();
  socket.connect(loopback(1));
  system.bindResult = -EADDRINUSE;
  for (const remote of [loopback(2), null]) assert.is(socket.connect(remote), ErrorCode.AddressInUse);
  system.bindResult = 0;
  system.log.length = 0;
  assert.is(socket.connect(loopback(2)), OK);
  assert.equal(system.log, ["close", "bind 127.0.0.1:4000", "connect 127.0.0.1:2"]);
  assert.is(system.handles.filter(({ isReceiving }) => isReceiving).length, 1);
  socket.close();
  assert.is(system.shared.openCount, 0);
});

handles("should tell who sent what, one sender after the other", () => {
  const system = new System();
  const socket = system.open();
  const [handle] = system.handles as [FakeHandle];
  for (const port of [1, 1, 2, 1]) handle.arrive("x", { address: "127.0.0.1", port });
  handle.arrive("x", { address: "no address", port: 5 });
  assert.equal(system.told, ["x from 1", "x from 1", "x from 2", "x from 1"]);
  socket.close();
});

handles.run();
