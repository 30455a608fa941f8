// Tasks with a deadline: never early, earlier ones first, and what cancelling does to them.

import { CANCELLED, OK } from "../../../assembly/base/status";
import * as tasks from "../../../assembly/exec/tasks";
import * as clock from "../../../assembly/time/clock";
import * as monotonicClock from "../../../assembly/wasi/monotonic-clock";
import { body, equal, expect, note, noted, sequence } from "./harness";

const MILLISECOND_NS: u64 = 1_000_000;
const DAY_NS: u64 = 86_400_000_000_000;
const MANY: i32 = 100_000;

const slots: u32[] = [];
const generations: u32[] = [];
const deadlines: u64[] = [];
let late: i32 = 0;

/** Starts a task and keeps its handle at the next place. */
function started(deadlineNs: u64, run: (owner: usize) => void, owner: usize, mode: u8 = tasks.SILENT): void {
  slots.push(tasks.runAt(deadlineNs, run, owner, mode));
  generations.push(tasks.lastGeneration);
}

function cancelled(index: i32): bool {
  return tasks.cancel(slots[index], generations[index]);
}

function noteUnlessEarly(owner: usize): void {
  const nowNs = monotonicClock.now();
  expect(nowNs >= deadlines[<i32>owner], "no task before its deadline");
  note(owner);
}

function noteCode(owner: usize): void {
  note(tasks.code);
}

function cancelSelf(owner: usize): void {
  note(<usize>cancelled(0));
}

function cancelOther(owner: usize): void {
  note(<usize>cancelled(1));
  started(clock.after(MILLISECOND_NS), note, 5);
}

export function add(): void {
  addTimes();
  addCancels();
  addModes();
}

function addTimes(): void {
  body("deadline-past", "should run tasks of the past and of now soon, and never inside the call")
    .then((): void => {
      started(0, note, 1);
      started(clock.now() - 1, note, 2);
      started(clock.now(), note, 3);
      equal(noted(), 0, "runs inside the call");
    })
    .until((): bool => noted() >= 3)
    .then((): void => sequence([1, 2, 3], "the order of their deadlines"));

  body("deadline-never-early", "should run a hundred tasks of a few milliseconds, none of them early")
    .then((): void => {
      for (let i = 0; i < 100; i++) {
        deadlines.push(monotonicClock.now() + <u64>((i * 7919) % 100) * 317_000);
        started(deadlines[i], noteUnlessEarly, i);
      }
    })
    .until((): bool => noted() >= 100)
    .then((): void => equal(noted(), 100, "runs"));

  body("deadline-order", "should run the earlier deadline first, whichever was given first")
    .then((): void => {
      started(clock.after(30 * MILLISECOND_NS), note, 3);
      started(clock.after(20 * MILLISECOND_NS), note, 2);
      started(clock.after(0), note, 1);
    })
    .until((): bool => noted() >= 3)
    .then((): void => sequence([1, 2, 3], "the order of their deadlines"));

  body("deadline-equal", "should run tasks of one deadline in the order in which they were given")
    .then((): void => {
      const deadlineNs = clock.after(2 * MILLISECOND_NS);
      for (let i = 0; i < 2000; i++) started(deadlineNs, note, i);
    })
    .until((): bool => noted() >= 2000)
    .then((): void => {
      const wanted: i64[] = [];
      for (let i = 0; i < 2000; i++) wanted.push(i);
      sequence(wanted, "the order of the calls");
    });

  body("deadline-far", "should keep a hundred thousand tasks of 25 days and of the clock's end, and run the near ones")
    .then((): void => {
      for (let i = 0; i < MANY; i++) {
        let deadlineNs = clock.after(25 * DAY_NS + <u64>i);
        if (i % 4 == 1) deadlineNs = i64.MAX_VALUE - 1;
        if (i % 4 == 2) deadlineNs = u64.MAX_VALUE;
        if (i % 1000 == 3) deadlineNs = clock.after(<u64>i * 100);
        started(deadlineNs, note, i);
      }
    })
    .until((): bool => noted() >= MANY / 1000)
    .then((): void => {
      const wanted: i64[] = [];
      for (let i = 3; i < MANY; i += 1000) wanted.push(i);
      sequence(wanted, "the near ones, by their deadlines");
      for (let i = 0; i < MANY; i++) expect(cancelled(i) == (i % 1000 != 3), "only those that wait to be cancelled");
    });
}

