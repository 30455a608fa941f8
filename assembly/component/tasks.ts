// The interface `tasks`.

import { MED } from "../base/priority";
import * as tasks from "../exec/tasks";
import * as monotonicClock from "../wasi/monotonic-clock";
import { begin, GuestQueue } from "./queue";
import * as guestTasks from "./guest-tasks";
import { none, PENDING, presentPair, REFUSED } from "./results";

export function tasks$now(): u64 {
  return monotonicClock.now();
}

export function tasks$run(queue: GuestQueue, tag: u64): i32 {
  const operation = begin(queue, tag);
  if (!operation) return REFUSED;
  guestTasks.run(operation, MED);
  return PENDING;
}

export function tasks$runAt(queue: GuestQueue, tag: u64, deadline: u64, slack: u64, cancellation: u32): usize {
  const operation = begin(queue, tag);
  return operation ? presentPair(
    guestTasks.runAt(operation, deadline, slack, <u8>cancellation), tasks.lastGeneration) : none();
}

export function tasks$cancel(slot: u32, generation: u32): bool {
  return guestTasks.cancel(slot, generation);
}
