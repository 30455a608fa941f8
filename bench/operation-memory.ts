// Slice buffers and quota from TypeScript, and whether linear memory stays flat under all kinds of operations.
import type { EventEngine as EngineWithQueues } from "#host/engine/event-engine.js";
import type { EventEngine, TaskHandle } from "#host/engine/interfaces.js";
import { completionsPass } from "./operation-completions.js";
import { RandomWords, verify, type Measure } from "./operation-kit.js";

const SLICE_BYTES = 1024;
const PIECE_BYTES = 1000;
const WHOLE_MOVES = 100;
const QUOTA_BYTES = 2 ** 30;
const RESERVED_MAX = 16_384;
const FLAT_PENDING = 4096;
const HOUR_MS = 3_600_000;

/** As bench/assembly/slices.ts: `size` slices of 1 KiB are moved in pieces of 1,000 bytes. */
export function slicesOf(engine: EventEngine): Measure {
  return async (size, operations, figures) => {
    const cycles = Math.ceil(operations / size);
    const bytes = new Uint8Array(SLICE_BYTES).fill(0x61);
    using from = engine.createSliceBuffer();
    using to = engine.createSliceBuffer();
    let appended = 0, moved = 0, movedAll = 0, taken = 0, moves = 0, takes = 0;
    for (let cycle = 0; cycle < cycles; cycle++) {
      let startedAt = performance.now();
      for (let i = 0; i < size; i++) from.append(bytes);
      appended += performance.now() - startedAt;
      startedAt = performance.now();
      for (let left = size * SLICE_BYTES; left >= PIECE_BYTES; left -= PIECE_BYTES) {
        from.moveFirst(PIECE_BYTES, to);
        moves++;
      }
      moved += performance.now() - startedAt;
      from.moveFirst(from.length, to);
      verify(to.length === size * SLICE_BYTES, "bytes were lost");
      startedAt = performance.now();
      for (let i = 0; i < WHOLE_MOVES; i++) {
        to.moveFirst(size * SLICE_BYTES, from);
        from.moveFirst(size * SLICE_BYTES, to);
      }
      movedAll += performance.now() - startedAt;
      takes += to.count;
      startedAt = performance.now();
      for (let i = to.count; i > 0; i--) to.takeFirst().destroy();
      taken += performance.now() - startedAt;
    }
    figures.add("append-1k", appended, cycles * size);
    figures.add("move", moved, moves);
    figures.add("move-all", movedAll, 2 * WHOLE_MOVES * cycles);
    figures.add("take", taken, takes);
  };
}

export function quotaOf(engine: EventEngine): Measure {
  const random = new RandomWords();
  return async (size, operations, figures) => {
    const cycles = Math.ceil(operations / size);
    using quota = engine.createMemoryQuota({ sizeBytes: QUOTA_BYTES });
    using allocator = quota.createAllocator("bench");
    const taken = new Uint32Array(size);
    let reserved = 0, released = 0;
    for (let cycle = 0; cycle < cycles; cycle++) {
      let startedAt = performance.now();
      for (let i = 0; i < size; i++) taken[i] = allocator.reserve(1 + random.below(RESERVED_MAX));
      reserved += performance.now() - startedAt;
      startedAt = performance.now();
      for (let i = 0; i < size; i++) allocator.release(taken[i] ?? 0);
      released += performance.now() - startedAt;
    }
    const startedAt = performance.now();
    for (let i = 0; i < cycles * size; i++) allocator.makeSlice(SLICE_BYTES).destroy();
    const sliced = performance.now() - startedAt;
    figures.add("reserve", reserved, cycles * size);
    figures.add("release", released, cycles * size);
    figures.add("make-slice", sliced, cycles * size);
  };
}

/** Bytes by which `memoryBytes` grows over so many operations of each kind, by kind. */
export function flatOf(engine: EngineWithQueues, memoryBytes: () => number): Measure {
  const random = new RandomWords();
  const burst = (start: (count: () => void) => void): Promise<void> => new Promise((resolve) => {
    let left = FLAT_PENDING;
    start(() => {
      if (--left === 0) resolve();
    });
  });
  const kinds: Record<string, (operations: number) => Promise<void> | void> = {
    run: async (operations) => {
      for (let i = 0; i < operations; i += FLAT_PENDING) {
        await burst((count) => {
          for (let j = 0; j < FLAT_PENDING; j++) engine.run(count);
        });
      }
    },
    "timer cancelled": (operations) => {
      const handles: (TaskHandle | undefined)[] = new Array<undefined>(FLAT_PENDING).fill(undefined);
      for (let i = 0; i < operations; i++) {
        const index = random.below(FLAT_PENDING);
        const old = handles[index];
        if (old !== undefined) verify(engine.cancel(old), "a pending timer was not cancelled");
        handles[index] = engine.runAfter(HOUR_MS + random.below(HOUR_MS), () => {});
      }
      for (const handle of handles) if (handle !== undefined) engine.cancel(handle);
    },
    "timer fired": async (operations) => {
      for (let i = 0; i < operations; i += FLAT_PENDING) {
        await burst((count) => {
          for (let j = 0; j < FLAT_PENDING; j++) engine.runAfter(random.below(2), count);
        });
      }
    },
    "slice moved": (operations) => {
      const bytes = new Uint8Array(4096);
      using from = engine.createSliceBuffer();
      using to = engine.createSliceBuffer();
      for (let i = 0; i < operations; i++) {
        from.append(bytes.subarray(0, 1 + random.below(bytes.length)));
        if (from.length > 65_536) {
          from.moveFirst(random.below(from.length), to);
          to.clear();
        }
      }
    },
    "quota reserved": (operations) => {
      using quota = engine.createMemoryQuota({ sizeBytes: QUOTA_BYTES });
      using allocator = quota.createAllocator("bench");
      for (let i = 0; i < operations; i++) {
        const bytes = allocator.reserve({ min: 1, max: 1 + random.below(4096) });
        using slice = allocator.makeSlice({ min: 1, max: 1 + random.below(4096) });
        verify(slice.length > 0, "no slice was made");
        allocator.release(bytes);
      }
    },
    completion: (operations) => completionsPass(engine, operations),
  };
  return async (_size, operations, figures) => {
    for (const [name, work] of Object.entries(kinds)) {
      const before = memoryBytes();
      await work(operations);
      figures.addPlain(name, memoryBytes() - before);
    }
  };
}
