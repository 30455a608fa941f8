// The state machine of a source: every operation in every state, and the order of the ready queue.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("poll");
const [IDLE, WAITING, READY, DEAD] = [0, 1, 2, 3] as const;

interface Sources {
  probe: Probe;
  ran: number[];
  onRun: Map<number, () => void>;
  dropped: number[];
}

async function createSources(): Promise<Sources> {
  const [ran, dropped]: [number[], number[]] = [[], []];
  const onRun = new Map<number, () => void>();
  const probe = await Probe.create(module, {
    "poll/drop pollable": (handle: number) => void dropped.push(handle),
    "test/run": (owner: number) => {
      ran.push(owner);
      onRun.get(owner)?.();
    },
  });
  return { probe, ran, onRun, dropped };
}

// --- The table of the diagram: state, operation, state afterwards. What is not in it traps.

type Call = Probe["call"];
/** `FREED`: the record was given back, so it has no state any more. */
type Outcome = number | "FREED" | "traps";

const PATHS: [name: string, state: number, prepare: (call: Call, source: number) => void][] = [
  ["IDLE without a pollable", IDLE, () => {}],
  ["IDLE", IDLE, (call, source) => call.subscribe(source, 9)],
  ["WAITING", WAITING, (call, source) => (call.subscribe(source, 9), call.wait(source))],
  ["READY by a signal", READY, (call, source) => {
    call.subscribe(source, 9);
    call.wait(source);
    call.signal(source, 5n);
  }],
  ["READY by hurry, without a pollable", READY, (call, source) => call.hurry(source)],
  ["DEAD", DEAD, (call, source) => (call.subscribe(source, 9), call.hurry(source), call.free(source))],
];

const OPERATIONS: Record<string, (call: Call, source: number) => unknown> = {
  wait: (call, source) => call.wait(source),
  rest: (call, source) => call.rest(source),
  signal: (call, source) => call.signal(source, 7n),
  hurry: (call, source) => call.hurry(source),
  subscribe: (call, source) => call.subscribe(source, 11),
  unsubscribe: (call, source) => call.unsubscribe(source),
  runNext: (call) => call.runNext(),
  free: (call, source) => call.free(source),
};

const TABLE: Record<string, Record<string, Outcome>> = {
  "IDLE without a pollable": {
    wait: "traps", rest: IDLE, signal: IDLE, hurry: READY, subscribe: IDLE, unsubscribe: IDLE,
    runNext: "traps", free: "FREED",
  },
  "IDLE": {
    wait: WAITING, rest: IDLE, signal: IDLE, hurry: READY, subscribe: "traps", unsubscribe: IDLE,
    runNext: "traps", free: "FREED",
  },
  "WAITING": {
    wait: "traps", rest: IDLE, signal: READY, hurry: READY, subscribe: "traps", unsubscribe: IDLE,
    runNext: "traps", free: "FREED",
  },
  "READY by a signal": {
    wait: "traps", rest: READY, signal: READY, hurry: READY, subscribe: "traps", unsubscribe: READY,
    runNext: IDLE, free: DEAD,
  },
  "READY by hurry, without a pollable": {
    wait: "traps", rest: READY, signal: READY, hurry: READY, subscribe: READY, unsubscribe: READY,
    runNext: IDLE, free: DEAD,
  },
  "DEAD": {
    wait: "traps", rest: DEAD, signal: DEAD, hurry: "traps", subscribe: "traps", unsubscribe: DEAD,
    runNext: "FREED", free: "traps",
  },
};

const table = suite("readiness, every operation in every state");

for (const [name, state, prepare] of PATHS) {
  for (const [operation, run] of Object.entries(OPERATIONS)) {
    const outcome = TABLE[name]![operation]!;
    table(`should answer ${operation} when ${name} as the diagram says`, async () => {
      const { probe, ran } = await createSources();
      const source = probe.call.create(1);
      prepare(probe.call, source);
      assert.is(probe.call.state(source), state);
      if (outcome === "traps") return probe.traps(() => run(probe.call, source), "poll/readiness.ts");
      run(probe.call, source);
      assert.is(probe.call.liveCount(), outcome === "FREED" ? 0 : 1);
      if (outcome !== "FREED") assert.is(probe.call.state(source), outcome);
      assert.is(probe.call.readyCount(), outcome === READY || outcome === DEAD ? 1 : 0, "one place in the queue");
      assert.is(probe.call.all(), outcome === WAITING ? 1 : 0, "one place in the wait list");
      assert.equal(ran, operation === "runNext" && state === READY ? [1] : []);
    });
  }
}

table.run();

// ---

const queue = suite("ready queue");

queue("should run sources in the order in which they became ready", async () => {
  const { probe, ran } = await createSources();
  const sources = [0, 1, 2, 3].map((owner) => probe.call.create(owner));
  for (const owner of [2, 0, 3, 1]) probe.call.hurry(sources[owner]!);
  for (let turn = 0; turn < 4; turn++) probe.call.runNext();
  assert.equal(ran, [2, 0, 3, 1]);
  assert.is(probe.call.readyCount(), 0);
});

