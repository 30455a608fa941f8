// What the memory quota needs of the loop: a task for what must not happen inline, and the time once per turn.

import * as tasks from "../exec/tasks";
import * as due from "../quota/due";
import * as quotas from "../quota/memory-quota";
import { MemoryQuota } from "../quota/memory-quota";
import * as clock from "../time/clock";

/** No quota with a limit was made yet: nobody asks for the time. */
let hasLimits: bool = false;

due.onDue(schedule);

/** A quota of `sizeBytes`; the caller owns it. */
export function createQuota(sizeBytes: i64): MemoryQuota {
  watch(sizeBytes);
  return quotas.create(sizeBytes);
}

export function setQuotaSize(quota: MemoryQuota, sizeBytes: i64): void {
  watch(sizeBytes);
  quotas.setSize(quota, sizeBytes);
}

/** Once per turn: pressure moves in rounds of a second, if anything has a limit. */
export function tick(): void {
  if (hasLimits) quotas.tick(clock.now());
}

function watch(sizeBytes: i64): void {
  if (sizeBytes != quotas.UNLIMITED) hasLimits = true;
}

function schedule(): void {
  tasks.run(runDue, 0);
}

function runDue(owner: usize): void {
  due.runDue();
}
