// The core module's exports. `run` becomes wasi:cli/run; the rest is how a host turns the engine by hand, and
// is described in docs/architecture.md ("Two ways in").

import { READY_CAPACITY } from "./base/limits";
import * as loop from "./engine/loop";
import * as shutdown from "./engine/shutdown";
import * as poller from "./poll/poller";
import { READY_BUFFER } from "./poll/ready-buffer";
import * as waitList from "./poll/wait-list";
import * as main from "./programs/main";
import * as program from "./programs/program";
import * as clock from "./time/clock";

import "./wasi/abort";

export { realloc as cabi_realloc } from "./abi/arena";
export * from "./component/addresses";
export * from "./component/completion-queues";
export * from "./component/connections";
export * from "./component/descriptors";
export * from "./component/endpoints";
export * from "./component/engine";
export * from "./component/event-manager";
export * from "./component/listeners";
export * from "./component/memory";
export * from "./component/poll";
export * from "./component/resolvers";
export * from "./component/slices";
export * from "./component/tasks";
export { argument_area } from "./exports/arguments";
export * from "./exports/cq";
export * from "./exports/descriptors";
export * from "./exports/dns";
export * from "./exports/engine";
export * from "./exports/memory";
export * from "./exports/net";
export * from "./exports/slices";
export * from "./exports/stats";
export * from "./exports/tasks";
export { live } from "./live";

/** wasi:cli/run: runs the program named by the arguments to its end, waiting in wasi:io/poll. 0 is ok. */
export function run(): i32 {
  clock.update();
  main.start();
  while (program.outcome == program.RUNNING) loop.turnBlocking();
  poller.close();
  return program.outcome == program.FINISHED ? 0 : 1;
}

/** Starts the program without blocking. 0: running, turn it; 1: finished; 2: failed. */
export function start(): i32 {
  waitList.deliverByHandle();
  clock.update();
  main.start();
  return program.outcome;
}

/**
 * One bounded round; never blocks. The first `readyCount` entries of the ready buffer are handles of pollables
 * that became ready. Returns nanoseconds until it wants the next turn: 0 at once, -1 when only an event can
 * make work; -2 when the program finished, -3 when it failed.
 */
export function turn(readyCount: i32): f64 {
  loop.turnWith(readyCount);
  if (shutdown.isGone()) return -2;
  if (program.outcome == program.RUNNING) return loop.nextTurnNs();
  return program.outcome == program.FINISHED ? -2 : -3;
}

/** What `turn` would answer now, for a host that made work between two turns. */
export function next_turn(): f64 {
  clock.update();
  return loop.nextTurnNs();
}

/** Asks the program to end in order; turn on until it says that it did. */
export function stop(): void {
  clock.update();
  program.requestStop();
}

/** Address of the ready buffer. */
export function ready_buffer(): usize {
  return READY_BUFFER;
}

/** Entries that the ready buffer holds. */
export function ready_capacity(): i32 {
  return READY_CAPACITY;
}
