// The small quotas (threads, streams, connections) and the slice allocator of the 2021 text, which waits.

import { CANCELLED, OK, RESOURCE_EXHAUSTED } from "../../../assembly/base/status";
import * as buffers from "../../../assembly/data/slice-buffer";
import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import * as connectionQuotas from "../../../assembly/quota/connection-quota";
import * as allocators from "../../../assembly/quota/memory-allocator";
import { MemoryAllocator } from "../../../assembly/quota/memory-allocator";
import * as quotas from "../../../assembly/quota/memory-quota";
import { MemoryQuota } from "../../../assembly/quota/memory-quota";
import * as sliceAllocator from "../../../assembly/quota/slice-allocator";
import * as streamQuotas from "../../../assembly/quota/stream-quota";
import * as threadQuotas from "../../../assembly/quota/thread-quota";
import { body, equal, expect, note, noted, sequence } from "./harness";

const SECOND_NS: u64 = 1_000_000_000;
const MIB: u32 = 1 << 20;

let quota: MemoryQuota = changetype<MemoryQuota>(0);
let allocator: MemoryAllocator = changetype<MemoryAllocator>(0);
let buffer: SliceBuffer = changetype<SliceBuffer>(0);

export function add(): void {
  body("quota-threads", "should refuse threads beyond the maximum, all or none")
    .then((): void => {
      const threads = threadQuotas.create();
      expect(threadQuotas.reserve(threads, 1_000_000), "no limit at first");
      threadQuotas.setMaximum(threads, 10);
      expect(!threadQuotas.reserve(threads, 1), "a lowered maximum to hold");
      threadQuotas.release(threads, 1_000_000);
      expect(threadQuotas.reserve(threads, 8), "what fits");
      expect(!threadQuotas.reserve(threads, 3), "none of three where two fit");
      expect(threadQuotas.reserve(threads, 2), "the last two");
      threadQuotas.release(threads, 10);
      threadQuotas.destroy(threads);
    });

  body("quota-streams", "should share streams out between connections, anew every second").then(shareStreams);

  body("quota-connections", "should refuse connections beyond the maximum, and under memory pressure")
    .then((): void => {
      quota = quotas.create(MIB);
      allocator = allocators.create(quota);
      const connections = connectionQuotas.create();
      connectionQuotas.setMaximum(connections, 2);
      expect(connectionQuotas.admit(connections, quota), "the first");
      expect(connectionQuotas.admit(connections, quota), "the second");
      expect(!connectionQuotas.admit(connections, quota), "no third");
      connectionQuotas.release(connections);
      allocators.reserve(allocator, MIB, MIB);
      expect(!connectionQuotas.admit(connections, quota), "none under pressure");
      allocators.release(allocator, MIB);
      connectionQuotas.release(connections);
      connectionQuotas.destroy(connections);
      allocators.shutdown(allocator);
      quotas.destroy(quota);
    });

  body("allocate-waits", "should allocate slices when there is room, in order, never inside the call")
    .then((): void => {
      quota = quotas.create(MIB);
      allocator = allocators.create(quota);
      buffer = buffers.create();
      equal(sliceAllocator.allocate(allocator, 2 * MIB, buffer, noteStatus, 1), RESOURCE_EXHAUSTED, "what never fits");
      equal(sliceAllocator.allocate(allocator, MIB / 2, buffer, noteStatus, 2), OK, "what fits");
      equal(sliceAllocator.allocate(allocator, MIB / 2, buffer, noteStatus, 3), OK, "what has to wait");
      equal(noted(), 0, "calls inside of `allocate`");
    })
    .until((): bool => noted() > 0)
    .then((): void => {
      sequence([200 + OK], "only the first");
      equal(buffer.length, MIB / 2, "bytes in the buffer");
      buffers.clear(buffer);
    })
    .until((): bool => noted() > 1)
    .then((): void => {
      sequence([200 + OK, 300 + OK], "the second when there is room");
      equal(buffer.length, MIB / 2, "bytes in the buffer");
      equal(sliceAllocator.allocate(allocator, MIB / 2, buffer, noteStatus, 4), OK, "what has to wait");
      allocators.shutdown(allocator);
    })
    .until((): bool => noted() > 2)
    .then((): void => {
      sequence([200 + OK, 300 + OK, 400 + CANCELLED], "the end of what waits for an allocator that is gone");
      buffers.destroy(buffer);
      quotas.destroy(quota);
    });
}

function noteStatus(owner: usize): void {
  note(owner * 100 + sliceAllocator.lastStatus);
}

function shareStreams(): void {
  const streams = streamQuotas.create();
  streamQuotas.tick(streams, SECOND_NS);
  expect(streamQuotas.limitOf(streams, 5) == streamQuotas.UNLIMITED, "no limit at first");
  streamQuotas.setMaximum(streams, 100);
  streamQuotas.addConnection(streams);
  streamQuotas.tick(streams, 2 * SECOND_NS);
  equal(streamQuotas.limitOf(streams, 7), 100, "streams of the only connection");
  for (let i = 0; i < 3; i++) streamQuotas.addConnection(streams);
  equal(streamQuotas.limitOf(streams, 7), 100, "streams until the round is over");
  for (let i = 0; i < 60; i++) streamQuotas.openStream(streams);
  streamQuotas.tick(streams, 3 * SECOND_NS);
  equal(streamQuotas.limitOf(streams, 5), 15, "five and a share of what is spare: ten");
  equal(streamQuotas.limitOf(streams, 20), 25, "the mean at most");
  equal(streamQuotas.limitOf(streams, 30), 31, "one more beyond the mean");
  equal(streamQuotas.limitOf(streams, 60), 50, "twice the mean at most");
  for (let i = 0; i < 60; i++) streamQuotas.openStream(streams);
  streamQuotas.tick(streams, 4 * SECOND_NS);
  equal(streamQuotas.limitOf(streams, 30), 29, "one less when nothing is spare");
  equal(streamQuotas.limitOf(streams, 1), 1, "one at least");
  for (let i = 0; i < 120; i++) streamQuotas.closeStream(streams);
  for (let i = 0; i < 4; i++) streamQuotas.removeConnection(streams);
  streamQuotas.destroy(streams);
}
