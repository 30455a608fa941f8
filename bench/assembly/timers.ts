// Timers inside the component: added, cancelled, replaced and fired with many pending. See vs/libuv-timers.c, which
// does the same with libuv.

import { TURN_CALLS_DEFAULT } from "../../assembly/base/limits";
import * as tasks from "../../assembly/exec/tasks";
import * as timers from "../../assembly/time/timer-heap";
import * as figures from "./figures";
import * as random from "./random";

/** A random word times this many nanoseconds: an hour. */
const RANGE_STEP_NS: u64 = 3_600_000_000_000 >> 32;
const FAR_NS: u64 = 3_700_000_000_000;
const HANDLE_BYTES: usize = 8;

let pending: u32 = 0;
/** Per timer its slot and its generation. */
let handles: usize = 0;
let fired: u32 = 0;
let firedSum: u64 = 0;
/** The time that the timers are given: it goes on by more than an hour when they shall fire. */
let nowNs: u64 = 1_000_000_000;

function onTimer(owner: usize): void {
  fired++;
  firedSum += owner;
}

@inline function add(index: u32): void {
  const handle = handles + <usize>index * HANDLE_BYTES;
  const deadlineNs = nowNs + 1_000_000 + <u64>random.word() * RANGE_STEP_NS;
  store<u32>(handle, tasks.runAt(deadlineNs, onTimer, index, tasks.SILENT));
  store<u32>(handle, tasks.lastGeneration, 4);
}

@inline function cancel(index: u32): u32 {
  const handle = handles + <usize>index * HANDLE_BYTES;
  return u32(tasks.cancel(load<u32>(handle), load<u32>(handle, 4)));
}

function addAll(): void {
  for (let i: u32 = 0; i < pending; i++) add(i);
}

function cancelAll(order: usize): void {
  let cancelled: u32 = 0;
  for (let i: u32 = 0; i < pending; i++) cancelled += cancel(load<u32>(order + (<usize>i << 2)));
  figures.verify(cancelled == pending, "a pending timer was not cancelled");
}

function replaceAll(): void {
  let cancelled: u32 = 0;
  for (let i: u32 = 0; i < pending; i++) {
    const index = random.below(pending);
    cancelled += cancel(index);
    add(index);
  }
  figures.verify(cancelled == pending, "a pending timer was not cancelled");
}

/** The steps of the loop's turns that are about timers and tasks, with the bounds of one turn. */
function fireAll(): void {
  fired = 0;
  firedSum = 0;
  nowNs += FAR_NS;
  while (timers.earliestNs() <= nowNs) {
    timers.runDue(nowNs, TURN_CALLS_DEFAULT, tasks.whenDue);
    tasks.beginTurn(TURN_CALLS_DEFAULT);
    while (tasks.runNext()) {}
  }
  figures.verify(fired == pending, "not every timer fired");
  figures.verify(firedSum == <u64>pending * (pending - 1) / 2, "not every timer fired once");
}

export function measure(size: u32, operations: u32): void {
  pending = size;
  handles = heap.alloc(<usize>size * HANDLE_BYTES);
  const order = random.shuffled(size);
  const cycles = (operations + size - 1) / size;
  let added: f64 = 0, cancelled: f64 = 0, replaced: f64 = 0, firedNs: f64 = 0;
  for (let cycle: u32 = 0; cycle < cycles; cycle++) {
    figures.startWatch();
    addAll();
    added += figures.watch();
    figures.startWatch();
    cancelAll(order);
    cancelled += figures.watch();
    addAll();
    figures.startWatch();
    replaceAll();
    replaced += figures.watch();
    cancelAll(order);
    addAll();
    figures.startWatch();
    fireAll();
    firedNs += figures.watch();
  }
  heap.free(order);
  heap.free(handles);
  figures.verify(tasks.liveCount() == 0, "a task is left");
  const count = <f64>cycles * <f64>size;
  figures.add("add", added, count);
  figures.add("cancel", cancelled, count);
  figures.add("replace", replaced, count);
  figures.add("fire", firedNs, count);
}
