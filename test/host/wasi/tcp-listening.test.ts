// The tcp-socket that listens: how it begins, whom it accepts, and whom it turns away.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode, OK } from "#host/wasi/error-code.js";
import { Family } from "#host/wasi/ip-address.js";
import { ACCEPT_QUEUE_MAX } from "#host/wasi/limits.js";
import type { TcpSocket, TcpStreams } from "#host/wasi/tcp-socket.js";
import { TcpState } from "#host/wasi/tcp-state.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { type FakeConnection, fakePlatform } from "../support/fake-platform.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { bind, reach, world, type World } from "../support/socket-world.js";

const accepting = suite("accept");

function listening(): World & { arrive: () => FakeConnection } {
  const made = world();
  reach[TcpState.Listening](made);
  return { ...made, arrive: () => made.platform.transport.binding!.arrive() };
}

accepting("should listen with the backlog of that moment, at once where the platform can", () => {
  const made = world();
  const { platform, socket } = made;
  bind(made);
  platform.transport.endsAtOnce = true;
  assert.is(socket.setListenBacklogSize(7n), OK);
  socket.startListen();
  assert.is(socket.finishListen(), OK);
  assert.is(platform.transport.lastBacklog, 7);
});

accepting("should be closed when listening fails, and give the address back", () => {
  const made = world();
  const { platform, host, socket } = made;
  bind(made);
  platform.transport.failNext = ErrorCode.AddressInUse;
  socket.startListen();
  assert.is(socket.finishListen(), ErrorCode.WouldBlock);
  platform.transport.settle();
  assert.is(socket.finishListen(), ErrorCode.AddressInUse);
  assert.is(socket.currentState, TcpState.Closed);
  host.close();
  platform.transport.settle();
  nothingIsLeft(host, platform);
});

accepting("should keep, and tell of, a connection that comes before finish-listen", () => {
  const made = world();
  const { platform, socket } = made;
  bind(made);
  socket.startListen();
  platform.transport.settle();
  platform.transport.binding!.arrive();
  assert.is(socket.finishListen(), OK);
  assert.ok(socket.isReady());
  assert.type(socket.accept(), "object");
});

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
