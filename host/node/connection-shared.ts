// What all connections of one transport share: the buffer that reads arrive in, the buffer that writes leave from,
// the addresses that are bound and not yet listened on, and the count of what is open.

import { alikePlace, copyBytes, copyOf } from "../wasi/byte-queue.js";
import type { SocketAddress } from "../wasi/ip-address.js";

const READ_BUFFER_BYTES = 64 * 1024;
const WRITE_BUFFER_BYTES = 64 * 1024;
const SHORT_BYTES_MAX = 512;

export class ConnectionShared {
  openCount = 0;
  readonly boundOnly: SocketAddress[] = [];
  readonly readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  private writeBuffer: Buffer | null = null;
  /** The part of it that the latest write used: messages of one size are common. */
  private latestView: Buffer | null = null;
  /** Its starts, by length: short messages of a few sizes are common too. */
  private shortViews: (Buffer | undefined)[] = [];

  /** `useHandles` false leaves the insides of node:net alone: slower, and what is left if they ever change. */
  constructor(readonly useHandles: boolean) {}

  /** The bytes, copied to where a write may read them until it is over. */
  copyForWrite(source: Uint8Array, start: number, end: number): Uint8Array {
    const count = end - start;
    if (count > WRITE_BUFFER_BYTES) return copyOf(source, start, end);
    this.writeBuffer ??= Buffer.allocUnsafeSlow(WRITE_BUFFER_BYTES + 7);
    const place = alikePlace(0, source, start, count);
    copyBytes(source, start, this.writeBuffer, place, count);
    if (count <= SHORT_BYTES_MAX) return this.shortViews[count] ??= this.writeBuffer.subarray(place, place + count);
    if (this.latestView?.length !== count || this.latestView.byteOffset !== place) {
      this.latestView = this.writeBuffer.subarray(place, place + count);
    }
    return this.latestView;
  }

  /** The kernel did not take everything at once, so the last copy must stay as it is: the next one goes elsewhere. */
  surrenderCopy(): void {
    this.writeBuffer = null;
    this.latestView = null;
    this.shortViews = [];
  }
}
