// The leak law: what a body took, it gave back. Counts are compared with those before its first step.

import { usedBytes } from "../../../assembly/abi/arena";
import * as blocks from "../../../assembly/data/block";
import * as slices from "../../../assembly/data/slice";
import * as buffers from "../../../assembly/data/slice-buffer";
import * as taskTable from "../../../assembly/exec/task-table";
import * as tasks from "../../../assembly/exec/tasks";
import * as connectors from "../../../assembly/net/connector";
import * as endpoints from "../../../assembly/net/endpoint";
import * as pumps from "../../../assembly/net/pump";
import * as relays from "../../../assembly/net/relay";
import * as readiness from "../../../assembly/poll/readiness";
import * as timers from "../../../assembly/time/timer-heap";

const NAMES: string[] = [
  "sources", "timers", "endpoints", "pumps", "relays", "connectors", "bytes of arena",
  "tasks", "task records", "slice buffers", "slices", "blocks",
];

const before: i32[] = [];

function counts(): i32[] {
  return [
    readiness.liveCount(), timers.liveCount(), endpoints.liveCount(), pumps.liveCount(), relays.liveCount(),
    connectors.liveCount(), usedBytes(), tasks.liveCount(), taskTable.live,
    buffers.liveBuffers(), slices.liveSlices(), blocks.liveBlocks(),
  ];
}

export function begin(): void {
  const now = counts();
  for (let i = 0; i < now.length; i++) before.push(now[i]);
}

/** What is more or less than before, empty when all is back. */
export function text(): string {
  const now = counts();
  const found: string[] = [];
  for (let i = 0; i < now.length; i++) {
    if (now[i] != before[i]) found.push((now[i] - before[i]).toString() + " " + NAMES[i]);
  }
  return found.join(", ");
}

export function live(kind: i32): i32 {
  if (kind >= NAMES.length) return -1;
  return before.length ? counts()[kind] - before[kind] : 0;
}
