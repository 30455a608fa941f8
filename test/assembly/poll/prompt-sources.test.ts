// Prompt sources: every operation in every state, that they run when the host has told everything and before the
// others, and that their functions may rest and wait whatever the poll found.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";
import { SimulatedPoll } from "../../support/simulated-poll.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("poll");
const [IDLE, WAITING, READY, DEAD] = [0, 1, 2, 3] as const;
const NOW = 5n;

interface Sources {
  probe: Probe;
  call: Probe["call"];
  ran: number[];
  onRun: Map<number, () => void>;
  /** A prompt source that waits. */
  waiting(owner: number): number;
}

async function createSources(): Promise<Sources> {
  const ran: number[] = [];
  const onRun = new Map<number, () => void>();
  const probe = await Probe.create(module, {
    "poll/drop pollable": () => {},
    "test/run": (owner: number) => {
      ran.push(owner);
      onRun.get(owner)?.();
    },
  });
  const { call } = probe;
  const waiting = (owner: number): number => {
    const source = call.create!(owner);
    call.makePrompt!(source);
    call.subscribe!(source, owner);
    call.wait!(source);
    return source;
  };
  return { probe, call, ran, onRun, waiting };
}

// --- The table: what differs from other sources is where they are queued.

type Call = Probe["call"];
type Outcome = number | "FREED" | "traps";

const STATES: Record<string, [state: number, prepare: (call: Call, source: number) => void]> = {
  IDLE: [IDLE, (call, source) => call.rest!(source)],
  WAITING: [WAITING, () => {}],
  READY: [READY, (call, source) => call.signal!(source, NOW)],
  DEAD: [DEAD, (call, source) => (call.signal!(source, NOW), call.free!(source))],
};

const OPERATIONS: Record<string, (call: Call, source: number) => unknown> = {
  wait: (call, source) => call.wait!(source),
  rest: (call, source) => call.rest!(source),
  signal: (call, source) => call.signal!(source, NOW),
  hurry: (call, source) => call.hurry!(source),
  runPrompt: (call) => call.runPrompt!(),
  free: (call, source) => call.free!(source),
};

const TABLE: Record<string, Record<string, Outcome>> = {
  IDLE: { wait: WAITING, rest: IDLE, signal: IDLE, hurry: "traps", runPrompt: IDLE, free: "FREED" },
  WAITING: { wait: "traps", rest: IDLE, signal: READY, hurry: "traps", runPrompt: WAITING, free: "FREED" },
  READY: { wait: "traps", rest: READY, signal: READY, hurry: READY, runPrompt: IDLE, free: DEAD },
  DEAD: { wait: "traps", rest: DEAD, signal: DEAD, hurry: "traps", runPrompt: "FREED", free: "traps" },
};

const table = suite("prompt sources, every operation in every state");

for (const [name, [state, prepare]] of Object.entries(STATES)) {
  for (const [operation, run] of Object.entries(OPERATIONS)) {
    const outcome = TABLE[name]![operation]!;
    table(`should answer ${operation} when ${name}`, async () => {
      const { probe, call, ran, waiting } = await createSources();
      const source = waiting(1);
      prepare(call, source);
      assert.is(call.state!(source), state);
      if (outcome === "traps") return probe.traps(() => run(call, source), "poll/readiness.ts");
      run(call, source);
      assert.is(call.liveCount!(), outcome === "FREED" ? 0 : 1);
      if (outcome !== "FREED") assert.is(call.state!(source), outcome);
      assert.is(call.all!(), outcome === WAITING ? 1 : 0);
      assert.is(call.readyCount!(), 0, "never in the queue of the others");
      const runs = operation === "runPrompt" && state === READY ? [1] : [];
      assert.equal(ran, runs);
      assert.is(probe.callLong.promptCount!(), operation === "runPrompt" && state >= READY ? 1n : 0n);
    });
  }
}

table.run();

// ---

const order = suite("prompt sources, order");

