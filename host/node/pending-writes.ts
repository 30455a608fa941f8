// Writes that wait until the system takes more, in order. Small ones share blocks: so a peer that takes nothing costs
// little more memory than the bytes that were meant for it, however many writes they came in.

import { copyBytes, copyOf } from "../wasi/byte-queue.js";

const BLOCK_BYTES = 1024;

export class PendingWrites {
  private pieces: Uint8Array[] = [];
  /** How far the last piece is filled. */
  private filled = 0;

  get isEmpty(): boolean {
    return this.pieces.length === 0;
  }

  /** Copies `source[start, end)`, which is not empty. */
  append(source: Uint8Array, start: number, end: number): void {
    const { pieces } = this;
    const count = end - start;
    const last = pieces[pieces.length - 1];
    if (last !== undefined && last.length - this.filled >= count) {
      copyBytes(source, start, last, this.filled, count);
      this.filled += count;
      return;
    }
    this.trim();
    this.filled = count;
    if (last === undefined || count >= BLOCK_BYTES) { // the first one often stays alone
      pieces.push(copyOf(source, start, end));
      return;
    }
    const block = new Uint8Array(BLOCK_BYTES);
    copyBytes(source, start, block, 0, count);
    pieces.push(block);
  }

  /** All of them, as one piece; there is one at least. */
  take(): Uint8Array {
    this.trim();
    const { pieces } = this;
    this.clear();
    return pieces.length === 1 ? pieces[0] as Uint8Array : Buffer.concat(pieces);
  }

  clear(): void {
    this.pieces = [];
    this.filled = 0;
  }

  private trim(): void {
    const last = this.pieces.pop();
    if (last !== undefined) this.pieces.push(last.length > this.filled ? last.subarray(0, this.filled) : last);
  }
}
