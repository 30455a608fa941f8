// The memory quota inside the component: reserve and release through an allocator, and slices that are paid for.

import * as slices from "../../assembly/data/slice";
import { Slice } from "../../assembly/data/slice";
import * as allocators from "../../assembly/quota/memory-allocator";
import * as quotas from "../../assembly/quota/memory-quota";
import * as figures from "./figures";
import * as random from "./random";

const QUOTA_BYTES: i64 = 1 << 30;
const BYTES_MAX: u32 = 16384;

const scratch = changetype<Slice>(memory.data(16, 8));

/** `size` reservations are held at once, and each is released in the order in which it was made. */
export function measure(size: u32, operations: u32): void {
  const quota = quotas.create(QUOTA_BYTES);
  const allocator = allocators.create(quota);
  const taken = heap.alloc(<usize>size << 2);
  const cycles = (operations + size - 1) / size;
  let reserved: f64 = 0, released: f64 = 0;
  for (let cycle: u32 = 0; cycle < cycles; cycle++) {
    figures.startWatch();
    for (let i: u32 = 0; i < size; i++) {
      const bytes = 1 + random.below(BYTES_MAX);
      store<u32>(taken + (<usize>i << 2), allocators.reserve(allocator, bytes, bytes));
    }
    reserved += figures.watch();
    figures.startWatch();
    for (let i: u32 = 0; i < size; i++) allocators.release(allocator, load<u32>(taken + (<usize>i << 2)));
    released += figures.watch();
  }
  const count = <f64>cycles * <f64>size;
  figures.startWatch();
  for (let i: u32 = 0; i < cycles * size; i++) {
    allocators.makeSlice(allocator, 1024, 1024, scratch);
    slices.clear(scratch);
  }
  const sliced = figures.watch();
  figures.verify(allocators.outstandingBytes(allocator) == 0, "bytes are still taken");
  allocators.shutdown(allocator);
  quotas.destroy(quota);
  figures.verify(quotas.liveQuotas() + allocators.liveAllocators() == 0, "a quota is left");
  heap.free(taken);
  figures.add("reserve", reserved, count);
  figures.add("release", released, count);
  figures.add("make-slice", sliced, count);
}
