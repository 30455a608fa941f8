// The leak law: what a body took, it gave back. Counts are compared with those before its first step.

import { usedBytes } from "../../../assembly/abi/arena";
import * as functors from "../../../assembly/cq/callbacks";
import * as queues from "../../../assembly/cq/completion-queue";
import * as operations from "../../../assembly/cq/operation";
import * as pollables from "../../../assembly/cq/pollable";
import * as blocks from "../../../assembly/data/block";
import * as slices from "../../../assembly/data/slice";
import * as buffers from "../../../assembly/data/slice-buffer";
import * as caches from "../../../assembly/dns/cache";
import * as channels from "../../../assembly/dns/channel";
import * as exchanges from "../../../assembly/dns/exchange";
import * as lookups from "../../../assembly/dns/lookup";
import * as ports from "../../../assembly/dns/ports";
import * as questions from "../../../assembly/dns/question";
import * as resolvers from "../../../assembly/dns/resolver";
import * as results from "../../../assembly/dns/result";
import * as streamChannels from "../../../assembly/dns/stream-channel";
import * as taskTable from "../../../assembly/exec/task-table";
import * as tasks from "../../../assembly/exec/tasks";
import * as acceptors from "../../../assembly/net/acceptor";
import * as connections from "../../../assembly/net/connection";
import * as descriptors from "../../../assembly/net/descriptor";
import * as endpoints from "../../../assembly/net/endpoint";
import * as listeners from "../../../assembly/net/listener";
import * as pumps from "../../../assembly/net/pump";
import * as reader from "../../../assembly/net/reader";
import * as relays from "../../../assembly/net/relay";
import * as writer from "../../../assembly/net/writer";
import * as readiness from "../../../assembly/poll/readiness";
import * as due from "../../../assembly/quota/due";
import * as allocators from "../../../assembly/quota/memory-allocator";
import * as quotas from "../../../assembly/quota/memory-quota";
import * as connectionQuotas from "../../../assembly/quota/connection-quota";
import * as reclamation from "../../../assembly/quota/reclamation";
import * as requests from "../../../assembly/quota/slice-allocator";
import * as streamQuotas from "../../../assembly/quota/stream-quota";
import * as threadQuotas from "../../../assembly/quota/thread-quota";
import * as timers from "../../../assembly/time/timer-heap";

const NAMES: string[] = [
  "sources", "timers", "endpoints", "pumps", "relays", "connectors", "bytes of arena",
  "tasks", "task records", "slice buffers", "slices", "blocks",
  "quotas", "allocators", "reclaimers", "due items", "slice requests",
  "thread quotas", "stream quotas", "connection quotas",
  "acceptors", "listeners", "readers", "writers",
  "completion queues", "operations", "functors", "pollables",
  "resolvers", "look-ups", "results of look-ups", "questions", "exchanges", "channels", "ports", "streams of DNS",
  "answers kept", "descriptors", "closures of descriptors",
];

const before: i32[] = [];

function counts(): i32[] {
  return [
    readiness.liveCount(), timers.liveCount(), endpoints.liveCount(), pumps.liveCount(), relays.liveCount(),
    connections.liveCount(), usedBytes(), tasks.liveCount(), taskTable.liveCount(),
    buffers.liveBuffers(), slices.liveSlices(), blocks.liveBlocks(),
    quotas.liveQuotas(), allocators.liveAllocators(), reclamation.liveReclaimers(), due.dueCount(),
    requests.liveRequests(), threadQuotas.liveThreadQuotas(), streamQuotas.liveStreamQuotas(),
    connectionQuotas.liveConnectionQuotas(),
    acceptors.liveCount(), listeners.liveCount(), reader.liveCount(), writer.liveCount(),
    queues.liveCount(), operations.liveCount(), functors.length(), pollables.liveCount(),
    resolvers.liveCount(), lookups.liveCount(), results.liveCount(), questions.liveCount(), exchanges.liveCount(),
    channels.liveCount(), ports.liveCount(), streamChannels.liveCount(), caches.liveCount(),
    descriptors.liveCount(), descriptors.closureCount(),
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
