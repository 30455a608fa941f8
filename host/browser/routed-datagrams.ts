// A datagram socket bound to an unspecified address, in a page with several ways out: each datagram takes the way that
// leads to its receiver. The in-page network's socket is there from the start and has the port. For each other way a
// socket of its own is bound with the first datagram to there; what is sent before that one is bound waits for it.
//
//   other way: none --send, connect--> BINDING --bound--> BOUND: what waited is sent
//                                         \--refused--> none: it is lost, and told if the peer is there

import { copyOf } from "../wasi/byte-queue.js";
import type { DatagramEvents, DatagramSocket } from "../wasi/datagram-transport.js";
import { ErrorCode, OK, type Outcome } from "../wasi/error-code.js";
import { type SocketAddress, withPort } from "../wasi/ip-address.js";
import type { Request, Transport } from "../wasi/transport.js";

/** Datagrams that wait for one way to open; more are dropped. */
const WAITING_MAX = 64;

export interface RoutedOptions {
  readonly home: Transport;
  readonly wayTo: (address: SocketAddress) => Transport;
  readonly address: SocketAddress;
  readonly events: DatagramEvents;
}

/** The socket of another way. */
interface Side {
  socket: DatagramSocket | null;
  request: Request | null;
  peer: SocketAddress | null;
  waiting: { readonly bytes: Uint8Array; readonly remote: SocketAddress | null }[];
}

export class RoutedDatagrams implements DatagramSocket {
  private readonly sides = new Map<Transport, Side>();
  /** Where the connected peer is. */
  private peerSide: Side | null = null;

  private constructor(
    private readonly options: RoutedOptions,
    private readonly home: DatagramSocket,
  ) {}

  static bind(options: RoutedOptions, done: (result: DatagramSocket | ErrorCode) => void): Request {
    const { home, address, events } = options;
    return home.bindDatagrams(address, events, (result) => {
      done(typeof result === "number" ? result : new RoutedDatagrams(options, result));
    });
  }

  /** Before the way to the peer is open it is the page's own. */
  get localAddress(): SocketAddress {
    return this.peerSide?.socket?.localAddress ?? this.home.localAddress;
  }

  get queuedCount(): number {
    let count = this.home.queuedCount;
    for (const { socket, waiting } of this.sides.values()) count += (socket?.queuedCount ?? 0) + waiting.length;
    return count;
  }

  send(source: Uint8Array, remote: SocketAddress | null, start = 0, end = source.length): void {
    const way = remote === null ? null : this.options.wayTo(remote);
    if (way === this.options.home || (way === null && this.peerSide === null)) {
      return this.home.send(source, remote, start, end);
    }
    const side = way === null ? this.peerSide as Side : this.sideOf(way);
    if (side.socket !== null) side.socket.send(source, remote, start, end);
    else if (side.waiting.length < WAITING_MAX) side.waiting.push({ bytes: copyOf(source, start, end), remote });
  }

  connect(remote: SocketAddress | null): Outcome {
    if (this.peerSide !== null) this.connectSide(this.peerSide, null);
    this.peerSide = null;
    const way = remote === null ? this.options.home : this.options.wayTo(remote);
    if (way === this.options.home) return this.home.connect(remote);
    this.home.connect(null);
    const side = this.sideOf(way);
    const outcome = this.sides.has(way) ? this.connectSide(side, remote) : ErrorCode.RemoteUnreachable;
    if (outcome === OK) this.peerSide = side;
    else this.drop(way, side);
    return outcome;
  }

  setHopLimit(limit: number): void {
    this.all((socket) => socket.setHopLimit(limit));
  }

  setReceiveBuffer(bytes: number): void {
    this.all((socket) => socket.setReceiveBuffer(bytes));
  }

  setSendBuffer(bytes: number): void {
    this.all((socket) => socket.setSendBuffer(bytes));
  }

  close(): void {
    for (const { request } of this.sides.values()) request?.cancel();
    this.all((socket) => socket.close());
    this.sides.clear();
  }

  private all(tell: (socket: DatagramSocket) => void): void {
    tell(this.home);
    for (const { socket } of this.sides.values()) if (socket !== null) tell(socket);
  }

  private connectSide(side: Side, peer: SocketAddress | null): Outcome {
    side.peer = peer;
    return side.socket?.connect(peer) ?? OK;
  }

  private sideOf(way: Transport): Side {
    const known = this.sides.get(way);
    if (known !== undefined) return known;
    const side: Side = { socket: null, request: null, peer: null, waiting: [] };
    this.sides.set(way, side);
    const { events, address } = this.options;
    const own: DatagramEvents = {
      datagramArrived: (bytes, remote) => events.datagramArrived(bytes, remote),
      roomMade: () => events.roomMade(),
      failed: (code) => this.failed(way, side, code),
    };
    const request = way.bindDatagrams(withPort(address, 0), own, (result) => this.bound(way, side, result));
    if (side.socket === null && this.sides.has(way)) side.request = request;
    return side;
  }

  private bound(way: Transport, side: Side, result: DatagramSocket | ErrorCode): void {
    side.request = null;
    if (typeof result === "number") {
      return this.failed(way, side, result);
    }
    side.socket = result;
    const outcome = side.peer === null ? OK : result.connect(side.peer);
    const waiting = side.waiting.splice(0);
    if (outcome !== OK) return this.failed(way, side, outcome);
    for (const { bytes, remote } of waiting) result.send(bytes, remote);
  }

  private failed(way: Transport, side: Side, code: ErrorCode): void {
    const isPeers = side === this.peerSide;
    const isAboutOne = code === ErrorCode.ConnectionRefused || code === ErrorCode.DatagramTooLarge;
    if (side.socket === null || !(isPeers || isAboutOne)) this.drop(way, side);
    if (isPeers) this.options.events.failed(code);
  }

  /** It may be of a session that is lost: whatever goes this way next binds another one. */
  private drop(way: Transport, side: Side): void {
    if (this.sides.get(way) === side) this.sides.delete(way);
    side.socket?.close();
    side.socket = null;
  }
}
