// Timers: against a naive model after every random step, and the rules that a model does not show.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("time");
const NEVER = -1n; // u64.MAX_VALUE, as a signed 64-bit number crosses

interface Timers {
  probe: Probe;
  /** Owners whose timers ran, in order. */
  ran: number[];
  /** What a timer does when it runs, by owner. */
  onDue: Map<number, () => void>;
}

async function createTimers(): Promise<Timers> {
  const ran: number[] = [];
  const onDue = new Map<number, () => void>();
  const probe = await Probe.create(module, {
    "test/handed-over": () => {},
    "test/due": (owner: number) => {
      ran.push(owner);
      onDue.get(owner)?.();
    },
  });
  return { probe, ran, onDue };
}

/** Timers in an array, sorted when asked: slow, and plainly right. */
class NaiveTimers {
  #next = 0;
  readonly #scheduled = new Map<number, { deadline: bigint; order: number }>();

  schedule(owner: number, deadline: bigint): void {
    this.#scheduled.set(owner, { deadline, order: this.#next++ });
  }

  cancel(owner: number): boolean {
    return this.#scheduled.delete(owner);
  }

  earliest(): bigint {
    return [...this.#scheduled.values()].reduce((least, { deadline }) => {
      return least === NEVER || deadline < least ? deadline : least;
    }, NEVER);
  }

  takeDue(now: bigint): number[] {
    const due = [...this.#scheduled].filter(([, { deadline }]) => deadline <= now);
    due.sort(([, one], [, other]) => Number(one.deadline - other.deadline) || one.order - other.order);
    for (const [owner] of due) this.#scheduled.delete(owner);
    return due.map(([owner]) => owner);
  }
}

const heap = suite("timer-heap");

heap("should do what a sorted list does, and be valid after every step", async () => {
  const random = new Random();
  for (let round = 0; round < 12; round++) {
    const { probe, ran } = await createTimers();
    const { call, callLong } = probe;
    const naive = new NaiveTimers();
    const count = 1 + random.below(60);
    const spread = 1 + random.below(200); // A small spread makes many ties.
    const timers = Array.from({ length: count }, (_, owner) => call.create(owner));
    let now = 0n;
    for (let step = 0; step < 600; step++) {
      const owner = random.below(count);
      const choice = random.below(10);
      if (choice < 6) {
        const deadline = now + BigInt(random.below(spread));
        call.schedule(timers[owner], deadline);
        naive.schedule(owner, deadline);
      } else if (choice < 8) {
        assert.is(call.cancel(timers[owner]) === 1, naive.cancel(owner));
      } else {
        now += BigInt(random.below(spread));
        ran.length = 0;
        call.runDue(now);
        assert.equal(ran, naive.takeDue(now));
      }
      assert.is(call.isValid(), 1);
      assert.is(callLong.earliestNs(), naive.earliest());
    }
    for (const timer of timers) call.free(timer);
    assert.is(call.liveCount(), 0);
    assert.is(callLong.earliestNs(), NEVER);
  }
});

heap("should run equal deadlines in the order in which they were started", async () => {
  const { probe, ran } = await createTimers();
  const timers = Array.from({ length: 100 }, (_, owner) => probe.call.create(owner));
  for (const timer of timers) probe.call.schedule(timer, 5n);
  probe.call.schedule(timers[10], 5n); // Started again, so it is the last now.
  probe.call.runDue(5n);
  assert.equal(ran, [...timers.keys()].filter((owner) => owner !== 10).concat(10));
});

heap("should run a timer at its deadline and not before", async () => {
  const { probe, ran } = await createTimers();
  probe.call.schedule(probe.call.create(1), 100n);
  probe.call.runDue(99n);
  assert.equal(ran, []);
  probe.call.runDue(100n);
  probe.call.runDue(1000n);
  assert.equal(ran, [1]);
});

