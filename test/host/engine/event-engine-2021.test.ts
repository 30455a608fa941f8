// The face of the 2021 text: callbacks with a status that run exactly once, connects that answer a status, and slice
// allocators that wait.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EventEngine } from "#host/engine/event-engine.js";
import { EventEngine2021 } from "#host/engine/event-engine-2021.js";
import { TaskHandle } from "#host/engine/handles.js";
import type { Endpoint, EventEngine as EventEngineInterface, Status } from "#host/engine/interfaces.js";
import type { SliceAllocator } from "#host/engine/slice-allocator.js";
import { StatusCode } from "#host/engine/status.js";
import { Random, SEED } from "../../support/bytes.js";
import { CountingEngine } from "../../support/counting-engine.js";
import { drivenEngine, onEngine } from "./driven-engine.js";

const { OK, CANCELLED, RESOURCE_EXHAUSTED, INVALID_ARGUMENT, FAILED_PRECONDITION } = StatusCode;

function heard(): { codes: StatusCode[]; hear: (status: Status) => void } {
  const codes: StatusCode[] = [];
  return { codes, hear: ({ code }) => codes.push(code) };
}

/** The core has these tasks for our engine; for others they stand on the interface. */
const OVER: readonly [name: string, over: (engine: EventEngine) => EventEngineInterface][] = [
  ["ours", (engine) => engine], ["an application's own engine", (engine) => new CountingEngine(engine)],
];

for (const [name, over] of OVER) {
  const tasks = suite(`tasks on ${name}`);

  tasks("should run once with OK, or once with CANCELLED, never inside a call", onEngine((driven) => {
    const { engine, platform, settle } = driven;
    const old = new EventEngine2021(over(engine));
    const soon = new Date(Number(platform.clock.wallNs / 1_000_000n) + 5);
    const ran = heard();
    const cancelled = heard();
    old.run(ran.hear);
    const late = old.runAt(soon, ran.hear);
    const { hear } = cancelled;
    const handles = [old.run(hear), old.runAt(soon, hear), old.runAt(new Date(8e15), hear)];
    for (const handle of [...handles, ...handles, TaskHandle.invalid]) old.tryCancel(handle);
    assert.equal([ran.codes, cancelled.codes], [[], []]);
    settle();
    driven.passMs(10);
    assert.equal([ran.codes, cancelled.codes], [[OK, OK], [CANCELLED, CANCELLED, CANCELLED]]);
    old.tryCancel(late);
    settle();
    assert.is(ran.codes.length, 2);
  }));

  tasks("should mean nothing to the cancel of the 2022 text, and the other way round", onEngine((driven) => {
    const { engine, settle } = driven;
    const old = new EventEngine2021(over(engine));
    const ran = heard();
    const handle = old.run(ran.hear);
    assert.not(engine.cancel(handle));
    const other = engine.runAfter(1, () => ran.codes.push(OK));
    old.tryCancel(other);
    driven.passMs(3);
    settle();
    assert.equal(ran.codes, [OK, OK]);
  }));

  tasks("should run at once, with CANCELLED, on an engine that is closed", async () => {
    const driven = await drivenEngine();
    const old = new EventEngine2021(over(driven.engine));
    const before = heard();
    old.run(before.hear);
    old.runAt(new Date(8e15), before.hear);
    const down = old.shutdown();
    const after = heard();
    assert.is(old.run(after.hear), TaskHandle.invalid);
    assert.is(old.runAt(new Date(0), after.hear), TaskHandle.invalid);
    assert.equal(after.codes, [CANCELLED, CANCELLED]);
    driven.settle();
    driven.passMs(1);
    await down;
    assert.equal(before.codes.sort(), [OK, CANCELLED], "what was due ran; what was not was cancelled");
    old.run(after.hear);
    assert.is(after.codes.length, 3);
  });

  tasks("should run exactly once whatever is cancelled from where", async () => {
    for (let seed = SEED; seed < SEED + 5; seed++) {
      const driven = await drivenEngine();
      const { engine, platform } = driven;
      const old = new EventEngine2021(over(engine));
      const random = new Random(seed);
      const counts: number[] = [];
      const handles: TaskHandle[] = [];
      const add = (): void => {
        if (counts.length >= 500) return;
        const index = counts.push(0) - 1;
        const callback = (): void => {
          counts[index]!++;
          for (let i = random.below(3); i > 0; i--) old.tryCancel(handles[random.below(handles.length)]!);
          if (random.below(2) === 0) add();
        };
        const wallMs = Number(platform.clock.wallNs / 1_000_000n);
        const when = new Date(wallMs + random.below(5));
        handles[index] = random.below(3) === 0 ? old.run(callback) : old.runAt(when, callback);
      };
      for (let step = 0; step < 300; step++) {
        add();
        if (random.below(2) === 0) old.tryCancel(handles[random.below(handles.length)]!);
        if (random.below(3) === 0) platform.clock.runSoon();
        if (random.below(4) === 0) platform.clock.advanceMs(1);
      }
      const down = old.shutdown();
      driven.settle();
      await down;
      assert.not(counts.some((count) => count !== 1), `seed ${seed}: ${counts}`);
      assert.equal(driven.thrown, [], `seed ${seed}`);
    }
  });

  tasks("should refuse what is not a callback or not a time", onEngine(({ engine }) => {
    const old = new EventEngine2021(over(engine));
    assert.throws(() => old.run({ run() {} } as never), /a callback must be a function/);
    assert.throws(() => old.runAt(new Date(NaN), () => {}), /valid date/);
  }));

  tasks("should be told when somebody else closes the engine, each once", async () => {
    const driven = await drivenEngine();
    const engine = over(driven.engine);
    const old = new EventEngine2021(engine);
    const [due, waiting] = [heard(), heard()];
    const far = new Date(8e15);
    const handles = [old.run(due.hear), old.runAt(far, waiting.hear), old.runAt(far, waiting.hear)];
    const closed = engine.close();
    for (const handle of handles) old.tryCancel(handle);
    assert.equal([due.codes, waiting.codes], [[], []]);
    driven.settle();
    await closed;
    await old.shutdown();
    assert.is(due.codes.length, 1);
    assert.equal(waiting.codes, [CANCELLED, CANCELLED]);
    assert.equal(driven.thrown, []);
  });

  tasks.run();
}

