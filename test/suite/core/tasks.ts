// Tasks: closures that run soon, exactly once, in order, and never inside the call that gave them.

import { OK } from "../../../assembly/base/status";
import * as tasks from "../../../assembly/exec/tasks";
import * as clock from "../../../assembly/time/clock";
import { body, equal, expect, note, noted, notes, sequence } from "./harness";

const MASS: i32 = (1 << 21) - 1;
const MANY: i32 = 5000;

let turns: i32 = 0;
let sum: i64 = 0;

function runAgain(owner: usize): void {
  note(owner);
  if (owner < 3) {
    tasks.run(runAgain, owner + 1);
    equal(noted(), <i64>owner, "runs while a task gives the next one");
  }
}

/** Gives itself again until a timer came: would hang a loop that runs tasks until none is left. */
function runUntilTimer(owner: usize): void {
  if (!noted()) tasks.run(runUntilTimer, 0);
}

function noteMany(owner: usize, count: i32): void {
  sum += count;
  expect(count > 0, "each call to hand out at least one");
  note(owner);
}

function countOne(owner: usize): void {
  expect(<i64>owner == sum, "the next task in order");
  sum++;
}

function fanOut(owner: usize): void {
  sum++;
  if (owner) for (let i = 0; i < 8; i++) tasks.run(fanOut, owner - 1);
}

export function add(): void {
  body("task-once", "should run a task exactly once, and not before `run` has returned")
    .then((): void => {
      tasks.run(note, 7);
      equal(noted(), 0, "runs inside the call");
    })
    .until((): bool => noted() > 0)
    .until((): bool => {
      if (++turns < 3) tasks.run((owner: usize): void => {}, 0); // so that there are further turns
      return turns == 3;
    })
    .then((): void => sequence([7], "one run with its owner"));

  body("task-order", "should run tasks in the order in which they were given, over many turns")
    .then((): void => { for (let i = 0; i < MANY; i++) tasks.run(countOne, i); })
    .until((): bool => sum >= MANY)
    .then((): void => equal(sum, MANY, "runs"));

  body("task-in-task", "should run what a task gives later, after the task has returned")
    .then((): void => tasks.run(runAgain, 1))
    .until((): bool => noted() == 3)
    .then((): void => sequence([1, 2, 3], "each in its own time"));

  body("task-for-ever", "should let timers in although a task gives itself again without end")
    .then((): void => {
      tasks.run(runUntilTimer, 0);
      tasks.runAt(clock.after(3_000_000), note, 9, tasks.SILENT);
    })
    .until((): bool => noted() == 1);

  body("task-batch", "should hand out a batch in pieces at its own place in the order")
    .then((): void => {
      tasks.run(note, 1);
      tasks.runMany(noteMany, 2, MANY);
      tasks.run(note, 3);
      equal(noted(), 0, "runs inside the call");
    })
    .until((): bool => noted() > 0 && notes[noted() - 1] == 3)
    .then((): void => {
      equal(sum, MANY, "runs of the batch");
      equal(notes[0], 1, "as the first");
      for (let i = 1; i < noted() - 1; i++) equal(notes[i], 2, "between the first and the last");
    });

  body("task-mass", "should run two million tasks, each once and in order")
    .then((): void => { for (let i = 0; i < MASS; i++) tasks.run(countOne, i); })
    .until((): bool => sum == MASS);

  body("task-mass-batch", "should hand out a batch of two million exactly")
    .then((): void => tasks.runMany(noteMany, 1, MASS))
    .until((): bool => sum >= MASS)
    .then((): void => equal(sum, MASS, "runs of the batch"));

  body("task-fan-out", "should run a tree of tasks that give tasks: depth 4, eight each")
    .then((): void => tasks.run(fanOut, 4))
    .until((): bool => sum >= 4681)
    .then((): void => equal(sum, 4681, "runs"));

  body("task-status", "should tell a task of the 2021 text that all is well, and refuse to cancel what has run")
    .then((): void => {
      slot = tasks.runWithStatus(noteCode, 0);
      generation = tasks.lastGeneration;
      equal(noted(), 0, "runs inside the call");
    })
    .until((): bool => noted() == 1)
    .then((): void => {
      sequence([OK], "the code while it ran");
      expect(!tasks.cancel(slot, generation), "a task that has run not to be cancelled");
    });
}

let slot: u32 = 0;
let generation: u32 = 0;

function noteCode(owner: usize): void {
  note(tasks.code);
}
