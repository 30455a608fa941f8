// An operation: what somebody began on a completion queue under a tag. The same record is its event once it has ended,
// so what is outstanding and what is not delivered yet are bounded together.
//
//   take() --> BEGUN: `queue` is set -- it ends --> ENDED: linked into events, `queue` is 0 -- deliver() --> gone
//                                    -- it is dropped -- give() --------------------------------------------^

import { OPERATIONS_MAX } from "../base/limits";
import { Pool } from "../base/pool";

@unmanaged
export class Operation {
  /** Next event of the same chain (events.ts). */
  next: usize;
  /** The queue that it was begun on, 0 once it has ended. */
  queue: usize;
  /** The owner's own; the engine only compares it. */
  tag: u64;
  /** What came of it, such as an endpoint. Belongs to whoever takes the event. */
  value: u32;
  /** base/status.ts; OK is success. */
  code: u8;
  /** net/reason.ts, 0 for none. */
  reason: u8;
}

const pool = new Pool(offsetof<Operation>(), 512);

// The event that was delivered last. To be read right after the call that delivered it.
export let eventTag: u64 = 0;
export let eventCode: u8 = 0;
export let eventReason: u8 = 0;
export let eventValue: u32 = 0;

/** Events that were delivered since the latest `forgetDelivered`; see waiting.ts. */
export let deliveredCount: i32 = 0;

export function forgetDelivered(): void {
  deliveredCount = 0;
}

@inline export function hasRoom(): bool {
  return pool.live < OPERATIONS_MAX;
}

/** Null when OPERATIONS_MAX are outstanding or not delivered yet. */
@inline export function take(queue: usize, tag: u64): Operation | null {
  return hasRoom() ? takeBeyond(queue, tag) : null;
}

/** The same without a bound, for the one event that every shutdown may make. */
export function takeBeyond(queue: usize, tag: u64): Operation {
  const operation = changetype<Operation>(pool.take());
  operation.queue = queue;
  operation.tag = tag;
  return operation;
}

export function give(operation: Operation): void {
  operation.queue = 0;
  pool.give(changetype<usize>(operation));
}

/** Makes the event readable and gives the record back. */
export function deliver(operation: Operation): void {
  deliveredCount++;
  eventTag = operation.tag;
  eventCode = operation.code;
  eventReason = operation.reason;
  eventValue = operation.value;
  give(operation);
}

/** Operations that have not ended, and events that were not delivered. */
export function liveCount(): i32 {
  return pool.live;
}
