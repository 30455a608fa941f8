// The transport seam on node:net and node:dns. How addresses are bound is in tcp-binding.ts, datagrams are in
// udp-socket.ts.

import dns from "node:dns";
import net from "node:net";
import type { DatagramEvents, DatagramSocket } from "../wasi/datagram-transport.js";
import { ErrorCode } from "../wasi/error-code.js";
import { Family, type SocketAddress } from "../wasi/ip-address.js";
import type { Binding, BindOptions, Connection, ConnectOptions, Request, Transport } from "../wasi/transport.js";
import { isNameserver, NAMESERVER } from "../wasi/virtual-nameserver.js";
import { zonedHost } from "./addresses.js";
import { ConnectionShared } from "./connection-shared.js";
import { errorCodeOf } from "./errno.js";
import { type BindDatagrams, ForwardingDatagrams } from "./forwarding-datagrams.js";
import { bind } from "./tcp-binding.js";
import { Lookups } from "./lookups.js";
import { SystemServers } from "./system-servers.js";
import { NodeConnection, OnReadRelay } from "./tcp-connection.js";
import { bindDatagrams } from "./udp-socket.js";

export interface NodeTransportOptions {
  /** False leaves the undocumented insides of node:net and node:dgram alone. */
  readonly useHandles?: boolean;
  /** Whom the virtual nameserver stands for; `dns.getServers` unless said. */
  readonly nameservers?: () => readonly string[];
}

export class NodeTransport implements Transport {
  readonly hasNameserver = true;
  private readonly shared: ConnectionShared;
  private readonly servers: SystemServers;
  private readonly lookups = new Lookups();

  constructor(options: NodeTransportOptions = {}) {
    this.shared = new ConnectionShared(options.useHandles ?? true);
    this.servers = new SystemServers(options.nameservers ?? (() => dns.getServers()));
  }

  get openCount(): number {
    return this.shared.openCount;
  }

  bind(options: BindOptions, done: (result: Binding | ErrorCode) => void): Request {
    return bind(options, this.shared, done);
  }

  connect(options: ConnectOptions, done: (result: Connection | ErrorCode) => void): Request {
    const { remote, local } = options;
    if (isNameserver(remote)) return this.connectToServer(options, done);
    const relay = this.shared.useHandles ? new OnReadRelay(this.shared.readBuffer) : null;
    const socket = net.connect({
      host: zonedHost(remote),
      port: remote.port,
      family: remote.family === Family.Ipv6 ? 6 : 4,
      ...(local === null ? {} : { localAddress: zonedHost(local), localPort: local.port }),
      allowHalfOpen: true,
      noDelay: true,
      ...(relay === null ? {} : { onread: { buffer: relay.buffer, callback: relay.callback } }),
    } as net.NetConnectOpts);
    let isCancelled = false;
    const refused = (error: Error): void => {
      if (!isCancelled) done(errorCodeOf(error));
    };
    socket.once("error", refused);
    socket.once("connect", () => {
      socket.off("error", refused);
      socket.pause();
      if (isCancelled) socket.destroy();
      else done(NodeConnection.connected(socket, this.shared, relay));
    });
    return {
      cancel: () => {
        isCancelled = true;
        socket.destroy();
      },
    };
  }

  bindDatagrams(
    address: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
  ): Request {
    return ForwardingDatagrams.bind(address, events, this.bindPlain, this.servers, done);
  }

  private readonly bindPlain: BindDatagrams = (address, events, done) =>
    bindDatagrams(address, events, this.shared, done);

  /** To the virtual nameserver; the guest sees its address, whoever it stands for. */
  private connectToServer({ local }: ConnectOptions, done: (result: Connection | ErrorCode) => void): Request {
    const [server] = this.servers.inTurn(NAMESERVER.family);
    if (server === undefined || (local !== null && local.family !== server.family)) {
      const immediate = setImmediate(() => done(ErrorCode.RemoteUnreachable));
      return { cancel: () => clearImmediate(immediate) };
    }
    return this.connect({ remote: server, local }, (result) => {
      if (typeof result !== "number") (result as NodeConnection).standFor(NAMESERVER);
      done(result);
    });
  }

  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request {
    return this.lookups.begin(name, done);
  }
}
