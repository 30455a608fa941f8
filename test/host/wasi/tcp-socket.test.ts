// The tcp-socket over a transport of doubles: every operation in every reachable state, errors, limits, grants and
// what is given back. How it listens is in tcp-listening.test.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode, errorCodeName, OK, type Outcome } from "#host/wasi/error-code.js";
import { Family, type SocketAddress } from "#host/wasi/ip-address.js";
import { LISTEN_BACKLOG_MAX } from "#host/wasi/limits.js";
import type { TcpSocket, TcpStreams } from "#host/wasi/tcp-socket.js";
import { answerIn, TcpOperation, TcpState } from "#host/wasi/tcp-state.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { EPHEMERAL, type FakeConnection, fakePlatform, LOOPBACK } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { bind, give, ipv4, ipv6, reach, world, type World } from "../support/socket-world.js";

const asOutcome = (result: object | ErrorCode | typeof OK): Outcome => (typeof result === "number" ? result : OK);

const perform: Record<TcpOperation, (socket: TcpSocket) => Outcome> = {
  [TcpOperation.StartBind]: (socket) => socket.startBind(LOOPBACK),
  [TcpOperation.FinishBind]: (socket) => socket.finishBind(),
  [TcpOperation.StartConnect]: (socket) => socket.startConnect(LOOPBACK),
  [TcpOperation.FinishConnect]: (socket) => asOutcome(socket.finishConnect()),
  [TcpOperation.StartListen]: (socket) => socket.startListen(),
  [TcpOperation.FinishListen]: (socket) => socket.finishListen(),
  [TcpOperation.Accept]: (socket) => asOutcome(socket.accept()),
  [TcpOperation.LocalAddress]: (socket) => asOutcome(socket.localAddress()),
  [TcpOperation.RemoteAddress]: (socket) => asOutcome(socket.remoteAddress()),
  [TcpOperation.SetListenBacklogSize]: (socket) => socket.setListenBacklogSize(5n),
  [TcpOperation.Shutdown]: (socket) => socket.shutdown(true, true),
};

/** Allowed by the table, and then waiting for something that has not happened. */
const waiting = new Set([
  "BindStarted FinishBind", "ListenStarted FinishListen", "ConnectStarted FinishConnect", "Listening Accept",
]);

const matrix = suite("every operation in every state");

for (const state of Object.keys(reach).map(Number) as TcpState[]) {
  for (const operation of Object.keys(perform).map(Number) as TcpOperation[]) {
    const name = `${TcpState[state]} ${TcpOperation[operation]}`;
    matrix(`should answer ${name} as the table says, and stay when it refuses`, () => {
      const made = world();
      reach[state](made);
      assert.is(made.socket.currentState, state);
      const answer = perform[operation](made.socket);
      const expected = waiting.has(name) ? ErrorCode.WouldBlock : answerIn(state, operation);
      assert.is(answer, expected);
      if (answer !== OK) assert.is(made.socket.currentState, state);
      made.platform.transport.settle();
      made.host.close();
      made.platform.transport.settle();
      nothingIsLeft(made.host, made.platform);
    });
  }
}

matrix.run();

// ---

const addresses = suite("addresses that are refused");

const mapped = ipv6([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1]);
const refusedByBoth: [string, Family, SocketAddress][] = [
  ["the other family", Family.Ipv4, ipv6([0, 0, 0, 0, 0, 0, 0, 1])],
  ["the other family", Family.Ipv6, ipv4([127, 0, 0, 1])],
  ["an IPv4-mapped address", Family.Ipv6, mapped],
  ["multicast", Family.Ipv4, ipv4([224, 0, 0, 1])],
  ["broadcast", Family.Ipv4, ipv4([255, 255, 255, 255])],
  ["multicast", Family.Ipv6, ipv6([0xff02, 0, 0, 0, 0, 0, 0, 1])],
];

addresses("should be an invalid argument to bind and connect, and leave the socket unbound", () => {
  for (const [what, family, address] of refusedByBoth) {
    const { socket } = world(family);
    assert.is(socket.startBind(address), ErrorCode.InvalidArgument, what);
    assert.is(socket.startConnect(address), ErrorCode.InvalidArgument, what);
    assert.is(socket.currentState, TcpState.Unbound);
  }
});

addresses("should include port 0 and the unspecified address for connect only", () => {
  for (const address of [ipv4([127, 0, 0, 1], 0), ipv4([0, 0, 0, 0], 80)]) {
    assert.is(world().socket.startConnect(address), ErrorCode.InvalidArgument);
    assert.is(world().socket.startBind(address), OK);
  }
});

addresses("should be access-denied where the grant says no", () => {
  const platform = fakePlatform();
  const host = new WasiHost(platform, { tcp: (use) => use === "accept" });
  const socket = host.createTcpSocket(Family.Ipv4) as TcpSocket;
  assert.is(socket.startBind(LOOPBACK), ErrorCode.AccessDenied);
  assert.is(socket.startConnect(LOOPBACK), ErrorCode.AccessDenied);
  assert.is(new WasiHost(platform).createTcpSocket(Family.Ipv4), ErrorCode.AccessDenied, "nothing is granted");
});

addresses.run();

// ---

const binding = suite("bind");

binding("should tell the real port of an ephemeral bind", () => {
  const made = world();
  made.socket.startBind(ipv4([127, 0, 0, 1], 0));
  made.platform.transport.settle();
  assert.is(made.socket.finishBind(), OK);
  assert.is((made.socket.localAddress() as SocketAddress).port, 50_000);
});

