// A connection as a guest holds it.
//
//   deposit() --> UNCLAIMED -- claim --> HELD -- drop --> DROPPED, while an operation is outstanding --> gone
//                     +------ abandon() ------------------------------------------------------------------^

import { Pool } from "../base/pool";
import * as endpoints from "../net/endpoint";
import { Endpoint } from "../net/endpoint";
import * as teardown from "../net/teardown";
import { defaultAllocator } from "./charges";
import * as claims from "./claims";
import * as payers from "./guest-allocator";

/** Lives until the guest dropped it and both operations have ended. */
@unmanaged
export class GuestEndpoint {
  /** 0: dropped. */
  endpoint: usize;
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

/** Keeps an endpoint for a guest, who does not know of it yet; the result is the ticket to claim it with. */
export function deposit(endpoint: Endpoint): u32 {
  endpoints.keepAddresses(endpoint);
  endpoint.allocator = changetype<usize>(defaultAllocator());
  const record = changetype<GuestEndpoint>(pool.take());
  record.endpoint = changetype<usize>(endpoint);
  return claims.deposit(changetype<usize>(record), claims.ENDPOINT);
}

/** The event with this ticket will never be taken. */
export function abandon(ticket: u32): void {
  const record = claims.take(ticket, claims.ENDPOINT);
  if (record) drop(changetype<GuestEndpoint>(record));
}

export function drop(self: GuestEndpoint): void {
  payers.leave(self);
  teardown.destroy(changetype<Endpoint>(self.endpoint));
  self.endpoint = 0;
  freeIfDone(self);
}

/** To be called when an operation has ended. */
export function freeIfDone(self: GuestEndpoint): void {
  if (!self.endpoint && !self.readOp && !self.writeOp) pool.give(changetype<usize>(self));
}
