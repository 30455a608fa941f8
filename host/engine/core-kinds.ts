// What the core counts, in the order of its `live` (assembly/live.ts).

export const CORE_KINDS: readonly string[] = [
  "waits", "timers", "endpoints", "pumps", "relays", "connectors", "arenaBytes", "tasks", "blocks", "sliceBuffers",
  "slices", "quotas", "allocators", "reclaimers", "sliceRequests", "listeners", "reads", "writes",
  "queues", "operations", "resolvers", "lookups", "lookupResults", "questions", "exchanges", "channels", "ports",
  "serverStreams", "cachedAnswers", "descriptors", "registrations",
];
