// The probe of timers and the turn's clock. A timer that is due calls back into the test with its owner.

import * as clock from "../../../assembly/time/clock";
import * as timers from "../../../assembly/time/timer-heap";
import { DIRECT, Timer } from "../../../assembly/time/timer";
import "../../../assembly/wasi/abort";

@external("test", "due")
declare function due(owner: usize): void;

@external("test", "handed-over")
declare function handedOver(owner: usize): void;

export function create(owner: usize): Timer {
  return timers.create((timerOwner: usize): void => due(timerOwner), owner);
}

export function free(timer: Timer): void {
  timers.free(timer);
}

export function liveCount(): i32 {
  return timers.liveCount();
}

export function schedule(timer: Timer, deadlineNs: u64): void {
  timers.schedule(timer, deadlineNs);
}

export function scheduleWithSlack(timer: Timer, deadlineNs: u64, slackNs: u64): void {
  timers.schedule(timer, deadlineNs, slackNs);
}

export function cancel(timer: Timer): bool {
  return timers.cancel(timer);
}

export function earliestNs(): u64 {
  return timers.earliestNs();
}

export function runDue(nowNs: u64): void {
  runSomeDue(nowNs, i32.MAX_VALUE);
}

export function runSomeDue(nowNs: u64, countMax: i32): void {
  timers.runDue(nowNs, countMax, (timer: Timer): void => handedOver(timer.owner));
}

/** A timer that is handed over when it is due. */
export function createOther(owner: usize): Timer {
  const timer = create(owner);
  timer.bits = DIRECT + 1;
  return timer;
}

export function scheduledCount(): i32 {
  return timers.scheduledCount();
}

export function entryCount(): i32 {
  return timers.entryCount();
}

export function nearCount(): i32 {
  return timers.nearCount();
}

export function setNextOrder(order: u32): void {
  timers.setNextOrder(order);
}

export function isValid(): bool {
  return timers.isValid();
}

export function nowNs(): u64 {
  return clock.now();
}

export function update(): void {
  clock.update();
}

export function after(spanNs: u64): u64 {
  return clock.after(spanNs);
}
