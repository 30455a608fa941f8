// The loop: the order within a turn, its bounds, and when it wants the next one, by hand and blocking.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compileProbe, Probe } from "../../support/probe.js";
import { SimulatedPoll } from "../../support/simulated-poll.js";

const module = await compileProbe("poll");
const RUNS_MAX = 1024;

interface Looping {
  probe: Probe;
  call: Probe["call"];
  host: SimulatedPoll;
  ran: number[];
  onRun: Map<number, () => void>;
  /** A waiting source; its owner's number is given. */
  waiting(owner: number): { source: number; handle: number };
}

async function createLoop(): Promise<Looping> {
  const host = new SimulatedPoll(false);
  const ran: number[] = [];
  const onRun = new Map<number, () => void>();
  const probe: Probe = await Probe.create(module, {
    ...host.imports(() => probe),
    "test/run": (owner: number) => {
      ran.push(owner);
      onRun.get(owner)?.();
      return 0;
    },
  });
  const { call } = probe;
  const waiting = (owner: number): { source: number; handle: number } => {
    const handle = host.create();
    const source = call.create!(owner);
    call.subscribe!(source, handle);
    call.wait!(source);
    return { source, handle };
  };
  return { probe, call, host, ran, onRun, waiting };
}

function deliver({ probe, call }: Looping, handles: number[]): number {
  probe.write(call.readyBufferAddress!(), new Uint8Array(new Uint32Array(handles).buffer));
  return call.turnWith!(handles.length);
}

const byHand = suite("loop, by hand");

byHand("should run timers before sources, and sources in the order in which they became ready", async () => {
  const loop = await createLoop();
  loop.call.deliverByHandle!();
  const sources = [1, 2, 3].map((owner) => loop.waiting(owner));
  loop.call.runAt!(loop.host.nowNs, 10);
  deliver(loop, [sources[2]!.handle, sources[0]!.handle]);
  assert.equal(loop.ran, [10, 3, 1]);
});

byHand("should run what a timer made ready in the same turn", async () => {
  const loop = await createLoop();
  loop.call.deliverByHandle!();
  const { source } = loop.waiting(1);
  loop.onRun.set(10, () => void loop.call.hurry!(source));
  loop.call.runAt!(loop.host.nowNs, 10);
  assert.is(deliver(loop, []), -1);
  assert.equal(loop.ran, [10, 1]);
});

byHand("should leave what becomes ready while sources run to the next turn, and want it at once", async () => {
  const loop = await createLoop();
  loop.call.deliverByHandle!();
  const { source, handle } = loop.waiting(1);
  loop.onRun.set(1, () => void loop.call.hurry!(source));
  assert.is(deliver(loop, [handle]), 0);
  assert.equal(loop.ran, [1]);
  assert.is(deliver(loop, []), 0);
  assert.equal(loop.ran, [1, 1]);
});

byHand("should run a bounded number of sources in one turn and the others in the next", async () => {
  const loop = await createLoop();
  loop.call.deliverByHandle!();
  for (let owner = 0; owner < RUNS_MAX + 100; owner++) loop.call.hurry!(loop.waiting(owner).source);
  assert.is(deliver(loop, []), 0);
  assert.is(loop.ran.length, RUNS_MAX);
  assert.is(deliver(loop, []), -1);
  assert.equal(loop.ran, [...Array(RUNS_MAX + 100).keys()]);
});

byHand("should want the next turn at the earliest deadline, counted from this turn's time", async () => {
  const loop = await createLoop();
  loop.call.deliverByHandle!();
  loop.waiting(1);
  assert.is(deliver(loop, []), -1, "only an event can make work");
  loop.call.runAt!(loop.host.nowNs + 9_000n, 10);
  loop.call.runAt!(loop.host.nowNs + 5_000n, 11);
  assert.is(deliver(loop, []), 5_000);
  loop.host.nowNs += 4_999n;
  assert.is(deliver(loop, []), 1);
  loop.host.nowNs += 1n;
  assert.is(deliver(loop, []), 4_000);
  assert.equal(loop.ran, [11]);
  loop.host.nowNs += 10_000n;
  assert.is(deliver(loop, []), -1);
});

byHand("should want the next turn at once when a timer was started for now meanwhile", async () => {
  const loop = await createLoop();
  loop.call.deliverByHandle!();
  loop.onRun.set(10, () => void loop.call.runAt!(0n, 11));
  loop.call.runAt!(loop.host.nowNs, 10);
  assert.is(deliver(loop, []), 0);
  assert.is(deliver(loop, []), -1);
  assert.equal(loop.ran, [10, 11]);
});

byHand("should want the next turn at once when a source started a timer for the past", async () => {
  const loop = await createLoop();
  loop.call.deliverByHandle!();
  const { handle } = loop.waiting(1);
  loop.onRun.set(1, () => void loop.call.runAt!(0n, 11));
  assert.is(deliver(loop, [handle]), 0);
  assert.is(deliver(loop, []), -1);
  assert.equal(loop.ran, [1, 11]);
});

byHand.run();

// ---

const blocking = suite("loop, blocking");

blocking("should wait for an event and run its source", async () => {
  const { call, host, ran, waiting } = await createLoop();
  const { handle } = waiting(1);
  host.plan(host.nowNs + 1_000_000n, () => host.setReady(handle, true));
  call.turnBlocking!();
  assert.equal(ran, [1]);
});

blocking("should refuse to wait for nothing", async () => {
  const { probe } = await createLoop();
  probe.traps(() => probe.call.turnBlocking!(), "poll/poller.ts");
});

blocking("should wait for the earliest deadline and run its timer", async () => {
  const { call, host, ran, waiting } = await createLoop();
  waiting(1);
  const deadline = host.nowNs + 7_000_000n;
  call.runAt!(deadline, 10);
  while (ran.length === 0) call.turnBlocking!();
  assert.equal(ran, [10]);
  assert.ok(host.nowNs >= deadline && host.nowNs < deadline + 1_000_000n);
});

blocking("should not wait while a source is queued, and look at the others all the same", async () => {
  const { call, host, ran, onRun, waiting } = await createLoop();
  const [eager, other] = [waiting(1), waiting(2)];
  onRun.set(1, () => void call.hurry!(eager.source));
  call.hurry!(eager.source);
  for (let turn = 0; turn < 5; turn++) call.turnBlocking!();
  assert.equal(ran, [1, 1, 1, 1, 1]);
  host.setReady(other.handle, true);
  call.turnBlocking!();
  assert.ok(ran.includes(2));
});

blocking("should end a turn when much was read, and go on without a poll", async () => {
  const { call, host, ran, onRun, waiting } = await createLoop();
  for (const owner of [1, 2, 3, 4]) host.setReady(waiting(owner).handle, true);
  onRun.set(1, () => void call.countBytes!(65_535));
  onRun.set(2, () => void call.countBytes!(1));
  onRun.set(3, () => void call.countBytes!(65_536));
  call.turnBlocking!();
  assert.equal(ran, [1, 2]);
  const { polls } = host;
  call.runAt!(host.nowNs, 10);
  call.turnBlocking!();
  assert.equal(ran, [1, 2, 10, 3], "what is due comes first");
  call.turnBlocking!();
  assert.equal(ran, [1, 2, 10, 3, 4]);
  assert.is(host.polls, polls, "the sources of one poll");
  const { handle } = waiting(5);
  host.plan(host.nowNs + 1_000_000n, () => host.setReady(handle, true));
  call.turnBlocking!();
  assert.is(ran.at(-1), 5);
  assert.ok(host.polls > polls);
});

blocking.run();
