// The slice allocator of the 2021 text: allocating waits until there is memory, instead of overcommitting.
//
//   allocate --> WAITING -- the quota has the bytes ----> GRANTED -- runDue --> done, OK: the buffer has them
//      |            +------ the allocator shuts down ---> CANCELLED - runDue -> done, CANCELLED
//      +--> refused: more than the quota will ever have
//
// All that wait for one quota stand in one line, first come, first served: a small request does not overtake a large
// one. While somebody waits the quota counts as short, so it reclaims.

import { CANCELLED, OK, RESOURCE_EXHAUSTED } from "../base/status";
import { Pool } from "../base/pool";
import { HEADER_BYTES } from "../data/block";
import * as slices from "../data/slice";
import { Slice } from "../data/slice";
import * as buffers from "../data/slice-buffer";
import { SliceBuffer } from "../data/slice-buffer";
import * as due from "./due";
import * as allocators from "./memory-allocator";
import { MemoryAllocator, RECORD_BYTES, REQUEST_MAX } from "./memory-allocator";
import * as quotas from "./memory-quota";
import { Waiter } from "./memory-quota";

/** Bytes of the slices that one request is served in; the last one may be smaller. */
const PIECE_BYTES: u32 = 65536;

@unmanaged
class Request extends Waiter {
  allocator: MemoryAllocator;
  buffer: SliceBuffer;
  size: u32;
  /** Table index of a `(owner: usize) => void`. */
  done: u32;
  owner: usize;
}

const pool = new Pool(offsetof<Request>());
const scratch = changetype<Slice>(memory.data(16, 8));

/** While `done` runs: OK or CANCELLED. */
export let lastStatus: u8 = OK;

/** Requests whose `done` has not run. */
export function liveRequests(): i32 {
  return pool.live;
}

/**
 * Appends `size` bytes to `buffer`, when the quota has them. OK: `done(owner)` runs exactly once, from `runDue` and
 * never inside of this call, with `lastStatus` OK or CANCELLED; the buffer must live until then. Otherwise
 * RESOURCE_EXHAUSTED: the quota is smaller than that, and `done` will not run. Any number may be outstanding. A quota
 * that is made too small later keeps the request waiting until it grows or the allocator is shut down.
 */
export function allocate(
  allocator: MemoryAllocator, size: u32, buffer: SliceBuffer, done: (owner: usize) => void, owner: usize,
): u8 {
  assert(!allocator.isShutDown, "the allocator is shut down");
  assert(size <= REQUEST_MAX, "more than 1 GiB");
  const pieces = (size + PIECE_BYTES - 1) / PIECE_BYTES;
  const bytes = <i64>size + <i64>(pieces * HEADER_BYTES);
  if (bytes > allocator.quota.sizeBytes - <i64>RECORD_BYTES) return RESOURCE_EXHAUSTED;
  const request = changetype<Request>(pool.take());
  request.whenDue = finish.index;
  request.account = allocator;
  request.bytes = bytes;
  request.allocator = allocator;
  request.buffer = buffer;
  request.size = size;
  request.done = done.index;
  request.owner = owner;
  if (<i64>allocator.cachedBytes >= bytes && allocator.quota.firstWaiter == 0) {
    allocator.cachedBytes -= <u32>bytes;
    due.add(request);
  } else {
    quotas.wait(request);
  }
  return OK;
}

function finish(item: usize): void {
  const request = changetype<Request>(item);
  // A cancelled one has no allocator any more.
  if (!request.isCancelled) appendPieces(request);
  lastStatus = request.isCancelled ? CANCELLED : OK;
  const done = request.done;
  const owner = request.owner;
  pool.give(item);
  call_indirect<void>(done, owner);
}

function appendPieces(request: Request): void {
  for (let left = request.size; left;) {
    const part = min(left, PIECE_BYTES);
    const block = allocators.blockOfReserved(request.allocator, part + HEADER_BYTES);
    slices.setPart(scratch, block, 0, part);
    buffers.append(request.buffer, scratch);
    left -= part;
  }
}
