// Datagrams on their way to the guest, in the order in which they came, bounded in number and in bytes. What finds no
// room is dropped and counted: UDP has no way to hold its senders back.

import type { SocketAddress } from "./ip-address.js";
import { DATAGRAM_QUEUE_BYTES_MAX, DATAGRAM_QUEUE_MAX } from "./limits.js";

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly remote: SocketAddress;
}

export class DatagramQueue {
  /** Datagrams that found no room so far. */
  droppedCount = 0;
  private items: Datagram[] = [];
  /** How many at the front are taken already: shifting a long array would cost its length. */
  private taken = 0;
  private byteCount = 0;

  get length(): number {
    return this.items.length - this.taken;
  }

  /** Returns false when it was dropped. */
  push(datagram: Datagram): boolean {
    const { length } = datagram.bytes;
    if (this.length >= DATAGRAM_QUEUE_MAX || this.byteCount + length > DATAGRAM_QUEUE_BYTES_MAX) {
      this.droppedCount++;
      return false;
    }
    this.items.push(datagram);
    this.byteCount += length;
    return true;
  }

  /** The oldest, still in the queue; null when there is none. */
  first(): Datagram | null {
    return this.items[this.taken] ?? null;
  }

  /** Takes the oldest out; there must be one. */
  shift(): Datagram {
    const datagram = this.items[this.taken++] as Datagram;
    this.byteCount -= datagram.bytes.length;
    if (this.taken * 2 >= this.items.length) {
      this.items = this.items.slice(this.taken);
      this.taken = 0;
    }
    return datagram;
  }

  /** Keeps those that may stay. */
  filter(mayStay: (datagram: Datagram) => boolean): void {
    this.items = this.items.slice(this.taken).filter(mayStay);
    this.taken = 0;
    this.byteCount = this.items.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}