// ---

const network = suite("network");

network("should answer a status from connect, and call back only when that is OK", onEngine((driven) => {
  const { engine, settle } = driven;
  const old = new EventEngine2021(engine);
  const outcomes: (Endpoint | null)[] = [];
  const hear = (_: Status, endpoint: Endpoint | null): void => { outcomes.push(endpoint); };
  assert.is(old.connect(hear, "nowhere").code, INVALID_ARGUMENT);
  assert.is(old.connect(hear, "127.0.0.1:1", {}, undefined, new Date(NaN)).code, INVALID_ARGUMENT);
  const allocator = old.createSliceAllocator("mine");
  assert.is(old.connect(hear, "127.0.0.1:1", {}, allocator, new Date(8e15)).code, OK);
  settle();
  assert.is(outcomes.length, 1);
  outcomes[0]!.destroy();
  assert.not(allocator.memoryAllocator.isValid, "it ended with the endpoint");
  void engine.close();
  assert.is(old.connect(hear, "127.0.0.1:1").code, FAILED_PRECONDITION);
}));

network("should hand each connection over with its own slice allocator", onEngine((driven) => {
  const { engine, platform, settle } = driven;
  const old = new EventEngine2021(engine);
  const names: string[] = [];
  const accepted: [Endpoint, SliceAllocator][] = [];
  const listener = old.createListener((endpoint, allocator) => accepted.push([endpoint, allocator]), {}, {
    createSliceAllocator: (name) => {
      names.push(name);
      return old.createSliceAllocator(name);
    },
  });
  listener.bind("127.0.0.1:0");
  listener.start();
  settle();
  for (let i = 0; i < 3; i++) platform.transport.binding!.arrive();
  settle();
  assert.is(names.length, 3);
  assert.is(new Set(accepted.map(([, allocator]) => allocator)).size, 3);
  for (const [endpoint] of accepted) endpoint.destroy();
  listener.close();
}));

network.run();

// ---

const memory = suite("slice allocators");

memory("should wait until there is memory, in the order of the requests", onEngine(({ engine, settle }) => {
  const old = new EventEngine2021(engine);
  const quota = engine.createMemoryQuota({ sizeBytes: 100_000 });
  const allocator = old.createSliceAllocator("waits", quota);
  const holder = quota.createAllocator("holds");
  holder.reserve(90_000);
  const buffers = [0, 1].map(() => engine.createSliceBuffer());
  const seen: number[] = [];
  for (const [index, buffer] of buffers.entries()) {
    const answer = allocator.allocate(20_000, buffer, ({ code }) => seen.push(index * 100 + code));
    assert.is(answer.code, OK);
    assert.throws(() => buffer.length, /that an outstanding operation uses/);
  }
  settle();
  assert.equal(seen, []);
  holder.release(90_000);
  settle();
  assert.equal(seen, [0, 100]);
  assert.equal(buffers.map(({ length }) => length), [20_000, 20_000]);
  for (const buffer of buffers) buffer.destroy();
  holder.shutdown();
  allocator.shutdown();
  quota.destroy();
}));

memory("should refuse at once what the quota will never have, and cancel when they end", onEngine((driven) => {
  const { engine, settle } = driven;
  const old = new EventEngine2021(engine);
  const quota = engine.createMemoryQuota({ sizeBytes: 10_000 });
  const allocator = old.createSliceAllocator("small", quota);
  const buffer = engine.createSliceBuffer();
  const ended = heard();
  assert.is(allocator.allocate(20_000, buffer, ended.hear).code, RESOURCE_EXHAUSTED);
  assert.is(buffer.length, 0);
  const holder = quota.createAllocator("holds all");
  holder.reserve(10_000);
  assert.is(allocator.allocate(5000, buffer, ended.hear).code, OK);
  allocator.shutdown();
  assert.equal(ended.codes, []);
  settle();
  assert.equal(ended.codes, [CANCELLED]);
  assert.throws(() => allocator.allocate(1, buffer, ended.hear), /after its shutdown/);
  holder.release(10_000);
  holder.shutdown();
  buffer.destroy();
  quota.destroy();
}));

memory.run();
