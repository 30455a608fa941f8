// What the engine costs from inside the component: a command of its own, compiled like the shipped one from the same
// sources. Arguments: WORKLOAD SIZE REPETITIONS OPERATIONS. Prints nanoseconds per operation as one JSON line.
//
// With the arguments of the echo program it is that program, with one timer more (idle.ts). Workloads of DNS wait for a
// nameserver (dns.ts): `run` turns the loop for them; where it may not wait, `start` and `turn` do instead.

import { READY_CAPACITY } from "../../assembly/base/limits";
import * as loop from "../../assembly/engine/loop";
import * as poller from "../../assembly/poll/poller";
import { READY_BUFFER } from "../../assembly/poll/ready-buffer";
import * as waitList from "../../assembly/poll/wait-list";
import * as clock from "../../assembly/time/clock";
import * as cli from "../../assembly/wasi/cli";
import "../../assembly/wasi/abort";
import * as completions from "./completions";
import * as dns from "./dns";
import * as figures from "./figures";
import * as flat from "./flat";
import * as idle from "./idle";
import * as messages from "./dns-messages";
import * as priorityLatency from "./priority-latency";
import * as quota from "./quota";
import * as slices from "./slices";
import * as tasks from "./tasks";
import * as timers from "./timers";

export { realloc as cabi_realloc } from "../../assembly/abi/arena";

export function run(): i32 {
  const words = cli.getArguments();
  if (words.length > 1 && words[1] == "echo") {
    idle.run();
    return 0;
  }
  clock.update();
  begin(words);
  if (dns.isWaiting(words[1])) {
    while (!dns.isOver()) loop.turnBlocking();
    poller.close();
  }
  figures.print();
  return 0;
}

/** Begins a workload that waits: 0, it runs and is to be turned. */
export function start(): i32 {
  waitList.deliverByHandle();
  clock.update();
  begin(cli.getArguments());
  return 0;
}

/** As the engine's own: nanoseconds until it wants the next turn, -2 when it is over. */
export function turn(readyCount: i32): f64 {
  loop.turnWith(readyCount);
  if (!dns.isOver()) return loop.nextTurnNs();
  figures.print();
  return -2;
}

export function ready_buffer(): usize {
  return READY_BUFFER;
}

export function ready_capacity(): i32 {
  return READY_CAPACITY;
}

/** It ends by itself. */
export function stop(): void {}

export function live(_kind: i32): i32 {
  return -1;
}

function begin(words: string[]): void {
  figures.verify(words.length >= 5, "usage: WORKLOAD SIZE REPETITIONS OPERATIONS");
  const size = <u32>U32.parseInt(words[2]);
  const repetitions = <u32>U32.parseInt(words[3]);
  const operations = <u32>U32.parseInt(words[4]);
  if (dns.isWaiting(words[1])) return dns.begin(words, size, repetitions, operations);
  for (let i: u32 = 0; i <= repetitions; i++) { // The first only warms up.
    if (i) figures.warm();
    measure(words[1], size, operations);
  }
}

function measure(workload: string, size: u32, operations: u32): void {
  if (workload == "timers") timers.measure(size, operations);
  else if (workload == "tasks") tasks.measure(size, operations);
  else if (workload == "slices") slices.measure(size, operations);
  else if (workload == "quota") quota.measure(size, operations);
  else if (workload == "completions") completions.measure(size, operations);
  else if (workload == "priority-latency") priorityLatency.measure(size, operations);
  else if (workload == "dns-messages") messages.measure(size, operations);
  else if (workload == "flat") flat.measure(operations);
  else figures.verify(false, "unknown workload");
}
