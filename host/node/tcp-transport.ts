// The transport seam on node:net and node:dns.
//
// Node cannot bind without listening, so a binding is a server that resets whoever comes before the guest listens;
// its address is real and taken from the first moment. To connect from a bound address the server is closed first.

import dns from "node:dns";
import net from "node:net";
import { ErrorCode } from "../wasi/error-code.js";
import { Family, hostText, type SocketAddress } from "../wasi/ip-address.js";
import type {
  Binding, BindOptions, Connection, ConnectOptions, ListenerEvents, Request, Transport,
} from "../wasi/transport.js";
import { addressFrom } from "./addresses.js";
import { ConnectionShared } from "./connection-shared.js";
import { errorCodeOf } from "./errno.js";
import { NodeConnection, OnReadRelay } from "./tcp-connection.js";

export interface NodeTransportOptions {
  /** False leaves the undocumented insides of node:net alone. */
  readonly useHandles?: boolean;
}

export class NodeTransport implements Transport {
  private readonly shared: ConnectionShared;

  constructor(options: NodeTransportOptions = {}) {
    this.shared = new ConnectionShared(options.useHandles ?? true);
  }

  get openCount(): number {
    return this.shared.openCount;
  }

  bind({ address, backlog }: BindOptions, done: (result: Binding | ErrorCode) => void): Request {
    const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
    let isCancelled = false;
    const refused = (error: Error): void => {
      if (!isCancelled) done(errorCodeOf(error));
    };
    server.once("error", refused);
    const options = {
      host: hostText(address) + zoneOf(address), port: address.port, backlog,
      ipv6Only: address.family === Family.Ipv6, exclusive: true,
    };
    server.listen(options, () => {
      server.off("error", refused);
      if (isCancelled) server.close();
      else done(new NodeBinding(server, this.shared));
    });
    return { cancel: () => { isCancelled = true; } };
  }

  connect({ remote, local }: ConnectOptions, done: (result: Connection | ErrorCode) => void): Request {
    const relay = this.shared.useHandles ? new OnReadRelay(this.shared.readBuffer) : null;
    const socket = net.connect({
      host: hostText(remote) + zoneOf(remote),
      port: remote.port,
      family: remote.family === Family.Ipv6 ? 6 : 4,
      ...(local === null ? {} : { localAddress: hostText(local) + zoneOf(local), localPort: local.port }),
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

  lookup(name: string, done: (result: SocketAddress[] | ErrorCode) => void): Request {
    let isCancelled = false;
    dns.lookup(name, { all: true, verbatim: true }, (error, found) => {
      if (isCancelled) return;
      if (error) done(errorCodeOf(error));
      else done(found.map(({ address }) => addressFrom(address, 0)).filter((address) => address !== null));
    });
    return { cancel: () => { isCancelled = true; } };
  }
}

class NodeBinding implements Binding {
  readonly localAddress: SocketAddress;
  private events: ListenerEvents | null = null;

  constructor(
    private readonly server: net.Server,
    private readonly shared: ConnectionShared,
  ) {
    const { address, port } = server.address() as net.AddressInfo;
    this.localAddress = addressFrom(address, port) as SocketAddress;
    shared.openCount++;
    // After listening began, Node tells only of failed accepts here: the listener itself goes on.
    server.on("error", () => {});
    server.on("connection", (socket) => {
      if (this.events === null) socket.resetAndDestroy();
      else this.events.connectionArrived(NodeConnection.accepted(socket, this.shared));
    });
  }

  listen(events: ListenerEvents): void {
    this.events = events;
  }

  close(released?: () => void): void {
    this.events = null;
    this.shared.openCount--;
    this.server.close(released);
  }
}

function zoneOf(address: SocketAddress): string {
  return address.family === Family.Ipv6 && address.scopeId !== 0 ? `%${address.scopeId}` : "";
}
