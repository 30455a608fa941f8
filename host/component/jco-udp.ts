// wasi:sockets/udp for jco's glue: the same state machine behind classes.

import type { IncomingDatagramStream, OutgoingDatagramStream } from "../wasi/datagram-streams.js";
import { Family } from "../wasi/ip-address.js";
import { Kind } from "../wasi/kind.js";
import type { UdpSocket } from "../wasi/udp-socket.js";
import { type FamilyName, fromJco, type JcoSocketAddress, toJco } from "./jco-addresses.js";
import { type JcoIo, type JcoPollable, subscribeTo } from "./jco-io.js";
import { check, JcoResource, unwrap } from "./jco-resource.js";
import type { JcoNetwork } from "./jco-sockets.js";

export interface JcoIncomingDatagram {
  readonly data: Uint8Array;
  readonly remoteAddress: JcoSocketAddress;
}

export interface JcoOutgoingDatagram {
  readonly data: Uint8Array;
  readonly remoteAddress?: JcoSocketAddress | undefined;
}

export class JcoUdpSocket extends JcoResource<UdpSocket> {
  constructor(
    private readonly io: JcoIo,
    socket: UdpSocket,
  ) {
    super(io.host, Kind.UdpSocket, socket, null);
  }

  startBind(network: JcoNetwork, address: JcoSocketAddress): void {
    void network.resource;
    check(this.resource.startBind(fromJco(address)));
  }

  finishBind(): void {
    check(this.resource.finishBind());
  }

  stream(remote: JcoSocketAddress | undefined): [JcoIncomingDatagramStream, JcoOutgoingDatagramStream] {
    const socket = this.resource;
    const { incoming, outgoing } = unwrap(socket.stream(remote === undefined ? null : fromJco(remote)));
    return [
      new JcoIncomingDatagramStream(this.io, incoming, socket),
      new JcoOutgoingDatagramStream(this.io, outgoing, socket),
    ];
  }

  localAddress(): JcoSocketAddress {
    return toJco(unwrap(this.resource.localAddress()));
  }

  remoteAddress(): JcoSocketAddress {
    return toJco(unwrap(this.resource.remoteAddress()));
  }

  addressFamily(): FamilyName {
    return this.resource.family === Family.Ipv4 ? "ipv4" : "ipv6";
  }

  unicastHopLimit(): number {
    return this.resource.options.hopLimit;
  }

  setUnicastHopLimit(value: number): void {
    check(this.resource.setHopLimit(value));
  }

  receiveBufferSize(): bigint {
    return this.resource.options.receiveBufferBytes;
  }

  setReceiveBufferSize(value: bigint): void {
    check(this.resource.setReceiveBuffer(value));
  }

  sendBufferSize(): bigint {
    return this.resource.options.sendBufferBytes;
  }

  setSendBufferSize(value: bigint): void {
    check(this.resource.setSendBuffer(value));
  }

  subscribe(): JcoPollable {
    return subscribeTo(this.io, this.resource);
  }
}

export class JcoIncomingDatagramStream extends JcoResource<IncomingDatagramStream> {
  constructor(private readonly io: JcoIo, stream: IncomingDatagramStream, socket: UdpSocket) {
    super(io.host, Kind.IncomingDatagramStream, stream, socket);
  }

  receive(maxResults: bigint): JcoIncomingDatagram[] {
    const datagrams = unwrap(this.resource.receive(Number(maxResults)));
    return datagrams.map(({ bytes, remote }) => ({ data: bytes, remoteAddress: toJco(remote) }));
  }

  subscribe(): JcoPollable {
    return subscribeTo(this.io, this.resource);
  }
}

export class JcoOutgoingDatagramStream extends JcoResource<OutgoingDatagramStream> {
  constructor(private readonly io: JcoIo, stream: OutgoingDatagramStream, socket: UdpSocket) {
    super(io.host, Kind.OutgoingDatagramStream, stream, socket);
  }

  checkSend(): bigint {
    const { resource } = this;
    check(resource.checkSend());
    return BigInt(resource.permit);
  }

  send(datagrams: readonly JcoOutgoingDatagram[]): bigint {
    const { resource } = this;
    check(resource.send(datagrams.map(({ data, remoteAddress }) => ({
      source: data, start: 0, end: data.length, remote: remoteAddress === undefined ? null : fromJco(remoteAddress),
    }))));
    return BigInt(resource.sentCount);
  }

  subscribe(): JcoPollable {
    return subscribeTo(this.io, this.resource);
  }
}

export function createUdpSocket(io: JcoIo, family: FamilyName): JcoUdpSocket {
  return new JcoUdpSocket(io, unwrap(io.host.createUdpSocket(family === "ipv6" ? Family.Ipv6 : Family.Ipv4)));
}
