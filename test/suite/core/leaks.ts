// The leak law: what a body took, it gave back. Counts are compared with those before its first step.

import { usedBytes } from "../../../assembly/abi/arena";
import * as connectors from "../../../assembly/net/connector";
import * as endpoints from "../../../assembly/net/endpoint";
import * as pumps from "../../../assembly/net/pump";
import * as relays from "../../../assembly/net/relay";
import * as readiness from "../../../assembly/poll/readiness";
import * as timers from "../../../assembly/time/timer-heap";

const NAMES: string[] = ["sources", "timers", "endpoints", "pumps", "relays", "connectors", "bytes of arena"];

const before: i32[] = [];

function counts(): i32[] {
  return [
    readiness.liveCount(), timers.liveCount(), endpoints.liveCount(), pumps.liveCount(), relays.liveCount(),
    connectors.liveCount(), usedBytes(),
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
