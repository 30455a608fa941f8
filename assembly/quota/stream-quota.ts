// A stream quota: how many streams all connections together may have open, shared out by a limit per connection.
//
//   mean = maximum / connections        spare = (maximum - open) / connections         both once per second
//
//   a connection with `open` streams          may have
//   nothing is spare                          one less than it has, but one at least
//   it is the only connection                 mean
//   open < mean                               what is spare more, up to mean
//   open < 2 mean                             one more
//   otherwise                                 2 mean

import { Pool } from "../base/pool";

/** The maximum and the limit that mean "as many as one likes". */
export const UNLIMITED: u32 = u32.MAX_VALUE;
const ROUND_NS: u64 = 1_000_000_000;

@unmanaged
export class StreamQuota {
  maximum: u32;
  openStreams: u32;
  connections: u32;
  /** Of the latest round. */
  mean: u32;
  spare: u32;
  nextRoundNs: u64;
}

const pool = new Pool(offsetof<StreamQuota>(), 4);

/** A quota without a limit. The caller owns it until `destroy`. */
export function create(): StreamQuota {
  const quota = changetype<StreamQuota>(pool.take());
  quota.maximum = UNLIMITED;
  return quota;
}

/** Every connection must have been removed and every stream closed. */
export function destroy(quota: StreamQuota): void {
  assert(quota.connections == 0 && quota.openStreams == 0, "destroyed while in use");
  pool.give(changetype<usize>(quota));
}

/** Holds from the next round on. */
export function setMaximum(quota: StreamQuota, maximum: u32): void {
  quota.maximum = maximum;
}

export function addConnection(quota: StreamQuota): void {
  quota.connections++;
  assert(quota.connections != 0);
}

export function removeConnection(quota: StreamQuota): void {
  assert(quota.connections != 0, "more connections removed than were added");
  quota.connections--;
}

export function openStream(quota: StreamQuota): void {
  quota.openStreams++;
  assert(quota.openStreams != 0);
}

export function closeStream(quota: StreamQuota): void {
  assert(quota.openStreams != 0, "more streams closed than were opened");
  quota.openStreams--;
}

/** Shares out anew if the round is over, and at the first call. */
export function tick(quota: StreamQuota, nowNs: u64): void {
  if (nowNs < quota.nextRoundNs) return;
  quota.nextRoundNs = nowNs + ROUND_NS;
  const connections = max(quota.connections, 1);
  const left = quota.maximum > quota.openStreams ? quota.maximum - quota.openStreams : 0;
  quota.mean = quota.maximum / connections;
  quota.spare = left / connections;
}

/** Streams that a connection which has `open` of them may have by the latest round. */
export function limitOf(quota: StreamQuota, open: u32): u32 {
  if (quota.maximum == UNLIMITED) return UNLIMITED;
  if (quota.spare == 0) return open > 1 ? open - 1 : 1;
  const mean = quota.mean;
  if (quota.connections <= 1) return mean;
  if (open < mean) return open + min(quota.spare, mean - open);
  return open - mean < mean ? open + 1 : mean << 1;
}

/** Quotas that were not destroyed. */
export function liveStreamQuotas(): i32 {
  return pool.live;
}
