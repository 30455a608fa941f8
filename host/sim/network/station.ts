// A host's place in the network: its addresses and ports, what listens there, its line and what it has open.

import { ErrorCode } from "../../wasi/error-code.js";
import { covers, isLoopback, isUnspecified, type SocketAddress } from "../../wasi/ip-address.js";
import type { Conditions } from "../conditions.js";
import type { Range, SimRandom } from "../random.js";
import type { SimBinding } from "./binding.js";
import type { SimDatagramSocket } from "./datagram-socket.js";
import type { Network } from "./network.js";
import { PortTable } from "./ports.js";

const SECOND_NS = 1_000_000_000;

export interface StationOptions {
  readonly number: number;
  readonly addresses: readonly SocketAddress[];
  readonly conditions: Conditions;
  /** Sockets that the host may have open; more are refused with new-socket-limit. */
  readonly socketsMax: number;
  readonly ephemeralPorts: Range;
}

export class Station {
  readonly number: number;
  readonly addresses: readonly SocketAddress[];
  readonly conditions: Conditions;
  readonly ports: PortTable;
  readonly datagramPorts: PortTable;
  /** Bindings, connections and datagram sockets that were handed out and not given back. */
  openCount = 0;
  /** Connect attempts under way: they take sockets too. */
  pendingCount = 0;
  private readonly socketsMax: number;
  private readonly bindings: SimBinding[] = [];
  private readonly datagramSockets: SimDatagramSocket[] = [];
  private lineFreeNs = 0;

  constructor(
    readonly network: Network,
    readonly random: SimRandom,
    options: StationOptions,
  ) {
    this.number = options.number;
    this.addresses = options.addresses;
    this.conditions = options.conditions;
    this.socketsMax = options.socketsMax;
    this.ports = new PortTable(options.ephemeralPorts, random.fork("ports"));
    this.datagramPorts = new PortTable(options.ephemeralPorts, random.fork("datagram ports"));
  }

  hasRoomForSocket(): boolean {
    return this.openCount + this.pendingCount < this.socketsMax;
  }

  opened(): void {
    this.openCount++;
  }

  /** A socket was given back: whoever waits to be accepted may have it. */
  closed(): void {
    this.openCount--;
    for (const binding of this.bindings) binding.roomMade();
  }

  /** When bytes handed to the line now have left it. */
  departure(count: number, isLoopback: boolean): number {
    const { nowNs } = this.network.queue;
    const { bytesPerSecond } = this.conditions;
    if (bytesPerSecond === 0 || isLoopback) return nowNs;
    this.lineFreeNs = Math.max(this.lineFreeNs, nowNs) + count * SECOND_NS / bytesPerSecond;
    return this.lineFreeNs;
  }

  /** Whether a program here may bind to the address. */
  owns(address: SocketAddress): boolean {
    return isUnspecified(address) || isLoopback(address) || this.network.stationAt(address) === this;
  }

  /** Who is meant by `remote`, seen from here. */
  route(remote: SocketAddress): Station | null {
    return isLoopback(remote) ? this : this.network.stationAt(remote);
  }

  /** The address that packets to `remote` carry as their sender; null when this host has none of that family. */
  sourceFor(remote: SocketAddress): SocketAddress | null {
    if (isLoopback(remote)) return remote;
    return this.addresses.find((address) => address.family === remote.family) ?? null;
  }

  addBinding(binding: SimBinding): void {
    this.bindings.push(binding);
  }

  removeBinding(binding: SimBinding): void {
    this.bindings.splice(this.bindings.indexOf(binding), 1);
  }

  /** What is bound so that it hears of connections to `address`. */
  bindingFor(address: SocketAddress): SimBinding | null {
    return this.bindings.find(({ localAddress }) => covers(localAddress, address)) ?? null;
  }

  addDatagramSocket(socket: SimDatagramSocket): void {
    this.datagramSockets.push(socket);
  }

  removeDatagramSocket(socket: SimDatagramSocket): void {
    this.datagramSockets.splice(this.datagramSockets.indexOf(socket), 1);
  }

  /** Who hears datagrams to `address`. */
  datagramSocketFor(address: SocketAddress): SimDatagramSocket | null {
    return this.datagramSockets.find(({ boundAddress }) => covers(boundAddress, address)) ?? null;
  }

  /** Why `address` cannot be bound for TCP, or null. */
  refusal(address: SocketAddress): ErrorCode | null {
    return this.refusalAmong(this.bindings.map(({ localAddress }) => localAddress), address);
  }

  /** The same for datagrams, which have ports of their own. */
  datagramRefusal(address: SocketAddress): ErrorCode | null {
    return this.refusalAmong(this.datagramSockets.map(({ boundAddress }) => boundAddress), address);
  }

  private refusalAmong(taken: readonly SocketAddress[], address: SocketAddress): ErrorCode | null {
    if (!this.owns(address)) return ErrorCode.AddressNotBindable;
    const isTaken = taken.some((other) => covers(other, address) || covers(address, other));
    return isTaken ? ErrorCode.AddressInUse : null;
  }

  freePort(): number | null {
    return this.ports.findEphemeral();
  }
}
