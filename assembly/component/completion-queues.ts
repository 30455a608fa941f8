// The interface `completion-queues`.

import { RETURN_AREA } from "../abi/return-area";
import { EVENTS_PER_CALL_MAX } from "../base/limits";
import { Pool } from "../base/pool";
import * as status from "../base/status";
import * as callbackQueue from "../cq/callbacks";
import * as queues from "../cq/completion-queue";
import { CompletionQueue } from "../cq/completion-queue";
import * as factories from "../cq/factory";
import * as operations from "../cq/operation";
import * as pollables from "../cq/pollable";
import * as waiting from "../cq/waiting";
import { INVALID_ARGUMENT } from "../wasi/error-code";
import { FACTORY_COST, POLLABLE_COST, charge, discharge } from "./charges";
import * as own from "./queue";
import { GuestQueue } from "./queue";
import { newCompletionQueue, newFactory, newPollable } from "./resources";
import { failed, list, listSpace, ok, reasonCase, releaseLists } from "./results";

@unmanaged
class Factory {
  /** A word of cq/factory.ts. */
  attributes: u32;
  shutdownTag: u64;
}

const factoryPool = new Pool(offsetof<Factory>(), 4);
const EVENT_BYTES: u32 = 24;

export function completionQueues$static$factory$lookup(
  version: u32, completionType: u32, pollingType: u32, shutdownTag: u64,
): usize {
  const attributes = factories.lookup(version, completionType, pollingType);
  if (!attributes || (shutdownTag && (completionType != queues.CALLBACK || version < 2))) {
    return failed(status.INVALID_ARGUMENT, INVALID_ARGUMENT, 4);
  }
  charge(FACTORY_COST);
  const factory = changetype<Factory>(factoryPool.take());
  factory.attributes = attributes;
  factory.shutdownTag = shutdownTag;
  return ok(newFactory(changetype<usize>(factory)));
}

export function completionQueues$method$factory$create(factory: Factory): u32 {
  return made(factories.create(factory.attributes, factory.shutdownTag));
}

export function completionQueues$dtor$factory(factory: Factory): void {
  factoryPool.give(changetype<usize>(factory));
  discharge(FACTORY_COST);
}

export function completionQueues$static$completionQueue$createForNext(): u32 {
  return made(factories.createForNext());
}

export function completionQueues$static$completionQueue$createForPluck(): u32 {
  return made(factories.createForPluck());
}

export function completionQueues$static$completionQueue$createForCallback(shutdownTag: u64): u32 {
  return made(factories.createForCallback(shutdownTag));
}

export function completionQueues$method$completionQueue$beginOp(self: GuestQueue, tag: u64): bool {
  return own.beginOwn(self, tag);
}

export function completionQueues$method$completionQueue$endOp(self: GuestQueue, tag: u64, success: bool): void {
  own.endOwn(self, tag, success);
}

export function completionQueues$method$completionQueue$next(self: GuestQueue, deadline: u64): usize {
  putEvent(RETURN_AREA, waiting.next(self.queue, deadline));
  return RETURN_AREA;
}

export function completionQueues$method$completionQueue$nextBatch(
  self: GuestQueue, most: u32, deadline: u64,
): usize {
  const events = spaceFor(most);
  let type = waiting.next(self.queue, deadline);
  let count: u32 = 0;
  do {
    putEvent(events + <usize>(count++ * EVENT_BYTES), type);
    type = waiting.OP_COMPLETE;
  } while (count < most && queues.take(self.queue));
  return list(events, count);
}

export function completionQueues$post$method$completionQueue$nextBatch(area: usize): void {
  releaseLists();
}

export function completionQueues$method$completionQueue$pluck(self: GuestQueue, tag: u64, deadline: u64): usize {
  putEvent(RETURN_AREA, waiting.pluck(self.queue, tag, deadline));
  return RETURN_AREA;
}

export function completionQueues$method$completionQueue$shutdown(self: GuestQueue): void {
  queues.shutdown(self.queue);
}

export function completionQueues$method$completionQueue$subscribe(self: GuestQueue): u32 {
  charge(POLLABLE_COST);
  return newPollable(changetype<usize>(pollables.ofQueue(self.queue)));
}

export function completionQueues$dtor$completionQueue(self: GuestQueue): void {
  own.destroy(self);
}

export function completionQueues$callbacks(most: u32, deadline: u64): usize {
  const events = spaceFor(most);
  let count: u32 = 0;
  if (waiting.callbacks(deadline)) {
    do {
      putEvent(events + <usize>(count++ * EVENT_BYTES), waiting.OP_COMPLETE);
    } while (count < most && callbackQueue.takeCallback());
  }
  return list(events, count);
}

export function completionQueues$post$callbacks(area: usize): void {
  releaseLists();
}

function made(queue: CompletionQueue): u32 {
  return newCompletionQueue(changetype<usize>(own.create(queue)));
}

function spaceFor(most: u32): usize {
  assert(most && most <= EVENTS_PER_CALL_MAX, "from 1 to 1024 events can be taken at once");
  return listSpace(most * EVENT_BYTES);
}

/** The event that was taken last, or one without an operation. */
function putEvent(target: usize, type: u8): void {
  const isComplete = type == waiting.OP_COMPLETE;
  const code: u8 = isComplete ? operations.eventCode : status.OK;
  store<u8>(target, type);
  store<u8>(target, u8(isComplete && code == status.OK), 1);
  store<u8>(target, code, 2);
  store<u8>(target, isComplete ? reasonCase(operations.eventReason) : 0, 3);
  store<u64>(target, isComplete ? operations.eventTag : 0, 8);
  store<u64>(target, isComplete ? <u64>operations.eventValue : 0, 16);
}
