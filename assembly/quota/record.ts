// Records that an allocator pays for: what New and MakeUnique of the text are in a language without destructors.
//
//   | allocator | bytes | - | - | record …        the header lets a record be destroyed without knowing its payer

import * as chunks from "../data/chunks";
import * as allocators from "./memory-allocator";
import { MemoryAllocator } from "./memory-allocator";

const HEADER_BYTES: u32 = chunks.PREFIX_BYTES;

let live: i32 = 0;

/** A zeroed record of an `@unmanaged` class. The caller owns it until `destroy`; it may outlive its allocator. */
export function create<T>(allocator: MemoryAllocator): T {
  return changetype<T>(createBytes(allocator, offsetof<T>()));
}

/** The same by size. Charged: the bytes and a header of 16. */
export function createBytes(allocator: MemoryAllocator, bytes: u32): usize {
  assert(bytes <= chunks.CHUNK_BYTES_MAX, "more than 1 GiB");
  allocators.reserve(allocator, bytes + HEADER_BYTES, bytes + HEADER_BYTES);
  const chunk = chunks.allocate(bytes);
  store<usize>(chunk, changetype<usize>(allocator));
  store<u32>(chunk, bytes, 4);
  memory.fill(chunk + HEADER_BYTES, 0, bytes);
  live++;
  return chunk + HEADER_BYTES;
}

export function destroy(record: usize): void {
  assert(record != 0 && live > 0, "a record that nobody created");
  const chunk = record - HEADER_BYTES;
  const allocator = changetype<MemoryAllocator>(load<usize>(chunk));
  const bytes = load<u32>(chunk, 4);
  chunks.free(chunk, bytes);
  live--;
  allocators.release(allocator, bytes + HEADER_BYTES);
}

/** Records that were not destroyed. */
export function liveRecords(): i32 {
  return live;
}
