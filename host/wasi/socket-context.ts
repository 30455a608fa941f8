// What every socket of one host shares: the transport, the byte blocks, the count against the limit and the
// question whether the guest may use an address.

import { ByteQueuePool } from "./byte-queue.js";
import type { SocketAddress } from "./ip-address.js";
import { SOCKETS_MAX } from "./limits.js";
import type { ReadyQueue } from "./ready-queue.js";
import type { Transport } from "./transport.js";

/**
 * What a guest wants an address for. `accept` asks about the peer of an incoming connection, `send` and `receive` about
 * the other end of a single datagram. What is refused there is as if it had never come.
 */
export type AddressUse = "bind" | "connect" | "accept" | "send" | "receive";

/** True allows; the default of a library host is to allow nothing. */
export type AddressCheck = (use: AddressUse, address: SocketAddress) => boolean;

export class SocketContext {
  socketCount = 0;
  /** Look-ups of names that have not ended. */
  lookupCount = 0;
  /** The guest is over: what it did not drop itself is not lingered for, and nothing new is opened. */
  isOver = false;
  readonly bytePool = new ByteQueuePool();

  constructor(
    readonly transport: Transport,
    readonly ready: ReadyQueue,
    private readonly addressCheck: AddressCheck,
    private readonly socketsMax = SOCKETS_MAX,
  ) {}

  hasRoomForSocket(): boolean {
    return this.socketCount < this.socketsMax && !this.isOver;
  }

  mayUse(use: AddressUse, address: SocketAddress): boolean {
    return this.addressCheck(use, address);
  }
}
