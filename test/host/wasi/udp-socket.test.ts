// The udp-socket over a transport of doubles: every operation in every state, addresses, grants, options, readiness and
// what is given back. Its streams are in datagram-streams.test.ts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode, errorCodeName, OK, type Outcome } from "#host/wasi/error-code.js";
import { Family, type SocketAddress } from "#host/wasi/ip-address.js";
import type { UdpSocket } from "#host/wasi/udp-socket.js";
import { answerIn, UdpOperation, UdpState } from "#host/wasi/udp-state.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { fakePlatform, LOOPBACK } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { ipv4, ipv6 } from "../support/socket-world.js";
import { bindUdp, OTHER, PEER, reachUdp, stream, udpWorld, type UdpWorld } from "../support/udp-world.js";

const asOutcome = (result: object | ErrorCode | typeof OK): Outcome => (typeof result === "number" ? result : OK);

const perform: Record<UdpOperation, (world: UdpWorld) => Outcome> = {
  [UdpOperation.StartBind]: ({ socket }) => socket.startBind(LOOPBACK),
  [UdpOperation.FinishBind]: ({ socket }) => socket.finishBind(),
  [UdpOperation.Stream]: ({ socket }) => asOutcome(socket.stream(PEER)),
  [UdpOperation.LocalAddress]: ({ socket }) => asOutcome(socket.localAddress()),
  [UdpOperation.RemoteAddress]: ({ socket }) => asOutcome(socket.remoteAddress()),
};

function over({ host, platform }: UdpWorld): void {
  host.close();
  platform.transport.settle();
  nothingIsLeft(host, platform);
}

const matrix = suite("every operation in every state");

for (const state of Object.keys(reachUdp).map(Number) as UdpState[]) {
  for (const operation of Object.keys(perform).map(Number) as UdpOperation[]) {
    const name = `${UdpState[state]} ${UdpOperation[operation]}`;
    matrix(`should answer ${name} as the table says, and stay when it refuses`, () => {
      const made = udpWorld();
      reachUdp[state](made);
      assert.is(made.socket.currentState, state);
      const answer = perform[operation](made);
      const isEarly = name === "BindStarted FinishBind";
      assert.is(answer, isEarly ? ErrorCode.WouldBlock : answerIn(state, operation));
      if (answer !== OK) assert.is(made.socket.currentState, state);
      made.platform.transport.settle();
      over(made);
    });
  }

  matrix(`should give everything back when it is dropped in ${UdpState[state]}`, () => {
    const made = udpWorld();
    reachUdp[state](made);
    over(made);
  });
}

matrix.run();

// ---

const addresses = suite("addresses");

const mapped = ipv6([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1]);

addresses("should be refused by start-bind when the family is wrong or it is IPv4-mapped", () => {
  const wrong: [Family, SocketAddress][] = [
    [Family.Ipv4, ipv6([0, 0, 0, 0, 0, 0, 0, 1])], [Family.Ipv6, ipv4([127, 0, 0, 1])], [Family.Ipv6, mapped],
  ];
  for (const [family, address] of wrong) {
    const made = udpWorld(family);
    assert.is(made.socket.startBind(address), ErrorCode.InvalidArgument);
    assert.is(made.socket.currentState, UdpState.Unbound);
  }
});

addresses("should allow the unspecified address, port 0 and groups for start-bind", () => {
  for (const address of [ipv4([0, 0, 0, 0], 0), ipv4([224, 0, 0, 1], 5353)]) {
    assert.is(udpWorld().socket.startBind(address), OK);
  }
});

addresses("should be refused by stream when nobody can be there", () => {
  const made = udpWorld();
  bindUdp(made);
  for (const remote of [ipv4([127, 0, 0, 1], 0), ipv4([0, 0, 0, 0], 80), ipv6([0, 0, 0, 0, 0, 0, 0, 1]), mapped]) {
    assert.is(made.socket.stream(remote), ErrorCode.InvalidArgument);
    assert.is(made.socket.currentState, UdpState.Bound);
  }
});

addresses("should tell the port of an ephemeral bind, and the peer of a connected socket", () => {
  const made = udpWorld();
  made.socket.startBind(ipv4([127, 0, 0, 1], 0));
  made.platform.transport.settle();
  made.socket.finishBind();
  assert.is((made.socket.localAddress() as SocketAddress).port, 50_000);
  stream(made, PEER);
  assert.equal(made.socket.remoteAddress(), PEER);
  stream(made, null);
  assert.is(made.socket.remoteAddress(), ErrorCode.InvalidState);
});

addresses.run();

// ---

const grants = suite("grants");

grants("should deny everything that was not given", () => {
  for (const given of [{}, { tcp: true }, { udp: false }]) {
    assert.is(new WasiHost(fakePlatform(), given).createUdpSocket(Family.Ipv4), ErrorCode.AccessDenied);
  }
});

grants("should be asked about the address of a bind and of a connected peer", () => {
  const asked: string[] = [];
  const made = udpWorld(Family.Ipv4, {
    udp: (use, { port }) => {
      asked.push(`${use} ${port}`);
      return port !== OTHER.port;
    },
  });
  assert.is(made.socket.startBind(OTHER), ErrorCode.AccessDenied);
  assert.is(made.socket.currentState, UdpState.Unbound);
  bindUdp(made);
  assert.is(made.socket.stream(OTHER), ErrorCode.AccessDenied);
  assert.is(made.socket.currentState, UdpState.Bound);
  stream(made, PEER);
  assert.equal(asked, ["bind 7001", "bind 8080", "connect 7001", "connect 7000"]);
});

