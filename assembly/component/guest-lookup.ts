// A resolver as a guest holds it, and its look-ups, each until its result was claimed.
//
//                     done: its event has a ticket                claim
//   begin() --> ASKED ----------------------------> ANSWERED ---------------> gone
//                 |                                     |                       ^
//                 |                                     +-- its queue is gone --+
//                 |                                     +-- drop of resolver ---+
//                 +-- cancel() -------------------------------------------------+
//                 +-- drop of resolver --> ORPHANED -- done: its event has no ticket

import { LOOKUPS_MAX, READS_OVERCOMMIT_MAX } from "../base/limits";
import { Pool } from "../base/pool";
import * as queues from "../cq/completion-queue";
import { Operation } from "../cq/operation";
import * as failures from "../dns/failure";
import * as lookups from "../dns/lookup";
import * as resolvers from "../dns/resolver";
import { Resolver, ResolverOptions } from "../dns/resolver";
import * as results from "../dns/result";
import { Result } from "../dns/result";
import { CANCELLED, codeOf } from "../net/reason";
import * as allocators from "../quota/memory-allocator";
import { MemoryAllocator } from "../quota/memory-allocator";
import { MemoryQuota } from "../quota/memory-quota";
import { OUT_OF_MEMORY } from "../wasi/error-code";
import { LOOKUP_COST, RESOLVER_COST, charge, discharge, hasRoom } from "./charges";
import * as claims from "./claims";
import { GuestQueue, begin as beginOperation } from "./queue";

@unmanaged
export class GuestResolver {
  resolver: Resolver;
  /** Its own, of the quota that pays, which therefore lives as long. */
  allocator: MemoryAllocator;
  /** The latest of its look-ups, ASKED and ANSWERED, or 0. */
  first: usize;
}

@unmanaged
export class GuestLookup {
  next: usize;
  previous: usize;
  /** The GuestResolver; 0: ORPHANED. */
  resolver: usize;
  /** ASKED and ORPHANED: what ends with an event. */
  operation: usize;
  /** ANSWERED: the result, of which one reference is ours, and the ticket. */
  result: usize;
  ticket: u32;
  /** What its result is when it is not a failure (dns/result.ts). */
  kind: u8;
}

const resolverPool = new Pool(offsetof<GuestResolver>(), 8);
const pool = new Pool(offsetof<GuestLookup>());

/** Null: `resolvers.createFailure` says why. */
export function createResolver(options: ResolverOptions, quota: MemoryQuota): GuestResolver | null {
  charge(RESOLVER_COST);
  const allocator = allocators.create(quota);
  const resolver = resolvers.create(options, allocator);
  if (!resolver) {
    allocators.shutdown(allocator);
    discharge(RESOLVER_COST);
    return null;
  }
  const self = changetype<GuestResolver>(resolverPool.take());
  self.resolver = resolver;
  self.allocator = allocator;
  return self;
}

export function dropResolver(self: GuestResolver): void {
  while (self.first) {
    const lookup = changetype<GuestLookup>(self.first);
    if (lookup.result) {
      claims.take(lookup.ticket, claims.LOOKUP);
      end(lookup);
    } else {
      leave(lookup);
    }
  }
  resolvers.destroy(self.resolver);
  allocators.shutdown(self.allocator);
  resolverPool.give(changetype<usize>(self));
  discharge(RESOLVER_COST);
}

/** Null when it is refused. Otherwise the look-up is to begin, with `done` below, and the record as its owner. */
export function begin(self: GuestResolver, queue: GuestQueue, tag: u64, kind: u8): GuestLookup | null {
  if (pool.live == LOOKUPS_MAX || !hasRoom(LOOKUP_COST)) return null;
  const operation = beginOperation(queue, tag);
  if (!operation) return null;
  charge(LOOKUP_COST);
  const lookup = changetype<GuestLookup>(pool.take());
  lookup.kind = kind;
  lookup.operation = changetype<usize>(operation);
  lookup.resolver = changetype<usize>(self);
  lookup.next = self.first;
  if (self.first) changetype<GuestLookup>(self.first).previous = changetype<usize>(lookup);
  self.first = changetype<usize>(lookup);
  return lookup;
}

/** True: it will have no event. */
export function cancel(slot: u32, generation: u32): bool {
  const lookup = changetype<GuestLookup>(lookups.ownerOf(slot, generation));
  if (!lookups.cancel(slot, generation)) return false;
  queues.dropOp(changetype<Operation>(lookup.operation));
  end(lookup);
  return true;
}

export function done(owner: usize): void {
  const lookup = changetype<GuestLookup>(owner);
  const result = affordable(lookups.lastResult, lookup.resolver);
  const operation = changetype<Operation>(lookup.operation);
  // What an orphan found went with its resolver.
  const reason = lookup.resolver ? result.reason : <u8>CANCELLED;
  lookup.result = changetype<usize>(result);
  if (lookup.resolver) lookup.ticket = claims.deposit(owner, claims.LOOKUP);
  const ticket = lookup.ticket;
  if (queues.endOp(operation, codeOf(reason), reason, ticket) && ticket) return;
  if (ticket) claims.take(ticket, claims.LOOKUP);
  end(lookup);
}

/** The result of the look-up with this ticket, whose reference is the caller's; null when there is none. */
export function claim(ticket: u64, kind: u8): Result | null {
  const lookup = changetype<GuestLookup>(claims.take(ticket, claims.LOOKUP));
  if (!lookup) return null;
  assert(lookup.kind == kind, "the ticket of a look-up of another kind");
  const result = results.retain(changetype<Result>(lookup.result));
  end(lookup);
  return result;
}

/** A failure in place of a result that goes too far beyond the quota: it is kept for a guest that may never come. */
function affordable(result: Result, resolver: usize): Result {
  if (!resolver || result.kind == results.FAILURE) return result;
  const allocator = changetype<GuestResolver>(resolver).allocator;
  if (allocator.quota.freeBytes >= -READS_OVERCOMMIT_MAX) return result;
  results.release(result);
  failures.beginWords("no memory for what was found");
  return failures.finish(allocator, OUT_OF_MEMORY);
}

function end(lookup: GuestLookup): void {
  leave(lookup);
  if (lookup.result) results.release(changetype<Result>(lookup.result));
  pool.give(changetype<usize>(lookup));
  discharge(LOOKUP_COST);
}

/** It does not belong to its resolver any more. */
function leave(lookup: GuestLookup): void {
  const self = changetype<GuestResolver>(lookup.resolver);
  if (!self) return;
  const next = lookup.next;
  const previous = lookup.previous;
  if (next) changetype<GuestLookup>(next).previous = previous;
  if (previous) changetype<GuestLookup>(previous).next = next;
  else self.first = next;
  lookup.resolver = lookup.next = lookup.previous = 0;
}
