// The interface `descriptors`. A descriptor's record is that of the endpoint that it has (guest-endpoint.ts).

import { RETURN_AREA } from "../abi/return-area";
import * as queues from "../cq/completion-queue";
import { Operation } from "../cq/operation";
import { SliceBuffer } from "../data/slice-buffer";
import * as descriptors from "../net/descriptor";
import { Descriptor } from "../net/descriptor";
import * as endpoints from "../net/endpoint";
import { Endpoint } from "../net/endpoint";
import { DEADLINE_EXCEEDED, Reason, codeOf } from "../net/reason";
import * as buffers from "./buffers";
import { DESCRIPTOR_COST, charge, discharge } from "./charges";
import * as guests from "./guest-endpoint";
import { GuestEndpoint } from "./guest-endpoint";
import { begin, GuestQueue } from "./queue";
import { descriptorOf, dropDescriptor, dropEndpoint, endpointOf, newDescriptor, newEndpoint } from "./resources";
import { exhausted, failed, ok, PENDING, REFUSED } from "./results";

export function descriptors$static$descriptor$register(handle: u32): u32 {
  const self = changetype<GuestEndpoint>(endpointOf(handle));
  const made = registered(self);
  dropEndpoint(handle); // which is all that goes
  return made;
}

export function descriptors$static$descriptor$registerWasi(socket: u32, input: u32, output: u32): u32 {
  return registered(guests.create(endpoints.create(socket, input, output)));
}

export function descriptors$method$descriptor$notifyWhen(
  self: GuestEndpoint, queue: GuestQueue, tag: u64, condition: u32, deadline: u64,
): i32 {
  const operation = begin(queue, tag);
  if (!operation) return REFUSED;
  descriptors.notifyWhen(descriptor(self), condition, deadline, notified, changetype<usize>(operation));
  return PENDING;
}

export function descriptors$method$descriptor$clear(self: GuestEndpoint, condition: u32): void {
  descriptors.clear(descriptor(self), condition);
}

export function descriptors$method$descriptor$force(self: GuestEndpoint, condition: u32): void {
  descriptors.force(descriptor(self), condition);
}

export function descriptors$method$descriptor$setPriority(
  self: GuestEndpoint, condition: u32, priority: u32,
): void {
  descriptors.setPriority(descriptor(self), condition, <u8>priority);
}

export function descriptors$method$descriptor$read(self: GuestEndpoint, into: SliceBuffer, most: u32): usize {
  buffers.free(into);
  if (!guests.mayRead(self)) return exhausted(4);
  const count = descriptors.read(descriptor(self), into, most);
  buffers.settle(into);
  return answer(count);
}

export function descriptors$method$descriptor$write(self: GuestEndpoint, data: SliceBuffer): usize {
  const count = descriptors.write(descriptor(self), buffers.free(data));
  buffers.settle(data);
  return answer(count);
}

export function descriptors$method$descriptor$shutdownSend(self: GuestEndpoint): void {
  descriptors.shutdownSend(descriptor(self));
}

export function descriptors$method$descriptor$close(self: GuestEndpoint): void {
  if (!self.endpoint) return;
  guests.letGo(self);
  descriptors.close(descriptor(self));
}

export function descriptors$method$descriptor$isClosed(self: GuestEndpoint): bool {
  return descriptors.isClosed(descriptor(self));
}

export function descriptors$static$descriptor$release(handle: u32): u32 {
  const self = changetype<GuestEndpoint>(descriptorOf(handle));
  released(self, handle);
  return newEndpoint(changetype<usize>(self));
}

export function descriptors$static$descriptor$releaseWasi(handle: u32, rest: SliceBuffer): usize {
  const self = changetype<GuestEndpoint>(descriptorOf(handle));
  buffers.free(rest);
  released(self, handle);
  const endpoint = guests.letGo(self);
  guests.freeIfDone(self);
  endpoints.takeAhead(endpoint, rest, u32.MAX_VALUE);
  buffers.settle(rest);
  store<u32>(RETURN_AREA, endpoint.socket);
  store<u32>(RETURN_AREA, endpoint.input, 4);
  store<u32>(RETURN_AREA, endpoint.output, 8);
  endpoints.dissolve(endpoint);
  return RETURN_AREA;
}

export function descriptors$dtor$descriptor(self: GuestEndpoint): void {
  if (!self.descriptor) return; // was released
  descriptors$method$descriptor$close(self);
  forget(self);
  guests.freeIfDone(self);
}

function descriptor(self: GuestEndpoint): Descriptor {
  return changetype<Descriptor>(self.descriptor);
}

function registered(self: GuestEndpoint): u32 {
  charge(DESCRIPTOR_COST);
  self.descriptor = changetype<usize>(descriptors.register(changetype<Endpoint>(self.endpoint)));
  return newDescriptor(changetype<usize>(self));
}

function released(self: GuestEndpoint, handle: u32): void {
  descriptors.release(descriptor(self));
  forget(self);
  dropDescriptor(handle);
}

function forget(self: GuestEndpoint): void {
  descriptors.destroy(descriptor(self));
  self.descriptor = 0;
  discharge(DESCRIPTOR_COST);
}

/** The owner is the operation. */
function notified(owner: usize): void {
  const isLate = descriptors.lastOutcome == descriptors.TIMED_OUT;
  const reason: Reason = isLate ? DEADLINE_EXCEEDED : 0;
  queues.endOp(changetype<Operation>(owner), codeOf(reason), <u8>reason);
}

/** A count, or a reason, negated. */
function answer(count: i32): usize {
  return count < 0 ? failed(codeOf(<Reason>-count), <Reason>-count, 4) : ok(count);
}
