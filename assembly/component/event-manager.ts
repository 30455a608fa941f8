// The interface `event-manager`.

import * as tasks from "../exec/tasks";
import * as guestTasks from "./guest-tasks";
import * as hold from "./hold";
import { begin, GuestQueue } from "./queue";
import { none, PENDING, presentPair, presentWide, REFUSED, releaseLists } from "./results";

/** Bytes of a record `task` in a list. */
const TASK_BYTES: usize = 16;

export function eventManager$runFunction(queue: GuestQueue, tag: u64, priority: u32): i32 {
  return runOne(queue, tag, priority) ? PENDING : REFUSED;
}

export function eventManager$runFunctions(queue: GuestQueue, list: usize, count: u32): u32 {
  let began: u32 = 0;
  for (let task = list; began < count; task += TASK_BYTES) {
    if (!runOne(queue, load<u64>(task), load<u8>(task, 8))) break;
    began++;
  }
  releaseLists();
  return began;
}

export function eventManager$scheduleAlarm(
  queue: GuestQueue, tag: u64, deadline: u64, slack: u64, priority: u32,
): usize {
  const operation = begin(queue, tag);
  return operation ? presentPair(guestTasks.alarm(operation, deadline, slack, priority), tasks.lastGeneration)
    : none();
}

export function eventManager$consistentCancel(slot: u32, generation: u32): usize {
  return guestTasks.cancelAlarm(slot, generation) ? presentWide(guestTasks.cancelledTag) : none();
}

export function eventManager$shutdownRef(): void {
  hold.ref();
}

export function eventManager$shutdownUnref(): void {
  hold.unref();
}

function runOne(queue: GuestQueue, tag: u64, priority: u32): bool {
  const operation = begin(queue, tag);
  if (!operation) return false;
  guestTasks.run(operation, priority);
  return true;
}