heap("should treat deadlines as unsigned up to the last one", async () => {
  const { probe, ran } = await createTimers();
  const { call, callLong } = probe;
  const late = BigInt.asIntN(64, 2n ** 63n + 5n);
  call.schedule(call.create(1), late);
  call.schedule(call.create(2), 7n);
  assert.is(callLong.earliestNs(), 7n);
  call.runDue(2n ** 62n);
  assert.equal(ran, [2]);
  call.runDue(late);
  assert.equal(ran, [2, 1]);
});

heap("should not run a timer twice in one go when it restarts itself for now", async () => {
  const { probe, ran, onDue } = await createTimers();
  const timer = probe.call.create(1);
  onDue.set(1, () => void probe.call.schedule(timer, 10n));
  probe.call.schedule(timer, 10n);
  for (let turn = 1; turn <= 5; turn++) {
    probe.call.runDue(10n);
    assert.is(ran.length, turn);
  }
});

heap("should run what else is due behind a timer that restarts itself for earlier", async () => {
  const { probe, ran, onDue } = await createTimers();
  const [eager, patient] = [probe.call.create(1), probe.call.create(2)];
  onDue.set(1, () => void probe.call.schedule(eager, 0n));
  probe.call.schedule(eager, 5n);
  probe.call.schedule(patient, 6n);
  probe.call.runDue(10n);
  probe.call.runDue(10n);
  probe.call.runDue(10n);
  assert.ok(ran.includes(2), `a timer that is due never runs: ${ran}`);
});

heap("should let a callback cancel one that is due as well", async () => {
  const { probe, ran, onDue } = await createTimers();
  const [first, second, third] = [1, 2, 3].map((owner) => probe.call.create(owner));
  onDue.set(1, () => assert.is(probe.call.cancel(second!), 1));
  for (const timer of [first, second, third]) probe.call.schedule(timer!, 5n);
  probe.call.runDue(5n);
  assert.equal(ran, [1, 3]);
  assert.is(probe.call.cancel(second!), 0);
});

heap("should let a callback move another one out of this turn", async () => {
  const { probe, ran, onDue } = await createTimers();
  const [first, second] = [1, 2].map((owner) => probe.call.create(owner));
  onDue.set(1, () => void probe.call.schedule(second!, 50n));
  probe.call.schedule(first!, 5n);
  probe.call.schedule(second!, 5n);
  probe.call.runDue(5n);
  assert.equal(ran, [1]);
  probe.call.runDue(50n);
  assert.equal(ran, [1, 2]);
});

heap("should let a callback free its own timer and others", async () => {
  const { probe, ran, onDue } = await createTimers();
  const timers = [1, 2, 3].map((owner) => probe.call.create(owner));
  onDue.set(1, () => {
    probe.call.free(timers[0]!);
    probe.call.free(timers[2]!);
  });
  for (const timer of timers) probe.call.schedule(timer, 1n);
  probe.call.runDue(1n);
  assert.equal(ran, [1, 2]);
  assert.is(probe.call.liveCount(), 1);
  assert.is(probe.call.isValid(), 1);
});

heap("should say that a timer which runs is no longer scheduled", async () => {
  const { probe, onDue } = await createTimers();
  const timer = probe.call.create(1);
  let wasScheduled = -1;
  onDue.set(1, () => (wasScheduled = probe.call.cancel(timer)));
  probe.call.schedule(timer, 1n);
  probe.call.runDue(1n);
  assert.is(wasScheduled, 0);
});

heap("should hold many timers without more memory in the second round", async () => {
  const { probe, ran } = await createTimers();
  const { call } = probe;
  const random = new Random();
  const round = (): void => {
    const timers = Array.from({ length: 10_000 }, (_, owner) => call.create(owner));
    for (const timer of timers) call.schedule(timer, BigInt(random.below(1000)));
    call.runDue(999n);
    assert.is(call.isValid(), 1);
    for (const timer of timers) call.free(timer);
  };
  round();
  const before = probe.memoryBytes();
  for (let turn = 0; turn < 5; turn++) round();
  assert.is(probe.memoryBytes(), before);
  assert.is(ran.length, 60_000);
  assert.is(call.liveCount(), 0);
});

heap.run();
