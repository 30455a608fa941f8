// Slices as objects: one reference of the core's each.

import type { CoreEngine } from "./core-engine.js";
import type { Slice } from "./memory-interfaces.js";
import { refuse, refuseArgument } from "./status.js";

const decoder = new TextDecoder();

export class CoreSlice implements Slice {
  /** @internal Takes over one reference. */
  constructor(
    private readonly core: CoreEngine,
    private addressOrZero: number,
  ) {
    core.live.slices++;
  }

  /** @internal The address, if `core` is the engine of this slice. */
  addressFor(core: CoreEngine): number {
    if (this.core !== core) refuse("a slice of another event engine");
    return this.address;
  }

  private get address(): number {
    if (this.addressOrZero === 0) refuse("use of a destroyed slice");
    return this.addressOrZero;
  }

  get length(): number {
    this.core.exports.slice_address(this.address);
    return this.core.result(0);
  }

  view(): Uint8Array {
    const at = this.core.exports.slice_address(this.address) >>> 0;
    const length = this.core.result(0);
    return this.core.bytes().subarray(at, at + length);
  }

  toUint8Array(): Uint8Array {
    return this.view().slice();
  }

  toString(): string {
    return decoder.decode(this.view());
  }

  sub(begin: number, end: number): Slice {
    const { length } = this;
    if (!Number.isInteger(begin) || !Number.isInteger(end) || begin < 0 || begin > end || end > length) {
      refuseArgument(`sub(${begin}, ${end}) of a slice of ${length} bytes`);
    }
    return new CoreSlice(this.core, this.core.exports.slice_sub(this.address, begin, end));
  }

  ref(): Slice {
    return new CoreSlice(this.core, this.core.exports.slice_ref(this.address));
  }

  destroy(): void {
    if (this.addressOrZero === 0) return;
    this.core.exports.slice_destroy(this.addressOrZero);
    this.addressOrZero = 0;
    this.core.live.slices--;
    // The memory may be what a reclaimer or a waiting allocation waits for.
    this.core.touch();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}
