// The leak law in numbers: what the core counts, and what this side of the boundary holds.

import type { CoreEngine } from "./core-engine.js";
import type { TaskRunner } from "./task-runner.js";

/** In the order of the core's `live` (assembly/live.ts). */
const CORE_KINDS = [
  "waits", "timers", "endpoints", "pumps", "relays", "connectors", "arenaBytes", "tasks", "blocks", "sliceBuffers",
  "slices", "quotas", "allocators", "reclaimers", "sliceRequests", "listeners", "reads", "writes",
  "queues", "operations", "resolvers", "lookups", "lookupResults", "questions", "exchanges", "channels", "ports",
  "serverStreams", "cachedAnswers", "descriptors", "registrations",
] as const;

export function liveCounts(core: CoreEngine, tasks: TaskRunner): Record<string, number> {
  const counts: Record<string, number> = { tasks: tasks.liveCount, receivers: core.receivers.liveCount, ...core.live };
  for (let kind = 0; ; kind++) {
    const count = core.exports.live(kind);
    if (count < 0) return counts;
    counts[`core.${CORE_KINDS[kind] ?? kind}`] = count;
  }
}
