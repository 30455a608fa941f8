// Functions of the event manager from TypeScript, one by one and in lists, beside what they stand on and Node's own;
// and how long an urgent closure waits while a flood of others runs.
import type { EventManager } from "#host/engine/event-manager/event-manager.js";
import { NUM_PRIORITIES, Priority } from "#host/engine/event-manager/priority.js";
import { RandomWords, verify, type Measure, type OperationFigures } from "./operation-kit.js";
import { percentile } from "./statistics.js";

/** Posted before anybody waits, so that the platform's own turns weigh little. */
const LISTS = 16;

/** The ways to have a closure run soon. */
export interface Functions {
  run(closure: () => void): void;
  one(closure: () => void, priority: Priority): void;
  list(closures: readonly { handler: () => void; priority: Priority }[]): void;
}

export function functionsOf({ run, one, list }: Functions): Measure {
  return async (size, operations, figures) => {
    let left = 0;
    let finished: () => void = () => {};
    const closure = (): void => {
      if (--left === 0) finished();
      else verify(left > 0, "a closure ran too often");
    };
    const rounds = Math.ceil(operations / size / LISTS);
    const all = rounds * LISTS * size;
    const timed = async (name: string, post: () => void): Promise<void> => {
      const startedAt = performance.now();
      for (let round = 0; round < rounds; round++) {
        left = LISTS * size;
        const whenOver = new Promise<void>((resolve) => (finished = resolve));
        for (let count = 0; count < LISTS; count++) post();
        await whenOver;
      }
      figures.add(name, performance.now() - startedAt, all);
    };
    const each = (post: () => void) => (): void => {
      for (let i = 0; i < size; i++) post();
    };
    const listOf = (priority: (index: number) => Priority) => {
      return Array.from({ length: size }, (_, index) => ({ handler: closure, priority: priority(index) }));
    };
    const medium = listOf(() => Priority.MED);
    const mixed = listOf((index) => index % NUM_PRIORITIES);
    await timed("run", each(() => run(closure)));
    await timed("function", each(() => one(closure, Priority.MED)));
    await timed("functions", () => list(medium));
    await timed("function-system", each(() => one(closure, Priority.SYSTEM)));
    await timed("functions-mixed", () => list(mixed));
  };
}

export function managerFunctions(manager: EventManager): Functions {
  return {
    run: (closure) => manager.engine.run(closure),
    one: (closure, priority) => void manager.runFunction(closure, priority),
    list: (closures) => void manager.runFunctions(closures),
  };
}

/** How a closure of the flood is posted, and one that is looked at. */
export interface Flooding {
  flood(closure: () => void): void;
  urgent(closure: () => void): void;
  /** Closures of the flood that may run between an urgent one's posting and its run; nothing: all of them must. */
  readonly betweenMax?: number;
}

/** `size` closures post themselves again and again; now and then one of them posts another one, which is timed. */
export function priorityLatencyOf({ flood, urgent, betweenMax }: Flooding): Measure {
  const random = new RandomWords();
  return async (size, operations, figures) => {
    const way = { flood, size, operations, random };
    const system = await measureFlood({ ...way, post: urgent });
    const most = betweenMax ?? size - 1;
    const least = betweenMax === undefined ? size - 1 : 0;
    verify(system.between.every((count) => count >= least && count <= most), "an urgent closure ran at another time");
    const low = await measureFlood({ ...way, post: flood });
    verify(low.between.every((count) => count === size - 1), "a closure left its place in the queue");
    addLatencies(figures, "system", system);
    addLatencies(figures, "low", low);
  };
}

interface Latencies {
  readonly ms: Float64Array;
  /** Closures of the flood that ran in between. */
  readonly between: Float64Array;
}

function addLatencies(figures: OperationFigures, name: string, { ms, between }: Latencies): void {
  ms.sort();
  between.sort();
  for (const [title, part] of [["p50", 0.5], ["p99", 0.99]] as const) {
    figures.addPlain(`${name} ${title} us`, percentile(ms, part) * 1000);
    figures.addPlain(`${name} between ${title}`, percentile(between, part));
  }
}

interface Flood {
  flood(closure: () => void): void;
  post(closure: () => void): void;
  size: number;
  operations: number;
  random: RandomWords;
}

/** Ends when every closure of the flood has seen that all that is timed ran. */
function measureFlood({ flood, post, size, operations, random }: Flood): Promise<Latencies> {
  const ms = new Float64Array(operations);
  const between = new Float64Array(operations);
  return new Promise((resolve) => {
    let ran = 0, probes = 0, ended = 0, postedRan = 0, postedAt = 0;
    let nextAt = size + random.below(2 * size);
    const probe = (): void => {
      ms[probes] = performance.now() - postedAt;
      between[probes++] = ran - postedRan;
      nextAt = ran + 1 + random.below(2 * size);
    };
    const closure = (): void => {
      ran++;
      if (probes === operations) {
        if (++ended === size) resolve({ ms, between });
        return;
      }
      if (ran === nextAt) {
        postedRan = ran;
        postedAt = performance.now();
        post(probe);
      }
      flood(closure);
    };
    for (let i = 0; i < size; i++) flood(closure);
  });
}
