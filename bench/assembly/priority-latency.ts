// How long a closure of the highest priority waits while a flood of the lowest runs, inside the component: `flood`
// closures post themselves again and again, and now and then one of them posts another one, which is timed.

import { TURN_CALLS_DEFAULT } from "../../assembly/base/limits";
import { LOW, SYSTEM } from "../../assembly/base/priority";
import * as loop from "../../assembly/engine/loop";
import * as tasks from "../../assembly/exec/tasks";
import * as monotonicClock from "../../assembly/wasi/monotonic-clock";
import * as figures from "./figures";
import * as random from "./random";

let size: u32 = 0;
let wanted: i32 = 0;
let priority: i32 = LOW;
let ran: u32 = 0;
let ended: u32 = 0;
let nextAt: u32 = 0;
let postedRan: u32 = 0;
let postedNs: u64 = 0;
/** Of those that were timed: nanoseconds, and closures of the flood that ran in between. */
let latencies: Array<f64> = [];
let between: Array<f64> = [];

function probe(_owner: usize): void {
  latencies.push(<f64>(monotonicClock.now() - postedNs));
  between.push(ran - postedRan);
  nextAt = ran + 1 + random.below(2 * size);
}

function flood(_owner: usize): void {
  ran++;
  if (latencies.length == wanted) {
    ended++;
    return;
  }
  if (ran == nextAt) {
    postedRan = ran;
    postedNs = monotonicClock.now();
    tasks.run(probe, 0, priority);
  }
  tasks.run(flood, 0, LOW);
}

function run(ofPriority: i32): void {
  priority = ofPriority;
  latencies = [];
  between = [];
  ran = ended = 0;
  nextAt = size + random.below(2 * size);
  for (let i: u32 = 0; i < size; i++) tasks.run(flood, 0, LOW);
  while (tasks.queuedCount) loop.turnWith(0);
  figures.verify(ended == size && latencies.length == wanted, "not everything ran");
  sort(latencies);
  sort(between);
}

function sort(values: Array<f64>): void {
  values.sort((a, b) => a < b ? -1 : i32(a > b));
}

function add(name: string, part: string, index: i32): void {
  figures.add(name + " " + part + " us", latencies[index], 1000);
  figures.add(name + " between " + part, between[index], 1);
}

function addAll(name: string): void {
  add(name, "p50", wanted / 2);
  add(name, "p99", wanted * 99 / 100);
}

export function measure(flooding: u32, operations: u32): void {
  size = flooding;
  wanted = operations;
  run(SYSTEM);
  figures.verify(between[wanted - 1] <= <f64>TURN_CALLS_DEFAULT, "an urgent closure came late");
  addAll("system");
  run(LOW);
  figures.verify(between[0] == size - 1 && between[wanted - 1] == size - 1, "a closure left its place in the queue");
  addAll("low");
}
