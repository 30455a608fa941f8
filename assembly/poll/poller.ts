// The poller: waits in wasi:io/poll for hosts that do not turn us by hand. See wait-list.ts for hot and cold.
//
//   few sources                  one poll of all
//   many                         a window of cold ones, at most once per COLD_POLL_SHARE times its cost;
//                                windows of hot ones, until a whole round found none;
//                                then a wait for the hot ones, and when that brought nothing, for all
//
// Whatever was asked for and was not ready goes behind the newest of its queue, so everyone's turn comes.

import { mark, release } from "../abi/arena";
import {
  COLD_POLL_SHARE, POLL_ITEM_NS, POLL_WINDOW, SILENCE_SHARE, STEPS_ALLOWED, STEPS_MAX,
} from "../base/limits";
import { WordVector } from "../base/word-vector";
import * as clock from "../wasi/monotonic-clock";
import * as poll from "../wasi/poll";
import * as readiness from "./readiness";
import { Source } from "./source";
import * as waitList from "./wait-list";
import { WaitQueue } from "./wait-queue";

/** No deadline. */
export const NEVER: u64 = u64.MAX_VALUE;

/** The list of the poll that runs: a clock pollable, then handles. */
const list = new WordVector(256);
/** The list of a yield, which may come while `list` is in use. */
const yieldHandle = new WordVector(1);
yieldHandle.push(0);
// One clock pollable for the earliest deadline, kept while the deadline stays the same.
let clockPollable: u32 = 0;
let clockDeadlineNs: u64 = NEVER;
/** Steps that a cooperative runtime has counted since we last yielded to it; an upper estimate. */
let steps: i32 = 0;
/** When the next window of cold sources may be polled although hot ones are busy. */
let coldDueNs: u64 = 0;
/** Hot sources in a row that had nothing; when all had, it is time to wait. */
let quietCount: i32 = 0;
/** Waiting for the hot sources alone brought nothing: now wait for all. */
let hotIsSilent: bool = false;

/**
 * Signals sources whose pollables are ready. Waits until `deadlineNs` when none is; returns at once when the
 * deadline is not after `nowNs`. With no source and no deadline it would wait for ever: that is refused.
 */
export function work(nowNs: u64, deadlineNs: u64): void {
  assert(waitList.listed);
  waitList.setNow(nowNs);
  const all = waitList.all();
  if (all <= POLL_WINDOW || !waitList.hot.length || (hotIsSilent && deadlineNs > nowNs)) {
    hotIsSilent = false;
    pollBoth(waitList.hot.length, waitList.cold.length, deadlineNs);
  } else {
    const cold = waitList.cold.length;
    if (cold && nowNs >= coldDueNs) {
      coldDueNs = nowNs + <u64>POLL_WINDOW * POLL_ITEM_NS * COLD_POLL_SHARE;
      if (pollWindow(waitList.cold, min(POLL_WINDOW, cold), nowNs)) deadlineNs = nowNs;
    }
    pollHot(nowNs, deadlineNs);
  }
  spend(0);
  readiness.runPrompt();
}

/** Waits for the time alone, and looks at no source. */
export function sleep(nowNs: u64, deadlineNs: u64): void {
  waitList.setNow(nowNs);
  pollBoth(0, 0, deadlineNs);
}

/**
 * Counts steps of a cooperative runtime, and lets it refill our share in time. Wasmtime's allows 128 between two
 * yields: every pollable that a poll finds ready is one, every permit, write and accept is one, and past the
 * last step everything looks not ready. With a hundred busy connections the same ones would always go empty.
 */
export function spend(count: i32): void {
  steps += count;
  if (steps > STEPS_MAX) yieldOnce();
}

/** Drops the poller's own pollable. */
export function close(): void {
  dropClock();
}

