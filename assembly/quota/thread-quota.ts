// A thread quota: how many threads its users may run together. Reserving beyond it is refused, not delayed.

import { Pool } from "../base/pool";

@unmanaged
export class ThreadQuota {
  maximum: u32;
  reserved: u32;
}

const pool = new Pool(offsetof<ThreadQuota>(), 4);

/** A quota without a limit. The caller owns it until `destroy`. */
export function create(): ThreadQuota {
  const quota = changetype<ThreadQuota>(pool.take());
  quota.maximum = u32.MAX_VALUE;
  return quota;
}

/** Every thread must have been released. */
export function destroy(quota: ThreadQuota): void {
  assert(quota.reserved == 0, "destroyed while in use");
  pool.give(changetype<usize>(quota));
}

/** May be less than what is reserved: those stay, and no more are granted until they are below it. */
export function setMaximum(quota: ThreadQuota, maximum: u32): void {
  quota.maximum = maximum;
}

/** True when all of them were granted; false when none was. */
export function reserve(quota: ThreadQuota, threads: u32): bool {
  if (quota.reserved > quota.maximum || threads > quota.maximum - quota.reserved) return false;
  quota.reserved += threads;
  return true;
}

export function release(quota: ThreadQuota, threads: u32): void {
  assert(threads <= quota.reserved, "released more than reserved");
  quota.reserved -= threads;
}

/** Quotas that were not destroyed. */
export function liveThreadQuotas(): i32 {
  return pool.live;
}
