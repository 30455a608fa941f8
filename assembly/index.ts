// The core module's exports. `run` becomes wasi:cli/run; the rest is how a host turns the engine by hand, and
// is described in docs/architecture.md ("Two ways in").

import { usedBytes } from "./abi/arena";
import { READY_CAPACITY } from "./base/limits";
import * as queues from "./cq/completion-queue";
import * as operations from "./cq/operation";
import * as blocks from "./data/block";
import * as slices from "./data/slice";
import * as buffers from "./data/slice-buffer";
import * as loop from "./engine/loop";
import * as shutdown from "./engine/shutdown";
import * as tasks from "./exec/tasks";
import * as connections from "./net/connection";
import * as endpoints from "./net/endpoint";
import * as listeners from "./net/listener";
import * as pumps from "./net/pump";
import * as reader from "./net/reader";
import * as relays from "./net/relay";
import * as writer from "./net/writer";
import * as poller from "./poll/poller";
import * as readiness from "./poll/readiness";
import { READY_BUFFER } from "./poll/ready-buffer";
import * as waitList from "./poll/wait-list";
import * as main from "./programs/main";
import * as program from "./programs/program";
import * as allocators from "./quota/memory-allocator";
import * as quotas from "./quota/memory-quota";
import * as reclamation from "./quota/reclamation";
import * as sliceAllocator from "./quota/slice-allocator";
import * as clock from "./time/clock";
import * as timers from "./time/timer-heap";

import "./wasi/abort";

export { realloc as cabi_realloc } from "./abi/arena";
export { argument_area } from "./exports/arguments";
export * from "./exports/cq";
export * from "./exports/engine";
export * from "./exports/memory";
export * from "./exports/net";
export * from "./exports/slices";
export * from "./exports/tasks";

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

/** Live records by kind, for the leak law: every one is zero when nothing is open. -1 past the last kind. */
export function live(kind: i32): i32 {
  switch (kind) {
    case 0: return readiness.liveCount();
    case 1: return timers.liveCount();
    case 2: return endpoints.liveCount();
    case 3: return pumps.liveCount();
    case 4: return relays.liveCount();
    case 5: return connections.liveCount();
    case 6: return usedBytes();
    case 7: return tasks.liveCount();
    case 8: return blocks.liveBlocks();
    case 9: return buffers.liveBuffers();
    case 10: return slices.liveSlices();
    case 11: return quotas.liveQuotas();
    case 12: return allocators.liveAllocators();
    case 13: return reclamation.liveReclaimers();
    case 14: return sliceAllocator.liveRequests();
    case 15: return listeners.liveCount();
    case 16: return reader.liveCount();
    case 17: return writer.liveCount();
    case 18: return queues.liveCount();
    case 19: return operations.liveCount();
    default: return -1;
  }
}
