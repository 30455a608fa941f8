// Bytes by which linear memory grows while millions of operations of each kind come and go: zero, or something leaks.
// main.ts calls this three times, and only the last call counts.

import { takeCallback } from "../../assembly/cq/callbacks";
import * as queues from "../../assembly/cq/completion-queue";
import * as buffers from "../../assembly/data/slice-buffer";
import { SliceBuffer } from "../../assembly/data/slice-buffer";
import { moveFirst } from "../../assembly/data/slice-moves";
import * as slices from "../../assembly/data/slice";
import { Slice } from "../../assembly/data/slice";
import * as loop from "../../assembly/engine/loop";
import * as tasks from "../../assembly/exec/tasks";
import * as allocators from "../../assembly/quota/memory-allocator";
import * as quotas from "../../assembly/quota/memory-quota";
import * as figures from "./figures";
import * as random from "./random";

const PAGE_BYTES: f64 = 65536;
/** Pending at once: more than the pools hold at first. */
const PENDING: u32 = 4096;
const HOUR_NS: u64 = 3_600_000_000_000;

let ran: u32 = 0;
const slots = memory.data(4096 * 8, 8);
const scratch = changetype<Slice>(memory.data(16, 8));

function count(_owner: usize): void {
  ran++;
}

function countMany(_owner: usize, times: i32): void {
  ran += times;
}

function turnUntil(wanted: u32): void {
  while (tasks.queuedCount) loop.turnWith(0);
  figures.verify(ran == wanted, "not every task ran once");
  ran = 0;
}

function runs(operations: u32): void {
  for (let i: u32 = 0; i < operations; i += PENDING) {
    for (let j: u32 = 0; j < PENDING; j++) tasks.run(count, 0);
    turnUntil(PENDING);
  }
}

function runsOfMany(operations: u32): void {
  for (let i: u32 = 0; i < operations; i++) {
    tasks.runMany(countMany, 0, 1 + (i & 3));
    turnUntil(1 + (i & 3));
  }
}

/** Each cancels the one that has its place, in random order, so that handles are always of several ages. */
function timersCancelled(operations: u32): void {
  memory.fill(slots, 0xff, PENDING * 8);
  for (let i: u32 = 0; i < operations + PENDING; i++) {
    const place = slots + ((i < operations ? random.below(PENDING) : i & (PENDING - 1)) << 3);
    tasks.cancel(load<u32>(place), load<u32>(place, 4));
    if (i >= operations) continue;
    store<u32>(place, tasks.runAt(HOUR_NS + (<u64>random.word() << 10), count, 0, tasks.SILENT));
    store<u32>(place, tasks.lastGeneration, 4);
  }
  figures.verify(tasks.liveCount() == 0, "a cancelled timer is left");
}

function timersFired(operations: u32): void {
  for (let i: u32 = 0; i < operations; i += PENDING) {
    for (let j: u32 = 0; j < PENDING; j++) tasks.runAt(<u64>random.word(), count, 0, tasks.SILENT);
    while (tasks.liveCount()) loop.turnWith(0);
    figures.verify(ran == PENDING, "not every timer fired once");
    ran = 0;
  }
}

function slicesMoved(operations: u32): void {
  const from = buffers.create();
  const to = buffers.create();
  for (let i: u32 = 0; i < operations; i++) {
    slices.setSpace(scratch, 1 + random.below(4096));
    buffers.append(from, scratch);
    if (from.length > 65536) {
      moveFirst(from, random.below(from.length), to);
      moveFirst(to, random.below(to.length + 1), from);
      buffers.clear(to);
    }
    if ((i & 7) == 0 && from.count != 0) drop(from);
  }
  buffers.destroy(from);
  buffers.destroy(to);
}

function drop(buffer: SliceBuffer): void {
  buffers.takeFirst(buffer, scratch);
  slices.clear(scratch);
}

/** Reservations and slices of many sizes; now and then an allocator comes and goes. */
function reserved(operations: u32): void {
  const quota = quotas.create(1 << 28);
  let allocator = allocators.create(quota);
  for (let i: u32 = 0; i < operations; i++) {
    const bytes = allocators.reserve(allocator, 1, 1 + random.below(4096));
    allocators.makeSlice(allocator, 1, 1 + random.below(4096), scratch);
    allocators.release(allocator, bytes);
    if ((i & 1023) == 0) {
      allocators.shutdown(allocator);
      allocator = allocators.create(quota);
    }
    slices.clear(scratch);
  }
  allocators.shutdown(allocator);
  quotas.destroy(quota);
}

/** Queues of each type come, hold up to 4,096 events, and go. */
function completed(operations: u32): void {
  for (let i: u32 = 0, count: u32 = 0; i < operations; count++) {
    const type = <u8>(count % 3);
    const queue = queues.create(type, queues.DEFAULT_POLLING, type == queues.CALLBACK ? 1 : 0);
    const held: u32 = 1 + count * 2677 % PENDING;
    for (let tag: u32 = 0; tag < held; tag++) queues.endOp(queues.beginOp(queue, tag)!, 0);
    queues.shutdown(queue);
    for (let tag: u32 = 0; tag < held; tag++) {
      if (type == queues.NEXT) queues.take(queue);
      else if (type == queues.PLUCK) queues.takeTag(queue, tag);
      else takeCallback();
    }
    if (type == queues.CALLBACK) takeCallback();
    queues.destroy(queue);
    i += held;
  }
}

function growthOf(work: (operations: u32) => void, operations: u32): f64 {
  const before = memory.size();
  work(operations);
  return <f64>(memory.size() - before) * PAGE_BYTES;
}

export function measure(operations: u32): void {
  const ofRuns = growthOf(runs, operations);
  const ofMany = growthOf(runsOfMany, operations);
  const ofCancelled = growthOf(timersCancelled, operations);
  const ofFired = growthOf(timersFired, operations);
  const ofSlices = growthOf(slicesMoved, operations);
  const ofQuota = growthOf(reserved, operations);
  const ofCompletions = growthOf(completed, operations);
  figures.verify(queues.liveCount() == 0, "a queue is left");
  figures.verify(tasks.liveCount() + buffers.liveBuffers() + quotas.liveQuotas() == 0, "something is left");
  figures.add("run", ofRuns, 1);
  figures.add("run-many", ofMany, 1);
  figures.add("timer cancelled", ofCancelled, 1);
  figures.add("timer fired", ofFired, 1);
  figures.add("slice moved", ofSlices, 1);
  figures.add("quota reserved", ofQuota, 1);
  figures.add("completion", ofCompletions, 1);
}
