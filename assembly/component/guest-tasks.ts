// Tasks whose run is an event. Their kinds are told apart by their functions:
//
//   fired    SILENT       cancelled, or at the shutdown: no event
//   ended    COMPLETES    either way an event, CANCELLED
//   rang     an alarm     cancelled: no event, the canceller has its tag; at the shutdown an event, CANCELLED

import * as codes from "../base/status";
import * as queues from "../cq/completion-queue";
import { Operation } from "../cq/operation";
import * as table from "../exec/task-table";
import { INVALID, Task } from "../exec/task-table";
import * as tasks from "../exec/tasks";
import { CANCELLED } from "../net/reason";

/** Of the alarm that was cancelled last. */
export let cancelledTag: u64 = 0;

export function run(operation: Operation, priority: u32): void {
  tasks.run(ran, changetype<usize>(operation), priority);
}

/** Returns the slot; the generation is `tasks.lastGeneration`. After the shutdown it is cancelled at once. */
export function runAt(operation: Operation, deadlineNs: u64, slackNs: u64, mode: u8): u32 {
  const owner = changetype<usize>(operation);
  if (mode == tasks.CALLS) return tasks.runAt(deadlineNs, ended, owner, tasks.CALLS, slackNs);
  const slot = tasks.runAt(deadlineNs, fired, owner, tasks.SILENT, slackNs);
  if (slot == INVALID) queues.dropOp(operation);
  return slot;
}

/** Like `runAt`. */
export function alarm(operation: Operation, deadlineNs: u64, slackNs: u64, priority: u32): u32 {
  const slot = tasks.runAt(deadlineNs, rang, changetype<usize>(operation), tasks.SILENT, slackNs, priority);
  if (slot == INVALID) endCancelled(operation);
  return slot;
}

export function cancel(slot: u32, generation: u32): bool {
  const task = table.find(slot, generation);
  if (!task || task.run == rang.index) return false;
  const isSilent = task.run == fired.index;
  const operation = operationOf(task);
  if (!tasks.cancel(slot, generation)) return false;
  if (isSilent) queues.dropOp(operation);
  return true;
}

/** True: there will be no event, and its tag is `cancelledTag`. */
export function cancelAlarm(slot: u32, generation: u32): bool {
  const task = table.find(slot, generation);
  if (!task || task.run != rang.index) return false;
  const operation = operationOf(task);
  tasks.cancel(slot, generation);
  cancelledTag = operation.tag;
  queues.dropOp(operation);
  return true;
}

/** Cancels the silent ones, and returns how many there were; and alarms. */
export function dropSilent(): u32 {
  let dropped: u32 = 0;
  for (let slot: u32 = 0; slot < table.slotCount; slot++) {
    const task = table.at(slot);
    if (!task.order) continue;
    if (task.run == fired.index) {
      dropped++;
      cancel(slot, task.order);
    } else if (task.run == rang.index) {
      const operation = operationOf(task);
      tasks.cancel(slot, task.order);
      endCancelled(operation);
    }
  }
  return dropped;
}

@inline function operationOf(task: Task): Operation {
  return changetype<Operation>(task.owner);
}

function endCancelled(operation: Operation): void {
  queues.endOp(operation, codes.CANCELLED, <u8>CANCELLED);
}

function ran(owner: usize): void {
  queues.endOp(changetype<Operation>(owner), codes.OK);
}

function fired(owner: usize): void {
  ran(owner);
}

function rang(owner: usize): void {
  ran(owner);
}

function ended(owner: usize): void {
  if (tasks.code) endCancelled(changetype<Operation>(owner));
  else ran(owner);
}
