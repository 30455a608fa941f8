// A datagram socket on the simulated network. Each datagram has a fate of its own: its delay, and whether it is lost,
// doubled or overtaken. Who listens is decided when it arrives.
//
//   send --> line of the host --> (lost) | latency (+ reorder delay) --> [the copy again] --> socket bound there
//                                                                    \--> nobody: "refused" travels back

import { copyOf } from "../../wasi/byte-queue.js";
import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import { ErrorCode, OK, type Outcome } from "../../wasi/error-code.js";
import { isLoopback, isSameEndpoint, isUnspecified, type SocketAddress, withPort } from "../../wasi/ip-address.js";
import type { SimRandom } from "../random.js";
import type { Station } from "./station.js";

export class SimDatagramSocket implements DatagramSocket {
  queuedCount = 0;
  private peer: SocketAddress | null = null;
  private isClosed = false;
  private readonly random: SimRandom;

  constructor(
    private readonly station: Station,
    readonly boundAddress: SocketAddress,
    private readonly events: DatagramEvents,
  ) {
    this.random = station.network.random.fork(`datagrams ${station.number} ${station.network.nextDatagramSocket()}`);
    station.opened();
    station.datagramPorts.take(boundAddress.port);
    station.addDatagramSocket(this);
  }

  get localAddress(): SocketAddress {
    return this.peer === null ? this.boundAddress : this.sourceFor(this.peer) ?? this.boundAddress;
  }

  /** Sends as soon as the host's line is free. */
  send(source: Uint8Array, remote: SocketAddress | null, start = 0, end = source.length): void {
    const { station } = this;
    const bytes = copyOf(source, start, end);
    const to = remote ?? this.peer as SocketAddress;
    const from = this.sourceFor(to);
    const { network } = station;
    const leavesNs = station.departure(bytes.length, isLoopback(to));
    this.queuedCount++;
    network.queue.at(leavesNs, "datagram-sent", station.number, () => {
      this.queuedCount--;
      if (!this.isClosed) this.events.roomMade();
    });
    if (from === null) return this.failLater(ErrorCode.RemoteUnreachable, leavesNs);
    const { conditions } = station;
    const copies = this.random.chance(conditions.datagramDuplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (this.random.chance(conditions.datagramLoss)) continue;
      let atNs = leavesNs + this.oneWay(to);
      if (this.random.chance(conditions.datagramReorder)) atNs += this.oneWay(to) + this.oneWay(to);
      const own = copy === 0 ? bytes : bytes.slice();
      network.queue.at(atNs, "datagram", station.number, () => this.arriveAt(to, from, own));
    }
  }

  connect(remote: SocketAddress | null): Outcome {
    this.peer = null;
    if (remote !== null && this.sourceFor(remote) === null) return ErrorCode.RemoteUnreachable;
    this.peer = remote;
    return OK;
  }

  setHopLimit(): void {}
  setReceiveBuffer(): void {}
  setSendBuffer(): void {}

  close(): void {
    const { station } = this;
    this.isClosed = true;
    station.removeDatagramSocket(this);
    station.datagramPorts.give(this.boundAddress.port);
    station.closed();
  }

  /** A datagram reached this socket; a connected one hears its peer only. */
  arrived(bytes: Uint8Array, from: SocketAddress): void {
    if (this.peer !== null && !isSameEndpoint(this.peer, from)) return;
    const { network } = this.station;
    network.trace.add(network.queue.nowNs, "deliver", this.station.number, bytes.length);
    network.trace.addBytes(bytes, 0, bytes.length);
    this.events.datagramArrived(bytes, from);
  }

  private arriveAt(to: SocketAddress, from: SocketAddress, bytes: Uint8Array): void {
    const target = this.station.route(to);
    const socket = target?.datagramSocketFor(to) ?? null;
    if (socket !== null) return socket.arrived(bytes, from);
    const code = target === null ? ErrorCode.RemoteUnreachable : ErrorCode.ConnectionRefused;
    this.failLater(code, this.station.network.queue.nowNs + this.oneWay(to), to);
  }

  /** Systems tell of such a thing only to a socket that is connected to where it happened. */
  private failLater(code: ErrorCode, atNs: number, to = this.peer): void {
    this.station.network.queue.at(atNs, "refused", this.station.number, () => {
      if (this.isClosed || this.peer === null || to === null || !isSameEndpoint(this.peer, to)) return;
      this.events.failed(code);
    });
  }

  /** What the peer sees as the sender; null when this host has no way there. */
  private sourceFor(remote: SocketAddress): SocketAddress | null {
    const { boundAddress, station } = this;
    if (!isUnspecified(boundAddress)) return boundAddress;
    const source = station.sourceFor(remote);
    return source === null ? null : withPort(source, boundAddress.port);
  }

  private oneWay(to: SocketAddress): number {
    const { latencyNs, loopbackLatencyNs } = this.station.conditions;
    return this.random.between(isLoopback(to) ? loopbackLatencyNs : latencyNs);
  }
}
