// How often timers with slack wake the engine up: as seldom as can be. Tried out against every schedule there is where
// there are few, and proved by disjoint spans where there are many.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("time");
const NEVER = -1n;

/** One start of a timer. */
interface Alarm {
  owner: number;
  startedAt: number;
  deadline: number;
  latest: number;
  order: number;
}

/** The first and the last moment at which it may run. */
const from = ({ deadline, startedAt }: Alarm): number => Math.max(deadline, startedAt);
const until = ({ latest, startedAt }: Alarm): number => Math.max(latest, startedAt);

/** Timers under a clock of the test's, which looks after every turn whether exactly what was due ran. */
class Alarms {
  /** Times of the turns that only a timer asked for, and of the others. */
  readonly forced: number[] = [];
  readonly free: number[] = [];
  readonly pending = new Map<number, Alarm>();
  readonly #timers = new Map<number, number>();
  readonly #probe: Probe;
  readonly #ran: number[];
  #order = 0;

  private constructor(probe: Probe, ran: number[]) {
    this.#probe = probe;
    this.#ran = ran;
  }

  static async create(): Promise<Alarms> {
    const ran: number[] = [];
    return new Alarms(await Probe.create(module, { "test/due": (owner: number) => void ran.push(owner) }), ran);
  }

  /** Starts it, or starts it again. */
  start(owner: number, now: number, deadline: number, slack: number): Alarm {
    const { call } = this.#probe;
    const timer = this.#timers.get(owner) ?? call.create!(owner);
    this.#timers.set(owner, timer);
    call.scheduleWithSlack!(timer, BigInt(deadline), BigInt(slack));
    const alarm = { owner, startedAt: now, deadline, latest: deadline + slack, order: this.#order++ };
    this.pending.set(owner, alarm);
    this.#check();
    return alarm;
  }

  cancel(owner: number): void {
    const timer = this.#timers.get(owner);
    if (timer !== undefined) assert.is(this.#probe.call.cancel!(timer) === 1, this.pending.delete(owner));
    this.#check();
  }

  /** A turn that something else asked for. */
  turnAt(now: number): void {
    this.free.push(now);
    this.#turn(now);
  }

  /** The turns that are wanted before `end`; says of each which alarms forced it. */
  runUntil(end: number, onForced: (now: number, by: Alarm[]) => void = () => {}): void {
    for (let wanted = this.#wanted(); wanted < end; wanted = this.#wanted()) {
      onForced(wanted, [...this.pending.values()].filter((alarm) => until(alarm) === wanted));
      this.forced.push(wanted);
      this.#turn(wanted);
    }
  }

  end(): void {
    this.runUntil(Infinity);
    for (const timer of this.#timers.values()) this.#probe.call.free!(timer);
    assert.is(this.#probe.call.liveCount!(), 0);
    assert.is(this.#probe.call.entryCount!(), 0);
  }

  /** When a turn is wanted; one that is wanted for the past comes when the alarm is started. */
  #wanted(): number {
    const earliest = this.#probe.callLong.earliestNs!();
    if (earliest === NEVER) return Infinity;
    const expected = Math.min(...[...this.pending.values()].map(until));
    assert.ok(Number(earliest) <= expected, `${earliest} for ${expected}`);
    const isPast = [...this.pending.values()].some(({ latest, startedAt }) => latest < startedAt);
    if (!isPast) assert.is(Number(earliest), expected);
    return expected;
  }

  #turn(now: number): void {
    this.#ran.length = 0;
    this.#probe.call.runDue!(BigInt(now));
    const due = [...this.pending.values()].filter(({ deadline }) => deadline <= now);
    for (const alarm of due) {
      this.pending.delete(alarm.owner);
      assert.ok(now >= from(alarm) && now <= until(alarm), `${JSON.stringify(alarm)} ran at ${now}`);
    }
    assert.equal([...this.#ran].sort(), due.map(({ owner }) => owner).sort(), `at ${now}`);
    this.#check();
  }

  #check(): void {
    assert.is(this.#probe.call.isValid!(), 1);
    assert.is(this.#probe.call.scheduledCount!(), this.pending.size);
  }
}

const wakeUps = suite("timers, wake-ups");

const TICKS = 14;

/** The fewest turns that, with the free ones, run all who have to run: by trying out every set of times. */
function fewest(alarms: readonly Alarm[], free: readonly number[]): number {
  const maskOf = (first: number, last: number): number => (2 ** (last + 1) - 1) & ~(2 ** first - 1);
  const freeMask = free.reduce((mask, time) => mask | (1 << time), 0);
  const spans = alarms.map((alarm) => maskOf(from(alarm), until(alarm))).filter((mask) => (mask & freeMask) === 0);
  let least = Infinity;
  for (let times = 0; times < 1 << TICKS; times++) {
    if (!spans.every((span) => (span & times) !== 0)) continue;
    let count = 0;
    for (let rest = times; rest !== 0; rest &= rest - 1) count++;
    least = Math.min(least, count);
  }
  return least;
}

wakeUps("should be as few as any schedule makes that knows what will be cancelled and which turns come", async () => {
  const random = new Random();
  const seen = new Set<number>();
  for (let round = 0; round < 150; round++) {
    const alarms = await Alarms.create();
    /** Those that have to run: nobody cancels them in time. */
    const kept = new Map<number, Alarm>();
    const all: Alarm[] = [];
    const letGo = (owner: number, now: number): void => {
      const alarm = kept.get(owner);
      kept.delete(owner);
      if (alarm !== undefined && until(alarm) < now) all.push(alarm);
    };
    for (let now = 0; now < TICKS - 4; now++) {
      alarms.runUntil(now);
      for (let operations = random.below(3); operations > 0; operations--) {
        const owner = random.below(5);
        letGo(owner, now);
        const deadline = Math.min(Math.max(0, now - 2) + random.below(8), TICKS - 1);
        const slack = random.below(4) ? random.below(TICKS - deadline) : 0;
        if (random.below(4)) kept.set(owner, alarms.start(owner, now, deadline, slack));
        else alarms.cancel(owner);
      }
      if (random.below(8) === 0) alarms.turnAt(now);
    }
    alarms.end();
    const least = fewest([...all, ...kept.values()], alarms.free);
    assert.is(alarms.forced.length, least, `round ${round}: ${alarms.forced}, not ${least}`);
    seen.add(least);
  }
  assert.ok(seen.size > 3, `the rounds were too much alike: ${[...seen]}`);
});

wakeUps("should each belong to a timer in whose span no other turn happened, with thousands of them", async () => {
  const random = new Random();
  for (const [owners, spread] of [[20, 300], [300, 1000], [3000, 40_000]] as const) {
    const alarms = await Alarms.create();
    let now = 0;
    let turns = 0;
    const lastTurn = (): number => Math.max(alarms.forced.at(-1) ?? -1, alarms.free.at(-1) ?? -1);
    const onForced = (at: number, by: Alarm[]): void => {
      turns++;
      const own = by.filter((alarm) => from(alarm) > lastTurn());
      assert.ok(own.length > 0, `the turn at ${at} was not needed`);
    };
    for (let step = 0; step < 1500; step++) {
      now += 1 + random.below(spread >> 5); // no two things at a time, so that a start is after a turn or before it
      alarms.runUntil(now, onForced);
      const choice = random.below(10);
      const owner = random.below(owners);
      if (choice < 7) {
        const slack = random.below(4) ? random.below(spread) : 0;
        alarms.start(owner, now, Math.max(0, now - 5) + random.below(spread), slack);
      } else if (choice < 9) {
        alarms.cancel(owner);
      } else {
        alarms.runUntil(now + 1, onForced);
        alarms.turnAt(++now);
      }
    }
    assert.ok(turns > 50, `${turns} turns were forced`);
    alarms.end();
  }
});

wakeUps("should be further apart than the slack of idle timers that are started again and again", async () => {
  const random = new Random();
  const alarms = await Alarms.create();
  const count = 200;
  const idle = (owner: number, now: number): void => void alarms.start(owner, now, now + 3000, 1500);
  for (let owner = 0; owner < count; owner++) idle(owner, 0);
  for (let now = 1; now < 6000; now++) {
    alarms.runUntil(now);
    if (now % 3 === 0) idle(random.below(count), now);
  }
  alarms.end();
  assert.ok(alarms.forced.length > 1);
  for (const [index, at] of alarms.forced.slice(1).entries()) {
    assert.ok(at - alarms.forced[index]! > 1500, `${alarms.forced}`);
  }
});

wakeUps.run();
