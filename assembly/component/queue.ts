// A completion queue as its guest holds it: with the operations that the guest began itself, which it ends by tag.

import { Pool } from "../base/pool";
import * as codes from "../base/status";
import * as queues from "../cq/completion-queue";
import { CompletionQueue } from "../cq/completion-queue";
import * as chains from "../cq/events";
import { Events } from "../cq/events";
import { Operation } from "../cq/operation";
import { QUEUE_COST, charge, discharge } from "./charges";

/** Begins with the guest's own operations, linked by tag. */
@unmanaged
export class GuestQueue extends Events {
  queue: CompletionQueue;
}

const pool = new Pool(offsetof<GuestQueue>(), 8);

export function create(queue: CompletionQueue): GuestQueue {
  charge(QUEUE_COST);
  const self = changetype<GuestQueue>(pool.take());
  chains.clear(self);
  self.queue = queue;
  return self;
}

/** Nobody can end the guest's own operations any more. */
export function destroy(self: GuestQueue): void {
  chains.takeAll(self, (operation: Operation): void => queues.dropOp(operation));
  chains.clear(self);
  queues.destroy(self.queue);
  pool.give(changetype<usize>(self));
  discharge(QUEUE_COST);
}

/** Begins an operation that the engine ends; null when it is refused. */
@inline export function begin(self: GuestQueue, tag: u64): Operation | null {
  return queues.beginOp(self.queue, tag);
}

/** Begins one that the guest ends. False when it is refused. */
export function beginOwn(self: GuestQueue, tag: u64): bool {
  const operation = begin(self, tag);
  if (!operation) return false;
  chains.append(self, operation, true);
  return true;
}

export function endOwn(self: GuestQueue, tag: u64, success: bool): void {
  const operation = chains.pick(self, tag);
  assert(operation !== null, "no operation with this tag was begun");
  queues.endOp(operation!, success ? codes.OK : codes.UNKNOWN);
}
