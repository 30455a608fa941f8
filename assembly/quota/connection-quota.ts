// A connection quota: how many connections may be open, and none more while memory is nearly used up.

import { Pool } from "../base/pool";
import * as quotas from "./memory-quota";
import { MemoryQuota } from "./memory-quota";

/** Pressure from which on no connection is let in. */
const PRESSURE_MAX: f64 = 0.99;

@unmanaged
export class ConnectionQuota {
  maximum: u32;
  active: u32;
  isSet: bool;
}

const pool = new Pool(offsetof<ConnectionQuota>(), 4);

/** A quota without a limit. The caller owns it until `destroy`. */
export function create(): ConnectionQuota {
  const quota = changetype<ConnectionQuota>(pool.take());
  quota.maximum = u32.MAX_VALUE;
  return quota;
}

/** Every connection must have been released. */
export function destroy(quota: ConnectionQuota): void {
  assert(quota.active == 0, "destroyed while in use");
  pool.give(changetype<usize>(quota));
}

/** Once: whoever lets connections in relies on it. */
export function setMaximum(quota: ConnectionQuota, maximum: u32): void {
  assert(!quota.isSet, "the maximum of a connection quota is set once");
  quota.isSet = true;
  quota.maximum = maximum;
}

/** True when the connection may stay; the caller gives it back with `release`. */
export function admit(quota: ConnectionQuota, memory: MemoryQuota): bool {
  if (quota.active >= quota.maximum || quotas.pressureOf(memory) > PRESSURE_MAX) return false;
  quota.active++;
  return true;
}

export function release(quota: ConnectionQuota): void {
  assert(quota.active != 0, "released more than admitted");
  quota.active--;
}

/** Quotas that were not destroyed. */
export function liveConnectionQuotas(): i32 {
  return pool.live;
}