for (const code of [ErrorCode.AddressInUse, ErrorCode.AddressNotBindable, ErrorCode.AccessDenied]) {
  binding(`should report ${errorCodeName(code)} at finish-bind and be unbound again`, () => {
    const { platform, socket } = world();
    platform.transport.failNext = code;
    socket.startBind(LOOPBACK);
    platform.transport.settle();
    assert.is(socket.finishBind(), code);
    assert.is(socket.currentState, TcpState.Unbound);
    assert.is(socket.startBind(LOOPBACK), OK, "it may try again");
  });
}

binding("should give its address back before connecting from it", () => {
  const made = world();
  bind(made);
  assert.is(made.socket.startConnect(EPHEMERAL), OK);
  made.platform.transport.settle();
  assert.equal(made.platform.transport.lastConnect?.local, LOOPBACK);
  assert.type(made.socket.finishConnect(), "object");
});

binding("should hand the backlog on, clamped, and refuse 0", () => {
  const { platform, socket } = world();
  assert.is(socket.setListenBacklogSize(0n), ErrorCode.InvalidArgument);
  assert.is(socket.setListenBacklogSize(2n ** 64n - 1n), OK);
  socket.startBind(LOOPBACK);
  assert.is(platform.transport.lastBacklog, LISTEN_BACKLOG_MAX);
});

binding("should be told by finish-bind at once where the platform knows at once", () => {
  const { platform, host, socket } = world();
  platform.transport.endsAtOnce = true;
  assert.is(socket.startBind(ipv4([127, 0, 0, 1], 0)), OK);
  assert.ok(socket.isReady());
  assert.is(socket.finishBind(), OK);
  assert.is((socket.localAddress() as SocketAddress).port, 50_000);
  host.close();
  platform.transport.settle();
  nothingIsLeft(host, platform);
});

binding("should be refused at once too, and try again", () => {
  const { platform, host, socket } = world();
  platform.transport.endsAtOnce = true;
  platform.transport.failNext = ErrorCode.AddressInUse;
  socket.startBind(LOOPBACK);
  assert.is(socket.finishBind(), ErrorCode.AddressInUse);
  assert.is(socket.startBind(LOOPBACK), OK);
  host.close();
  platform.transport.settle();
  nothingIsLeft(host, platform);
});

binding.run();

// ---

const limits = suite("the limit of sockets");

limits("should be new-socket-limit, and end when a socket is dropped", () => {
  const platform = fakePlatform();
  const host = new WasiHost(platform, { tcp: true, socketsMax: 2 });
  const first = host.createTcpSocket(Family.Ipv4) as TcpSocket;
  host.table.add(first, null);
  host.createTcpSocket(Family.Ipv4);
  assert.is(host.createTcpSocket(Family.Ipv4), ErrorCode.NewSocketLimit);
  host.table.drop(first.handle, first.kind);
  assert.type(host.createTcpSocket(Family.Ipv4), "object");
});

limits.run();

// ---

const ending = suite("shutdown and drop");

function connected(): World & TcpStreams & { connection: FakeConnection } {
  const made = world();
  const { platform, host, socket } = made;
  socket.startConnect(LOOPBACK);
  platform.transport.settle();
  const streams = socket.finishConnect() as TcpStreams;
  give(host, streams);
  return { ...made, ...streams, connection: platform.transport.connection! };
}

ending("should close the reading side for good on shutdown(receive)", () => {
  const { socket, input, output, connection } = connected();
  connection.arrive(1, 2);
  assert.is(socket.shutdown(true, false), OK);
  assert.is(input.available(10), -1);
  assert.is(input.queuedBytes, 0);
  assert.is(output.checkWrite() > 0, true, "the other side is open");
});

ending("should send FIN once on shutdown(send), however often it is asked", () => {
  const { socket, output, input, connection } = connected();
  socket.shutdown(false, true);
  socket.shutdown(false, true);
  assert.is(output.checkWrite(), -1);
  assert.equal(connection.log.filter((entry) => entry === "end"), ["end"]);
  connection.arrive(5);
  assert.is(input.available(10), 1, "the other side is open");
});

ending("should close the connection in the background when all is dropped", () => {
  const { platform, host, socket, input, output, connection } = connected();
  assert.throws(() => host.table.drop(socket.handle, socket.kind), /resource has children/);
  host.table.drop(output.handle, output.kind);
  assert.is(connection.log.at(-1), "end");
  host.table.drop(input.handle, input.kind);
  host.table.drop(socket.handle, socket.kind);
  assert.is(connection.log.at(-1), "close");
  nothingIsLeft(host, platform);
});

ending("should tell an error to both streams, once each, behind the bytes that came before", () => {
  const { input, output, connection } = connected();
  connection.arrive(1, 2, 3);
  connection.events!.failed(ErrorCode.ConnectionReset);
  assert.is(input.available(10), 3);
  input.skip(3);
  assert.is(input.available(10), -2);
  assert.is(input.takeFailure(), ErrorCode.ConnectionReset);
  assert.is(input.available(10), -1);
  assert.is(output.checkWrite(), -2);
  assert.is(output.checkWrite(), -1);
});

ending("should forget a connect that is dropped while it runs", () => {
  const made = world();
  made.socket.startConnect(LOOPBACK);
  made.host.close();
  made.platform.transport.settle();
  nothingIsLeft(made.host, made.platform);
});

ending.run();
