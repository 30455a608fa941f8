// The transport seam in a page: every address has its way.
//
//   127/8, ::1, unspecified ----> the in-page network
//   the virtual nameserver -----> a nameserver of the page's own, else the gateway
//   any other address ----------> the gateway
//   names ----------------------> localhost: the in-page network; others: the nameserver, else the gateway
//
// What is not there is refused as the in-page network refuses what is not its own.

import type { DatagramEvents, DatagramSocket } from "../wasi/datagram-transport.js";
import type { ErrorCode } from "../wasi/error-code.js";
import { isLoopback, isUnspecified, type SocketAddress } from "../wasi/ip-address.js";
import { isLocalName } from "../wasi/lookup-name.js";
import type { Binding, BindOptions, Connection, ConnectOptions, Request, Transport } from "../wasi/transport.js";
import { isNameserver, NAMESERVER } from "../wasi/virtual-nameserver.js";
import { RoutedDatagrams } from "./routed-datagrams.js";

export interface PageRoutes {
  /** The in-page network, or the way to that of another thread. */
  readonly network: Transport;
  /** The way to everything outside. Default: none. */
  readonly gateway?: Transport;
  /** Answers look-ups, and what is sent to the virtual nameserver. Default: the gateway. */
  readonly nameserver?: Transport;
  /** Sends single addresses another way than the table above says; undefined leaves it at that. */
  readonly route?: (address: SocketAddress) => Transport | undefined;
}

export class PageTransport implements Transport {
  readonly hasNameserver: boolean;

  constructor(private readonly routes: PageRoutes) {
    this.hasNameserver = this.wayTo(NAMESERVER).hasNameserver === true;
  }

  get openCount(): number {
    const { network, gateway, nameserver } = this.routes;
    return network.openCount + (gateway?.openCount ?? 0) + (nameserver?.openCount ?? 0);
  }

  bind(options: BindOptions, done: (result: Binding | ErrorCode) => void): Request {
    return this.wayTo(options.address).bind(options, done);
  }

  connect({ remote, local }: ConnectOptions, done: (result: Connection | ErrorCode) => void): Request {
    const way = this.wayTo(remote);
    if (local === null || way === this.wayTo(local)) return way.connect({ remote, local }, done);
    if (isUnspecified(local)) return way.connect({ remote, local: null }, done);
    return this.wayTo(local).connect({ remote, local }, done); // which does not lead there
  }

  bindDatagrams(
    address: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
  ): Request {
    const way = this.wayTo(address);
    const { gateway, nameserver, route } = this.routes;
    const mayLeave = isUnspecified(address) && (gateway ?? nameserver ?? route) !== undefined;
    if (!mayLeave) return way.bindDatagrams(address, events, done);
    return RoutedDatagrams.bind({ home: way, wayTo: this.wayTo, address, events }, done);
  }

  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request {
    const { network, gateway, nameserver } = this.routes;
    const way = isLocalName(name) ? network : nameserver ?? gateway ?? network;
    return way.lookup(name, done);
  }

  private readonly wayTo = (address: SocketAddress): Transport => {
    const { network, gateway = network, nameserver = gateway, route } = this.routes;
    const chosen = route?.(address);
    if (chosen !== undefined) return chosen;
    if (isLoopback(address) || isUnspecified(address)) return network;
    return isNameserver(address) ? nameserver : gateway;
  };
}
