// A tcp-socket over a platform of doubles, and the way into each of its states.
import * as assert from "uvu/assert";
import { ErrorCode, OK } from "#host/wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import type { TcpSocket, TcpStreams } from "#host/wasi/tcp-socket.js";
import { TcpState } from "#host/wasi/tcp-state.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { type FakePlatform, fakePlatform, LOOPBACK } from "./fake-platform.js";

export const ipv6 = (groups: number[], port = 80): SocketAddress => makeAddress(Family.Ipv6, groups, port);
export const ipv4 = (bytes: number[], port = 80): SocketAddress => makeAddress(Family.Ipv4, bytes, port);

export interface World {
  platform: FakePlatform;
  host: WasiHost;
  socket: TcpSocket;
}

export function world(family = Family.Ipv4): World {
  const platform = fakePlatform();
  const host = new WasiHost(platform, { tcp: true });
  const socket = host.createTcpSocket(family) as TcpSocket;
  host.table.add(socket, null);
  return { platform, host, socket };
}

export function give(host: WasiHost, { socket, input, output }: TcpStreams): void {
  if (socket.handle === 0) host.table.add(socket, null);
  host.table.add(input, socket);
  host.table.add(output, socket);
}

export function bind({ platform, socket }: World): void {
  assert.is(socket.startBind(LOOPBACK), OK);
  platform.transport.settle();
  assert.is(socket.finishBind(), OK);
}

/** Brings a new socket into a state. */
export const reach: Record<TcpState, (world: World) => void> = {
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
    made.platform.transport.settle();
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
