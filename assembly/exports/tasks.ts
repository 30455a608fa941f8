// Exports of the direct face: tasks. Their ends are RUN and TASK entries of the completion ring.

import { SYSTEM } from "../base/priority";
import * as ring from "../exec/completion-ring";
import * as tasks from "../exec/tasks";
import { deadlineFrom } from "./arguments";

/** `count` of the host's own closures of this priority, in its own queue, may run: RUN entries add up to `count`. */
export function run_batch(count: i32, priority: u32): void {
  assert(priority <= SYSTEM);
  tasks.runMany(batchRan, priority, count, priority);
}

/**
 * A TASK entry at or after `deadlineNs` of the monotonic clock, up to `slackNs` later if that saves a wake-up; from
 * 2^63 on never. `mode` is SILENT (0) or CALLS (1). Returns the slot of its handle; result 0 is the generation. The
 * entry carries the slot, which may by then be another task's: whoever keeps things by slot moves them out when the
 * entry is put, that is right after a turn.
 */
export function task_at(deadlineNs: f64, mode: i32, slackNs: f64, priority: u32): u32 {
  assert((mode == tasks.SILENT || mode == tasks.CALLS) && priority <= SYSTEM);
  return handle(tasks.runAt(deadlineFrom(deadlineNs), ended, 0, <u8>mode, deadlineFrom(slackNs), priority));
}

/** A TASK entry soon, behind what is queued, that can be cancelled in the mode CALLS. Otherwise like `task_at`. */
export function task_run_with_status(): u32 {
  return handle(tasks.runWithStatus(ended, 0));
}

/** 1: the task had not begun. A SILENT one will have no entry, a CALLS one an entry with CANCELLED. */
export function task_cancel(slot: u32, generation: u32): bool {
  return tasks.cancel(slot, generation);
}

/** 1: the task had not begun, was cancelled or not, and will have no entry. */
export function task_drop(slot: u32, generation: u32): bool {
  return tasks.drop(slot, generation);
}

function handle(slot: u32): u32 {
  ring.setResult(0, tasks.lastGeneration);
  return slot;
}

function batchRan(priority: usize, count: i32): void {
  ring.push(ring.RUN, 0, 0, <u32>priority, <u32>count);
}

function ended(owner: usize): void {
  ring.push(ring.TASK, tasks.code, 0, tasks.currentSlot);
}
