// A datagram socket of the page.
//
//   send --soon--> who is bound there now --> `datagramArrived`
//             \--> nobody: lost; a sender that is connected to there is told connection-refused
//
// What is on its way is bounded per sender; more is dropped, as networks do. Who is told of a datagram holds as many as
// it likes.

import { copyOf } from "../../wasi/byte-queue.js";
import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import { ErrorCode, OK, type Outcome } from "../../wasi/error-code.js";
import { isLoopback, isSameEndpoint, isUnspecified, type SocketAddress } from "../../wasi/ip-address.js";
import { DATAGRAM_BYTES_MAX_IPV4, DATAGRAM_BYTES_MAX_IPV6, DATAGRAM_SEND_QUEUE_MAX } from "../../wasi/limits.js";
import type { PageNetwork } from "./network.js";
import { sourceTo } from "./ports.js";

export class PageDatagrams implements DatagramSocket {
  queuedCount = 0;
  private peer: SocketAddress | null = null;
  private isClosed = false;

  constructor(
    private readonly network: PageNetwork,
    readonly boundAddress: SocketAddress,
    private readonly events: DatagramEvents,
  ) {}

  get localAddress(): SocketAddress {
    return this.peer === null ? this.boundAddress : this.sourceTo(this.peer);
  }

  send(source: Uint8Array, remote: SocketAddress | null, start = 0, end = source.length): void {
    const to = remote ?? this.peer;
    if (to === null || this.queuedCount >= DATAGRAM_SEND_QUEUE_MAX) return;
    const from = this.sourceTo(to);
    const isTooLarge = end - start > (from.parts.length === 4 ? DATAGRAM_BYTES_MAX_IPV4 : DATAGRAM_BYTES_MAX_IPV6);
    const bytes = isTooLarge ? null : copyOf(source, start, end);
    this.queuedCount++;
    this.network.clock.soon(() => {
      this.queuedCount--;
      if (bytes === null) this.tellFailure(ErrorCode.DatagramTooLarge);
      else if (!this.network.datagramPorts.find(to)?.arrived(bytes, from)) this.refusedBy(to);
      if (!this.isClosed) this.events.roomMade();
    });
  }

  connect(remote: SocketAddress | null): Outcome {
    const isReachable = remote === null || isLoopback(remote);
    this.peer = isReachable ? remote : null;
    return isReachable ? OK : ErrorCode.RemoteUnreachable;
  }

  /** Options of a real network. */
  setHopLimit(): void {}
  setReceiveBuffer(): void {}
  setSendBuffer(): void {}

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.network.datagramsClosed(this);
  }

  /** A connected socket hears its peer only, and is not there for others. */
  private arrived(bytes: Uint8Array, from: SocketAddress): boolean {
    if (this.peer === null || isSameEndpoint(this.peer, from)) this.events.datagramArrived(bytes, from);
    return true;
  }

  private refusedBy(to: SocketAddress): void {
    if (this.peer !== null && isSameEndpoint(this.peer, to)) this.tellFailure(ErrorCode.ConnectionRefused);
  }

  private tellFailure(code: ErrorCode): void {
    if (!this.isClosed) this.events.failed(code);
  }

  private sourceTo(remote: SocketAddress): SocketAddress {
    return isUnspecified(this.boundAddress) ? sourceTo(remote, this.boundAddress.port) : this.boundAddress;
  }
}
