// Exports of the direct face: tasks. Their ends are RUN and TASK entries of the completion ring.

import * as ring from "../exec/completion-ring";
import * as tasks from "../exec/tasks";
import { deadlineFrom } from "./arguments";

/** `count` of the host's own closures, in its own queue, may run: RUN entries add up to `count`. */
export function run_batch(count: i32): void {
  tasks.runMany(batchRan, 0, count);
}

/**
 * A TASK entry at or after `deadlineNs` of the monotonic clock, up to `slackNs` later if that saves a wake-up; from
 * 2^63 on never. `mode` is SILENT (0) or CALLS (1). Returns the slot of its handle; result 0 is the generation. The
 * entry carries the slot, which may by then be another task's: whoever keeps things by slot moves them out when the
 * entry is put, that is right after a turn.
 */
export function task_at(deadlineNs: f64, mode: i32, slackNs: f64): u32 {
  assert(mode == tasks.SILENT || mode == tasks.CALLS);
  return handle(tasks.runAt(deadlineFrom(deadlineNs), ended, 0, <u8>mode, deadlineFrom(slackNs)));
}

/** A TASK entry soon, behind what is queued, that can be cancelled in the mode CALLS. Otherwise like `task_at`. */
export function task_run_with_status(): u32 {
  return handle(tasks.runWithStatus(ended, 0));
}

/** 1: the task had not begun. A SILENT one will have no entry, a CALLS one an entry with CANCELLED. */
export function task_cancel(slot: u32, generation: u32): bool {
  return tasks.cancel(slot, generation);
}

function handle(slot: u32): u32 {
  ring.setResult(0, tasks.lastGeneration);
  return slot;
}

function batchRan(owner: usize, count: i32): void {
  ring.push(ring.RUN, 0, 0, 0, <u32>count);
}

function ended(owner: usize): void {
  ring.push(ring.TASK, tasks.code, 0, tasks.currentSlot);
}
