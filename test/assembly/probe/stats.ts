// The probe of the statistics and of the bound of a turn: that of the loop, with tasks, and histograms of its own.

import * as histogram from "../../../assembly/base/histogram";
import * as loop from "../../../assembly/engine/loop";
import * as stats from "../../../assembly/engine/stats";
import * as tasks from "../../../assembly/exec/tasks";
import * as timers from "../../../assembly/time/timer-heap";

export * from "./poll";

@external("test", "run")
declare function ran(owner: usize): i32;

export function isKnown(kind: u32): bool {
  return stats.isKnown(kind);
}

export function statistic(kind: u32): u64 {
  return stats.value(kind);
}

export function setTurnBound(calls: u32): void {
  loop.setTurnBound(calls);
}

export function turnWithoutIo(boundNs: u64): void {
  loop.turnWithoutIo(boundNs);
}

export function runTask(owner: usize, priority: u32): void {
  tasks.run((taskOwner: usize): void => {
    ran(taskOwner);
  }, owner, priority);
}

export function runTasks(owner: usize, count: i32, priority: u32): void {
  tasks.runMany((taskOwner: usize, some: i32): void => {
    while (some-- > 0) ran(taskOwner);
  }, owner, count, priority);
}

/** Runs at `deadlineNs`, or up to `slackNs` later. */
export function runTaskAt(deadlineNs: u64, owner: usize, slackNs: u64, priority: u32): void {
  tasks.runAt(deadlineNs, (taskOwner: usize): void => {
    ran(taskOwner);
  }, owner, tasks.SILENT, slackNs, priority);
}

export function scheduledCount(): i32 {
  return timers.scheduledCount();
}

export function queuedCount(): i32 {
  return tasks.queuedCount;
}

// A histogram of its own

export function histogramCreate(): usize {
  const words = heap.alloc(histogram.HISTOGRAM_BYTES);
  memory.fill(words, 0, histogram.HISTOGRAM_BYTES);
  return words;
}

export function histogramRecord(words: usize, timeNs: u64): void {
  histogram.record(words, timeNs);
}

export function histogramSum(words: usize): u64 {
  return histogram.sum(words);
}

export function histogramCount(words: usize): u64 {
  return histogram.count(words);
}

export function histogramBucket(words: usize, bucket: u32): u64 {
  return histogram.bucketAt(words, bucket);
}

export function histogramBelow(words: usize, share: u64): u64 {
  return histogram.below(words, share);
}