order("should run in the order of their events, all before any other source", async () => {
  const { call, ran, waiting } = await createSources();
  const sources = [1, 2, 3].map(waiting);
  const other = call.create!(9);
  call.hurry!(other);
  for (const index of [2, 0, 1]) call.signal!(sources[index]!, NOW);
  assert.equal(ran, []);
  call.runPrompt!();
  assert.equal(ran, [3, 1, 2]);
  call.runNext!();
  assert.equal(ran, [3, 1, 2, 9]);
});

order("should wait again from within, for an event of later", async () => {
  const { call, ran, onRun, waiting } = await createSources();
  const source = waiting(1);
  onRun.set(1, () => void call.wait!(source));
  for (const time of [1, 2, 3]) {
    call.signal!(source, NOW);
    call.runPrompt!();
    call.runPrompt!();
    assert.is(ran.length, time);
    assert.is(call.state!(source), WAITING);
  }
});

order("should run inside of the call that takes what a host told", async () => {
  const { probe, call, ran } = await createSources();
  call.deliverByHandle!();
  const sources = [1, 2, 3].map((owner) => {
    const source = call.create!(owner);
    if (owner !== 2) call.makePrompt!(source);
    call.subscribe!(source, owner);
    call.wait!(source);
    return source;
  });
  probe.write(call.readyBufferAddress!(), new Uint8Array(new Uint32Array([3, 2, 1, 3]).buffer));
  call.take!(4);
  assert.equal(ran, [3, 1]);
  assert.is(call.readyCount!(), 1);
  assert.equal(sources.map((source) => call.state!(source)), [IDLE, READY, IDLE]);
});

order.run();

// ---

for (const cooperative of [false, true]) {
  const polled = suite(`prompt sources, polled, ${cooperative ? "cooperative" : "plain"} host`);

  polled("should survive functions that rest and wait whatever the same poll found", async () => {
    const random = new Random();
    const host = new SimulatedPoll(cooperative);
    const ran: number[] = [];
    let onRun = (_owner: number): void => {};
    const probe: Probe = await Probe.create(module, {
      ...host.imports(() => probe),
      "test/run": (owner: number) => {
        ran.push(owner);
        onRun(owner);
      },
    });
    const { call } = probe;
    // More than one window, so that sources are taken out of the queues one by one.
    const sources = new Map(Array.from({ length: 300 }, () => {
      const handle = host.create();
      const source = call.create!(handle);
      if (random.below(4) !== 0) call.makePrompt!(source);
      call.subscribe!(source, handle);
      call.wait!(source);
      return [handle, source];
    }));
    const handles = [...sources.keys()];
    const any = (): number => handles[random.below(handles.length)]!;
    let runs = 0;
    for (let turn = 0; turn < 400; turn++) {
      for (let count = random.below(30); count > 0; count--) host.setReady(any(), random.below(3) > 0);
      host.setReady(any(), true);
      onRun = (owner) => {
        assert.ok(host.isReady(owner), "only what is ready is told");
        host.setReady(owner, false);
        for (let count = random.below(4); count > 0; count--) {
          const other = sources.get(any())!;
          if (call.state!(other) === WAITING) call.rest!(other);
          else if (call.state!(other) === IDLE) call.wait!(other);
        }
      };
      ran.length = 0;
      call.work!(host.nowNs, host.nowNs);
      assert.is(call.usedBytes!(), 0);
      while (call.readyCount!() > 0) call.runNext!();
      runs += ran.length;
      assert.is(new Set(ran).size, ran.length, "once per turn");
      const waiting = [...sources.values()].filter((source) => call.state!(source) === WAITING);
      assert.is(call.all!(), waiting.length, "the wait list holds exactly who waits");
      if (waiting.length >= 250) continue;
      for (const source of sources.values()) if (call.state!(source) === IDLE) call.wait!(source);
    }
    assert.ok(runs > 500, `${runs} runs`);
    for (const source of sources.values()) call.free!(source);
    assert.is(call.liveCount!(), 0);
    assert.is(call.all!(), 0);
  });

  polled.run();
}
