// Datagrams straight on the handles of libuv (udp-handle.ts). Everything takes effect within the call: also what the
// system makes of a datagram is known when `send` returns, but for the rare one that libuv keeps until there is room.

import type { DatagramEvents, DatagramSocket } from "../wasi/datagram-transport.js";
import { ErrorCode, OK, type Outcome } from "../wasi/error-code.js";
import { Family, type SocketAddress } from "../wasi/ip-address.js";
import { addressFrom, zonedHost } from "./addresses.js";
import type { ConnectionShared } from "./connection-shared.js";
import { errorCodeOfNumber } from "./errno.js";
import type { Sender, SendRequest, UdpHandle, UdpInsides } from "./udp-handle.js";

/** libuv's UV_UDP_IPV6ONLY. */
const IPV6_ONLY = 1;

export class HandleDatagramSocket implements DatagramSocket {
  queuedCount = 0;
  private handle: UdpHandle;
  /** Null: not asked for yet. */
  private local: SocketAddress | null = null;
  private isConnected = false;
  private isClosed = false;
  /** Who sent last: mostly the next one is from there too. */
  private latestSender: SocketAddress | null = null;
  private latestHost = "";
  /** What was set, for the handle that takes this one's place; 0 is nothing. */
  private hopLimit = 0;
  private receiveBytes = 0;
  private sendBytes = 0;
  /** For each send that is over at once; one that is not takes it away. */
  private spare: SendRequest | null = null;
  private readonly parts: Uint8Array[] = [];

  private constructor(
    handle: UdpHandle,
    private readonly bound: SocketAddress,
    private readonly events: DatagramEvents,
    private readonly shared: ConnectionShared,
    private readonly insides: UdpInsides,
  ) {
    shared.openCount++;
    this.handle = handle;
    this.listen(handle);
  }

  static bind(
    address: SocketAddress, events: DatagramEvents, shared: ConnectionShared, insides: UdpInsides,
  ): HandleDatagramSocket | ErrorCode {
    const handle = new insides.Handle();
    const trouble = bindTo(handle, address);
    if (trouble === 0) return new HandleDatagramSocket(handle, address, events, shared, insides);
    handle.close();
    return errorCodeOfNumber(trouble);
  }

  get localAddress(): SocketAddress {
    if (this.local !== null || this.isClosed) return this.local ?? this.bound;
    const name: { address?: string; port?: number } = {};
    this.handle.getsockname(name);
    const local = addressFrom(name.address, name.port) ?? this.bound;
    this.local = { ...local, scopeId: this.bound.scopeId };
    return this.local;
  }

  send(source: Uint8Array, remote: SocketAddress | null, start = 0, end = source.length): void {
    const { handle, parts } = this;
    const bytes = this.shared.copyForWrite(source, start, end);
    const request = this.spare ??= new this.insides.Request();
    parts[0] = bytes;
    const taken = remote === null ? handle.send(request, parts, 1, true) : this.sendTo(request, remote);
    if (taken === 0) this.queued(request, bytes);
    else if (taken < 0) setImmediate(() => this.fail(taken)); // nothing is called back from inside a call
  }

  connect(remote: SocketAddress | null): Outcome {
    if (this.isConnected && !this.replace()) return ErrorCode.AddressInUse;
    if (remote === null) return OK;
    const connect = remote.family === Family.Ipv6 ? "connect6" : "connect";
    const host = zonedHost(remote);
    if (this.handle[connect](host, remote.port) !== 0) return ErrorCode.RemoteUnreachable;
    this.isConnected = true;
    this.local = null;
    this.latestSender = remote; // the next one, and where the system spells it alike there is nothing to read
    this.latestHost = host;
    return OK;
  }

  setHopLimit(limit: number): void {
    this.hopLimit = limit;
    this.handle.setTTL(limit);
  }

  setReceiveBuffer(bytes: number): void {
    this.receiveBytes = bytes;
    this.handle.bufferSize(bytes, true, {}); // a wish: what the system refuses stays as it was
  }

  setSendBuffer(bytes: number): void {
    this.sendBytes = bytes;
    this.handle.bufferSize(bytes, false, {});
  }

  close(): void {
    this.isClosed = true;
    this.shared.openCount--;
    this.handle.close();
  }

  private sendTo(request: SendRequest, remote: SocketAddress): number {
    const send = remote.family === Family.Ipv6 ? "send6" : "send";
    return this.handle[send](request, this.parts, 1, remote.port, zonedHost(remote), true);
  }

  /** libuv reads the bytes later, so nobody may write there; the request is its own from here. */
  private queued(request: SendRequest, bytes: Uint8Array): void {
    const { handle } = this;
    this.shared.surrenderCopy();
    this.spare = null;
    this.queuedCount++;
    request.bytes = bytes;
    request.oncomplete = (status) => {
      this.queuedCount--;
      if (this.isClosed) return;
      if (status < 0 && handle === this.handle) this.fail(status);
      this.events.roomMade();
    };
  }

  private listen(handle: UdpHandle): void {
    handle.onmessage = (count, _, bytes, from) => {
      if (this.isClosed) return;
      if (count < 0 || bytes === undefined || from === undefined) return this.fail(count);
      const remote = this.senderOf(from);
      if (remote !== null) this.events.datagramArrived(bytes, remote);
    };
    handle.recvStart();
  }

  private senderOf(from: Sender): SocketAddress | null {
    const { latestSender } = this;
    if (latestSender !== null && latestSender.port === from.port && this.latestHost === from.address) {
      return latestSender;
    }
    this.latestHost = from.address;
    return this.latestSender = addressFrom(from.address, from.port);
  }

  /**
   * Ends a connection by a new handle on the same address. The system's own way would take a port away that it had
   * chosen. Datagrams that wait in the system are lost, as they may be.
   */
  private replace(): boolean {
    const address = { ...this.bound, port: this.localAddress.port };
    this.handle.close();
    this.handle = new this.insides.Handle();
    if (bindTo(this.handle, address) !== 0) return false; // somebody was quicker: the next call tries again
    this.isConnected = false;
    this.local = null;
    this.listen(this.handle);
    if (this.hopLimit > 0) this.setHopLimit(this.hopLimit);
    if (this.receiveBytes > 0) this.setReceiveBuffer(this.receiveBytes);
    if (this.sendBytes > 0) this.setSendBuffer(this.sendBytes);
    return true;
  }

  private fail(trouble: number): void {
    if (!this.isClosed) this.events.failed(errorCodeOfNumber(trouble));
  }
}

function bindTo(handle: UdpHandle, address: SocketAddress): number {
  const host = zonedHost(address);
  return address.family === Family.Ipv6 ? handle.bind6(host, address.port, IPV6_ONLY)
    : handle.bind(host, address.port, 0);
}