grants("should count against the limit of sockets, together with TCP", () => {
  const host = new WasiHost(fakePlatform(), { tcp: true, udp: true, socketsMax: 2 });
  const first = host.createUdpSocket(Family.Ipv4) as UdpSocket;
  host.table.add(first, null);
  assert.not.type(host.createTcpSocket(Family.Ipv4), "number");
  assert.is(host.createUdpSocket(Family.Ipv6), ErrorCode.NewSocketLimit);
  assert.is(host.createTcpSocket(Family.Ipv4), ErrorCode.NewSocketLimit);
  host.table.drop(first.handle, first.kind);
  assert.not.type(host.createUdpSocket(Family.Ipv4), "number");
});

grants.run();

// ---

const binding = suite("bind");

for (const code of [ErrorCode.AddressInUse, ErrorCode.AddressNotBindable, ErrorCode.NotSupported]) {
  binding(`should report ${errorCodeName(code)} at finish-bind and be unbound again`, () => {
    const { platform, socket } = udpWorld();
    platform.transport.failNext = code;
    socket.startBind(LOOPBACK);
    platform.transport.settle();
    assert.is(socket.finishBind(), code);
    assert.is(socket.currentState, UdpState.Unbound);
    assert.is(socket.startBind(LOOPBACK), OK, "it may try again");
  });
}

binding("should end at once where the platform knows at once", () => {
  const made = udpWorld();
  made.platform.transport.endsAtOnce = true;
  assert.is(made.socket.startBind(LOOPBACK), OK);
  assert.is(made.socket.isReady(), true);
  assert.is(made.socket.finishBind(), OK);
  over(made);
});

binding("should wake its pollable when it ends, which is ready otherwise", () => {
  const { host, platform, socket } = udpWorld();
  assert.is(socket.isReady(), true);
  socket.startBind(LOOPBACK);
  const pollable = host.subscribe(socket);
  assert.is(host.ready.length, 0);
  platform.transport.settle();
  assert.is(pollable.isReady(), true);
  assert.is(host.ready.length, 1);
  socket.finishBind();
  assert.is(socket.isReady(), true);
});

binding("should be cancelled by a drop, and never call back", () => {
  const made = udpWorld();
  made.socket.startBind(LOOPBACK);
  made.host.table.drop(made.socket.handle, made.socket.kind);
  made.platform.transport.settle();
  nothingIsLeft(made.host, made.platform);
});

binding.run();

// ---

const peers = suite("stream, again and again");

peers("should connect, change the peer and end the connection through the transport", () => {
  const made = udpWorld();
  const datagrams = bindUdp(made);
  stream(made, null);
  assert.equal(datagrams.log, [], "nothing to end");
  stream(made, PEER);
  stream(made, OTHER);
  stream(made, null);
  stream(made, null);
  assert.equal(datagrams.log, ["connect 127.0.0.1:7000", "connect 127.0.0.1:7001", "disconnect"]);
});

peers("should be bound without streams when the peer cannot be connected to", () => {
  const made = udpWorld();
  const datagrams = bindUdp(made);
  const { incoming } = stream(made, PEER);
  datagrams.connectOutcome = ErrorCode.RemoteUnreachable;
  assert.is(made.socket.stream(OTHER), ErrorCode.RemoteUnreachable);
  assert.is(made.socket.currentState, UdpState.Bound);
  assert.is(incoming.receive(1), ErrorCode.InvalidState);
  datagrams.failNow(ErrorCode.ConnectionRefused); // nobody is left to be told
});

peers("should trap when the socket is dropped before its streams", () => {
  const made = udpWorld();
  bindUdp(made);
  const { incoming, outgoing } = stream(made, null);
  const { host, socket } = made;
  assert.throws(() => host.table.drop(socket.handle, socket.kind), /resource has children/);
  host.table.drop(incoming.handle, incoming.kind);
  assert.throws(() => host.table.drop(socket.handle, socket.kind), /resource has children/);
  host.table.drop(outgoing.handle, outgoing.kind);
  host.table.drop(socket.handle, socket.kind);
  nothingIsLeft(host, made.platform);
});

peers.run();

// ---

const options = suite("options");

options("should refuse 0 and remember everything else", () => {
  const { socket } = udpWorld();
  assert.is(socket.setHopLimit(0), ErrorCode.InvalidArgument);
  assert.is(socket.setReceiveBuffer(0n), ErrorCode.InvalidArgument);
  assert.is(socket.setSendBuffer(0n), ErrorCode.InvalidArgument);
  assert.is(socket.setHopLimit(255), OK);
  assert.is(socket.setReceiveBuffer(1n), OK);
  assert.is(socket.setSendBuffer((1n << 64n) - 1n), OK);
  assert.is(socket.options.hopLimit, 255);
  assert.is(socket.options.receiveBufferBytes, 1n);
  assert.is(socket.options.sendBufferBytes, 0x7fff_ffffn, "clamped to what systems take");
});

options("should reach the transport at the bind or at once, and only if set", () => {
  const made = udpWorld();
  made.socket.setHopLimit(3);
  made.socket.setSendBuffer(5000n);
  const datagrams = bindUdp(made);
  assert.equal(datagrams.log, ["hop-limit 3", "send-buffer 5000"]);
  made.socket.setHopLimit(9);
  made.socket.setReceiveBuffer(7n);
  made.socket.setHopLimit(0);
  assert.equal(datagrams.log.slice(2), ["hop-limit 9", "receive-buffer 7"]);
  over(made);
});

options.run();
