// Priorities of tasks: the higher one first within a turn, one priority in the order given, and nobody starves.

import { CANCELLED, OK } from "../../../assembly/base/status";
import { LOWER_SHARE, TURN_CALLS_DEFAULT } from "../../../assembly/base/limits";
import { COUNT, HIGH, IMMEDIATE, LOW, MED, SYSTEM } from "../../../assembly/base/priority";
import * as tasks from "../../../assembly/exec/tasks";
import { body, equal, expect, note, noted, sequence } from "./harness";

const FLOOD: u32 = 3000;

let slot: u32 = 0;
let generation: u32 = 0;
let low: i32 = 0;
let lowBefore: i32 = 0;
let turns: i32 = 0;
let isOver: bool = false;

function noteMany(owner: usize, count: i32): void {
  for (let i = 0; i < count; i++) note(owner);
}

function noteCode(owner: usize): void {
  note(owner + <usize>tasks.code);
}

/** Gives one of every priority. */
function giveAll(owner: usize): void {
  note(owner);
  for (let priority: u32 = LOW; priority <= SYSTEM; priority++) tasks.run(note, 10 + priority, priority);
}

function cancelOne(owner: usize): void {
  note(owner);
  expect(tasks.cancel(slot, generation), "a task of a lower priority to wait still");
}

/** Gives itself again until somebody says that it is enough. */
function flood(priority: usize): void {
  if (!isOver) tasks.run(flood, priority, <u32>priority);
}

function startFlood(from: u32, to: u32): void {
  for (let priority = from; priority <= to; priority++) {
    for (let i: u32 = 0; i < FLOOD; i++) tasks.run(flood, priority, priority);
  }
}

function countLow(_owner: usize): void {
  low++;
}

function endFlood(owner: usize): void {
  note(owner);
  isOver = true;
}

export function add(): void {
  addOrder();
  addFloods();
}

function addOrder(): void {
  body("priority-order", "should run the higher priority first, and one priority in the order given")
    .then((): void => {
      for (let round: u32 = 0; round < 2; round++) {
        for (let priority: u32 = LOW; priority < COUNT; priority++) tasks.run(note, 10 * priority + round, priority);
      }
      tasks.run(note, 12);
      tasks.runMany(noteMany, 13, 2);
      tasks.runMany(noteMany, 23, 2, HIGH);
      equal(noted(), 0, "runs inside the call");
    })
    .until((): bool => noted() > 0)
    .then((): void => sequence([40, 41, 30, 31, 20, 21, 23, 23, 10, 11, 12, 13, 13, 0, 1], "one turn, by priority"));

  body("priority-next-turn", "should leave what a task gives to the next turn, also of a higher priority")
    .then((): void => {
      tasks.run(giveAll, 1, HIGH);
      tasks.run(note, 2, LOW);
    })
    .until((): bool => noted() >= 7)
    .then((): void => sequence([1, 2, 14, 13, 12, 11, 10], "the turn to be finished first"));

  body("priority-cancel", "should keep the priority of a task that is cancelled, and let a higher one cancel it")
    .then((): void => {
      slot = tasks.runWithStatus(noteCode, 20, LOW);
      generation = tasks.lastGeneration;
      tasks.run(note, 3, MED);
      tasks.run(cancelOne, 1, IMMEDIATE);
      tasks.runWithStatus(noteCode, 10, HIGH);
    })
    .until((): bool => noted() >= 4)
    .then((): void => sequence([1, 10 + OK, 3, 20 + CANCELLED], "the cancelled one at its place"));

  body("priority-drop", "should take out a task that was cancelled and waits for its turn")
    .then((): void => {
      slot = tasks.runWithStatus(noteCode, 20, SYSTEM);
      generation = tasks.lastGeneration;
      expect(tasks.cancel(slot, generation), "a task that waits to be cancelled");
      expect(tasks.drop(slot, generation), "one that is cancelled to be taken out");
      expect(!tasks.drop(slot, generation), "nothing to be taken out twice");
      tasks.run(note, 1, LOW);
    })
    .until((): bool => noted() > 0)
    .then((): void => sequence([1], "only the other one"));
}

function addFloods(): void {
  body("priority-flood", "should let every priority move on in each turn of an endless flood of the higher ones")
    .then((): void => {
      startFlood(MED, SYSTEM);
      for (let i = 0; i < 5 * LOWER_SHARE; i++) tasks.run(countLow, 0, LOW);
    })
    .until((): bool => {
      if (low != lowBefore) {
        equal(low - lowBefore, LOWER_SHARE, "runs of the lowest priority in one turn");
        turns++;
      }
      lowBefore = low;
      isOver = low == 5 * LOWER_SHARE;
      return isOver;
    })
    .then((): void => equal(turns, 5, "turns"));

  body("priority-ahead", "should run one of the highest priority before what is left of a flood")
    .then((): void => {
      startFlood(LOW, LOW);
      expect(<i32>FLOOD > 2 * TURN_CALLS_DEFAULT, "a flood of more than two turns");
    })
    .until((): bool => tasks.ranCount(LOW) >= <u64>TURN_CALLS_DEFAULT)
    .then((): void => tasks.run(endFlood, 1, SYSTEM))
    .until((): bool => noted() > 0)
    .then((): void => sequence([1], "its run"));
}
