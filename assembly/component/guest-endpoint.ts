// A connection as a guest holds it.
//
//   deposit() --> UNCLAIMED -- claim --> HELD -- drop --> DROPPED, while an operation is outstanding --> gone
//                     |                  |  ^                                                             ^
//                     |         register |  | release                                                     |
//                     |                  v  |                                                             |
//                     |          a descriptor's (descriptors.ts) -- drop, release-wasi -------------------+
//                     +------ abandon() ------------------------------------------------------------------+
//
// A record has one handle of the guest's, of the resource `endpoint` or `descriptor`, and who pays for its reads stays
// the same from one to the other.

import { Pool } from "../base/pool";
import * as endpoints from "../net/endpoint";
import { Endpoint } from "../net/endpoint";
import * as teardown from "../net/teardown";
import { allowsReads, defaultAllocator } from "./charges";
import * as claims from "./claims";
import * as payers from "./guest-allocator";

/** Lives until the guest dropped it and both operations have ended. */
@unmanaged
export class GuestEndpoint {
  /** 0: dropped. */
  endpoint: usize;
  /** The Descriptor that has the endpoint, or 0. */
  descriptor: usize;
  /** The outstanding operations, and the buffer that is read into; or 0. */
  readOp: usize;
  readBuffer: usize;
  writeOp: usize;
  /** The GuestAllocator that pays, or 0, and the others that it pays for (guest-allocator.ts). */
  payer: usize;
  nextPaid: usize;
  previousPaid: usize;
}

const pool = new Pool(offsetof<GuestEndpoint>());

export function create(endpoint: Endpoint): GuestEndpoint {
  endpoints.keepAddresses(endpoint);
  endpoint.allocator = changetype<usize>(defaultAllocator());
  const record = changetype<GuestEndpoint>(pool.take());
  record.endpoint = changetype<usize>(endpoint);
  return record;
}

/** Keeps an endpoint for a guest, who does not know of it yet; the result is the ticket to claim it with. */
export function deposit(endpoint: Endpoint): u32 {
  return claims.deposit(changetype<usize>(create(endpoint)), claims.ENDPOINT);
}

/** The event with this ticket will never be taken. */
export function abandon(ticket: u32): void {
  const record = claims.take(ticket, claims.ENDPOINT);
  if (record) drop(changetype<GuestEndpoint>(record));
}

export function drop(self: GuestEndpoint): void {
  teardown.destroy(letGo(self));
  freeIfDone(self);
}

/** The endpoint, which is the caller's from here. */
export function letGo(self: GuestEndpoint): Endpoint {
  payers.leave(self);
  const endpoint = changetype<Endpoint>(self.endpoint);
  self.endpoint = 0;
  return endpoint;
}

/** Whether there is memory to read into. */
export function mayRead(self: GuestEndpoint): bool {
  return self.payer != 0 || allowsReads();
}

/** To be called when an operation has ended. */
export function freeIfDone(self: GuestEndpoint): void {
  if (!self.endpoint && !self.readOp && !self.writeOp) pool.give(changetype<usize>(self));
}