function addCancels(): void {
  body("cancel-pending", "should cancel what has not run, which then never runs")
    .then((): void => {
      started(clock.after(MILLISECOND_NS), note, 1);
      started(clock.after(3 * MILLISECOND_NS), note, 2);
      expect(cancelled(0), "a pending task to be cancelled");
    })
    .until((): bool => noted() > 0)
    .then((): void => sequence([2], "only the other task"));

  body("cancel-day", "should cancel a task of 24 hours")
    .then((): void => {
      started(clock.after(DAY_NS), note, 1);
      expect(cancelled(0), "a pending task to be cancelled");
    });

  body("cancel-late", "should refuse to cancel what has run, and what was cancelled before")
    .then((): void => {
      started(0, note, 1);
      started(clock.after(DAY_NS), note, 2);
      expect(cancelled(1), "a pending task to be cancelled");
      expect(!cancelled(1), "the second cancel to be refused");
    })
    .until((): bool => noted() == 1)
    .then((): void => expect(!cancelled(0), "a task that has run not to be cancelled"));

  body("cancel-unknown", "should refuse handles that nobody gave out")
    .then((): void => {
      expect(!tasks.cancel(0xffff_ffff, 0xffff_ffff), "the invalid handle to be refused");
      expect(!tasks.cancel(0, 0), "a handle of no task to be refused");
      expect(!tasks.cancel(12345, 1), "an unknown slot to be refused");
      started(clock.after(DAY_NS), note, 1);
      expect(!tasks.cancel(slots[0], generations[0] + 1), "another generation to be refused");
      expect(!tasks.cancel(slots[0] + 1, generations[0]), "another slot to be refused");
      expect(cancelled(0), "the true handle to work still");
    });

  body("cancel-stale", "should refuse the handle of a slot that serves another task by now")
    .then((): void => {
      for (let i = 0; i < 1000; i++) {
        started(clock.after(DAY_NS), note, i);
        if (i) expect(!cancelled(i - 1), "a stale handle to be refused");
        expect(i == 0 || slots[i] == slots[i - 1], "a free slot to be used again");
        expect(cancelled(i), "the new handle to work");
      }
    });

  body("cancel-self", "should refuse to cancel the task that runs")
    .then((): void => started(clock.after(MILLISECOND_NS), cancelSelf, 0))
    .until((): bool => noted() == 1)
    .then((): void => sequence([0], "a refusal"));

  body("cancel-neighbour", "should let a task cancel one that is due in the same turn, and start another")
    .then((): void => {
      started(0, cancelOther, 0);
      started(0, note, 4);
    })
    .until((): bool => noted() >= 2)
    .then((): void => sequence([1, 5], "the neighbour cancelled and the new task run"));
}

function addModes(): void {
  body("status-due", "should tell a task of the 2021 text that it is due, once")
    .then((): void => started(clock.after(MILLISECOND_NS), noteCode, 0, tasks.CALLS))
    .until((): bool => noted() > 0)
    .then((): void => {
      sequence([OK], "the code while it ran");
      expect(!cancelled(0), "a task that has run not to be cancelled");
    });

  body("status-cancelled", "should tell a task of the 2021 text once that it was cancelled, not inside the call")
    .then((): void => {
      started(clock.after(DAY_NS), noteCode, 0, tasks.CALLS);
      expect(cancelled(0), "a pending task to be cancelled");
      equal(noted(), 0, "runs inside the call");
      expect(!cancelled(0), "the second cancel to be refused");
    })
    .until((): bool => noted() > 0)
    .then((): void => sequence([CANCELLED], "the code while it ran"));

  body("shutdown-tasks", "should drop what waits silently and tell the rest that it is cancelled")
    .then((): void => {
      started(clock.after(DAY_NS), note, 99);
      started(clock.after(DAY_NS), noteCode, 0, tasks.CALLS);
      tasks.shutDown();
    })
    .until((): bool => noted() > 0)
    .then((): void => {
      sequence([CANCELLED], "only the task that wants to know");
      tasks.runWithStatus(noteCode, 0);
      sequence([CANCELLED, CANCELLED], "a later task to be told in the call itself");
    });
}
