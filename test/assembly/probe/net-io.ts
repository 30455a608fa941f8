// The part of the network probe for reads and writes of slice buffers. `ended` is called with 0 for a read and 1 for a
// write, the owner's number, and the reason.

import * as blocks from "../../../assembly/data/block";
import { Slice } from "../../../assembly/data/slice";
import * as buffers from "../../../assembly/data/slice-buffer";
import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import * as descriptors from "../../../assembly/net/descriptor";
import { Endpoint } from "../../../assembly/net/endpoint";
import * as reader from "../../../assembly/net/reader";
import * as reasons from "../../../assembly/net/reason";
import * as teardown from "../../../assembly/net/teardown";
import * as writer from "../../../assembly/net/writer";
import * as allocators from "../../../assembly/quota/memory-allocator";
import { MemoryAllocator } from "../../../assembly/quota/memory-allocator";
import * as quotas from "../../../assembly/quota/memory-quota";
import { MemoryQuota } from "../../../assembly/quota/memory-quota";

@external("test", "ended")
declare function ended(kind: i32, owner: usize, reason: i32): void;

const bytes: usize = memory.data(1 << 20, 8);

/** Where the test puts bytes, and finds those of `bufferCopyOut`: 1 MiB. */
export function bytesAddress(): usize {
  return bytes;
}

export function bufferCreate(): SliceBuffer {
  return buffers.create();
}

export function bufferDestroy(buffer: SliceBuffer): void {
  buffers.destroy(buffer);
}

export function bufferAppend(buffer: SliceBuffer, length: u32): void {
  buffers.appendCopy(buffer, bytes, length);
}

/** Appends a slice of its own, however small the one before is. */
export function bufferAppendApart(buffer: SliceBuffer, length: u32): void {
  const part = buffers.create();
  memory.copy(buffers.prependSpace(part, length), bytes, length);
  while (part.count) {
    buffers.takeFirst(part, scratch);
    buffers.append(buffer, scratch);
  }
  buffers.destroy(part);
}

const scratch = changetype<Slice>(memory.data(16, 8));

export function bufferSwap(one: SliceBuffer, other: SliceBuffer): void {
  buffers.swap(one, other);
}

export function bufferLength(buffer: SliceBuffer): u32 {
  return buffer.length;
}

export function bufferCount(buffer: SliceBuffer): u32 {
  return buffer.count;
}

export function bufferAddress(buffer: SliceBuffer, index: u32): usize {
  return buffers.addressAt(buffer, index);
}

export function bufferIsValid(buffer: SliceBuffer): bool {
  return buffers.isValid(buffer);
}

/** Moves all bytes to `bytesAddress()` and empties the buffer. */
export function bufferTake(buffer: SliceBuffer): u32 {
  const length = buffer.length;
  buffers.copyOut(buffer, 0, length, bytes);
  buffers.clear(buffer);
  return length;
}

export function liveIo(kind: i32): i32 {
  switch (kind) {
    case 0: return reader.liveCount();
    case 1: return writer.liveCount();
    case 2: return buffers.liveBuffers();
    case 3: return blocks.liveBlocks();
    case 4: return quotas.liveQuotas();
    case 5: return allocators.liveAllocators();
    case 6: return descriptors.liveCount();
    case 7: return descriptors.closureCount();
    default: return -1;
  }
}

export function read(
  endpoint: Endpoint, buffer: SliceBuffer, hintBytes: u32, mayCompleteInline: bool, owner: usize,
): bool {
  return reader.read(endpoint, buffer, hintBytes, mayCompleteInline, readEnded, owner);
}

export function write(
  endpoint: Endpoint, buffer: SliceBuffer, maxFrameBytes: u32, mayCompleteInline: bool, owner: usize,
): bool {
  return writer.write(endpoint, buffer, maxFrameBytes, mayCompleteInline, writeEnded, owner);
}

export function writerEnd(endpoint: Endpoint): void {
  writer.end(endpoint);
}

export function destroy(endpoint: Endpoint): void {
  teardown.destroy(endpoint);
}

export function codeOf(reason: i32): i32 {
  return reasons.codeOf(reason);
}

export function quotaCreate(sizeBytes: i64): MemoryQuota {
  return quotas.create(sizeBytes);
}

export function quotaSetSize(quota: MemoryQuota, sizeBytes: i64): void {
  quotas.setSize(quota, sizeBytes);
}

export function quotaTick(nowNs: i64): void {
  quotas.tick(<u64>nowNs);
}

export function quotaDestroy(quota: MemoryQuota): void {
  quotas.destroy(quota);
}

export function allocatorCreate(quota: MemoryQuota): MemoryAllocator {
  return allocators.create(quota);
}

export function allocatorShutdown(allocator: MemoryAllocator): void {
  allocators.shutdown(allocator);
}

export function allocatorOutstanding(allocator: MemoryAllocator): i32 {
  return <i32>allocators.outstandingBytes(allocator);
}

export function setAllocator(endpoint: Endpoint, allocator: MemoryAllocator): void {
  endpoint.allocator = changetype<usize>(allocator);
}

function readEnded(owner: usize): void {
  ended(0, owner, reader.lastReason);
}

function writeEnded(owner: usize): void {
  ended(1, owner, writer.lastReason);
}
