// The tcp-socket over a transport of doubles: every operation in every reachable state, errors, limits, grants and
// what is given back.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode, errorCodeName, OK, type Outcome } from "#host/wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import { ACCEPT_QUEUE_MAX, LISTEN_BACKLOG_MAX } from "#host/wasi/limits.js";
import { answerIn, TcpOperation, TcpState } from "#host/wasi/tcp-state.js";
import type { TcpSocket, TcpStreams } from "#host/wasi/tcp-socket.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { EPHEMERAL, type FakeConnection, type FakePlatform, fakePlatform, LOOPBACK } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";

const ipv6 = (groups: number[], port = 80): SocketAddress => makeAddress(Family.Ipv6, groups, port);
const ipv4 = (bytes: number[], port = 80): SocketAddress => makeAddress(Family.Ipv4, bytes, port);

interface World {
  platform: FakePlatform;
  host: WasiHost;
  socket: TcpSocket;
}

function world(family = Family.Ipv4): World {
  const platform = fakePlatform();
  const host = new WasiHost(platform, { tcp: true });
  const socket = host.createTcpSocket(family) as TcpSocket;
  host.table.add(socket, null);
  return { platform, host, socket };
}

function give(host: WasiHost, { socket, input, output }: TcpStreams): void {
  if (socket.handle === 0) host.table.add(socket, null);
  host.table.add(input, socket);
  host.table.add(output, socket);
}

function bind({ platform, socket }: World): void {
  assert.is(socket.startBind(LOOPBACK), OK);
  platform.transport.settle();
  assert.is(socket.finishBind(), OK);
}

/** Brings a new socket into a state. */
const reach: Record<TcpState, (world: World) => void> = {
  [TcpState.Unbound]: () => {},
  [TcpState.BindStarted]: ({ socket }) => { socket.startBind(LOOPBACK); },
  [TcpState.Bound]: bind,
  [TcpState.ListenStarted]: (made) => {
    bind(made);
    made.socket.startListen();
  },
  [TcpState.Listening]: (made) => {
    bind(made);
    made.socket.startListen();
    assert.is(made.socket.finishListen(), OK);
  },
  [TcpState.ConnectStarted]: ({ socket }) => { socket.startConnect(LOOPBACK); },
  [TcpState.Connected]: ({ platform, host, socket }) => {
    socket.startConnect(LOOPBACK);
    platform.transport.settle();
    give(host, socket.finishConnect() as TcpStreams);
  },
  [TcpState.Closed]: ({ platform, socket }) => {
    platform.transport.failNext = ErrorCode.ConnectionRefused;
    socket.startConnect(LOOPBACK);
    platform.transport.settle();
    assert.is(socket.finishConnect(), ErrorCode.ConnectionRefused);
  },
};

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
const waiting = new Set(["BindStarted FinishBind", "ConnectStarted FinishConnect", "Listening Accept"]);

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

binding.run();

// ---

const accepting = suite("accept");

function listening(): World & { arrive: () => FakeConnection } {
  const made = world();
  reach[TcpState.Listening](made);
  return { ...made, arrive: () => made.platform.transport.binding!.arrive() };
}

accepting("should hand out connections in order and then would-block", () => {
  const { socket, arrive } = listening();
  const first = arrive();
  const second = arrive();
  first.written = [];
  for (const connection of [first, second]) {
    const { output } = socket.accept() as TcpStreams;
    output.checkWrite();
    output.write(Uint8Array.of(9), 0, 1);
    assert.equal(connection.written, [9]);
  }
  assert.is(socket.accept(), ErrorCode.WouldBlock);
});

accepting("should begin to read only when accepted", () => {
  const { socket, arrive } = listening();
  const connection = arrive();
  assert.equal(connection.log, []);
  socket.accept();
  assert.equal(connection.log, ["attach"]);
});

accepting("should pass the listener's options on", () => {
  const { socket, arrive } = listening();
  socket.setKeepAliveEnabled(true);
  socket.setKeepAliveIdle(5_000_000_000n);
  socket.currentOptions.setHopLimit(9);
  const connection = arrive();
  const { socket: accepted } = socket.accept() as TcpStreams;
  assert.is(accepted.currentOptions.hopLimit, 9);
  assert.equal(connection.log, ["keep-alive true 5000", "attach"]);
  accepted.currentOptions.setHopLimit(10);
  assert.is(socket.currentOptions.hopLimit, 9, "the listener keeps its own");
});

accepting("should reset what comes when the queue is full", () => {
  const { socket, arrive } = listening();
  for (let index = 0; index < ACCEPT_QUEUE_MAX; index++) assert.equal(arrive().log, []);
  assert.equal(arrive().log, ["abort"]);
  socket.accept();
  assert.equal(arrive().log, [], "there is room again");
});

accepting("should reset peers that the grant does not allow", () => {
  const platform = fakePlatform();
  const host = new WasiHost(platform, { tcp: (use) => use !== "accept" });
  const socket = host.createTcpSocket(Family.Ipv4) as TcpSocket;
  reach[TcpState.Listening]({ platform, host, socket });
  assert.equal(platform.transport.binding!.arrive().log, ["abort"]);
  assert.is(socket.accept(), ErrorCode.WouldBlock);
});

accepting("should reset waiting connections when the listener is dropped", () => {
  const made = listening();
  const connection = made.arrive();
  made.host.close();
  made.platform.transport.settle();
  assert.equal(connection.log, ["abort"]);
  nothingIsLeft(made.host, made.platform);
});

accepting.run();

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
