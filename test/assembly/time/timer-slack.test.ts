// Timers with slack: each runs within [deadline, deadline + slack], and those of like slack share wake-ups.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("time");
const NEVER = -1n;

interface Slack {
  call: Probe["call"];
  earliest: () => bigint;
  ran: number[];
  handedOver: number[];
  start(owner: number, deadline: number, slack: number): number;
}

async function createTimers(): Promise<Slack> {
  const [ran, handedOver]: [number[], number[]] = [[], []];
  const probe = await Probe.create(module, {
    "test/due": (owner: number) => void ran.push(owner),
    "test/handed-over": (owner: number) => void handedOver.push(owner),
  });
  const { call } = probe;
  const start = (owner: number, deadline: number, slack: number): number => {
    const timer = call.create!(owner);
    call.scheduleWithSlack!(timer, BigInt(deadline), BigInt(slack));
    return timer;
  };
  return { call, earliest: () => probe.callLong.earliestNs!(), ran, handedOver, start };
}

/** Wakes up whenever that is wanted, until nothing is; how often that was. */
function wakeUps({ call, earliest }: Slack, at: (now: number) => void = () => {}): number {
  for (let count = 0; ; count++) {
    const now = earliest();
    if (now === NEVER) return count;
    call.runDue!(now);
    assert.ok(call.isValid!());
    at(Number(now));
  }
}

const slack = suite("timers, slack");

slack("should wake up at the latest time, and run from the deadline on when something else wakes it", async () => {
  const timers = await createTimers();
  timers.start(1, 1000, 64);
  assert.is(timers.earliest(), 1064n);
  timers.call.runDue!(999n);
  assert.equal(timers.ran, []);
  timers.call.runDue!(1000n);
  assert.equal(timers.ran, [1]);
});

slack("should keep it exactly", async () => {
  for (const given of [0, 1, 2, 3, 100, (1 << 30) + 1]) {
    const timers = await createTimers();
    timers.start(1, 5000, given);
    assert.is(timers.earliest(), BigInt(5000 + given), `${given}`);
  }
});

slack("should never overflow into the past", async () => {
  const timers = await createTimers();
  const timer = timers.call.create!(1);
  timers.call.scheduleWithSlack!(timer, BigInt.asIntN(64, 0xffff_ffff_ffff_f000n), -1n); // the largest there is
  assert.is(timers.earliest(), NEVER);
  timers.call.free!(timer);
});

slack("should make one wake-up of many deadlines within it", async () => {
  const timers = await createTimers();
  for (let owner = 0; owner < 100; owner++) timers.start(owner, 1000 + owner, 128);
  assert.is(wakeUps(timers), 1);
  assert.equal(timers.ran, Array.from({ length: 100 }, (_, owner) => owner));
  for (let owner = 0; owner < 100; owner++) timers.start(owner, 2000 + owner, 0);
  assert.is(wakeUps(timers), 100, "without slack, one each");
});

slack("should run each within its time, whatever the others have, and cancel what waits", async () => {
  const random = new Random();
  for (let round = 0; round < 40; round++) {
    const timers = await createTimers();
    const windows: { deadline: number; slack: number; timer: number; isCancelled: boolean }[] = [];
    const count = random.below(4) === 0 ? 3000 : 60;
    for (let owner = 0; owner < count; owner++) {
      const [deadline, given] = [random.below(100_000), random.below(3) === 0 ? 0 : random.below(5000)];
      const timer = timers.start(owner, deadline, given);
      windows.push({ deadline, slack: given, timer, isCancelled: false });
    }
    for (let cancels = count >> 2; cancels > 0; cancels--) {
      const window = windows[random.below(count)]!;
      assert.is(timers.call.cancel!(window.timer), window.isCancelled ? 0 : 1);
      window.isCancelled = true;
    }
    let seen = 0;
    wakeUps(timers, (now) => {
      for (; seen < timers.ran.length; seen++) {
        const { deadline, slack: given, isCancelled } = windows[timers.ran[seen]!]!;
        assert.not(isCancelled);
        assert.ok(now >= deadline && now <= deadline + given, `${deadline} + ${given} ran at ${now}`);
      }
    });
    assert.is(new Set(timers.ran).size, timers.ran.length, "each once");
    assert.is(timers.ran.length, windows.filter(({ isCancelled }) => !isCancelled).length);
  }
});

