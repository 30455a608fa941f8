// Bytes on their way to the guest: an ordered queue of chunks that reads take from, coalescing as they go.
//
// Small arrivals are copied into shared blocks, which are used again as soon as nobody holds a byte of them: in
// the steady state a message costs no allocation. Large arrivals are taken over whole, without a copy. A chunk that
// is never read pins its block, so a stalled stream costs at most the high-water mark plus one block.

const BLOCK_BYTES = 64 * 1024;
const FREE_CHUNKS_MAX = 4096;
const FREE_BLOCKS_MAX = 64;
/** Up to here a plain loop beats setting up a typed-array copy. */
const LOOP_COPY_BYTES_MAX = 48;
const ALIKE_BYTES_MIN = 1024;

interface Block {
  readonly bytes: Uint8Array;
  used: number;
  /** Chunks that still point into the block. */
  holders: number;
}

/** Some bytes of a queue, in order. */
export interface Chunk {
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Null: the bytes are the chunk's own. */
  block: Block | null;
  next: Chunk | null;
}

export function copyBytes(
  source: Uint8Array, sourceStart: number, target: Uint8Array, targetStart: number, count: number,
): void {
  if (count <= LOOP_COPY_BYTES_MAX) {
    for (let index = 0; index < count; index++) target[targetStart + index] = source[sourceStart + index] as number;
  } else {
    target.set(source.subarray(sourceStart, sourceStart + count), targetStart);
  }
}

/**
 * The first place from `at` on for a copy of `source[start, start + count)`. A long one lies there like its source
 * does, modulo 8: into and out of shared memory engines copy words ten times as fast as bytes.
 */
export function alikePlace(at: number, source: Uint8Array, start: number, count: number): number {
  return count < ALIKE_BYTES_MIN ? at : at + ((source.byteOffset + start - at) & 7);
}

/** A copy that shares nothing, also of a Node Buffer, whose own `slice` does not copy. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, start, end);
}

/** Blocks and chunk records shared by all queues of one host. */
export class ByteQueuePool {
  private block: Block = newBlock();
  private readonly freeBlocks: Block[] = [];
  private freeChunks: Chunk | null = null;
  private freeChunkCount = 0;

  /** A chunk holding a copy of `source[start, end)`. */
  copy(source: Uint8Array, start: number, end: number): Chunk {
    const count = end - start;
    if (count > BLOCK_BYTES) return this.wrap(copyOf(source, start, end), 0, count);
    if (alikePlace(this.block.used, source, start, count) + count > this.block.bytes.length) {
      this.block = this.freeBlocks.pop() ?? newBlock();
    }
    const { block } = this;
    const offset = alikePlace(block.used, source, start, count);
    copyBytes(source, start, block.bytes, offset, count);
    block.used = offset + count;
    block.holders++;
    const chunk = this.wrap(block.bytes, offset, offset + count);
    chunk.block = block;
    return chunk;
  }

  /** Gives a chunk a copy of the bytes that it points to. */
  keep(chunk: Chunk): void {
    const copy = this.copy(chunk.bytes, chunk.start, chunk.end);
    chunk.bytes = copy.bytes;
    chunk.start = copy.start;
    chunk.end = copy.end;
    chunk.block = copy.block;
    copy.block = null; // the chunk holds it now
    this.recycle(copy);
  }

  /** A chunk that takes `bytes[start, end)` over: nobody else may write there any more. */
  wrap(bytes: Uint8Array, start: number, end: number): Chunk {
    const chunk = this.freeChunks;
    if (chunk === null) return { bytes, start, end, block: null, next: null };
    this.freeChunks = chunk.next;
    this.freeChunkCount--;
    chunk.bytes = bytes;
    chunk.start = start;
    chunk.end = end;
    chunk.next = null;
    return chunk;
  }

  recycle(chunk: Chunk): void {
    const { block } = chunk;
    if (block !== null) {
      block.holders--;
      if (block.holders === 0) {
        block.used = 0;
        if (block !== this.block && this.freeBlocks.length < FREE_BLOCKS_MAX) this.freeBlocks.push(block);
      }
      chunk.block = null;
    }
    chunk.bytes = this.block.bytes;
    if (this.freeChunkCount >= FREE_CHUNKS_MAX) return;
    chunk.next = this.freeChunks;
    this.freeChunks = chunk;
    this.freeChunkCount++;
  }
}

function newBlock(): Block {
  return { bytes: new Uint8Array(BLOCK_BYTES + 7), used: 0, holders: 0 };
}

export class ByteQueue {
  private first: Chunk | null = null;
  private last: Chunk | null = null;
  private byteCount = 0;
  /** The last chunk, while its bytes still belong to somebody else. */
  private borrowed: Chunk | null = null;

  constructor(private readonly pool: ByteQueuePool) {}

  get length(): number {
    return this.byteCount;
  }

  appendCopy(source: Uint8Array, start: number, end: number): void {
    const { last } = this;
    const chunk = this.pool.copy(source, start, end);
    // Arrivals that lie side by side in one block stay one chunk, so that many tiny ones cost one record.
    if (last !== null && last.block !== null && last.block === chunk.block && last.end === chunk.start) {
      last.end = chunk.end;
      this.byteCount += end - start;
      this.pool.recycle(chunk);
      return;
    }
    this.append(chunk);
  }

  appendOwned(bytes: Uint8Array, start: number, end: number): void {
    this.append(this.pool.wrap(bytes, start, end));
  }

  /** Bytes that stay the caller's: until `keepBorrowed` they can be taken without a copy in between. */
  appendBorrowed(bytes: Uint8Array, start: number, end: number): void {
    this.borrowed = this.pool.wrap(bytes, start, end);
    this.append(this.borrowed);
  }

  /** Copies what was not taken of the borrowed bytes, whose owner wants them back. */
  keepBorrowed(): void {
    const chunk = this.borrowed;
    if (chunk === null) return;
    this.borrowed = null;
    this.pool.keep(chunk);
  }

  /** Moves the first `count` bytes to the target. `count` must not exceed `length`. */
  takeInto(target: Uint8Array, offset: number, count: number): void {
    let moved = 0;
    while (moved < count) {
      const chunk = this.first as Chunk;
      const step = Math.min(count - moved, chunk.end - chunk.start);
      copyBytes(chunk.bytes, chunk.start, target, offset + moved, step);
      moved += step;
      this.advance(chunk, step);
    }
  }

  skip(count: number): void {
    let moved = 0;
    while (moved < count) {
      const chunk = this.first as Chunk;
      const step = Math.min(count - moved, chunk.end - chunk.start);
      moved += step;
      this.advance(chunk, step);
    }
  }

  /** Takes the first chunk out, as it lies; null when nothing is there. Whoever has it recycles it (pool). */
  takeChunk(): Chunk | null {
    const chunk = this.first;
    if (chunk === null) return null;
    this.byteCount -= chunk.end - chunk.start;
    this.first = chunk.next;
    if (this.first === null) this.last = null;
    return chunk;
  }

  clear(): void {
    this.skip(this.byteCount);
  }

  private append(chunk: Chunk): void {
    const count = chunk.end - chunk.start;
    this.byteCount += count;
    if (this.last === null) this.first = chunk;
    else this.last.next = chunk;
    this.last = chunk;
  }

  private advance(chunk: Chunk, step: number): void {
    chunk.start += step;
    this.byteCount -= step;
    if (chunk.start < chunk.end) return;
    this.first = chunk.next;
    if (this.first === null) this.last = null;
    if (chunk === this.borrowed) this.borrowed = null;
    this.pool.recycle(chunk);
  }
}
