// The leak law in numbers: what the core counts, and what this side of the boundary holds.

import type { CoreEngine } from "./core-engine.js";
import { CORE_KINDS } from "./core-kinds.js";
import type { TaskRunner } from "./task-runner.js";

export function liveCounts(core: CoreEngine, tasks: TaskRunner): Record<string, number> {
  const counts: Record<string, number> = { tasks: tasks.liveCount, receivers: core.receivers.liveCount, ...core.live };
  // A core that failed gives nothing back any more.
  for (let kind = 0; core.failure === null; kind++) {
    const count = core.exports.live(kind);
    if (count < 0) break;
    counts[`core.${CORE_KINDS[kind] ?? kind}`] = count;
  }
  return counts;
}
