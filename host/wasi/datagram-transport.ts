// The datagram part of the transport seam (transport.ts has the rules that hold for it too).
//
// A datagram goes whole or not at all, may be lost, doubled or late, and nobody need be told. What a platform does
// tell, usually because a router or the peer's machine sent an ICMP message, comes as `failed`; the socket goes on.

import type { ErrorCode, Outcome } from "./error-code.js";
import type { SocketAddress } from "./ip-address.js";
import type { RoomListener } from "./transport.js";

/** What a bound address tells its owner, from when it is bound until `close`. */
export interface DatagramEvents extends RoomListener {
  /** The bytes belong to the owner from here. */
  datagramArrived(bytes: Uint8Array, remote: SocketAddress): void;
  /** The connected peer cannot be reached, for now or by what was sent last. */
  failed(code: ErrorCode): void;
}

/** An address taken on this machine for datagrams. */
export interface DatagramSocket {
  /** May change when the socket is connected: then it is the address that the peer sees. */
  readonly localAddress: SocketAddress;
  /** Datagrams that the transport still holds. */
  readonly queuedCount: number;
  /**
   * Copies `source[start, end)`, or all of it, before it returns. The address is given exactly when the socket is not
   * connected.
   */
  send(source: Uint8Array, remote: SocketAddress | null, start?: number, end?: number): void;
  /** From here on only that peer is heard and written to; null ends it. Answers at once. */
  connect(remote: SocketAddress | null): Outcome;
  /** From 1 to 255. */
  setHopLimit(limit: number): void;
  /** Bytes of the system's buffers, as near as the system will have them. */
  setReceiveBuffer(bytes: number): void;
  setSendBuffer(bytes: number): void;
  /** Gives the address back, and drops what is queued. */
  close(): void;
}
