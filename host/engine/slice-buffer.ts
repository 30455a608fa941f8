// Slice buffers as objects. While a read is outstanding its buffer belongs to the engine, and everything but looking
// at its length is refused.

import type { CoreEngine } from "./core-engine.js";
import { BUFFER_BYTES_MAX, REQUEST_BYTES_MAX } from "./limits.js";
import type { CoreMemoryAllocator } from "./memory-allocator.js";
import type { Slice, SliceBuffer, SliceSource } from "./memory-interfaces.js";
import { CoreSlice } from "./slice.js";
import { refuse, refuseArgument } from "./status.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class CoreSliceBuffer implements SliceBuffer {
  /** @internal An outstanding operation uses it. */
  isBusy = false;
  private addressOrZero: number;

  /** @internal */
  constructor(
    private readonly core: CoreEngine,
    private readonly allocator: CoreMemoryAllocator | null,
  ) {
    this.addressOrZero = core.exports.slice_buffer_create();
    core.live.sliceBuffers++;
  }

  /** @internal The address, if the buffer is of this engine and free to be used. */
  addressFor(core: CoreEngine): number {
    if (this.core !== core) refuse("a slice buffer of another event engine");
    return this.address;
  }

  private get address(): number {
    if (this.isBusy) refuse("use of a slice buffer that an outstanding operation uses");
    if (this.addressOrZero === 0) refuse("use of a destroyed slice buffer");
    return this.addressOrZero;
  }

  get length(): number {
    return this.core.exports.slice_buffer_length(this.address) >>> 0;
  }

  get count(): number {
    return this.core.exports.slice_buffer_count(this.address) >>> 0;
  }

  append(data: SliceSource): void {
    const address = this.address;
    if (data instanceof CoreSlice) {
      this.checkRoom(data.length);
      this.core.exports.slice_buffer_append(address, this.core.exports.slice_ref(data.addressFor(this.core)));
      return;
    }
    const bytes = bytesOf(this.core, data);
    this.appendSpace(bytes.length).set(bytes);
  }

  prepend(data: SliceSource): void {
    const address = this.address;
    if (data instanceof CoreSlice) {
      this.checkRoom(data.length);
      this.core.exports.slice_buffer_prepend(address, this.core.exports.slice_ref(data.addressFor(this.core)));
      return;
    }
    const bytes = bytesOf(this.core, data);
    if (bytes.length === 0) return;
    this.checkRoom(bytes.length);
    const at = this.core.exports.slice_buffer_prepend_space(address, bytes.length) >>> 0;
    this.core.bytes().set(bytes, at);
  }

  appendSpace(n: number): Uint8Array {
    const address = this.address;
    if (!Number.isInteger(n) || n < 0) refuseArgument(`appendSpace(${n}): want a number of bytes`);
    if (n === 0) return new Uint8Array(0);
    this.checkRoom(n);
    const payer = this.allocator === null ? 0 : this.allocator.addressFor(this.core);
    const at = this.core.exports.slice_buffer_append_space(address, payer, n) >>> 0;
    if (payer !== 0) this.core.touch();
    return this.core.bytes().subarray(at, at + n);
  }

  takeFirst(): Slice {
    if (this.count === 0) refuse("takeFirst of an empty slice buffer");
    return new CoreSlice(this.core, this.core.exports.slice_buffer_take_first(this.address));
  }

  moveFirst(n: number, target: SliceBuffer): void {
    this.checkCount("moveFirst", n);
    this.core.exports.slice_buffer_move_first(this.address, n, this.otherAddress(target));
  }

  moveLast(n: number, target: SliceBuffer): void {
    this.checkCount("moveLast", n);
    this.core.exports.slice_buffer_move_last(this.address, n, this.otherAddress(target));
  }

  trimEnd(n: number): void {
    this.checkCount("trimEnd", n);
    this.core.exports.slice_buffer_trim_end(this.address, n);
    this.core.touch();
  }

  clear(): void {
    this.core.exports.slice_buffer_clear(this.address);
    this.core.touch();
  }

  swap(other: SliceBuffer): void {
    if (other !== this) this.core.exports.slice_buffer_swap(this.address, this.otherAddress(other));
  }

  at(index: number): Uint8Array {
    this.checkIndex(index);
    return this.view(this.core.exports.slice_buffer_at(this.address, index));
  }

  mutableAt(index: number): Uint8Array {
    this.checkIndex(index);
    return this.view(this.core.exports.slice_buffer_mutable_at(this.address, index));
  }

  copyTo(target: Uint8Array, from = 0): number {
    const { length } = this;
    if (!Number.isInteger(from) || from < 0 || from > length) {
      refuseArgument(`copyTo from ${from} of a slice buffer of ${length} bytes`);
    }
    let skipped = from;
    let copied = 0;
    for (let index = 0; copied < target.length && copied < length - from; index++) {
      const slice = this.at(index);
      if (skipped >= slice.length) {
        skipped -= slice.length;
        continue;
      }
      const part = slice.subarray(skipped, skipped + target.length - copied);
      target.set(part, copied);
      copied += part.length;
      skipped = 0;
    }
    return copied;
  }

  toUint8Array(): Uint8Array {
    const copy = new Uint8Array(this.length);
    this.copyTo(copy);
    return copy;
  }

  toString(): string {
    return decoder.decode(this.count === 1 ? this.at(0) : this.toUint8Array());
  }

  destroy(): void {
    if (this.addressOrZero === 0) return;
    this.core.exports.slice_buffer_destroy(this.address);
    this.addressOrZero = 0;
    this.core.live.sliceBuffers--;
    // The memory may be what a reclaimer or a waiting allocation waits for.
    this.core.touch();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  private view(address: number): Uint8Array {
    const at = address >>> 0;
    const length = this.core.result(0);
    return this.core.bytes().subarray(at, at + length);
  }

  private otherAddress(other: SliceBuffer): number {
    if (other === this) refuse("a slice buffer moved into itself");
    return bufferAddress(this.core, other);
  }

  private checkIndex(index: number): void {
    const { count } = this;
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      refuseArgument(`slice ${index} of a slice buffer of ${count} slices`);
    }
  }

  private checkCount(what: string, n: number): void {
    const { length } = this;
    if (Number.isInteger(n) && n >= 0 && n <= length) return;
    refuseArgument(`${what}(${n}) of a slice buffer of ${length} bytes`);
  }

  private checkRoom(n: number): void {
    if (n > REQUEST_BYTES_MAX) refuseArgument(`${n} bytes at once: at most ${REQUEST_BYTES_MAX}`);
    if (n > BUFFER_BYTES_MAX - this.length) refuseArgument(`more than ${BUFFER_BYTES_MAX} bytes in one slice buffer`);
  }
}

/** The address of a caller's buffer, if it is one of this engine's and free to be used. */
export function bufferAddress(core: CoreEngine, buffer: SliceBuffer): number {
  if (!(buffer instanceof CoreSliceBuffer)) refuseArgument("want a slice buffer that this event engine created");
  return buffer.addressFor(core);
}

function bytesOf(core: CoreEngine, data: SliceSource): Uint8Array {
  if (typeof data === "string") return encoder.encode(data);
  // A view of the engine's own memory is gone when that grows for the copy.
  if (data instanceof Uint8Array) return data.buffer === core.bytes().buffer ? new Uint8Array(data) : data;
  refuseArgument("want bytes, text or a slice of this event engine");
}
