// Timers by the thousand, where most are far: pulls and spills, the dead and their sweep, and bounded calls.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("time");
const NEVER = -1n;
/** So many schedules are near in any case. */
const NEAR_MIN = 1024;

interface Timers {
  call: Probe["call"];
  earliest: () => bigint;
  probe: Probe;
  ran: number[];
  handedOver: number[];
  onDue: Map<number, () => void>;
}

async function createTimers(): Promise<Timers> {
  const [ran, handedOver]: number[][] = [[], []];
  const onDue = new Map<number, () => void>();
  const probe = await Probe.create(module, {
    "test/due": (owner: number) => {
      ran!.push(owner);
      onDue.get(owner)?.();
    },
    "test/handed-over": (owner: number) => void handedOver!.push(owner),
  });
  const earliest = (): bigint => probe.callLong.earliestNs!();
  return { call: probe.call, earliest, probe, ran: ran!, handedOver: handedOver!, onDue };
}

/** A way to choose deadlines: the parts must be right for each, whatever it costs. */
const SHAPES: Record<string, (random: Random, index: number) => number> = {
  "evenly spread": (random) => random.below(1_000_000),
  "nearly all alike": (random) => (random.below(100) ? 500_000 : random.below(1_000_000)),
  "all alike": () => 500_000,
  rising: (_random, index) => 1000 + index,
  falling: (_random, index) => 1_000_000 - index,
  "a few very far": (random) => (random.below(50) ? random.below(1000) : 900_000 + random.below(1000)),
};

const parts = suite("timers, near and far");

for (const [name, choose] of Object.entries(SHAPES)) {
  parts(`should run thousands in order, of which others are cancelled or moved: ${name}`, async () => {
    const random = new Random();
    const { call, earliest, ran } = await createTimers();
    const count = 5000;
    const timers = Array.from({ length: count }, (_, owner) => call.create!(owner));
    const deadlines = new Map<number, number>();
    const orders = new Map<number, number>();
    let order = 0;
    const start = (owner: number, deadline: number): void => {
      call.schedule!(timers[owner]!, BigInt(deadline));
      deadlines.set(owner, deadline);
      orders.set(owner, order++);
    };
    const cancel = (owner: number): void => assert.is(call.cancel!(timers[owner]!) === 1, deadlines.delete(owner));
    const least = (): bigint => BigInt([...deadlines.values()].reduce((one, other) => Math.min(one, other), Infinity));
    const check = (): void => {
      assert.is(call.isValid!(), 1);
      assert.is(earliest(), least());
      assert.is(call.isValid!(), 1);
      assert.is(call.scheduledCount!(), deadlines.size);
    };
    for (let owner = 0; owner < count; owner++) start(owner, choose(random, owner));
    check();
    for (let step = 0; step < 30; step++) {
      for (let change = 0; change < 200; change++) {
        const owner = random.below(count);
        if (random.below(3) === 0) cancel(owner);
        else start(owner, choose(random, owner));
      }
      check();
    }
    const expected = [...deadlines.keys()];
    expected.sort((one, other) => deadlines.get(one)! - deadlines.get(other)! || orders.get(one)! - orders.get(other)!);
    for (let now = 0; deadlines.size > 0; now += 1 + random.below(60_000)) {
      const before = ran.length;
      call.runSomeDue!(BigInt(now), 1 + random.below(2000));
      for (const owner of ran.slice(before)) {
        assert.ok(deadlines.get(owner)! <= now, "a timer is early");
        deadlines.delete(owner);
      }
      assert.is(call.isValid!(), 1);
    }
    assert.equal(ran, expected);
    assert.is(earliest(), NEVER);
    for (const timer of timers) call.free!(timer);
    assert.is(call.liveCount!(), 0);
    assert.is(call.entryCount!(), 0);
  });
}

parts("should take the far ones for far again after one of them was looked at", async () => {
  const { call, earliest } = await createTimers();
  call.schedule!(call.create!(0), 10_000_000n);
  assert.is(earliest(), 10_000_000n);
  const random = new Random();
  for (let owner = 1; owner <= 20_000; owner++) {
    call.schedule!(call.create!(owner), BigInt(1000 + random.below(1_000_000)));
    earliest();
    assert.ok(call.nearCount!() <= 2 * NEAR_MIN, `${call.nearCount!()} of ${owner} are near`);
  }
  assert.is(call.isValid!(), 1);
});

