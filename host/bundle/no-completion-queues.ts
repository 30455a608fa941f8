// Stands in for engine/completion-queues.ts in the small bundle: an engine without completion queues.

import type { CompletionQueues as Whole } from "../engine/completion-queues.js";
import { refuse } from "../engine/status.js";

export class CompletionQueues implements Pick<Whole, "liveCount" | "factory" | "scope" | "finish"> {
  readonly liveCount = 0;

  factory(): never {
    refuse("this bundle has no completion queues: load event-engine-whole.min.js");
  }

  scope<T>(run: () => T): T {
    return run();
  }

  finish(): void {}
}
