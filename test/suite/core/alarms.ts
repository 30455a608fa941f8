// Alarms: tasks with a deadline, slack and a priority. An alarm runs in [deadline, deadline + slack], and whatever
// wakes the engine in that span runs it.

import { HIGH, IMMEDIATE, LOW, MED, SYSTEM } from "../../../assembly/base/priority";
import * as tasks from "../../../assembly/exec/tasks";
import * as clock from "../../../assembly/time/clock";
import * as timers from "../../../assembly/time/timer-heap";
import * as monotonicClock from "../../../assembly/wasi/monotonic-clock";
import { body, equal, expect, note, noted, sequence } from "./harness";

const MILLISECOND_NS: u64 = 1_000_000;
const DAY_NS: u64 = 86_400_000_000_000;
const MANY: i32 = 50;

const slots: u32[] = [];
const generations: u32[] = [];
const deadlines: u64[] = [];
let seen: i32 = 0;
let turnsWithRuns: i32 = 0;

function alarm(deadlineNs: u64, slackNs: u64, owner: usize, priority: u32 = MED): void {
  deadlines.push(deadlineNs);
  slots.push(tasks.runAt(deadlineNs, noteUnlessEarly, owner, tasks.SILENT, slackNs, priority));
  generations.push(tasks.lastGeneration);
}

function cancelled(index: i32): bool {
  return tasks.cancel(slots[index], generations[index]);
}

/** The owner is the place in `deadlines`. */
function noteUnlessEarly(owner: usize): void {
  expect(monotonicClock.now() >= deadlines[<i32>owner], "no alarm before its deadline");
  note(owner);
}

export function add(): void {
  addSpans();
  addOrder();
}

function addSpans(): void {
  body("alarm-shared", "should run alarms whose spans overlap in one turn, at the end of the first one")
    .then((): void => {
      const startNs = clock.now() + 20 * MILLISECOND_NS;
      for (let i = 0; i < MANY; i++) alarm(startNs + <u64>i * 1000, 20 * MILLISECOND_NS, i);
    })
    .until((): bool => {
      turnsWithRuns += i32(noted() != seen);
      seen = noted();
      return seen == MANY;
    })
    .then((): void => {
      equal(turnsWithRuns, 1, "turns in which alarms ran");
      const wanted: i64[] = [];
      for (let i = 0; i < MANY; i++) wanted.push(i);
      sequence(wanted, "the order of their deadlines");
    });

  body("alarm-early", "should run an alarm that has time with the next turn after its deadline, whoever made it")
    .then((): void => {
      alarm(clock.after(2 * MILLISECOND_NS), DAY_NS, 0);
      alarm(clock.after(10 * MILLISECOND_NS), DAY_NS, 1);
      alarm(clock.after(DAY_NS), DAY_NS, 2);
      alarm(clock.after(30 * MILLISECOND_NS), 0, 3);
    })
    .until((): bool => noted() >= 3)
    .then((): void => {
      sequence([0, 1, 3], "all that are due");
      expect(cancelled(2), "the one that is not due to wait still");
    });

  body("alarm-endless", "should not wake up for an alarm with endless slack, and run it when it is awake")
    .then((): void => {
      const before = timers.earliestNs();
      alarm(clock.after(MILLISECOND_NS), u64.MAX_VALUE, 0);
      alarm(clock.after(MILLISECOND_NS), u64.MAX_VALUE, 1);
      equal(timers.earliestNs(), before, "the time of the next turn");
      expect(cancelled(1), "an alarm that waits to be cancelled");
      alarm(clock.after(20 * MILLISECOND_NS), 0, 2);
    })
    .until((): bool => noted() >= 2)
    .then((): void => sequence([0, 2], "both, and not the cancelled one"));

  body("alarm-spans", "should run a thousand alarms of all kinds of slack, each once and none early")
    .then((): void => {
      for (let i = 0; i < 1000; i++) {
        const slackNs = <u64>((i * 104_729) % 7) * 3 * MILLISECOND_NS;
        alarm(clock.after(<u64>((i * 7919) % 500) * 100_000), slackNs, i, <u32>(i % 5));
      }
    })
    .until((): bool => noted() >= 1000)
    .then((): void => {
      equal(noted(), 1000, "runs");
      for (let i = 0; i < 1000; i++) expect(!cancelled(i), "what has run not to be cancelled");
    });

  body("alarm-cancelled", "should not wake up for alarms that were cancelled, and run the others")
    .then((): void => {
      for (let i = 0; i < 1000; i++) alarm(clock.after(DAY_NS + <u64>i), <u64>i * MILLISECOND_NS, i);
      const nextNs = timers.earliestNs();
      for (let i = 0; i < 1000; i++) expect(cancelled(i), "an alarm that waits to be cancelled");
      alarm(clock.after(2 * DAY_NS), DAY_NS, 0);
      expect(nextNs <= timers.earliestNs(), "no turn for what is cancelled");
      expect(cancelled(1000), "the last one to be cancelled");
      alarm(clock.after(5 * MILLISECOND_NS), 5 * MILLISECOND_NS, 1001);
    })
    .until((): bool => noted() > 0)
    .then((): void => sequence([1001], "the one that is left"));
}

function addOrder(): void {
  body("alarm-priority", "should run alarms that are due in one turn by their priority, then by their deadline")
    .then((): void => {
      const deadlineNs = clock.after(5 * MILLISECOND_NS);
      alarm(deadlineNs, 0, 0, LOW);
      alarm(deadlineNs, 0, 1, SYSTEM);
      alarm(deadlineNs, 0, 2, IMMEDIATE);
      alarm(deadlineNs - 1, MILLISECOND_NS, 3, LOW);
      alarm(deadlineNs - 2, MILLISECOND_NS, 4, IMMEDIATE);
      alarm(deadlineNs - 3, 3, 5, MED);
    })
    .until((): bool => noted() >= 6)
    .then((): void => sequence([1, 4, 2, 5, 3, 0], "the order of their priorities"));

  body("alarm-behind", "should run an alarm behind what was queued before, of its priority")
    .then((): void => {
      alarm(0, 0, 0, HIGH);
      tasks.run(note, 10, HIGH);
      tasks.run(note, 11, LOW);
      tasks.run(note, 12, SYSTEM);
    })
    .until((): bool => noted() >= 4)
    .then((): void => sequence([12, 10, 0, 11], "the order within a turn"));
}
