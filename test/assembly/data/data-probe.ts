// The data probe with buffers and slices as objects, so that tests read as sentences about bytes.
import * as assert from "uvu/assert";
import { compileProbe, Probe } from "../../support/probe.js";

const module = await compileProbe("data");

/** Bytes that the memory for `write` holds. */
const MEMORY_BYTES = 1 << 20;

export class Data {
  /** What `account` was told, per owner: bytes that the owner pays for. */
  readonly paid = new Map<number, number>();
  #memory = 0;

  private constructor(readonly probe: Probe) {}

  static async create(): Promise<Data> {
    let data: Data | undefined;
    const probe = await Probe.create(module, {
      "test/account": (owner: number, bytes: number) => {
        data!.paid.set(owner, (data!.paid.get(owner) ?? 0) + bytes);
      },
    });
    data = new Data(probe);
    return data;
  }

  get call(): Probe["call"] {
    return this.probe.call;
  }

  /** Puts bytes into memory, always at the same place, and returns their address. */
  write(bytes: Uint8Array): number {
    if (this.#memory === 0) this.#memory = this.call.memoryFor(MEMORY_BYTES);
    this.probe.write(this.#memory, bytes);
    return this.#memory;
  }

  /** A slice that holds a copy of the bytes. */
  slice(bytes: Uint8Array): number {
    const slice = this.call.sliceCreate();
    this.call.setCopy(slice, this.write(bytes), bytes.length);
    return slice;
  }

  /** A slice of a new block that `owner` pays for. */
  paidSlice(bytes: Uint8Array, owner: number): number {
    const block = this.call.blockAllocatePaid(bytes.length, owner);
    this.paid.set(owner, (this.paid.get(owner) ?? 0) + bytes.length + 16);
    this.probe.write(this.call.blockBytes(block), bytes);
    const slice = this.call.sliceCreate();
    this.call.setPart(slice, block, 0, bytes.length);
    return slice;
  }

  bytesOf(slice: number): Uint8Array {
    return this.probe.bytes(this.call.addressOf(slice), this.call.lengthOf(slice));
  }

  /** Appends a copy of the bytes as a slice of its own where nothing merges. */
  append(buffer: number, bytes: Uint8Array): void {
    const slice = this.slice(bytes);
    this.call.append(buffer, slice);
    assert.is(this.call.lengthOf(slice), 0);
    this.call.sliceDestroy(slice);
  }

  /** Every byte of the buffer, slice by slice. */
  content(buffer: number): Uint8Array {
    return Uint8Array.from(this.parts(buffer).flatMap((part) => [...part]));
  }

  parts(buffer: number): Uint8Array[] {
    return Array.from({ length: this.call.count(buffer) }, (_, index) => {
      return this.probe.bytes(this.call.addressAt(buffer, index), this.call.lengthAt(buffer, index));
    });
  }

  lengths(buffer: number): number[] {
    return this.parts(buffer).map((part) => part.length);
  }

  /** The leak law: nothing is held by anybody. */
  assertEmpty(): void {
    assert.is(this.call.liveBlocks(), 0, "blocks");
    assert.is(this.call.liveBuffers(), 0, "buffers");
    assert.is(this.call.liveSlices(), 0, "slices");
    assert.is(this.call.liveChunks(), 0, "chunks");
    for (const [owner, bytes] of this.paid) assert.is(bytes, 0, `owner ${owner} pays for nothing`);
  }
}

/** Bytes that count up from `first`. */
export function counting(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => first + index);
}
