// Datagram sockets: on the handles of libuv where they are to be had (udp-handle-socket.ts), and otherwise on
// node:dgram as it is documented, which is below.
//
// Addresses are numeric, so the look-up that dgram does before a bind, a connect or a send answers at once, and with it
// these take effect within the call. What the system makes of a datagram is told later: a datagram counts as queued
// until then.

import dgram from "node:dgram";
import { copyOf } from "../wasi/byte-queue.js";
import type { DatagramEvents, DatagramSocket } from "../wasi/datagram-transport.js";
import { ErrorCode, OK, type Outcome } from "../wasi/error-code.js";
import { Family, type SocketAddress } from "../wasi/ip-address.js";
import type { Request } from "../wasi/transport.js";
import { addressFrom, zonedHost } from "./addresses.js";
import type { ConnectionShared } from "./connection-shared.js";
import { errorCodeOf } from "./errno.js";
import { asItIs, udpInsides } from "./udp-handle.js";
import { HandleDatagramSocket } from "./udp-handle-socket.js";

function newSocket(family: Family): dgram.Socket {
  const isIpv6 = family === Family.Ipv6;
  return dgram.createSocket({ type: isIpv6 ? "udp6" : "udp4", ipv6Only: isIpv6, lookup: asItIs });
}

/** Binds; `exclusive` so that a worker of node:cluster does not share the address with others. */
function bindTo(socket: dgram.Socket, address: SocketAddress): void {
  socket.bind({ address: zonedHost(address), port: address.port, exclusive: true });
}

export function bindDatagrams(
  address: SocketAddress, events: DatagramEvents, shared: ConnectionShared,
  done: (result: DatagramSocket | ErrorCode) => void,
): Request {
  const insides = shared.useHandles ? udpInsides() : null;
  if (insides === null) return bindSocket(address, events, shared, done);
  done(HandleDatagramSocket.bind(address, events, shared, insides));
  return { cancel: () => {} };
}

function bindSocket(
  address: SocketAddress, events: DatagramEvents, shared: ConnectionShared,
  done: (result: DatagramSocket | ErrorCode) => void,
): Request {
  const socket = newSocket(address.family);
  let isCancelled = false;
  const refused = (error: Error): void => {
    socket.close();
    if (!isCancelled) done(errorCodeOf(error));
  };
  socket.once("error", refused);
  socket.once("listening", () => {
    socket.off("error", refused);
    if (isCancelled) socket.close();
    else done(new NodeDatagramSocket(socket, address, events, shared));
  });
  bindTo(socket, address);
  return { cancel: () => { isCancelled = true; } };
}

class NodeDatagramSocket implements DatagramSocket {
  localAddress: SocketAddress;
  queuedCount = 0;
  private isConnected = false;
  private isClosed = false;
  /** What was set, for the socket that takes this one's place. */
  private readonly settings = new Map<string, (socket: dgram.Socket) => void>();

  constructor(
    private socket: dgram.Socket,
    private readonly bound: SocketAddress,
    private readonly events: DatagramEvents,
    private readonly shared: ConnectionShared,
  ) {
    shared.openCount++;
    this.localAddress = this.readLocalAddress();
    this.watch();
  }

  send(source: Uint8Array, remote: SocketAddress | null, start = 0, end = source.length): void {
    const bytes = copyOf(source, start, end);
    this.queuedCount++;
    if (remote === null) this.socket.send(bytes, this.sent);
    else this.socket.send(bytes, remote.port, zonedHost(remote), this.sent);
  }

  connect(remote: SocketAddress | null): Outcome {
    if (this.isConnected && !this.replace()) return ErrorCode.AddressInUse;
    if (remote === null) return OK;
    this.socket.connect(remote.port, zonedHost(remote));
    try {
      this.socket.remoteAddress();
    } catch {
      return ErrorCode.RemoteUnreachable; // the exact error would come later, and no peer has another one
    }
    this.isConnected = true;
    this.localAddress = this.readLocalAddress();
    return OK;
  }

  setHopLimit(limit: number): void {
    this.set("hop limit", (socket) => { socket.setTTL(limit); });
  }

  setReceiveBuffer(bytes: number): void {
    this.set("receive buffer", (socket) => socket.setRecvBufferSize(bytes));
  }

  setSendBuffer(bytes: number): void {
    this.set("send buffer", (socket) => socket.setSendBufferSize(bytes));
  }

  close(): void {
    this.isClosed = true;
    this.shared.openCount--;
    this.socket.close();
  }

  private set(name: string, setting: (socket: dgram.Socket) => void): void {
    this.settings.set(name, setting);
    attempt(setting, this.socket);
  }

  /**
   * Ends a connection by a new socket on the same address. The system's own way would take a port away that it had
   * chosen. Datagrams that wait in the system are lost, as they may be.
   */
  private replace(): boolean {
    const before = this.socket;
    const next = newSocket(this.bound.family);
    let hasFailed = false;
    next.once("error", () => { hasFailed = true; });
    before.removeAllListeners();
    before.on("error", () => {});
    before.close();
    bindTo(next, { ...this.bound, port: this.localAddress.port });
    this.socket = next;
    this.watch();
    if (hasFailed) return false; // somebody was quicker: the next call tries again
    this.isConnected = false;
    for (const setting of this.settings.values()) attempt(setting, next);
    this.localAddress = this.readLocalAddress();
    return true;
  }

  private watch(): void {
    this.socket.on("message", (bytes, { address, port }) => {
      const remote = addressFrom(address, port);
      if (remote !== null && !this.isClosed) this.events.datagramArrived(bytes, remote);
    });
    this.socket.on("error", (error) => this.fail(error));
  }

  private readonly sent = (error: Error | null): void => {
    this.queuedCount--;
    if (this.isClosed) return;
    if (error) this.fail(error);
    this.events.roomMade();
  };

  private fail(error: Error): void {
    if (!this.isClosed) this.events.failed(errorCodeOf(error));
  }

  private readLocalAddress(): SocketAddress {
    const { address, port } = this.socket.address();
    const local = addressFrom(address, port) as SocketAddress;
    return { ...local, scopeId: this.bound.scopeId };
  }
}

/** Options are wishes: what the system refuses stays as it was. */
function attempt(setting: (socket: dgram.Socket) => void, socket: dgram.Socket): void {
  try {
    setting(socket);
  } catch {
    // Told by nobody: the WIT says that no value but 0 is an error.
  }
}
