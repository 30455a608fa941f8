// The queue of waiting sources: oldest first, removal from the middle, against a JavaScript array.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("poll");
const HANDLES_MAX = 4096;

interface Queued {
  probe: Probe;
  queue: number;
  /** A source whose pollable has this handle. */
  source(handle: number): number;
  /** Handles as a poll would get them, oldest first. */
  handles(): number[];
}

async function createQueue(): Promise<Queued> {
  const probe = await Probe.create(module);
  const { call } = probe;
  const queue = call.queueCreate!();
  const target = call.cabi_realloc!(0, 0, 4, 4 * HANDLES_MAX);
  return {
    probe, queue,
    source: (handle) => {
      const source = call.create!(handle);
      call.subscribe!(source, handle);
      return source;
    },
    handles: () => {
      const length = call.queueLength!(queue);
      call.queueCopy!(queue, target, length);
      return probe.words(target, length);
    },
  };
}

const queues = suite("wait-queue");

queues("should give the oldest first", async () => {
  const { probe: { call }, queue, source, handles } = await createQueue();
  const sources = [1, 2, 3].map(source);
  for (const each of sources) call.queuePush!(queue, each);
  assert.equal(handles(), [1, 2, 3]);
  assert.equal(sources.map(() => call.queueShift!(queue)), sources);
  assert.is(call.queueLength!(queue), 0);
});

queues("should put the newest in the place of one that is removed", async () => {
  const { probe: { call }, queue, source, handles } = await createQueue();
  const sources = [1, 2, 3, 4].map(source);
  for (const each of sources) call.queuePush!(queue, each);
  call.queueRemove!(queue, sources[1]!);
  assert.equal(handles(), [1, 4, 3]);
  call.queueRemove!(queue, sources[2]!);
  assert.equal(handles(), [1, 4]);
  call.queueRemove!(queue, sources[0]!);
  call.queueRemove!(queue, sources[3]!);
  assert.equal(handles(), []);
});

queues("should do what an array does, whatever the order of operations", async () => {
  const random = new Random();
  for (let round = 0; round < 10; round++) {
    const { probe: { call }, queue, source, handles } = await createQueue();
    const sizeMax = [5, 50, 3000][round % 3]!;
    const model: number[] = [];
    const sources = new Map<number, number>();
    for (let step = 0, next = 1; step < 12_000; step++) {
      const choice = random.below(10);
      if (model.length === 0 || (choice < 5 && model.length < sizeMax)) {
        sources.set(next, source(next));
        call.queuePush!(queue, sources.get(next)!);
        model.push(next++);
      } else if (choice < 8) {
        const shifted = call.queueShift!(queue);
        const handle = model.shift()!;
        assert.is(shifted, sources.get(handle));
        if (choice === 7) call.queuePush!(queue, shifted), model.push(handle);
      } else {
        const index = random.below(model.length);
        const handle = model[index]!;
        call.queueRemove!(queue, sources.get(handle)!);
        const newest = model.pop()!;
        if (newest !== handle) model[index] = newest;
      }
      assert.is(call.queueLength!(queue), model.length);
      if (step % 100 === 0) assert.equal(handles(), model);
    }
    assert.equal(handles(), model);
    model.forEach((handle, index) => assert.is(call.queueAt!(queue, index), sources.get(handle)));
  }
});

queues("should not grow while sources go round and round", async () => {
  const { probe, queue, source } = await createQueue();
  const { call } = probe;
  for (let handle = 1; handle <= 2000; handle++) call.queuePush!(queue, source(handle));
  const goRound = (): void => {
    for (let turn = 0; turn < 10_000; turn++) call.queuePush!(queue, call.queueShift!(queue));
  };
  goRound();
  const before = probe.memoryBytes();
  for (let round = 0; round < 20; round++) goRound();
  assert.is(probe.memoryBytes(), before);
});

const MISUSES: [string, (queued: Queued) => unknown][] = [
  ["give a source when it is empty", ({ probe, queue }) => probe.call.queueShift!(queue)],
  ["remove a source that is not in it", ({ probe, queue, source }) => {
    probe.call.queuePush!(queue, source(1));
    return probe.call.queueRemove!(queue, source(2));
  }],
  ["remove a source that was shifted out", ({ probe, queue, source }) => {
    for (const handle of [1, 2]) probe.call.queuePush!(queue, source(handle));
    return probe.call.queueRemove!(queue, probe.call.queueShift!(queue));
  }],
  ["copy more handles than it has", ({ probe, queue, source }) => {
    probe.call.queuePush!(queue, source(1));
    return probe.call.queueCopy!(queue, 0x8000, 2);
  }],
];

for (const [what, run] of MISUSES) {
  queues(`should not ${what}`, async () => {
    const queued = await createQueue();
    queued.probe.traps(() => run(queued), "(poll/wait-queue|base/word-vector).ts");
  });
}

queues.run();
