// The probe of timers and the turn's clock. A timer that is due calls back into the test with its owner.

import * as clock from "../../../assembly/time/clock";
import * as timers from "../../../assembly/time/timer-heap";
import { Timer } from "../../../assembly/time/timer-heap";
import "../../../assembly/wasi/abort";

@external("test", "due")
declare function due(owner: usize): void;

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

export function cancel(timer: Timer): bool {
  return timers.cancel(timer);
}

export function earliestNs(): u64 {
  return timers.earliestNs();
}

export function runDue(nowNs: u64): void {
  timers.runDue(nowNs, i32.MAX_VALUE);
}

export function runSomeDue(nowNs: u64, countMax: i32): void {
  timers.runDue(nowNs, countMax);
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
