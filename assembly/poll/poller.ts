// The poller: waits in wasi:io/poll for hosts that do not turn us by hand. See wait-list.ts for hot and cold.

import { mark, release } from "../abi/arena";
import {
  COLD_POLL_SHARE, POLL_ITEM_NS, POLL_WINDOW, SILENCE_SHARE, STEPS_MAX,
} from "../base/limits";
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
// Where the next window of hot and of cold sources begins.
let hotSlot: i32 = 1;
let coldSlot: i32 = 1;
/** When the next window of cold sources may be polled although hot ones are busy. */
let coldDueNs: u64 = 0;
/** Slots of hot sources in a row that had nothing; when all had, it is time to wait. */
let quietSlots: i32 = 0;
/** Waiting for the hot sources alone brought nothing: now wait for all. */
let hotIsSilent: bool = false;

/**
 * Signals sources whose pollables are ready. Waits until `deadlineNs` when none is; returns at once when the
 * deadline is not after `nowNs`. With no source and no deadline it would wait for ever: that is refused.
 *
 *   few sources                  one poll of all
 *   many                         a window of cold ones, at most once per COLD_POLL_SHARE times its cost;
 *                                windows of hot ones, until a whole round found none;
 *                                then a wait for the hot ones, and when that brought nothing, for all
 */
export function work(nowNs: u64, deadlineNs: u64): void {
  assert(waitList.listed);
  waitList.demote(nowNs);
  const all = waitList.all();
  const hot = waitList.hot();
  if (all <= POLL_WINDOW || (hotIsSilent && deadlineNs > nowNs) || !hot) {
    hotIsSilent = false;
    pollSlots(1, all, nowNs, deadlineNs);
  } else if (hot < all && nowNs >= coldDueNs) {
    coldDueNs = nowNs + <u64>POLL_WINDOW * POLL_ITEM_NS * COLD_POLL_SHARE;
    if (coldSlot <= hot || coldSlot > all) coldSlot = hot + 1;
    const count = min(POLL_WINDOW, all + 1 - coldSlot);
    pollAtOnce(coldSlot, count);
    coldSlot += count;
  } else if (hot > POLL_WINDOW && quietSlots < hot) {
    if (hotSlot > hot) hotSlot = 1;
    const count = min(POLL_WINDOW, hot + 1 - hotSlot);
    const ready = pollAtOnce(hotSlot, count);
    // What was ready left its slot to one from the end, which the next round sees first: nobody is passed twice.
    hotSlot += count;
    quietSlots = ready ? 0 : quietSlots + count;
  } else {
    quietSlots = 0;
    const silentNs = nowNs + <u64>all * POLL_ITEM_NS * SILENCE_SHARE;
    const ready = pollSlots(1, hot, nowNs, min(deadlineNs, silentNs));
    hotIsSilent = !ready && hot < all && silentNs < deadlineNs;
  }
  spend(0);
}

/** Drops the poller's own pollable. */
export function close(): void {
  dropClock();
}

/** Polls `count` slots from `first` on; returns how many of them were ready. */
function pollSlots(first: i32, count: i32, nowNs: u64, deadlineNs: u64): i32 {
  if (deadlineNs <= nowNs) return count ? pollAtOnce(first, count) : 0;
  if (deadlineNs != NEVER) return pollWith(clockAt(deadlineNs), first, count);
  assert(count > 0);
  const position = mark();
  const ready = signalReady(poll.poll(waitList.from(first), count), first, false);
  release(position);
  return ready;
}

/**
 * A poll that does not wait, because a clock pollable of no duration is in it. That pollable is made anew each
 * time: Wasmtime lets its own I/O run when one is polled first, and never again for the same one.
 */
function pollAtOnce(first: i32, count: i32): i32 {
  const due = clock.subscribeDuration(0);
  const ready = pollWith(due, first, count);
  poll.drop(due);
  return ready;
}

/** Polls a clock pollable, in the slot before `first`, with the others. */
function pollWith(pollable: u32, first: i32, count: i32): i32 {
  const position = mark();
  const lent = waitList.lend(first - 1, pollable);
  const found = poll.poll(waitList.from(first - 1), count + 1);
  waitList.lend(first - 1, lent);
  const ready = signalReady(found, first - 1, true);
  release(position);
  return ready;
}

/**
 * Counts steps of a cooperative runtime, and lets it refill our share in time. Wasmtime's allows 128 between two
 * yields: every pollable that a poll finds ready is one, every permit, write and accept is one, and past the
 * last step everything looks not ready. With a hundred busy connections the same ones would always go empty.
 */
export function spend(count: i32): void {
  steps += count;
  if (steps <= STEPS_MAX) return;
  steps = 0;
  pollAtOnce(1, 0);
}

/**
 * Signals the sources of a poll that began at slot `first`; index 0 of a poll with a clock is no source.
 * Indexes become sources before any is signalled, because a signal moves entries of the list.
 */
function signalReady(found: i32, first: i32, clockIsFirst: bool): i32 {
  const indexes = poll.readyIndexes;
  let ready = 0;
  for (let i = 0; i < found; i++) {
    const index = load<i32>(indexes + (<usize>i << 2));
    if (index == 0 && clockIsFirst) continue;
    store<usize>(indexes + (<usize>(ready++) << 2), changetype<usize>(waitList.at(first + index)));
  }
  for (let i = 0; i < ready; i++) {
    readiness.signal(changetype<Source>(load<usize>(indexes + (<usize>i << 2))), waitList.latestNs);
  }
  steps += ready;
  return ready;
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