queue("should put a source that hurries while it runs behind all others", async () => {
  const { probe, ran, onRun } = await createSources();
  const [first, second] = [1, 2].map((owner) => probe.call.create(owner));
  onRun.set(1, () => void (ran.length < 4 && probe.call.hurry(first!)));
  probe.call.hurry(first!);
  probe.call.hurry(second!);
  while (probe.call.readyCount() > 0) probe.call.runNext();
  assert.equal(ran, [1, 2, 1, 1]);
});

queue("should let a source free itself while it runs", async () => {
  const { probe, onRun, dropped } = await createSources();
  const source = probe.call.create(1);
  probe.call.subscribe(source, 30);
  onRun.set(1, () => void probe.call.free(source));
  probe.call.hurry(source);
  probe.call.runNext();
  assert.is(probe.call.liveCount(), 0);
  assert.equal(dropped, [30]);
});

queue("should pass over a source that was freed while it was queued, and give it back then", async () => {
  const { probe, ran, onRun, dropped } = await createSources();
  const [first, second] = [1, 2].map((owner) => probe.call.create(owner));
  probe.call.subscribe(second!, 40);
  onRun.set(1, () => void probe.call.free(second!));
  probe.call.hurry(first!);
  probe.call.hurry(second!);
  probe.call.runNext();
  assert.equal(dropped, [40], "its pollable goes at once, because its parent may go next");
  assert.is(probe.call.liveCount(), 2);
  probe.call.runNext();
  assert.is(probe.call.liveCount(), 1);
  assert.equal(ran, [1]);
});

queue("should forget an event of a source that rests again before its turn comes", async () => {
  const { probe, ran } = await createSources();
  const source = probe.call.create(1);
  probe.call.subscribe(source, 5);
  probe.call.wait(source);
  probe.call.rest(source);
  probe.call.signal(source, 1n);
  assert.is(probe.call.readyCount(), 0);
  assert.equal(ran, []);
});

queue("should remember when the event came", async () => {
  const { probe } = await createSources();
  const source = probe.call.create(1);
  probe.call.subscribe(source, 5);
  probe.call.signal(source, 4n);
  assert.is(probe.callLong.eventNs(source), 0n, "an event that nobody asked for does not count");
  probe.call.wait(source);
  probe.call.signal(source, 1234n);
  assert.is(probe.callLong.eventNs(source), 1234n);
});

queue("should drop a pollable exactly once, and none that it never had", async () => {
  const { probe, dropped } = await createSources();
  const sources = [0, 1, 2].map((owner) => probe.call.create(owner));
  probe.call.subscribe(sources[0]!, 50);
  probe.call.unsubscribe(sources[0]!);
  probe.call.unsubscribe(sources[0]!);
  probe.call.subscribe(sources[0]!, 51);
  probe.call.subscribe(sources[1]!, 52);
  for (const source of sources) probe.call.free(source);
  assert.equal(dropped, [50, 51, 52]);
  assert.is(probe.call.liveCount(), 0);
});

queue("should refuse the handle that is never valid", async () => {
  const { probe } = await createSources();
  probe.traps(() => probe.call.subscribe(probe.call.create(1), 0), "poll/readiness.ts");
});

queue("should do what a list does, whatever the order of operations", async () => {
  const random = new Random();
  const { probe, ran } = await createSources();
  const { call } = probe;
  const sources = new Map<number, number>();
  const expected: number[] = [];
  for (let step = 0, next = 1; step < 20_000; step++) {
    const owners = [...sources.keys()];
    const owner = owners[random.below(Math.max(1, owners.length))] ?? 0;
    const choice = random.below(8);
    if (owners.length < 5 || (choice === 0 && owners.length < 100)) {
      sources.set(next, call.create(next));
      call.subscribe(sources.get(next)!, next++);
    } else if (choice === 1) {
      call.free(sources.get(owner)!);
      sources.delete(owner);
      if (expected.includes(owner)) expected[expected.indexOf(owner)] = 0; // It keeps its place until its turn.
    } else if (choice < 4) {
      if (call.state(sources.get(owner)!) === IDLE) call.wait(sources.get(owner)!);
      else call.rest(sources.get(owner)!);
    } else if (choice < 6) {
      if (choice === 4) call.hurry(sources.get(owner)!);
      else call.signal(sources.get(owner)!, 1n);
      if (call.state(sources.get(owner)!) === READY && !expected.includes(owner)) expected.push(owner);
    } else if (expected.length > 0) {
      ran.length = 0;
      call.runNext();
      const first = expected.shift()!;
      assert.equal(ran, first === 0 ? [] : [first]);
    }
    assert.is(call.readyCount(), expected.length);
  }
});

queue.run();
