// Waits on completion queues in bodies. Where the engine waits in wasi:io/poll a body simply waits. Where a host turns
// the engine by hand nothing may block: there the rounds of a wait lie between the turns of the host, who always polls
// everything, and only accepting can be held back.

import * as queues from "../../../assembly/cq/completion-queue";
import { CompletionQueue } from "../../../assembly/cq/completion-queue";
import * as operations from "../../../assembly/cq/operation";
import { Operation } from "../../../assembly/cq/operation";
import * as waiting from "../../../assembly/cq/waiting";
import { PENDING } from "../../../assembly/cq/waiting";
import * as tasks from "../../../assembly/exec/tasks";
import * as listeners from "../../../assembly/net/listener";
import * as waitList from "../../../assembly/poll/wait-list";
import * as clock from "../../../assembly/time/clock";
import { NEVER } from "../../../assembly/time/timer-heap";
import { equal, expect } from "./harness";

let queue: CompletionQueue = changetype<CompletionQueue>(0);
let deadlineNs: u64 = 0;
let tag: u64 = 0;
let isFirst: bool = true;
/** The task that wakes a host at the deadline. */
let slot: u32 = 0;
let generation: u32 = 0;
/** How the latest wait ended. */
export let outcome: u8 = PENDING;

/** Whether waits block here, so that what they poll is theirs to say. */
export function canBlock(): bool {
  return waitList.listed;
}

export function startNext(on: CompletionQueue, deadline: u64): void {
  queue = on;
  deadlineNs = deadline;
  outcome = PENDING;
  isFirst = true;
  if (canBlock() || deadline == NEVER) return;
  slot = tasks.runAt(deadline, (owner: usize): void => {}, 0, tasks.SILENT);
  generation = tasks.lastGeneration;
}

export function startPluck(on: CompletionQueue, wanted: u64, deadline: u64): void {
  startNext(on, deadline);
  tag = wanted;
}

/** To be asked until it is true. */
export function isOver(): bool {
  const isPluck = queue.completionType == queues.PLUCK;
  if (canBlock()) {
    outcome = isPluck ? waiting.pluck(queue, tag, deadlineNs) : waiting.next(queue, deadlineNs);
    return true;
  }
  if (queue.pollingType == queues.NON_LISTENING) listeners.hold();
  else listeners.letGo();
  outcome = isPluck
    ? waiting.attemptPluck(queue, tag, deadlineNs, isFirst)
    : waiting.attemptNext(queue, deadlineNs, isFirst);
  const wasFirst = isFirst;
  isFirst = false;
  if (outcome == PENDING) {
    // The first look finds no timeout, and the task of the deadline may have run before it: a turn has to come.
    if (wasFirst && clock.now() >= deadlineNs) tasks.run((owner: usize): void => {}, 0);
    return false;
  }
  tasks.cancel(slot, generation);
  return true;
}

/** The latest wait ended with a successful event of this tag. */
export function expectEvent(wanted: u64): void {
  equal(outcome, waiting.OP_COMPLETE, "as the type of the event");
  equal(<i64>operations.eventTag, <i64>wanted, "as the tag");
  equal(operations.eventCode, 0, "as the code");
}

export function begin(on: CompletionQueue, tagged: u64): Operation {
  const operation = queues.beginOp(on, tagged);
  expect(operation != null, "an operation to begin");
  return operation!;
}

/** Begins and ends. */
export function pass(on: CompletionQueue, tagged: u64): void {
  expect(queues.endOp(begin(on, tagged), 0), "an event");
}
