// A slice buffer of plain arrays, with the rules of the real one and a count of those in use.
import type { Slice, SliceBuffer, SliceSource } from "#host/engine/interfaces.js";
import { refuse } from "#host/engine/status.js";

export class FakeBuffer implements SliceBuffer {
  isLocked = false;
  #parts: Uint8Array[] = [];
  #isDestroyed = false;

  constructor(private readonly live: Record<string, number>) {
    live.buffers = (live.buffers ?? 0) + 1;
  }

  get length(): number {
    return this.#parts.reduce((sum, part) => sum + part.length, 0);
  }

  get count(): number {
    return this.#parts.length;
  }

  append(data: SliceSource): void {
    this.#check();
    this.#parts.push(bytesOf(data));
  }

  prepend(data: SliceSource): void {
    this.#check();
    this.#parts.unshift(bytesOf(data));
  }

  clear(): void {
    this.#check();
    this.#parts = [];
  }

  copyTo(target: Uint8Array, from = 0): number {
    this.#check();
    const bytes = this.toUint8Array().subarray(from, from + target.length);
    target.set(bytes);
    return bytes.length;
  }

  toUint8Array(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }

  toString(): string {
    return new TextDecoder().decode(this.toUint8Array());
  }

  at(index: number): Uint8Array {
    this.#check();
    return this.#parts[index] ?? refuse("no such slice");
  }

  /** As the engine uses it, which has the lock. */
  replace(bytes: Uint8Array[]): Uint8Array[] {
    const parts = this.#parts;
    this.#parts = bytes;
    return parts;
  }

  destroy(): void {
    if (this.#isDestroyed) throw new Error("a buffer is destroyed twice");
    this.#check();
    this.#isDestroyed = true;
    this.live.buffers = (this.live.buffers ?? 0) - 1;
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  takeFirst(): Slice { return refuse("not in the double"); }
  moveFirst(): void { refuse("not in the double"); }
  moveLast(): void { refuse("not in the double"); }
  trimEnd(): void { refuse("not in the double"); }
  swap(): void { refuse("not in the double"); }
  mutableAt(): Uint8Array { return refuse("not in the double"); }
  appendSpace(): Uint8Array { return refuse("not in the double"); }

  #check(): void {
    if (this.#isDestroyed) throw new Error("a destroyed buffer is used");
    if (this.isLocked) throw new Error("a buffer of an outstanding read is used");
  }
}

function bytesOf(data: SliceSource): Uint8Array {
  if (data instanceof Uint8Array) return data.slice();
  return typeof data === "string" ? new TextEncoder().encode(data) : data.toUint8Array();
}