parts("should keep no more dead schedules than living ones and a few", async () => {
  const { call, probe } = await createTimers();
  const random = new Random();
  const count = 3000;
  const timers = Array.from({ length: count }, (_, owner) => call.create!(owner));
  for (let step = 0; step < 200_000; step++) {
    call.schedule!(timers[random.below(count)]!, BigInt(random.below(1_000_000)));
    if (step % 1000 === 0) {
      const alive = call.scheduledCount!();
      assert.ok(call.entryCount!() <= 2 * alive + 2 * NEAR_MIN, `${call.entryCount!()} for ${alive}`);
    }
  }
  // Two arrays for what is alive and as many dead; the dead alone would be three times as much.
  assert.ok(probe.memoryBytes() <= 1 << 20, `${probe.memoryBytes()} bytes`);
  for (const timer of timers) call.free!(timer);
  assert.is(call.entryCount!(), 0);
});

parts("should not take a dead schedule for one of the record's next owner", async () => {
  const { call, ran } = await createTimers();
  const first = Array.from({ length: 3000 }, (_, owner) => call.create!(owner));
  for (const timer of first) call.schedule!(timer, 10n);
  const kept = call.create!(9999);
  call.schedule!(kept, 30n);
  for (const timer of first) call.free!(timer);
  const second = Array.from({ length: 3000 }, (_, owner) => call.create!(10_000 + owner));
  for (const timer of second) call.schedule!(timer, 20n);
  call.runDue!(10n);
  assert.equal(ran, []);
  call.runDue!(30n);
  assert.equal(ran, [...second.keys()].map((owner) => 10_000 + owner).concat(9999));
});

parts("should not take a dead schedule for alive because of what the pool writes into a free record", async () => {
  const { call, ran } = await createTimers();
  const [dead, next, other] = [1, 2, 3].map((owner) => call.create!(owner));
  call.schedule!(other!, 20n);
  call.setNextOrder!(next!); // A free record begins with the address of the one that was free before.
  call.schedule!(dead!, 10n);
  call.free!(next!);
  call.free!(dead!);
  call.runDue!(10n);
  assert.equal(ran, []);
  call.runDue!(20n);
  assert.equal(ran, [3]);
});

parts("should run a bounded number, earliest first, and not let a new one overtake the rest", async () => {
  const { call, ran, onDue, earliest } = await createTimers();
  for (let owner = 0; owner < 10; owner++) call.schedule!(call.create!(owner), BigInt(10 - owner));
  const late = call.create!(99);
  onDue.set(9, () => void call.schedule!(late, 0n));
  call.runSomeDue!(20n, 4);
  assert.equal(ran, [9, 8, 7, 6]);
  assert.is(earliest(), 5n, "what is due stays due");
  call.runSomeDue!(20n, 4);
  call.runSomeDue!(20n, 4);
  assert.equal(ran, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 99]);
});

parts("should hand over timers of another kind in their order and keep them scheduled for their owner", async () => {
  const { call, ran, handedOver } = await createTimers();
  const other = call.createOther!(1);
  call.schedule!(other, 5n);
  call.schedule!(call.create!(2), 4n);
  call.runDue!(5n);
  assert.equal([ran, handedOver], [[2], [1]]);
  assert.is(call.scheduledCount!(), 0);
  call.runDue!(9n);
  assert.equal(handedOver, [1]);
});

parts("should keep the order of equal deadlines while the count of starts wraps", async () => {
  const { call, ran } = await createTimers();
  call.setNextOrder!(0xffff_ffff - 50);
  const timers = Array.from({ length: 100 }, (_, owner) => call.create!(owner));
  for (const timer of timers) call.schedule!(timer, 5n);
  assert.is(call.isValid!(), 1);
  call.runDue!(5n);
  assert.equal(ran, [...timers.keys()]);
});

parts.run();
