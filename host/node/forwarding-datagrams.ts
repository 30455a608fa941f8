// A datagram socket that knows the virtual nameserver: what is meant for it goes to one of the system's nameservers,
// and what that one sends comes from the virtual one. Everything else goes through as it is.
//
//   plain --connect or send to the virtual nameserver--> forwarding     to a server of the socket's own family
//     ^                                            \---> on a detour    over a second socket, where there is none
//     +--connect to anybody else, or to nobody---------/                such a server

import type { DatagramEvents, DatagramSocket } from "../wasi/datagram-transport.js";
import { ErrorCode, OK, type Outcome } from "../wasi/error-code.js";
import { Family, isSameEndpoint, makeAddress, type SocketAddress } from "../wasi/ip-address.js";
import type { Request } from "../wasi/transport.js";
import { isNameserver, NAMESERVER } from "../wasi/virtual-nameserver.js";
import type { SystemServers } from "./system-servers.js";

export type BindDatagrams = (
  address: SocketAddress, events: DatagramEvents, done: (result: DatagramSocket | ErrorCode) => void,
) => Request;

export class ForwardingDatagrams implements DatagramSocket, DatagramEvents {
  private readonly family: Family;
  private socket: DatagramSocket | null = null;
  /** Whom the virtual nameserver stands for, over this socket. */
  private server: SocketAddress | null = null;
  private detour: DatagramSocket | null = null;

  private constructor(
    address: SocketAddress,
    private readonly events: DatagramEvents,
    private readonly bindPlain: BindDatagrams,
    private readonly servers: SystemServers,
  ) {
    this.family = address.family;
  }

  /** Binds by `bindPlain`, whose sockets know nothing of this. */
  static bind(
    address: SocketAddress, events: DatagramEvents, bindPlain: BindDatagrams, servers: SystemServers,
    done: (result: DatagramSocket | ErrorCode) => void,
  ): Request {
    const forwarding = new ForwardingDatagrams(address, events, bindPlain, servers);
    return bindPlain(address, forwarding, (result) => {
      if (typeof result === "number") return done(result);
      forwarding.socket = result;
      done(forwarding);
    });
  }

  get localAddress(): SocketAddress {
    return this.plain.localAddress;
  }

  get queuedCount(): number {
    return this.plain.queuedCount + (this.detour?.queuedCount ?? 0);
  }

  send(source: Uint8Array, remote: SocketAddress | null, start?: number, end?: number): void {
    if (remote !== null && isNameserver(remote)) return this.sendToServer(source, start, end);
    if (remote === null && this.detour !== null) return this.detour.send(source, null, start, end);
    this.plain.send(source, remote, start, end);
  }

  connect(remote: SocketAddress | null): Outcome {
    this.leaveServer();
    if (remote === null || !isNameserver(remote)) return this.plain.connect(remote);
    for (const server of this.servers.inTurn(this.family)) {
      if (server.family !== this.family) {
        if (this.plain.connect(null) === OK && this.takeDetour(server)) return OK;
      } else if (this.plain.connect(server) === OK) {
        this.server = server;
        return OK;
      }
    }
    return ErrorCode.RemoteUnreachable;
  }

  setHopLimit(limit: number): void {
    this.plain.setHopLimit(limit);
  }

  setReceiveBuffer(bytes: number): void {
    this.plain.setReceiveBuffer(bytes);
  }

  setSendBuffer(bytes: number): void {
    this.plain.setSendBuffer(bytes);
  }

  close(): void {
    this.leaveServer();
    this.plain.close();
  }

  datagramArrived(bytes: Uint8Array, remote: SocketAddress): void {
    const { server } = this;
    this.events.datagramArrived(bytes, server !== null && isSameEndpoint(server, remote) ? NAMESERVER : remote);
  }

  roomMade(): void {
    this.events.roomMade();
  }

  failed(code: ErrorCode): void {
    this.events.failed(code);
  }

  private get plain(): DatagramSocket {
    return this.socket as DatagramSocket;
  }

  /** Without a connection. What finds no server is lost, as datagrams may be. */
  private sendToServer(source: Uint8Array, start?: number, end?: number): void {
    if (this.server === null && this.detour === null) {
      const [server] = this.servers.inTurn(this.family);
      if (server?.family === this.family) this.server = server;
      else if (server !== undefined) this.takeDetour(server);
    }
    if (this.detour !== null) this.detour.send(source, null, start, end);
    else if (this.server !== null) this.plain.send(source, this.server, start, end);
  }

  /** Connects a second socket to a server of the other family. */
  private takeDetour(server: SocketAddress): boolean {
    const events: DatagramEvents = {
      datagramArrived: (bytes) => this.events.datagramArrived(bytes, NAMESERVER),
      roomMade: () => this.events.roomMade(),
      failed: (code) => this.events.failed(code),
    };
    const anywhere = makeAddress(server.family, new Array<number>(server.family === Family.Ipv6 ? 8 : 4).fill(0), 0);
    let detour: DatagramSocket | null = null;
    this.bindPlain(anywhere, events, (result) => {
      if (typeof result !== "number") detour = result;
    }).cancel();
    const found = detour as DatagramSocket | null; // binds end within the call
    if (found === null) return false;
    if (found.connect(server) === OK) this.detour = found;
    else found.close();
    return this.detour !== null;
  }

  private leaveServer(): void {
    this.server = null;
    this.detour?.close();
    this.detour = null;
  }
}
