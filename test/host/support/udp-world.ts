// A udp-socket over a platform of doubles, and the way into each of its states.
import * as assert from "uvu/assert";
import { ErrorCode, OK } from "#host/wasi/error-code.js";
import { Family, makeAddress } from "#host/wasi/ip-address.js";
import type { DatagramStreams, UdpSocket } from "#host/wasi/udp-socket.js";
import { UdpState } from "#host/wasi/udp-state.js";
import { type Grants, WasiHost } from "#host/wasi/wasi-host.js";
import { type FakeDatagrams, type FakePlatform, fakePlatform, LOOPBACK } from "./fake-platform.js";

export const PEER = makeAddress(Family.Ipv4, [127, 0, 0, 1], 7000);
export const OTHER = makeAddress(Family.Ipv4, [127, 0, 0, 1], 7001);

export interface UdpWorld {
  platform: FakePlatform;
  host: WasiHost;
  socket: UdpSocket;
}

export function udpWorld(family = Family.Ipv4, grants: Grants = { udp: true }): UdpWorld {
  const platform = fakePlatform();
  const host = new WasiHost(platform, grants);
  const socket = host.createUdpSocket(family) as UdpSocket;
  host.table.add(socket, null);
  return { platform, host, socket };
}

export function bindUdp({ platform, socket }: UdpWorld): FakeDatagrams {
  assert.is(socket.startBind(LOOPBACK), OK);
  platform.transport.settle();
  assert.is(socket.finishBind(), OK);
  return platform.transport.datagrams as FakeDatagrams;
}

/** A pair of streams in the table, of a bound socket. */
export function stream({ host, socket }: UdpWorld, remote: typeof PEER | null): DatagramStreams {
  const pair = socket.stream(remote);
  if (typeof pair === "number") throw new Error(`stream: ${ErrorCode[pair]}`);
  host.table.add(pair.incoming, socket);
  host.table.add(pair.outgoing, socket);
  return pair;
}

export const reachUdp: Record<UdpState, (world: UdpWorld) => void> = {
  [UdpState.Unbound]: () => {},
  [UdpState.BindStarted]: ({ socket }) => { socket.startBind(LOOPBACK); },
  [UdpState.Bound]: bindUdp,
  [UdpState.Connected]: (world) => {
    bindUdp(world);
    stream(world, PEER);
  },
};