slack("should run what is due in the order of deadlines, with slack or without", async () => {
  const timers = await createTimers();
  for (const [owner, deadline, given] of [[1, 30, 0], [2, 10, 90], [3, 20, 0], [4, 30, 5], [5, 10, 0]] as const) {
    timers.start(owner, deadline, given);
  }
  timers.call.runDue!(30n);
  assert.equal(timers.ran, [2, 5, 3, 1, 4]);
});

slack("should be no reason to wake up when it never ends, and run as soon as something else does", async () => {
  const timers = await createTimers();
  const timer = timers.call.create!(1);
  timers.call.scheduleWithSlack!(timer, 10n, -1n);
  assert.is(timers.earliest(), NEVER);
  timers.call.runDue!(9n);
  assert.equal(timers.ran, []);
  timers.call.runDue!(10n);
  assert.equal(timers.ran, [1]);
});

slack("should want the next turn at once while a bounded one left some that are due", async () => {
  const timers = await createTimers();
  for (let owner = 0; owner < 10; owner++) timers.start(owner, 100, 1000);
  const last = timers.start(10, 100, 1000);
  timers.start(11, 5000, 1000);
  timers.call.runSomeDue!(200n, 4);
  assert.is(timers.earliest(), 200n);
  timers.call.runSomeDue!(200n, 6);
  assert.is(timers.earliest(), 200n);
  timers.call.cancel!(last);
  assert.is(timers.earliest(), 6000n, "what was left is gone");
  timers.call.runSomeDue!(300n, 4);
  assert.is(timers.ran.length, 10);
  timers.start(12, 250, 1000);
  assert.is(timers.earliest(), 1250n, "nothing was left: who is due now can wait again");
  assert.is(timers.call.isValid!(), 1);
});

slack("should want no turn for what a bounded one left when all of it was cancelled", async () => {
  const timers = await createTimers();
  const all = [0, 1, 2, 3, 4, 5].map((owner) => timers.start(owner, 100, 1000));
  timers.call.runSomeDue!(200n, 4);
  assert.is(timers.earliest(), 200n);
  for (const timer of all) timers.call.cancel!(timer);
  assert.is(timers.earliest(), NEVER);
  timers.start(6, 150, 1000);
  assert.is(timers.earliest(), 1150n);
});

slack("should hand a timer over once, before its latest time or at it", async () => {
  for (const at of [100n, 130n, 150n, 500n]) {
    const timers = await createTimers();
    const other = timers.call.createOther!(1);
    timers.call.scheduleWithSlack!(other, 100n, 50n);
    timers.start(2, 1000, 0);
    for (const now of [99n, at, 160n, 600n, 700n]) timers.call.runDue!(now);
    assert.equal(timers.handedOver, [1], `at ${at}`);
    assert.is(timers.call.isValid!(), 1);
    assert.is(timers.earliest(), 1000n);
  }
});

slack("should not take a dead schedule for one of the record's next owner", async () => {
  const timers = await createTimers();
  timers.start(9, 1_000_000, 0);
  for (let round = 0; round < 50; round++) {
    timers.call.free!(timers.start(1, 1000 + round, 1 + round)); // Its record is the next one's.
    const next = timers.start(2, 500_000, 100);
    assert.is(timers.earliest(), 500_100n);
    timers.call.runDue!(BigInt(2000 + round));
    assert.equal(timers.ran, []);
    timers.call.free!(next);
    assert.is(timers.call.isValid!(), 1);
  }
  assert.is(timers.earliest(), 1_000_000n);
});

slack("should keep no more dead schedules than living ones and a few, and not grow", async () => {
  const random = new Random();
  const timers = await createTimers();
  const records = Array.from({ length: 3000 }, (_, owner) => timers.start(owner, 1_000_000, 500));
  const check = (): void => {
    const alive = timers.call.scheduledCount!();
    // Two entries each, and as many dead; those few that are near in any case, and those that wait for a sweep.
    assert.ok(timers.call.entryCount!() <= 4 * alive + 2300, `${timers.call.entryCount!()} for ${alive}`);
    assert.is(timers.call.isValid!(), 1);
  };
  for (let step = 0; step < 100_000; step++) {
    timers.call.scheduleWithSlack!(records[random.below(3000)]!, BigInt(1_000_000 + step), 500n);
    if (step % 1000 === 0) check();
  }
  for (const [index, timer] of records.entries()) {
    timers.call.cancel!(timer);
    if (index % 32 === 0) assert.is(timers.call.isValid!(), 1, "the dead in early.ts are the many");
  }
  assert.is(timers.call.entryCount!(), 0);
});

slack.run();
