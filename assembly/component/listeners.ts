// The interface `listeners`: a listener that lets in as many as its guest asked for.
//
//   accept()  adds a request behind the others, and the listener resumes
//   a connection comes: the oldest request is served; after the last one the listener pauses
//   shutdown() or drop: the requests end with CANCELLED, then the on-shutdown event, then the record goes

import { Pool } from "../base/pool";
import * as codes from "../base/status";
import * as queues from "../cq/completion-queue";
import { Operation } from "../cq/operation";
import * as listeners from "../net/listener";
import { Listener } from "../net/listener";
import { CANCELLED } from "../net/reason";
import * as allocators from "../quota/memory-allocator";
import { MemoryAllocator } from "../quota/memory-allocator";
import { MemoryQuota } from "../quota/memory-quota";
import { RETURN_AREA } from "../abi/return-area";
import * as errors from "../wasi/error-code";
import { socketAddress, socketOptions } from "./arguments";
import { LISTENER_COST, charge, discharge } from "./charges";
import * as endpoints from "./guest-endpoint";
import { newListener } from "./resources";
import { failed, outcome, PENDING, REFUSED } from "./results";
import { codeOf } from "../net/reason";
import { begin, GuestQueue } from "./queue";

@unmanaged
class GuestListener {
  /** 0: shut down. */
  listener: usize;
  /** The oldest and the latest request. */
  first: usize;
  last: usize;
  /** The operation of `shutdown`, or 0. */
  shutdownOp: usize;
  /** An allocator of the quota that the listener looks at, or 0: the quota lives as long as the listener. */
  hold: usize;
  /** The last function of the listener ran. */
  isOver: bool;
  isDropped: bool;
}

@unmanaged
class AcceptRequest {
  operation: usize;
  next: usize;
}

const pool = new Pool(offsetof<GuestListener>(), 8);
const requests = new Pool(offsetof<AcceptRequest>());

export function listeners$constructor$listener(
  keepAlive: bool, idleNs: u64, intervalNs: u64, keepAliveCount: u32, receiveBuffer: u32, sendBuffer: u32,
  hopLimit: u32, backlog: u32,
): u32 {
  charge(LISTENER_COST);
  const self = changetype<GuestListener>(pool.take());
  const options =
    socketOptions(keepAlive, idleNs, intervalNs, keepAliveCount, receiveBuffer, sendBuffer, hopLimit, backlog);
  const listener = listeners.create(accepted, over, changetype<usize>(self), options);
  listeners.allowBlocking(listener);
  listeners.pause(listener);
  self.listener = changetype<usize>(listener);
  return newListener(changetype<usize>(self));
}

export function listeners$method$listener$bind(
  self: GuestListener, family: u32,
  s0: u32, s1: u32, s2: u32, s3: u32, s4: u32, s5: u32, s6: u32, s7: u32, s8: u32, s9: u32, s10: u32,
): usize {
  const address = socketAddress(family, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10);
  const port = self.listener ? listeners.bind(changetype<Listener>(self.listener), address) : -errors.INVALID_STATE;
  if (port < 0) return failed(codeOf(-port), -port, 2);
  store<u8>(RETURN_AREA, 0);
  store<u16>(RETURN_AREA, <u16>port, 2);
  return RETURN_AREA;
}

export function listeners$method$listener$start(self: GuestListener): usize {
  return outcome(self.listener ? listeners.start(changetype<Listener>(self.listener)) : errors.INVALID_STATE);
}

export function listeners$method$listener$accept(self: GuestListener, queue: GuestQueue, tag: u64): i32 {
  assert(self.listener != 0, "the listener is shut down");
  assert(queues.canListen(queue.queue), "only a queue with default polling can accept");
  const operation = begin(queue, tag);
  if (!operation) return REFUSED;
  const request = changetype<AcceptRequest>(requests.take());
  request.operation = changetype<usize>(operation);
  if (self.last) changetype<AcceptRequest>(self.last).next = changetype<usize>(request);
  else self.first = changetype<usize>(request);
  self.last = changetype<usize>(request);
  listeners.resume(changetype<Listener>(self.listener));
  return PENDING;
}

export function listeners$method$listener$shutdown(self: GuestListener, queue: GuestQueue, tag: u64): i32 {
  assert(self.listener != 0, "the listener is shut down");
  const operation = begin(queue, tag);
  if (!operation) return REFUSED;
  self.shutdownOp = changetype<usize>(operation);
  end(self);
  return PENDING;
}

export function listeners$method$listener$setQuota(self: GuestListener, quota: MemoryQuota): void {
  assert(self.listener != 0, "the listener is shut down");
  if (self.hold) allocators.shutdown(changetype<MemoryAllocator>(self.hold));
  self.hold = changetype<usize>(allocators.create(quota));
  listeners.setQuota(changetype<Listener>(self.listener), quota);
}

export function listeners$dtor$listener(self: GuestListener): void {
  self.isDropped = true;
  if (self.listener) end(self);
  freeIfOver(self);
}

function end(self: GuestListener): void {
  while (self.first) queues.endOp(takeRequest(self), codes.CANCELLED, <u8>CANCELLED);
  listeners.close(changetype<Listener>(self.listener));
  self.listener = 0;
}

/** The operation of the oldest request, which is over. */
function takeRequest(self: GuestListener): Operation {
  const request = changetype<AcceptRequest>(self.first);
  const operation = changetype<Operation>(request.operation);
  self.first = request.next;
  if (!self.first) self.last = 0;
  requests.give(changetype<usize>(request));
  return operation;
}

function accepted(owner: usize): void {
  const self = changetype<GuestListener>(owner);
  const ticket = endpoints.deposit(listeners.accepted);
  const operation = takeRequest(self);
  if (!self.first) listeners.pause(changetype<Listener>(self.listener));
  if (!queues.endOp(operation, codes.OK, 0, ticket)) endpoints.abandon(ticket);
}

function over(owner: usize): void {
  const self = changetype<GuestListener>(owner);
  self.isOver = true;
  if (self.hold) allocators.shutdown(changetype<MemoryAllocator>(self.hold));
  if (self.shutdownOp) queues.endOp(changetype<Operation>(self.shutdownOp), codes.OK);
  freeIfOver(self);
}

function freeIfOver(self: GuestListener): void {
  if (!self.isOver || !self.isDropped) return;
  pool.give(changetype<usize>(self));
  discharge(LISTENER_COST);
}
