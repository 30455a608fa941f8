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
  start(owner: number, deadline: number, slack: number): number;
}

async function createTimers(): Promise<Slack> {
  const ran: number[] = [];
  const probe = await Probe.create(module, { "test/due": (owner: number) => void ran.push(owner) });
  const { call } = probe;
  const start = (owner: number, deadline: number, slack: number): number => {
    const timer = call.create!(owner);
    call.scheduleWithSlack!(timer, BigInt(deadline), BigInt(slack));
    return timer;
  };
  return { call, earliest: () => probe.callLong.earliestNs!(), ran, start };
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

slack.run();
