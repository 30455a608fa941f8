// Tasks whose run is an event. An operation that is cancelled silently ends without one.

import * as codes from "../base/status";
import * as queues from "../cq/completion-queue";
import { Operation } from "../cq/operation";
import * as table from "../exec/task-table";
import { INVALID } from "../exec/task-table";
import * as tasks from "../exec/tasks";
import { CANCELLED } from "../net/reason";

export function run(operation: Operation): void {
  tasks.run(ran, changetype<usize>(operation));
}

/** Returns the slot; the generation is `tasks.lastGeneration`. After the shutdown it is cancelled at once. */
export function runAt(operation: Operation, deadlineNs: u64, slackNs: u64, mode: u8): u32 {
  const owner = changetype<usize>(operation);
  if (mode == tasks.CALLS) return tasks.runAt(deadlineNs, ended, owner, tasks.CALLS, slackNs);
  const slot = tasks.runAt(deadlineNs, fired, owner, tasks.SILENT, slackNs);
  if (slot == INVALID) queues.dropOp(operation);
  return slot;
}

export function cancel(slot: u32, generation: u32): bool {
  const task = table.find(slot, generation);
  if (!task) return false;
  const isSilent = task.run == fired.index;
  const owner = task.owner;
  if (!tasks.cancel(slot, generation)) return false;
  if (isSilent) queues.dropOp(changetype<Operation>(owner));
  return true;
}

/** Cancels the silent ones, and returns how many there were. */
export function dropSilent(): u32 {
  let dropped: u32 = 0;
  for (let slot: u32 = 0; slot < table.slotCount; slot++) {
    const task = table.at(slot);
    if (task.order && task.run == fired.index && cancel(slot, task.order)) dropped++;
  }
  return dropped;
}

function ran(owner: usize): void {
  queues.endOp(changetype<Operation>(owner), codes.OK);
}

/** Another function than `ran`, so that the silent ones are told apart. */
function fired(owner: usize): void {
  ran(owner);
}

function ended(owner: usize): void {
  queues.endOp(changetype<Operation>(owner), tasks.code, tasks.code ? <u8>CANCELLED : 0);
}
