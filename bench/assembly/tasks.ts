// Tasks inside the component, through whole turns of the loop. See vs/grpc-event-engine.cc, which does the same with
// gRPC's engine: bursts, one at a time, a chain in which each starts the next, and a tree of 1 + 70 + 4,900.

import * as loop from "../../assembly/engine/loop";
import * as tasks from "../../assembly/exec/tasks";
import * as figures from "./figures";

const FAN: u32 = 70;
const FAN_TASKS: u32 = 1 + FAN + FAN * FAN;

let ran: u32 = 0;
let chainLeft: u32 = 0;

function count(owner: usize): void {
  ran += <u32>owner;
}

function countMany(owner: usize, times: i32): void {
  ran += <u32>owner * <u32>times;
}

function chain(_owner: usize): void {
  ran++;
  if (--chainLeft) tasks.run(chain, 0);
}

function fanOut(depth: usize): void {
  ran++;
  if (depth) for (let i: u32 = 0; i < FAN; i++) tasks.run(fanOut, depth - 1);
}

function turnUntil(wanted: u32): void {
  while (tasks.queuedCount) loop.turnWith(0);
  figures.verify(ran == wanted, "not every task ran once");
  ran = 0;
}

export function measure(burst: u32, operations: u32): void {
  const cycles = (operations + burst - 1) / burst;
  const all = cycles * burst;
  ran = 0;
  figures.startWatch();
  for (let cycle: u32 = 0; cycle < cycles; cycle++) {
    for (let i: u32 = 0; i < burst; i++) tasks.run(count, 1);
    turnUntil(burst);
  }
  figures.add("run", figures.watch(), all);

  figures.startWatch();
  for (let cycle: u32 = 0; cycle < cycles; cycle++) {
    tasks.runMany(countMany, 1, burst);
    turnUntil(burst);
  }
  figures.add("run-many", figures.watch(), all);

  figures.startWatch();
  for (let i: u32 = 0; i < all; i++) {
    tasks.run(count, 1);
    turnUntil(1);
  }
  figures.add("single", figures.watch(), all);

  chainLeft = all;
  figures.startWatch();
  tasks.run(chain, 0);
  turnUntil(all);
  figures.add("chain", figures.watch(), all);

  const fans = all / FAN_TASKS + 1;
  figures.startWatch();
  for (let fan: u32 = 0; fan < fans; fan++) {
    tasks.run(fanOut, 2);
    turnUntil(FAN_TASKS);
  }
  figures.add("fan-out", figures.watch(), fans * FAN_TASKS);
}
