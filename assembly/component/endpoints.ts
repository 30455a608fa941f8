// The interface `endpoints`: connections as a guest holds them.

import { RETURN_AREA } from "../abi/return-area";
import { RESOURCE_EXHAUSTED } from "../base/status";
import * as queues from "../cq/completion-queue";
import { Operation } from "../cq/operation";
import { SliceBuffer } from "../data/slice-buffer";
import * as endpoints from "../net/endpoint";
import { Endpoint } from "../net/endpoint";
import * as reader from "../net/reader";
import { codeOf } from "../net/reason";
import * as writer from "../net/writer";
import { OUT_OF_MEMORY } from "../wasi/error-code";
import { lowerSocketAddress } from "../wasi/network";
import * as buffers from "./buffers";
import * as claims from "./claims";
import * as payers from "./guest-allocator";
import { GuestAllocator } from "./guest-allocator";
import * as guests from "./guest-endpoint";
import { GuestEndpoint } from "./guest-endpoint";
import { newEndpoint } from "./resources";
import { DONE, none, PENDING, present, REFUSED } from "./results";
import { begin, GuestQueue } from "./queue";

export function endpoints$claim(ticket: u64): usize {
  const record = claims.take(ticket, claims.ENDPOINT);
  return record ? present(newEndpoint(record)) : none();
}

export function endpoints$method$endpoint$read(
  self: GuestEndpoint, queue: GuestQueue, tag: u64, into: SliceBuffer, hint: u32, mayCompleteInline: bool,
): i32 {
  assert(!self.readOp, "a read is already outstanding");
  if (!queues.canBegin(queue.queue)) return REFUSED;
  if (!guests.mayRead(self)) {
    buffers.clear(into);
    queues.endOp(begin(queue, tag)!, RESOURCE_EXHAUSTED, <u8>OUT_OF_MEMORY);
    return PENDING;
  }
  if (reader.read(
    changetype<Endpoint>(self.endpoint), buffers.lend(into), hint, mayCompleteInline, readDone, changetype<usize>(self),
  )) {
    buffers.giveBack(into);
    return DONE;
  }
  self.readOp = changetype<usize>(begin(queue, tag));
  self.readBuffer = changetype<usize>(into);
  return PENDING;
}

export function endpoints$method$endpoint$write(
  self: GuestEndpoint, queue: GuestQueue, tag: u64, data: SliceBuffer, maxFrame: u32, mayCompleteInline: bool,
): i32 {
  assert(!self.writeOp, "a write is already outstanding");
  if (!queues.canBegin(queue.queue)) return REFUSED;
  buffers.unsettle(buffers.free(data));
  const isDone = writer.write(
    changetype<Endpoint>(self.endpoint), data, maxFrame ? maxFrame : u32.MAX_VALUE, mayCompleteInline,
    writeDone, changetype<usize>(self),
  );
  buffers.settle(data);
  if (isDone) return DONE;
  self.writeOp = changetype<usize>(begin(queue, tag));
  return PENDING;
}

export function endpoints$method$endpoint$shutdownSend(self: GuestEndpoint): void {
  writer.end(changetype<Endpoint>(self.endpoint));
}

export function endpoints$method$endpoint$localAddress(self: GuestEndpoint): usize {
  lowerSocketAddress(endpoints.localAddress(changetype<Endpoint>(self.endpoint)), RETURN_AREA);
  return RETURN_AREA;
}

export function endpoints$method$endpoint$peerAddress(self: GuestEndpoint): usize {
  lowerSocketAddress(endpoints.peerAddress(changetype<Endpoint>(self.endpoint)), RETURN_AREA);
  return RETURN_AREA;
}

export function endpoints$method$endpoint$setAllocator(self: GuestEndpoint, allocator: GuestAllocator): void {
  payers.payFor(allocator, self);
}

export function endpoints$dtor$endpoint(self: GuestEndpoint): void {
  if (!self.descriptor) guests.drop(self);
}

function readDone(owner: usize): void {
  const self = changetype<GuestEndpoint>(owner);
  const operation = changetype<Operation>(self.readOp);
  buffers.giveBack(changetype<SliceBuffer>(self.readBuffer));
  self.readOp = 0;
  guests.freeIfDone(self);
  queues.endOp(operation, codeOf(reader.lastReason), <u8>reader.lastReason);
}

function writeDone(owner: usize): void {
  const self = changetype<GuestEndpoint>(owner);
  const operation = changetype<Operation>(self.writeOp);
  self.writeOp = 0;
  guests.freeIfDone(self);
  queues.endOp(operation, codeOf(writer.lastReason), <u8>writer.lastReason);
}
