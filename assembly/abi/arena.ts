// The scratch arena: where a host puts the lists and strings that it returns to us.
//
//   start                mark                 top                            start + ARENA_BYTES
//   |  kept by a caller  |  lists of one call  |            free             |
//
// A caller takes a mark, calls, uses the lifted bytes, and releases back to the mark: a bump and a reset, no
// garbage. A list that does not fit is taken from the heap and freed by the same release. Marks nest. `redirect` lets
// one list land elsewhere at once.

import { ARENA_BYTES, LIST_BYTES_MAX } from "../base/limits";

const start: usize = memory.data(ARENA_BYTES, 16);
let top: usize = start;
/** Latest block given out, which alone may be resized in place. */
let latest: usize = 0;

/** Heap blocks for oversize lists: `| next | mark top when it was made | bytes…`. */
let oversize: usize = 0;
const OVERSIZE_HEADER: usize = 16;

/** Where the next list of bytes goes, 0: here as usual. */
let redirected: usize = 0;
let redirectedBytes: usize = 0;

/** Where to release back to. A mark takes one byte, so that no two are the same and a release knows its own. */
@inline export function mark(): usize {
  latest = 0;
  return top++;
}

/** Gives back all that was lifted since `position` was taken by `mark()`. */
export function release(position: usize): void {
  assert(position >= start && position < top);
  top = position;
  latest = 0;
  redirected = 0;
  while (oversize && load<usize>(oversize, 4) > position) {
    const block = oversize;
    oversize = load<usize>(block);
    heap.free(block);
  }
}

/** Gives everything back, for exports that a guest called: nothing of ours is lifted then. */
export function releaseAll(): void {
  while (oversize) {
    const block = oversize;
    oversize = load<usize>(block);
    heap.free(block);
  }
  top = start;
  latest = 0;
}

/**
 * The next new block without alignment that is not larger than `capacity` is `address`, once and until the next
 * `release`. A host may lay its list elsewhere all the same, so the caller looks where it came to be.
 */
@inline export function redirect(address: usize, capacity: usize): void {
  redirected = address;
  redirectedBytes = capacity;
}

/** Bytes of the arena in use, and whether an oversize block lives: zero when every caller released. */
export function usedBytes(): i32 {
  return <i32>(top - start) + (oversize ? 1 : 0);
}

/**
 * The canonical ABI's allocator. `old` is zero for a new block; otherwise the block is resized, keeping its
 * first `oldSize` bytes. The result is aligned to `align` and lives until its caller's `release`.
 */
export function realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
  if (redirected && align == 1 && !old && size <= redirectedBytes) {
    const target = redirected;
    redirected = 0;
    return target;
  }
  assert(align != 0 && (align & (align - 1)) == 0 && align <= 16);
  if (old != 0 && old == latest && size <= <usize>ARENA_BYTES && old + size <= start + ARENA_BYTES) {
    top = old + size;
    return old;
  }
  const block = allocate(align, size);
  if (old) memory.copy(block, old, min(oldSize, size));
  return block;
}

function allocate(align: usize, size: usize): usize {
  const block = (top + align - 1) & ~(align - 1);
  if (size <= <usize>ARENA_BYTES && block + size <= start + ARENA_BYTES) {
    top = block + size;
    latest = block;
    return block;
  }
  assert(size <= <usize>LIST_BYTES_MAX, "a list of more than 16 MiB");
  const header = heap.alloc(size + OVERSIZE_HEADER);
  store<usize>(header, oversize);
  store<usize>(header, top, 4);
  oversize = header;
  latest = 0; // `top` must not fall below what the block remembers
  return header + OVERSIZE_HEADER;
}
