// What holds an engine open, of all its event managers together.
//
//   FREE -- hold --> HELD -- close --> HELD, the close waits
//     ^               |                     |
//     +-- last end ---+                     +-- last end: the engine closes

import type { EventEngine } from "../event-engine.js";

const all = new WeakMap<EventEngine, Holds>();

/** One for each engine that has a manager, which begins and ends as many holds as it likes. */
export class Holds {
  private count = 0;
  private closeWaits = false;

  private constructor(private readonly engine: EventEngine) {
    engine.held = () => {
      this.closeWaits = true;
      return this.count > 0;
    };
  }

  static of(engine: EventEngine): Holds {
    const holds = all.get(engine) ?? new Holds(engine);
    all.set(engine, holds);
    return holds;
  }

  begin(): void {
    this.count++;
  }

  end(): void {
    this.count--;
    if (this.closeWaits) void this.engine.close(); // which asks whether anybody else holds it
  }
}
