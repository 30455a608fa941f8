// Addresses bound on this machine, in two ways.
//
//   with a handle   bound --listen()--> listening --close()--> closed       nobody can connect while it is only bound
//   with a server   listening from the first moment; whoever comes before listen() is reset
//
// `net._createServerHandle` is an inside of node:net that binds at once and does not listen; `server.listen(handle)`,
// which is documented, takes it from there. In a worker of node:cluster that would ask the primary, so there the step
// behind it is taken directly. Where an inside is missing, a server must do, and its address is known later.

import cluster from "node:cluster";
import net from "node:net";
import { ErrorCode, OK, type Outcome } from "../wasi/error-code.js";
import { Family, isUnspecified, type SocketAddress } from "../wasi/ip-address.js";
import type { Binding, BindOptions, ListenerEvents, Request } from "../wasi/transport.js";
import { addressFrom, zonedHost } from "./addresses.js";
import type { ConnectionShared } from "./connection-shared.js";
import { errorCodeOf, errorCodeOfNumber } from "./errno.js";
import { NodeConnection } from "./tcp-connection.js";

/** What is used of the handle. */
interface BoundHandle {
  getsockname(into: { address?: string; port?: number }): number;
  close(closed?: () => void): void;
}

type CreateHandle = (
  address: string, port: number, addressType: 4 | 6, fd: undefined, flags: number,
) => BoundHandle | number;

/** libuv's UV_TCP_IPV6ONLY. */
const IPV6_ONLY = 1;

const nothingToCancel: Request = { cancel: () => {} };

/** What is used of a server in a worker of node:cluster. */
interface ServerInside {
  _handle: BoundHandle;
  _listen2?(address: null, port: -1, addressType: -1, backlog: number): void;
}

function handleCreator(): CreateHandle | undefined {
  const inside = net as unknown as { _createServerHandle?: CreateHandle };
  const server = net.Server.prototype as object as ServerInside;
  const canListen = !cluster.isWorker || typeof server._listen2 === "function";
  return canListen ? inside._createServerHandle : undefined;
}

/** Carried out at once; the server owns the handle from here. */
function listenOn(handle: BoundHandle, server: net.Server, backlog: number): void {
  if (cluster.isWorker) {
    const inside = server as object as ServerInside;
    inside._handle = handle;
    inside._listen2?.(null, -1, -1, backlog);
  } else {
    server.listen(handle, backlog);
  }
}

export function bind(
  options: BindOptions, shared: ConnectionShared, done: (result: Binding | ErrorCode) => void,
): Request {
  const create = shared.useHandles ? handleCreator() : undefined;
  if (typeof create !== "function") return bindServer(options, shared, done);
  done(bindHandle(create, options.address, shared));
  return nothingToCancel;
}

function bindHandle(create: CreateHandle, address: SocketAddress, shared: ConnectionShared): Binding | ErrorCode {
  if (address.port !== 0 && shared.boundOnly.some((other) => isSamePlace(other, address))) {
    return ErrorCode.AddressInUse;
  }
  const isIpv6 = address.family === Family.Ipv6;
  const handle = create(zonedHost(address), address.port, isIpv6 ? 6 : 4, undefined, isIpv6 ? IPV6_ONLY : 0);
  if (typeof handle === "number") return errorCodeOfNumber(handle);
  const name: { address?: string; port?: number } = {};
  const trouble = handle.getsockname(name); // an address in use is told here
  const local = addressFrom(name.address, name.port);
  if (trouble === 0 && local !== null) {
    return new NodeBinding({ ...local, scopeId: address.scopeId }, shared, handle, newServer());
  }
  handle.close();
  return trouble === 0 ? ErrorCode.Unknown : errorCodeOfNumber(trouble);
}

/** The kernel lets two sockets take one address as long as neither listens; then one of them would be surprised. */
function isSamePlace(a: SocketAddress, b: SocketAddress): boolean {
  if (a.family !== b.family || a.port !== b.port) return false;
  return isUnspecified(a) || isUnspecified(b) || a.parts.every((part, index) => part === b.parts[index]);
}

function bindServer(
  { address, backlog }: BindOptions, shared: ConnectionShared, done: (result: Binding | ErrorCode) => void,
): Request {
  const server = newServer();
  let isCancelled = false;
  const refused = (error: Error): void => {
    if (!isCancelled) done(errorCodeOf(error));
  };
  server.once("error", refused);
  const options = {
    host: zonedHost(address), port: address.port, backlog,
    ipv6Only: address.family === Family.Ipv6, exclusive: true,
  };
  server.listen(options, () => {
    server.off("error", refused);
    if (isCancelled) {
      server.close();
      return;
    }
    const name = server.address() as net.AddressInfo;
    const local = addressFrom(name.address, name.port) as SocketAddress;
    done(new NodeBinding({ ...local, scopeId: address.scopeId }, shared, null, server));
  });
  return { cancel: () => { isCancelled = true; } };
}

function newServer(): net.Server {
  return net.createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
}

class NodeBinding implements Binding {
  private events: ListenerEvents | null = null;
  private isClosed = false;

  /** `handle` is null when the server listens already. */
  constructor(
    readonly localAddress: SocketAddress,
    private readonly shared: ConnectionShared,
    private handle: BoundHandle | null,
    private readonly server: net.Server,
  ) {
    shared.openCount++;
    if (handle === null) this.watch();
    else shared.boundOnly.push(localAddress);
  }

  listen(events: ListenerEvents, backlog: number, done: (outcome: Outcome) => void): void {
    this.events = events;
    const { handle, server } = this;
    if (handle === null) {
      done(OK);
      return;
    }
    this.leaveBoundOnly();
    listenOn(handle, server, backlog);
    if (server.listening) {
      this.watch();
      done(OK);
      return;
    }
    server.once("error", (error) => {
      if (!this.isClosed) done(errorCodeOf(error));
    });
  }

  close(released?: () => void): void {
    this.events = null;
    this.isClosed = true;
    this.shared.openCount--;
    const { handle } = this;
    if (handle === null) {
      // The server's own callback waits for the connections that it accepted; the address is free now.
      this.server.close();
      if (released !== undefined) setImmediate(released);
    } else {
      this.leaveBoundOnly();
      handle.close(released);
    }
  }

  private leaveBoundOnly(): void {
    this.handle = null;
    const { boundOnly } = this.shared;
    boundOnly.splice(boundOnly.indexOf(this.localAddress), 1);
  }

  private watch(): void {
    // After listening began, Node tells only of failed accepts here: the listener itself goes on.
    this.server.on("error", () => {});
    this.server.on("connection", (socket) => {
      if (this.events === null) socket.resetAndDestroy();
      else this.events.connectionArrived(NodeConnection.accepted(socket, this.shared));
    });
  }
}
