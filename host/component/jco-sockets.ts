// wasi:sockets for jco's glue: the same state machines behind classes. UDP is in jco-udp.ts.

import { Family } from "../wasi/ip-address.js";
import type { ResolveAddressStream } from "../wasi/ip-name-lookup.js";
import { Kind } from "../wasi/kind.js";
import { Network } from "../wasi/network.js";
import type { TcpSocket, TcpStreams } from "../wasi/tcp-socket.js";
import type { WasiHost } from "../wasi/wasi-host.js";
import { type FamilyName, fromJco, type JcoSocketAddress, toJco } from "./jco-addresses.js";
import { JcoInputStream, type JcoIo, JcoOutputStream, type JcoPollable, subscribeTo } from "./jco-io.js";
import { check, JcoResource, unwrap } from "./jco-resource.js";

type ShutdownType = "receive" | "send" | "both";

export class JcoNetwork extends JcoResource<Network> {
  constructor(host: WasiHost) {
    super(host, Kind.Network, new Network(), null);
  }
}

export class JcoResolveAddressStream extends JcoResource<ResolveAddressStream> {
  constructor(
    private readonly io: JcoIo,
    stream: ResolveAddressStream,
  ) {
    super(io.host, Kind.ResolveAddressStream, stream, null);
  }

  resolveNextAddress(): { tag: FamilyName; val: readonly number[] } | undefined {
    const address = unwrap(this.resource.resolveNextAddress());
    if (address === null) return undefined;
    return { tag: address.family === Family.Ipv4 ? "ipv4" : "ipv6", val: address.parts };
  }

  subscribe(): JcoPollable {
    return subscribeTo(this.io, this.resource);
  }
}

export class JcoTcpSocket extends JcoResource<TcpSocket> {
  constructor(
    private readonly io: JcoIo,
    socket: TcpSocket,
  ) {
    super(io.host, Kind.TcpSocket, socket, null);
  }

  startBind(network: JcoNetwork, address: JcoSocketAddress): void {
    void network.resource;
    check(this.resource.startBind(fromJco(address)));
  }

  finishBind(): void {
    check(this.resource.finishBind());
  }

  startConnect(network: JcoNetwork, address: JcoSocketAddress): void {
    void network.resource;
    check(this.resource.startConnect(fromJco(address)));
  }

  finishConnect(): [JcoInputStream, JcoOutputStream] {
    return this.streamsOf(unwrap(this.resource.finishConnect()));
  }

  startListen(): void {
    check(this.resource.startListen());
  }

  finishListen(): void {
    check(this.resource.finishListen());
  }

  accept(): [JcoTcpSocket, JcoInputStream, JcoOutputStream] {
    const streams = unwrap(this.resource.accept());
    return [new JcoTcpSocket(this.io, streams.socket), ...this.streamsOf(streams)];
  }

  localAddress(): JcoSocketAddress {
    return toJco(unwrap(this.resource.localAddress()));
  }

  remoteAddress(): JcoSocketAddress {
    return toJco(unwrap(this.resource.remoteAddress()));
  }

  isListening(): boolean {
    return this.resource.isListening;
  }

  addressFamily(): FamilyName {
    return this.resource.family === Family.Ipv4 ? "ipv4" : "ipv6";
  }

  setListenBacklogSize(value: bigint): void {
    check(this.resource.setListenBacklogSize(value));
  }

  keepAliveEnabled(): boolean {
    return this.resource.currentOptions.keepAliveEnabled;
  }

  setKeepAliveEnabled(value: boolean): void {
    check(this.resource.setKeepAliveEnabled(value));
  }

  keepAliveIdleTime(): bigint {
    return this.resource.currentOptions.keepAliveIdleNs;
  }

  setKeepAliveIdleTime(value: bigint): void {
    check(this.resource.setKeepAliveIdle(value));
  }

  keepAliveInterval(): bigint {
    return this.resource.currentOptions.keepAliveIntervalNs;
  }

  setKeepAliveInterval(value: bigint): void {
    check(this.resource.currentOptions.setKeepAliveInterval(value));
  }

  keepAliveCount(): number {
    return this.resource.currentOptions.keepAliveCount;
  }

  setKeepAliveCount(value: number): void {
    check(this.resource.currentOptions.setKeepAliveCount(value));
  }

  hopLimit(): number {
    return this.resource.currentOptions.hopLimit;
  }

  setHopLimit(value: number): void {
    check(this.resource.currentOptions.setHopLimit(value));
  }

  receiveBufferSize(): bigint {
    return this.resource.currentOptions.receiveBufferBytes;
  }

  setReceiveBufferSize(value: bigint): void {
    check(this.resource.currentOptions.setReceiveBuffer(value));
  }

  sendBufferSize(): bigint {
    return this.resource.currentOptions.sendBufferBytes;
  }

  setSendBufferSize(value: bigint): void {
    check(this.resource.currentOptions.setSendBuffer(value));
  }

  subscribe(): JcoPollable {
    return subscribeTo(this.io, this.resource);
  }

  shutdown(type: ShutdownType): void {
    check(this.resource.shutdown(type !== "send", type !== "receive"));
  }

  private streamsOf({ socket, input, output }: TcpStreams): [JcoInputStream, JcoOutputStream] {
    return [new JcoInputStream(this.io, input, socket), new JcoOutputStream(this.io, output, socket)];
  }
}

export function createTcpSocket(io: JcoIo, family: FamilyName): JcoTcpSocket {
  return new JcoTcpSocket(io, unwrap(io.host.createTcpSocket(family === "ipv6" ? Family.Ipv6 : Family.Ipv4)));
}

export function resolveAddresses(io: JcoIo, network: JcoNetwork, name: string): JcoResolveAddressStream {
  void network.resource;
  return new JcoResolveAddressStream(io, unwrap(io.host.resolveAddresses(name)));
}
