// The probe of tasks, with the loop that runs them. Every function of a task calls `happened` with its kind (the
// constants below), its owner, the code, and a count that only batches have.

import { realloc } from "../../../assembly/abi/arena";
import * as loop from "../../../assembly/engine/loop";
import * as table from "../../../assembly/exec/task-table";
import * as tasks from "../../../assembly/exec/tasks";
import * as readiness from "../../../assembly/poll/readiness";
import { Source } from "../../../assembly/poll/source";
import * as clock from "../../../assembly/time/clock";
import * as timers from "../../../assembly/time/timer-heap";
import { Timer } from "../../../assembly/time/timer-heap";
import "../../../assembly/wasi/abort";

export { realloc as cabi_realloc };

const RUN: i32 = 0;
const BATCH: i32 = 1;
const TASK: i32 = 2;
const TIMER: i32 = 3;
const SOURCE: i32 = 4;

@external("test", "happened")
declare function happened(kind: i32, owner: usize, code: i32, count: i32): void;

export function run(owner: usize): void {
  tasks.run((who: usize): void => happened(RUN, who, tasks.code, 1), owner);
}

export function runAs(owner: usize, priority: u32): void {
  tasks.run((who: usize): void => happened(RUN, who, tasks.code, 1), owner, priority);
}

export function runMany(owner: usize, count: i32): void {
  tasks.runMany((who: usize, part: i32): void => happened(BATCH, who, tasks.code, part), owner, count);
}

export function runManyAs(owner: usize, count: i32, priority: u32): void {
  tasks.runMany((who: usize, part: i32): void => happened(BATCH, who, tasks.code, part), owner, count, priority);
}

export function runAt(deadlineNs: u64, owner: usize, mode: u8): u32 {
  return tasks.runAt(deadlineNs, (who: usize): void => happened(TASK, who, tasks.code, 1), owner, mode);
}

export function runAtAs(deadlineNs: u64, owner: usize, mode: u8, slackNs: u64, priority: u32): u32 {
  return tasks.runAt(
    deadlineNs, (who: usize): void => happened(TASK, who, tasks.code, 1), owner, mode, slackNs, priority);
}

export function runWithStatus(owner: usize): u32 {
  return tasks.runWithStatus((who: usize): void => happened(TASK, who, tasks.code, 1), owner);
}

export function runWithStatusAs(owner: usize, priority: u32): u32 {
  return tasks.runWithStatus((who: usize): void => happened(TASK, who, tasks.code, 1), owner, priority);
}

export function lastGeneration(): u32 {
  return tasks.lastGeneration;
}

export function currentSlot(): u32 {
  return tasks.currentSlot;
}

export function cancel(slot: u32, generation: u32): bool {
  return tasks.cancel(slot, generation);
}

export function drop(slot: u32, generation: u32): bool {
  return tasks.drop(slot, generation);
}

/** How many calls of this priority ran. */
export function ranCount(priority: u32): f64 {
  return <f64>tasks.ranCount(priority);
}

export function setTurnBound(calls: u32): void {
  loop.setTurnBound(calls);
}

export function shutDown(): i32 {
  return tasks.shutDown();
}

export function queuedCount(): i32 {
  return tasks.queuedCount;
}

export function liveCount(): i32 {
  return tasks.liveCount();
}

export function recordCount(): i32 {
  return table.liveCount();
}

export function scheduledCount(): i32 {
  return timers.scheduledCount();
}

export function isValid(): bool {
  return tasks.isValid() && timers.isValid();
}

/** Makes the next handle have this generation, to see the count wrap. */
export function setNextGeneration(generation: u32): void {
  timers.setNextOrder(generation);
}

// Others that want a part of the turn

/** A timer of the engine's own. */
export function timerCreate(owner: usize): Timer {
  return timers.create((who: usize): void => happened(TIMER, who, 0, 1), owner);
}

export function timerSchedule(timer: Timer, deadlineNs: u64): void {
  timers.schedule(timer, deadlineNs);
}

export function timerFree(timer: Timer): void {
  timers.free(timer);
}

export function sourceCreate(owner: usize): Source {
  return readiness.create((who: usize): void => happened(SOURCE, who, 0, 1), owner);
}

export function sourceHurry(source: Source): void {
  readiness.hurry(source);
}

export function sourceFree(source: Source): void {
  readiness.free(source);
}

/** A turn by hand; returns when the next one is wanted. */
export function turn(): f64 {
  loop.turnWith(0);
  return loop.nextTurnNs();
}

export function turnBlocking(): void {
  loop.turnBlocking();
}

export function nextTurnNs(): f64 {
  return loop.nextTurnNs();
}

export function nowNs(): u64 {
  return clock.now();
}

export function update(): void {
  clock.update();
}
