// One direction of the channel between two threads: a ring of frames in shared memory, one writer, one reader.
//
//   tail                      head                    capacity
//    v                         v                         |
//   [frame][frame][frame][.....free.....][frame][padding]
//          read ->               write ->
//
// A frame is 16 bytes of header and its payload, in one piece: what does not fit before the end of the ring begins at
// its start, behind a frame of padding. A long payload lies like its source, modulo 8: see `alikePlace`.
//
// Positions count bytes for ever, modulo 2^32; only the writer stores `head`, only the reader `tail`. The other side
// sees a frame whole or not at all, since `head` is stored after its bytes.

import { alikePlace, copyBytes } from "../../wasi/byte-queue.js";

const HEADER_BYTES = 16;
/** Header words: kind and payload length in one, what the message is about, one number of its own, the skew. */
const KIND_BITS = 8;
const KIND_MASK = (1 << KIND_BITS) - 1;
const PADDING = 0;

/** Most bytes that one frame carries: a read of a socket, or the greatest datagram and its address. */
export const PAYLOAD_BYTES_MAX = 65 * 1024;

/** Bytes of shared memory for the two positions of a ring, each alone in its part of the processor's cache. */
export const POSITIONS_BYTES = 256;
const HEAD = 0;
const TAIL = 32;

/** What a ring must hold at least: the greatest frame always fits once everything was read. */
export const RING_BYTES_MIN = 1 << 18;

function frameBytes(payload: number): number {
  return (HEADER_BYTES + payload + 15) & ~15;
}

/** Bounded by what the header's payload length can say of a padding. */
const RING_BYTES_MAX = 1 << 24;

/** The shared memory of one ring: `capacity` is a power of two within the two bounds. */
export class RingMemory {
  readonly positions: Int32Array;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer, offset: number, readonly capacity: number) {
    if (capacity < RING_BYTES_MIN || capacity > RING_BYTES_MAX || (capacity & (capacity - 1)) !== 0) {
      throw new Error(`a ring cannot have ${capacity} bytes`);
    }
    this.positions = new Int32Array(buffer, offset, POSITIONS_BYTES / 4);
    this.words = new Int32Array(buffer, offset + POSITIONS_BYTES, capacity / 4);
    this.bytes = new Uint8Array(buffer, offset + POSITIONS_BYTES, capacity);
  }
}

export class RingWriter {
  private head = 0;
  /** As last seen: what is behind it may be more by now. */
  private tail = 0;

  constructor(private readonly memory: RingMemory) {}

  /** Puts a frame with a copy of `source[start, end)` in; false, and nothing done, when there is no room. */
  write(kind: number, id: number, value: number, source: Uint8Array | null, start: number, end: number): boolean {
    const payload = end - start;
    const skew = source === null ? 0 : alikePlace(0, source, start, payload);
    const size = frameBytes(skew + payload);
    const { memory } = this;
    const at = this.head & (memory.capacity - 1);
    const left = memory.capacity - at;
    const skipped = size <= left ? 0 : left;
    if (!this.hasRoom(skipped + size)) return false;
    if (skipped > 0) memory.words[at >>> 2] = PADDING | ((left - HEADER_BYTES) << KIND_BITS);
    const place = skipped > 0 ? 0 : at;
    const word = place >>> 2;
    memory.words[word] = kind | (payload << KIND_BITS);
    memory.words[word + 1] = id;
    memory.words[word + 2] = value;
    memory.words[word + 3] = skew;
    if (source !== null) copyBytes(source, start, memory.bytes, place + HEADER_BYTES + skew, payload);
    this.head = (this.head + skipped + size) | 0;
    Atomics.store(memory.positions, HEAD, this.head);
    return true;
  }

  private hasRoom(bytes: number): boolean {
    const { capacity, positions } = this.memory;
    if (((this.head - this.tail) >>> 0) + bytes <= capacity) return true;
    this.tail = Atomics.load(positions, TAIL);
    return ((this.head - this.tail) >>> 0) + bytes <= capacity;
  }
}

export class RingReader {
  kind = 0;
  id = 0;
  value = 0;
  /** The payload lies at `bytes[start, end)` until `release`. */
  start = 0;
  end = 0;
  readonly bytes: Uint8Array;
  /** Behind the frame that was read last. */
  private position = 0;
  private released = 0;
  /** As last seen. */
  private head = 0;

  constructor(private readonly memory: RingMemory) {
    this.bytes = memory.bytes;
  }

  /** Frames wait. Looks at the shared memory only when everything known was read. */
  get hasMore(): boolean {
    if (this.position !== this.head) return true;
    this.head = Atomics.load(this.memory.positions, HEAD);
    return this.position !== this.head;
  }

  /** Reads a frame into the fields above; false when all are read that `hasMore` saw. Throws when it makes no sense. */
  next(): boolean {
    while (this.position !== this.head) {
      const { words, capacity } = this.memory;
      const place = this.position & (capacity - 1);
      const word = place >>> 2;
      const first = words[word] as number;
      const payload = first >>> KIND_BITS;
      const skew = (first & KIND_MASK) === PADDING ? 0 : (words[word + 3] as number) & 7;
      const size = frameBytes(skew + payload);
      if (size > capacity - place || size > ((this.head - this.position) >>> 0)) {
        throw new Error(`channel: a frame of ${payload} bytes does not fit where it lies`);
      }
      this.position = (this.position + size) | 0;
      this.kind = first & KIND_MASK;
      if (this.kind === PADDING) continue;
      this.id = words[word + 1] as number;
      this.value = words[word + 2] as number;
      this.start = place + HEADER_BYTES + skew;
      this.end = this.start + payload;
      return true;
    }
    return false;
  }

  /** Bytes that were read and not given back. */
  get heldBytes(): number {
    return (this.position - this.released) >>> 0;
  }

  /** Gives the room of all frames read so far back to the writer. */
  release(): void {
    if (this.released === this.position) return;
    this.released = this.position;
    Atomics.store(this.memory.positions, TAIL, this.released);
  }
}
