// Container memory that an allocator pays for: what the text's Container<T> is to a container of values of type T.
//
// The container knows its allocator and its counts, so nothing is stored beside the values: charged is what they take.

import * as chunks from "../data/chunks";
import * as allocators from "./memory-allocator";
import { MemoryAllocator } from "./memory-allocator";

/** Room for `count` values, not zeroed. The caller gives it back with `deallocate` and the same count. */
export function allocate<T>(allocator: MemoryAllocator, count: u32): usize {
  const bytes = bytesFor<T>(count);
  allocators.reserve(allocator, bytes, bytes);
  return chunks.allocate(bytes);
}

/** Also after the allocator was shut down. */
export function deallocate<T>(allocator: MemoryAllocator, address: usize, count: u32): void {
  const bytes = bytesFor<T>(count);
  chunks.free(address, bytes);
  allocators.release(allocator, bytes);
}

function bytesFor<T>(count: u32): u32 {
  const bytes = <u64>count * sizeof<T>();
  assert(bytes <= chunks.CHUNK_BYTES_MAX, "more than 1 GiB");
  return <u32>bytes;
}