/** Many wait, and some of them are hot: windows while a round still finds something, then a wait. */
function pollHot(nowNs: u64, deadlineNs: u64): void {
  const hot = waitList.hot.length;
  if (hot > POLL_WINDOW && quietCount < hot) {
    quietCount = pollWindow(waitList.hot, POLL_WINDOW, nowNs) ? 0 : quietCount + POLL_WINDOW;
    return;
  }
  quietCount = 0;
  const all = waitList.all();
  const silentNs = nowNs + <u64>all * POLL_ITEM_NS * SILENCE_SHARE;
  const ready = hot <= POLL_WINDOW
    ? pollWindow(waitList.hot, hot, min(deadlineNs, silentNs))
    : pollBoth(hot, 0, min(deadlineNs, silentNs));
  hotIsSilent = !ready && hot < all && silentNs < deadlineNs;
}

/** Polls the `count` oldest of `queue` and moves those that are not ready behind the newest. */
function pollWindow(queue: WaitQueue, count: i32, deadlineNs: u64): i32 {
  const position = mark();
  list.length = 0;
  list.extend(count + 1);
  queue.copyHandles(list.start + 4, count);
  const found = pollList(count, deadlineNs);
  const indexes = poll.readyIndexes;
  for (let i = 0; i < found; i++) {
    const index = load<i32>(indexes + (<usize>i << 2)) + firstIndex;
    if (index) queue.at(index - 1).isReady = true;
  }
  let ready = 0;
  for (let i = 0; i < count; i++) {
    const source = queue.shift();
    if (source.isReady) {
      source.isReady = false;
      readiness.wake(source, waitList.nowNs);
      ready++;
    } else {
      waitList.putBack(source);
    }
  }
  steps += ready;
  release(position);
  return ready;
}

/** Polls all of both queues, or `coldCount` 0; those that are not ready stay where they are. */
function pollBoth(hotCount: i32, coldCount: i32, deadlineNs: u64): i32 {
  const position = mark();
  const count = hotCount + coldCount;
  list.length = 0;
  list.extend(count + 1);
  waitList.hot.copyHandles(list.start + 4, hotCount);
  waitList.cold.copyHandles(list.start + 4 + (<usize>hotCount << 2), coldCount);
  const found = pollList(count, deadlineNs);
  const indexes = poll.readyIndexes;
  let ready = 0;
  for (let i = 0; i < found; i++) { // indexes become sources before a signal moves entries of the queues
    const index = load<i32>(indexes + (<usize>i << 2)) + firstIndex - 1;
    if (index < 0) continue;
    const source = index < hotCount ? waitList.hot.at(index) : waitList.cold.at(index - hotCount);
    store<usize>(indexes + (<usize>(ready++) << 2), changetype<usize>(source));
  }
  for (let i = 0; i < ready; i++) {
    readiness.signal(changetype<Source>(load<usize>(indexes + (<usize>i << 2))), waitList.nowNs);
  }
  steps += ready;
  release(position);
  return ready;
}

/** What is to be added to an index of the latest poll to get one of `list`: 0 with a clock in it, 1 without. */
let firstIndex: i32 = 0;

/** Polls `count` handles from `list` slot 1 on, with the clock in slot 0 if a deadline wants one. */
function pollList(count: i32, deadlineNs: u64): i32 {
  firstIndex = 0;
  if (!count && deadlineNs <= waitList.nowNs) return 0;
  if (steps && steps + count > STEPS_ALLOWED) yieldOnce();
  if (deadlineNs <= waitList.nowNs) return pollAtOnce(count);
  if (deadlineNs != NEVER) {
    list.set(0, clockAt(deadlineNs));
    return poll.poll(list.start, count + 1);
  }
  assert(count > 0, "this wait could never end");
  firstIndex = 1;
  return poll.poll(list.start + 4, count);
}

/**
 * A poll that does not wait, because a clock pollable of no duration is in it. That pollable is made anew each
 * time: Wasmtime lets its own I/O run when one is polled first, and never again for the same one.
 */
function pollAtOnce(count: i32): i32 {
  const due = clock.subscribeDuration(0);
  list.set(0, due);
  const found = poll.poll(list.start, count + 1);
  poll.drop(due);
  return found;
}

/** Polls nothing but a fresh clock pollable, which a cooperative runtime takes as a yield. */
function yieldOnce(): void {
  steps = 0;
  const position = mark();
  yieldHandle.set(0, clock.subscribeDuration(0));
  poll.poll(yieldHandle.start, 1);
  poll.drop(yieldHandle.get(0));
  release(position);
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
