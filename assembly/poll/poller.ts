// The poller: waits in wasi:io/poll for hosts that do not turn us by hand. See wait-list.ts for hot and cold.

import { mark, release } from "../abi/arena";
import { COLD_POLL_SHARE, COLD_SMALL, POLL_ITEM_NS, STEPS_MAX, STEPS_PER_EVENT } from "../base/limits";
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
/** Steps that a cooperative runtime has counted since we last yielded to it; an upper estimate. */
let steps: i32 = 0;
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

/** Drops the poller's own pollable. */
export function close(): void {
  dropClock();
}

function pollFirst(count: i32, nowNs: u64, deadlineNs: u64): void {
  const position = mark();
  let clocks = 1;
  let ready: i32;
  if (deadlineNs <= nowNs) {
    if (!count) return;
    ready = pollAtOnce(count);
  } else if (deadlineNs != NEVER) {
    ready = poll.poll(waitList.withClock(clockAt(deadlineNs)), count + 1);
  } else {
    assert(count > 0);
    clocks = 0;
    ready = poll.poll(waitList.withoutClock(), count);
  }
  signalReady(ready, 1 - clocks, nowNs);
  steps += ready * STEPS_PER_EVENT;
  if (steps > STEPS_MAX) yieldOnce();
  release(position);
}

/**
 * Lets a cooperative runtime refill our share. Wasmtime's allows 128 steps between two yields: every pollable
 * that a poll finds ready is one, every check-write and accept is one, and past the last step everything looks
 * not ready. With more than a hundred busy connections the writes would then starve behind the reads.
 */
function yieldOnce(): void {
  steps = 0;
  pollAtOnce(0);
}

/**
 * A poll that does not wait, because a clock pollable of no duration is in it. That pollable is made anew each
 * time: Wasmtime lets its own I/O run when one is polled first, and never again for the same one.
 */
function pollAtOnce(count: i32): i32 {
  const due = clock.subscribeDuration(0);
  const ready = poll.poll(waitList.withClock(due), count + 1);
  poll.drop(due);
  return ready;
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
