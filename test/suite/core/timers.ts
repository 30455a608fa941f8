// Timers of the engine's own, and the clock of the turn.

import * as clock from "../../../assembly/time/clock";
import * as timers from "../../../assembly/time/timer-heap";
import { Timer } from "../../../assembly/time/timer-heap";
import * as monotonicClock from "../../../assembly/wasi/monotonic-clock";
import { body, equal, expect, note, noted, sequence } from "./harness";

const MILLISECOND_NS: u64 = 1_000_000;
let first: Timer = changetype<Timer>(0);
let second: Timer = changetype<Timer>(0);

function started(owner: usize, delayNs: u64): Timer {
  const timer = timers.create(note, owner);
  timers.schedule(timer, clock.after(delayNs));
  return timer;
}

function freeBoth(): void {
  timers.free(first);
  timers.free(second);
}

export function add(): void {
  body("timer-order", "should fire the earlier deadline first, whichever was started first")
    .then((): void => {
      first = started(2, 40 * MILLISECOND_NS);
      second = started(1, 5 * MILLISECOND_NS);
    })
    .until((): bool => noted() >= 2)
    .then((): void => {
      sequence([1, 2], "timers to fire by their deadlines");
      freeBoth();
    });
}
