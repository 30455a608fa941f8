// Memory for blocks and arrays: size classes with short free lists over the heap.
//
//   class  0   1   2   3   4   5   6 …  44        four per doubling, so at most a fifth of a chunk is slack
//   bytes  32  40  48  56  64  80  96 …  64 KiB
//
// What a program frees it mostly wants again at once and in the same size: that is a pop and a push here. A class
// keeps a bounded number of free chunks; the rest, and all that is larger, goes back to the heap, which joins
// neighbours. So a size that nobody uses any more cannot hold much memory, and no call is ever slow.

const CLASSES: u32 = 45;
const SMALLEST_BYTES: u32 = 32;
const LARGEST_BYTES: u32 = 65536;
/** Bytes in front of what a chunk is asked for: room for a block's header, so that 64 KiB fits a class. */
export const PREFIX_BYTES: u32 = 16;
/** Most bytes of one chunk; the heap's own limit is 1 GiB with its overhead. */
export const CHUNK_BYTES_MAX: u32 = (1 << 30) - 64;

/** Free chunks that a class keeps: this many, or as many as fill this many bytes if that is more. */
const KEPT_CHUNKS: u32 = 16;
const KEPT_BYTES: u32 = 32768;

// Per class: first free chunk (it links to the next one), free chunks, and how many may be kept.
const HEAD: usize = 0;
const COUNT: usize = 4;
const KEEP: usize = 8;
const TABLE_ENTRY_BYTES: usize = 12;
const table: usize = memory.data(45 * 12, 4);

for (let index: u32 = 0; index < CLASSES; index++) {
  store<u32>(entryOf(index), max(KEPT_CHUNKS, KEPT_BYTES / bytesOf(index)), KEEP);
}

/** Chunks that are in use. */
let live: i32 = 0;

export function liveChunks(): i32 {
  return live;
}

/** Bytes that a chunk for `bytes` has in fact. */
export function roundUp(bytes: u32): u32 {
  return bytes > LARGEST_BYTES ? bytes : bytesOf(classOf(bytes));
}

/** PREFIX_BYTES and `bytes` more, aligned to 16. Not zeroed. The caller owns it until `free`. */
export function allocate(bytes: u32): usize {
  live++;
  if (bytes > LARGEST_BYTES) {
    assert(bytes <= CHUNK_BYTES_MAX, "more than 1 GiB");
    return heap.alloc(<usize>bytes + PREFIX_BYTES);
  }
  const index = classOf(bytes);
  const entry = entryOf(index);
  const chunk = load<usize>(entry, HEAD);
  if (!chunk) return heap.alloc(<usize>bytesOf(index) + PREFIX_BYTES);
  store<usize>(entry, load<usize>(chunk), HEAD);
  store<u32>(entry, load<u32>(entry, COUNT) - 1, COUNT);
  return chunk;
}

/** `bytes` is what the chunk was asked for, or any other number of its class. */
export function free(chunk: usize, bytes: u32): void {
  live--;
  if (bytes > LARGEST_BYTES) {
    heap.free(chunk);
    return;
  }
  const entry = entryOf(classOf(bytes));
  const count = load<u32>(entry, COUNT);
  if (count >= load<u32>(entry, KEEP)) {
    heap.free(chunk);
    return;
  }
  store<usize>(chunk, load<usize>(entry, HEAD));
  store<usize>(entry, chunk, HEAD);
  store<u32>(entry, count + 1, COUNT);
}

@inline function entryOf(index: u32): usize {
  return table + <usize>index * TABLE_ENTRY_BYTES;
}

/** The class whose chunks are the smallest that hold `bytes`, at most LARGEST_BYTES. */
@inline function classOf(bytes: u32): u32 {
  if (bytes <= SMALLEST_BYTES) return 0;
  const last = bytes - 1;
  const octave: u32 = 31 - clz<u32>(last);
  return ((octave - 5) << 2) + ((last >> (octave - 2)) & 3) + 1;
}

@inline function bytesOf(index: u32): u32 {
  return index == 0 ? SMALLEST_BYTES : (5 + ((index - 1) & 3)) << (3 + ((index - 1) >> 2));
}
