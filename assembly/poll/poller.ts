// The poller: waits in wasi:io/poll for hosts that do not turn us by hand. See wait-list.ts for hot and cold.

import { mark, release } from "../abi/arena";
import { COLD_POLL_SHARE, COLD_SMALL, POLL_ITEM_NS } from "../base/limits";
import * as clock from "../wasi/monotonic-clock";
import * as poll from "../wasi/poll";
import * as readiness from "./readiness";
import { Source } from "./source";
import * as waitList from "./wait-list";

/** No deadline. */
export const NEVER: u64 = u64.MAX_VALUE;

// One clock pollable for the earliest deadline, kept while the deadline stays the same.
let clockPollable: u32 = 0;
let clockDeadlineNs: u64 = NEVER;
// One pollable that is always ready: it makes a poll return at once.
let alwaysReady: u32 = 0;
/** When the cold sources may be polled again. */
let coldDueNs: u64 = 0;

/**
 * Signals every source whose pollable is ready. Waits until `deadlineNs` when nothing is; returns at once when
 * the deadline is not after `nowNs`. With no source and no deadline it would wait for ever: that is refused.
 */
export function work(nowNs: u64, deadlineNs: u64): void {
  assert(waitList.listed);
  waitList.demote(nowNs);
  let count = waitList.all();
  const hot = waitList.hot();
  const cold = count - hot;
  if (cold > COLD_SMALL) {
    if (hot > 0 && nowNs < coldDueNs) {
      count = hot;
      deadlineNs = min(deadlineNs, coldDueNs);
    } else {
      coldDueNs = nowNs + <u64>count * POLL_ITEM_NS * COLD_POLL_SHARE;
    }
  }
  pollFirst(count, nowNs, deadlineNs);
}

/** Drops the poller's own pollables. */
export function close(): void {
  dropClock();
  if (alwaysReady) poll.drop(alwaysReady);
  alwaysReady = 0;
}

function pollFirst(count: i32, nowNs: u64, deadlineNs: u64): void {
  const position = mark();
  let clocks = 1;
  let ready: i32;
  if (deadlineNs <= nowNs) {
    if (!count) return;
    if (!alwaysReady) alwaysReady = clock.subscribeDuration(0);
    ready = poll.poll(waitList.withClock(alwaysReady), count + 1);
  } else if (deadlineNs != NEVER) {
    ready = poll.poll(waitList.withClock(clockAt(deadlineNs)), count + 1);
  } else {
    assert(count > 0);
    clocks = 0;
    ready = poll.poll(waitList.withoutClock(), count);
  }
  signalReady(ready, 1 - clocks, nowNs);
  release(position);
}

/** Indexes become sources before any is signalled, because a signal moves entries of the list. */
function signalReady(ready: i32, slotOfIndexZero: i32, nowNs: u64): void {
  const indexes = poll.readyIndexes;
  for (let i = 0; i < ready; i++) {
    const at = indexes + (<usize>i << 2);
    const slot = load<i32>(at) + slotOfIndexZero;
    store<usize>(at, slot ? changetype<usize>(waitList.at(slot)) : 0);
  }
  for (let i = 0; i < ready; i++) {
    const found = load<usize>(indexes + (<usize>i << 2));
    if (found) readiness.signal(changetype<Source>(found), nowNs);
  }
}

function clockAt(deadlineNs: u64): u32 {
  if (clockPollable && clockDeadlineNs == deadlineNs) return clockPollable;
  dropClock();
  clockDeadlineNs = deadlineNs;
  clockPollable = clock.subscribeInstant(deadlineNs);
  return clockPollable;
}

function dropClock(): void {
  if (clockPollable) poll.drop(clockPollable);
  clockPollable = 0;
}
