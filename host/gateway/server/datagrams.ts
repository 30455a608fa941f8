// A UDP socket of a client at the gateway's side.
//
//   BIND_UDP --> BINDING --BOUND--> FREE <--CONNECT_UDP: BOUND--> CONNECTED
//                   |                 |                              |
//                   +--FAIL, CLOSE    +--CLOSE                       +--CLOSE
//
// Only peers are heard that were written to, and every one of them is checked first. What is too much is dropped: from
// the client by its rate, towards the client when the channel is full, as any network may.

import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import { ErrorCode, OK } from "../../wasi/error-code.js";
import { addressText, type SocketAddress } from "../../wasi/ip-address.js";
import { DATAGRAM_SEND_QUEUE_MAX } from "../../wasi/limits.js";
import type { Request } from "../../wasi/transport.js";
import {
  addressFrame, BOUND, CLOSE, codeFrame, CONNECT_UDP, DATAGRAM, datagramFrame, type DatagramFrame, type Frame,
  UDP_FAILED,
} from "../frames.js";
import type { Item, SessionCore } from "./session-core.js";

/** A destination that was asked for: where to send, or null when it was refused. */
type Peer = SocketAddress | null;

export class Datagrams implements Item, DatagramEvents {
  readonly isHeld = true;
  private socket: DatagramSocket | null = null;
  private request: Request | null = null;
  private isConnected = false;
  private isOver = false;
  /** By the text of the address, the oldest first. */
  private readonly peers = new Map<string, Peer>();
  private sentBytes = 0;
  private receivedBytes = 0;

  constructor(private readonly core: SessionCore, private readonly id: number) {}

  bind(address: SocketAddress): void {
    const { core, id } = this;
    core.add(id, this);
    const request = core.transport.bindDatagrams(address, this, (result) => {
      this.request = null;
      if (typeof result === "number") {
        this.finish(`refused: ${ErrorCode[result]}`);
        core.fail(id, result);
        return;
      }
      this.socket = result;
      core.outlet.send(addressFrame(BOUND, id, result.localAddress));
    });
    if (this.socket === null && !this.isOver) this.request = request;
  }

  frameArrived(frame: Frame): boolean {
    const { socket } = this;
    if (frame.type === CLOSE) {
      this.abandon();
      return true;
    }
    if (socket === null) return false;
    if (frame.type === CONNECT_UDP) this.connect(socket, frame.remote);
    else if (frame.type === DATAGRAM) this.send(socket, frame);
    else return false;
    return true;
  }

  abandon(): void {
    this.request?.cancel();
    this.socket?.close();
    this.finish("closed");
  }

  datagramArrived(bytes: Uint8Array, remote: SocketAddress): void {
    const { core, id } = this;
    const isKnown = (this.peers.get(addressText(remote)) ?? null) !== null;
    if (!isKnown || this.isOver || !core.outlet.hasRoom) return;
    this.receivedBytes += bytes.length;
    core.outlet.send(datagramFrame(id, remote, bytes, 0, bytes.length));
    core.outlet.moved(bytes.length);
  }

  roomMade(): void {}

  failed(code: ErrorCode): void {
    if (!this.isOver) this.core.outlet.send(codeFrame(UDP_FAILED, this.id, code));
  }

  private connect(socket: DatagramSocket, remote: SocketAddress | null): void {
    const { core, id } = this;
    this.isConnected = false;
    // Under the rate of datagrams, or a client could fill the log with peers that it may not have.
    const target = remote === null || !core.datagramRate.take() ? null : this.checked(remote);
    const isRefused = remote !== null && target === null;
    const outcome = socket.connect(target);
    if (isRefused) return core.fail(id, ErrorCode.AccessDenied);
    if (outcome !== OK) return core.fail(id, outcome);
    this.isConnected = target !== null;
    core.outlet.send(addressFrame(BOUND, id, socket.localAddress));
  }

  private send(socket: DatagramSocket, { remote, bytes, start }: DatagramFrame): void {
    const { core } = this;
    if ((remote === null) !== this.isConnected) return;
    if (!core.datagramRate.take() || socket.queuedCount >= DATAGRAM_SEND_QUEUE_MAX) return;
    const target = remote === null ? null : this.checked(remote);
    if (remote !== null && target === null) return;
    this.sentBytes += bytes.length - start;
    core.outlet.moved(bytes.length - start);
    if (!this.isOver) socket.send(bytes, target, start, bytes.length);
  }

  /** Where datagrams for this address go; null when they may not. Asked and logged once per peer. */
  private checked(remote: SocketAddress): Peer {
    const { core, id, peers } = this;
    const key = addressText(remote);
    const known = peers.get(key);
    if (known !== undefined) return known;
    const { allowed, reason, target } = core.policy.connect("udp", remote, core.names.namesOf);
    core.audit({ event: "udp", id, allowed, reason, address: key });
    const peer = allowed ? target : null;
    peers.set(key, peer);
    // Answers come from the checked address, whatever way it was written.
    if (peer !== null) peers.set(addressText(peer), peer);
    for (const oldest of peers.keys()) {
      if (peers.size <= core.limits.udpPeers) break;
      peers.delete(oldest);
    }
    return peer;
  }

  private finish(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.core.remove(this.id);
    this.core.audit({ event: "end", id: this.id, reason, sent: this.sentBytes, received: this.receivedBytes });
  }
}
