// Tasks and timers as a JavaScript program sees them, so that Node's own and the engine's do exactly the same work:
// closures that count, bursts, one at a time, a chain, a tree; timers added, cancelled, replaced and fired.
import { hold, RandomWords, verify, type Measure, type OperationFigures } from "./operation-kit.js";

/** What both offer. `Handle` is what cancels a timer. */
export interface Scheduling<Handle> {
  run(closure: () => void): void;
  runAfter(delayMs: number, closure: () => void): Handle;
  /** False when it can be known that nothing was cancelled. */
  cancel(handle: Handle): boolean;
}

const FAN = 70;
const FAN_TASKS = 1 + FAN + FAN * FAN;
const HOUR_MS = 3_600_000;
/** Deadlines that shall come are spread over this long per timer: adding them takes about as long. */
const SPREAD_MS_EACH = 0.002;
const SPREAD_MS_MIN = 5;

/** Starts something and resolves when `times` closures ran. */
function untilRan(times: number, start: (count: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    let left = times;
    start(() => {
      if (--left === 0) resolve();
      else verify(left > 0, "a closure ran too often");
    });
  });
}

export function tasksOf<Handle>(engine: Scheduling<Handle>): Measure {
  async function timed(name: string, operations: number, figures: OperationFigures, work: () => Promise<void>) {
    const startedAt = performance.now();
    await work();
    figures.add(name, performance.now() - startedAt, operations);
  }
  return async (burst, operations, figures) => {
    const cycles = Math.ceil(operations / burst);
    const all = cycles * burst;
    await timed("run", all, figures, async () => {
      for (let cycle = 0; cycle < cycles; cycle++) {
        await untilRan(burst, (count) => {
          for (let i = 0; i < burst; i++) engine.run(count);
        });
      }
    });
    const singles = Math.ceil(all / 10);
    await timed("single", singles, figures, async () => {
      for (let i = 0; i < singles; i++) await untilRan(1, (count) => engine.run(count));
    });
    await timed("chain", all, figures, () => untilRan(all, (count) => {
      let left = all;
      const link = (): void => {
        count();
        if (--left > 0) engine.run(link);
      };
      engine.run(link);
    }));
    const fans = Math.ceil(all / FAN_TASKS);
    await timed("fan-out", fans * FAN_TASKS, figures, async () => {
      for (let fan = 0; fan < fans; fan++) {
        await untilRan(FAN_TASKS, (count) => {
          const twig = (): void => {
            count();
            for (let i = 0; i < FAN; i++) engine.run(count);
          };
          engine.run(() => {
            count();
            for (let i = 0; i < FAN; i++) engine.run(twig);
          });
        });
      }
    });
  };
}

export function timersOf<Handle>(engine: Scheduling<Handle>): Measure {
  const random = new RandomWords();
  return async (pending, operations, figures) => {
    const order = random.shuffled(pending);
    const handles = new Array<Handle>(pending);
    const never = (): void => verify(false, "a cancelled timer fired");
    const add = (index: number): void => {
      handles[index] = engine.runAfter(60_000 + random.below(HOUR_MS), never);
    };
    const cancel = (index: number): void => {
      if (!engine.cancel(handles[index] as Handle)) verify(false, "a pending timer was not cancelled");
    };
    const addAll = (): void => {
      for (let i = 0; i < pending; i++) add(i);
    };
    const cycles = Math.ceil(operations / pending);
    let added = 0, cancelled = 0, replaced = 0, fired = 0;
    for (let cycle = 0; cycle < cycles; cycle++) {
      const startedAt = performance.now();
      addAll();
      const addedAt = performance.now();
      order.forEach(cancel);
      const cancelledAt = performance.now();
      addAll();
      const fullAt = performance.now();
      for (let i = 0; i < pending; i++) {
        const index = random.below(pending);
        cancel(index);
        add(index);
      }
      replaced += performance.now() - fullAt;
      order.forEach(cancel);
      added += addedAt - startedAt;
      cancelled += cancelledAt - addedAt;
      fired += await fireAll(engine, pending, random);
    }
    figures.add("add", added, cycles * pending);
    figures.add("cancel", cancelled, cycles * pending);
    figures.add("replace", replaced, cycles * pending);
    figures.add("fire", fired, cycles * pending);
  };
}

/** Milliseconds from the moment at which all are due until the last of them ran. */
async function fireAll<Handle>(engine: Scheduling<Handle>, pending: number, random: RandomWords): Promise<number> {
  const spreadMs = Math.max(SPREAD_MS_MIN, pending * SPREAD_MS_EACH);
  let dueAt = 0;
  await untilRan(pending, (count) => {
    for (let i = 0; i < pending; i++) engine.runAfter(1 + random.below(spreadMs), count);
    hold(spreadMs + 2);
    dueAt = performance.now();
  });
  return performance.now() - dueAt;
}
