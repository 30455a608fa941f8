// Statistics, and the bound of a turn.

import * as buffers from "../../../assembly/data/slice-buffer";
import * as loop from "../../../assembly/engine/loop";
import * as stats from "../../../assembly/engine/stats";
import * as tasks from "../../../assembly/exec/tasks";
import * as clock from "../../../assembly/time/clock";
import { inbox, received, send, startReadingOn } from "./endpoints";
import { body, equal, expect, note, noted, notes, sequence, TRAPS } from "./harness";
import { accepted, client, destroyAll, pairBody } from "./network";

const TURNS: u32 = 0;
const TIMERS: u32 = 3;
const MEDIUM_TASKS: u32 = 5;
const ACCEPTED: u32 = 13;
const CONNECTED: u32 = 14;
const BYTES_READ: u32 = 15;
const BYTES_WRITTEN: u32 = 16;
const TURN_LENGTH: u32 = 100;
const LATENESS: u32 = 200;
const BUCKETS: u32 = 32;

const BYTES: u32 = 100_000;
const TASKS: i32 = 50;
const ALARMS: i32 = 10;
const BOUND_REFUSAL: string = TRAPS + "the bound of a turn is 1 to 1048576 calls";

let turnsBefore: u64 = 0;
let tasksBefore: u64 = 0;

function since(kind: u32, before: u64): i64 {
  return <i64>(stats.value(kind) - before);
}

function inAll(histogram: u32): i64 {
  let count: u64 = 0;
  for (let bucket: u32 = 1; bucket <= BUCKETS; bucket++) count += stats.value(histogram + bucket);
  return <i64>count;
}

export function add(): void {
  addCounts();
  addBounds();
}

function addCounts(): void {
  body("stats-turns", "should count turns, tasks and timers, and measure from the first question on")
    .then((): void => {
      equal(inAll(TURN_LENGTH), 0, "turns measured");
      turnsBefore = stats.value(TURNS);
      tasksBefore = stats.value(MEDIUM_TASKS);
      for (let i = 0; i < TASKS; i++) tasks.run(note, i);
      tasks.runAt(clock.now(), note, 100, tasks.SILENT);
    })
    .until((): bool => noted() == TASKS + 1)
    .then((): void => {
      expect(since(TURNS, turnsBefore) > 0, "a turn");
      equal(since(MEDIUM_TASKS, tasksBefore), TASKS + 1, "tasks");
      expect(stats.value(TIMERS) > 0, "a timer");
      equal(inAll(LATENESS), <i64>stats.value(TIMERS), "timers in the buckets");
      expect(inAll(TURN_LENGTH) > 0, "turns that were measured");
    });

  pairBody("stats-traffic", "should count connections, and every byte of theirs")
    .then((): void => {
      equal(<i64>stats.value(ACCEPTED), 1, "accepted");
      equal(<i64>stats.value(CONNECTED), 1, "connected");
      equal(<i64>stats.value(BYTES_READ), 0, "bytes read");
      startReadingOn(accepted[0]);
      send(client, 0, BYTES);
    })
    .until((): bool => received == BYTES)
    .then((): void => {
      equal(<i64>stats.value(BYTES_READ), BYTES, "bytes read");
      equal(<i64>stats.value(BYTES_WRITTEN), BYTES, "bytes written");
      buffers.clear(inbox);
      destroyAll();
    });
}

function addBounds(): void {
  body("bound-one", "should run everything in its order when a turn has room for one call")
    .then((): void => {
      loop.setTurnBound(1);
      turnsBefore = stats.value(TURNS);
      for (let i = 0; i < TASKS; i++) tasks.run(note, i);
    })
    .until((): bool => noted() == TASKS)
    .then((): void => {
      for (let i = 0; i < TASKS; i++) equal(notes[i], i, "as the next task");
      expect(since(TURNS, turnsBefore) >= TASKS, "a turn for each task");
      notes.length = 0;
      const nowNs = clock.now();
      for (let i = 0; i < ALARMS; i++) tasks.runAt(nowNs + <u64>(i & 1), note, i, tasks.SILENT);
    })
    .until((): bool => noted() == ALARMS)
    .then((): void => sequence([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], "alarms by their time"));

  pairBody("bound-traffic", "should carry every byte when a turn has room for one source")
    .then((): void => {
      loop.setTurnBound(1);
      startReadingOn(accepted[0]);
      send(client, 0, BYTES);
    })
    .until((): bool => received == BYTES)
    .then((): void => {
      buffers.clear(inbox);
      destroyAll();
    });

  body("bound-none", "should refuse turns without room", BOUND_REFUSAL)
    .then((): void => loop.setTurnBound(0));

  body("bound-huge", "should refuse turns of more than 1,048,576 calls", BOUND_REFUSAL)
    .then((): void => loop.setTurnBound((1 << 20) + 1));
}
