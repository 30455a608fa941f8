// A memory allocator as its guest holds it: with the endpoints whose reads it pays for, so that it may be dropped
// before them, and with what the guest reserved and cannot give back then. From then on the default quota pays.

import { Pool } from "../base/pool";
import { Endpoint } from "../net/endpoint";
import * as allocators from "../quota/memory-allocator";
import { MemoryAllocator } from "../quota/memory-allocator";
import { ALLOCATOR_COST, charge, defaultAllocator, discharge } from "./charges";
import { GuestEndpoint } from "./guest-endpoint";

@unmanaged
export class GuestAllocator {
  allocator: MemoryAllocator;
  /** The first endpoint that it pays for, or 0. */
  first: usize;
  /** Of what is outstanding, the bytes of `reserve`; the others belong to slices. */
  reservedBytes: u64;
}

const pool = new Pool(offsetof<GuestAllocator>(), 16);

export function create(allocator: MemoryAllocator): GuestAllocator {
  charge(ALLOCATOR_COST);
  const self = changetype<GuestAllocator>(pool.take());
  self.allocator = allocator;
  return self;
}

export function reserve(self: GuestAllocator, least: u32, most: u32): u32 {
  const bytes = allocators.reserve(self.allocator, least, most);
  self.reservedBytes += bytes;
  return bytes;
}

export function release(self: GuestAllocator, bytes: u32): void {
  assert(bytes <= self.reservedBytes, "released more than reserved");
  self.reservedBytes -= bytes;
  allocators.release(self.allocator, bytes);
}

export function drop(self: GuestAllocator): void {
  while (self.first) payDefault(changetype<GuestEndpoint>(self.first));
  while (self.reservedBytes) release(self, <u32>min<u64>(self.reservedBytes, allocators.REQUEST_MAX));
  allocators.shutdown(self.allocator);
  pool.give(changetype<usize>(self));
  discharge(ALLOCATOR_COST);
}

/** From now on `self` pays for what the endpoint reads. */
export function payFor(self: GuestAllocator, endpoint: GuestEndpoint): void {
  leave(endpoint);
  endpoint.payer = changetype<usize>(self);
  endpoint.nextPaid = self.first;
  if (self.first) changetype<GuestEndpoint>(self.first).previousPaid = changetype<usize>(endpoint);
  self.first = changetype<usize>(endpoint);
  changetype<Endpoint>(endpoint.endpoint).allocator = changetype<usize>(self.allocator);
}

/** The endpoint is paid for by nobody in particular; to be called before it goes. */
export function leave(endpoint: GuestEndpoint): void {
  if (!endpoint.payer) return;
  const next = endpoint.nextPaid;
  const previous = endpoint.previousPaid;
  if (next) changetype<GuestEndpoint>(next).previousPaid = previous;
  if (previous) changetype<GuestEndpoint>(previous).nextPaid = next;
  else changetype<GuestAllocator>(endpoint.payer).first = next;
  endpoint.payer = endpoint.nextPaid = endpoint.previousPaid = 0;
}

function payDefault(endpoint: GuestEndpoint): void {
  leave(endpoint);
  changetype<Endpoint>(endpoint.endpoint).allocator = changetype<usize>(defaultAllocator());
}
