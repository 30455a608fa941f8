// The bound of a turn: with any from 1 up everything runs, in its order, nothing is lost, and no turn does more.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";
import { SimulatedPoll } from "../../support/simulated-poll.js";

console.log(`TEST_SEED=${SEED}`);

const module = await compileProbe("stats");
const BOUND_MAX = 1 << 20;
const LEVELS = 5;
const LOWER_SHARE = 16;
const TURNS_MAX = 100_000;

type Kind = "source" | "timer" | "alarm" | `task ${number}`;

/** What was started and has to run once. */
interface Started {
  kind: Kind;
  /** For timers and alarms. */
  deadlineNs: bigint;
}

/** Random work on a loop with a bound; some of it starts more when it runs. */
class Round {
  readonly host = new SimulatedPoll(false);
  probe!: Probe;
  /** By owner, in the order of their starts. */
  readonly started: Started[] = [];
  /** Owners in the order of their runs. */
  readonly ran: number[] = [];
  #left: number;

  private constructor(readonly random: Random, readonly bound: number, work: number) {
    this.#left = work;
  }

  static async create(random: Random, bound: number, work: number, isByHand: boolean): Promise<Round> {
    const round = new Round(random, bound, work);
    round.probe = await Probe.create(module, {
      ...round.host.imports(() => round.probe),
      "test/run": (owner: number) => {
        round.ran.push(owner);
        for (let more = random.below(3); more > 0; more--) round.start();
        return 0;
      },
    });
    if (isByHand) round.probe.call.deliverByHandle!();
    round.probe.call.setTurnBound!(bound);
    return round;
  }

  start(): void {
    if (this.#left === 0) return;
    this.#left--;
    const { call } = this.probe;
    const owner = this.started.length;
    const deadlineNs = this.host.nowNs + BigInt(this.random.below(3) * this.random.below(2000));
    const choice = this.random.below(6);
    if (choice === 0) {
      this.started.push({ kind: "source", deadlineNs });
      call.hurry!(call.create!(owner));
    } else if (choice === 1) {
      this.started.push({ kind: "timer", deadlineNs });
      call.runAt!(deadlineNs, owner);
    } else if (choice === 2) {
      this.started.push({ kind: "alarm", deadlineNs });
      call.runTaskAt!(deadlineNs, owner, BigInt(this.random.below(2) * 500), this.random.below(LEVELS));
    } else {
      const level = this.random.below(LEVELS);
      this.started.push({ kind: `task ${level}`, deadlineNs });
      call.runTask!(owner, level);
    }
  }

  /** What ran since `from`, by kind; the queues of alarms are those of tasks. */
  checkTurn(from: number): void {
    const counts = { source: 0, timer: 0, task: 0 };
    for (const owner of this.ran.slice(from)) {
      const { kind, deadlineNs } = this.started[owner]!;
      counts[kind === "source" || kind === "timer" ? kind : "task"]++;
      if (kind === "timer" || kind === "alarm") assert.ok(deadlineNs <= this.host.nowNs, "not before its time");
    }
    assert.ok(counts.source <= this.bound, `${counts.source} sources`);
    assert.ok(counts.timer <= this.bound, `${counts.timer} timers`);
    const tasksMax = this.bound + (LEVELS - 1) * Math.min(this.bound, LOWER_SHARE);
    assert.ok(counts.task <= tasksMax, `${counts.task} tasks`);
  }

  checkEnd(): void {
    assert.is(this.#left, 0);
    const all = [...this.started.keys()];
    assert.equal([...this.ran].sort((one, other) => one - other), all, "each once");
    const isOf = (kind: Kind) => (owner: number): boolean => this.started[owner]!.kind === kind;
    const kinds: Kind[] = ["source", ...Array.from({ length: LEVELS }, (_, level) => `task ${level}` as const)];
    for (const kind of kinds) assert.equal(this.ran.filter(isOf(kind)), all.filter(isOf(kind)), kind);
    const deadline = (owner: number): number => Number(this.started[owner]!.deadlineNs);
    const timers = all.filter(isOf("timer")).sort((one, other) => deadline(one) - deadline(other) || one - other);
    assert.equal(this.ran.filter(isOf("timer")), timers, "timers");
    const { call } = this.probe;
    assert.equal([call.queuedCount!(), call.scheduledCount!(), call.readyCount!()], [0, 0, 0], "left");
  }
}

const bounds = suite("bound of a turn");

for (const bound of [1, 2, 7, 100, BOUND_MAX]) {
  bounds(`should run everything in its order with ${bound}, by hand`, async () => {
    const random = new Random(SEED + bound);
    const round = await Round.create(random, bound, 600, true);
    for (let i = 0; i < 40; i++) round.start();
    let isDone = false;
    for (let turn = 0; turn < TURNS_MAX && !isDone; turn++) {
      const from = round.ran.length;
      const wantsNs = round.probe.call.turnWith!(0);
      round.checkTurn(from);
      if (wantsNs > 0) round.host.nowNs += BigInt(wantsNs + random.below(2) * random.below(1000));
      if (wantsNs < 0) round.start();
      isDone = wantsNs < 0 && round.ran.length === round.started.length;
    }
    round.checkEnd();
  });

  bounds(`should run everything in its order with ${bound}, blocking`, async () => {
    const round = await Round.create(new Random(SEED - bound), bound, 600, false);
    for (let i = 0; i < 40; i++) round.start();
    for (let turn = 0; turn < TURNS_MAX && round.ran.length < round.started.length; turn++) {
      const from = round.ran.length;
      round.probe.call.turnBlocking!();
      round.checkTurn(from);
      if (round.ran.length === round.started.length) round.start();
    }
    round.checkEnd();
  });
}

bounds("should hold from the next turn on", async () => {
  const round = await Round.create(new Random(1), 3, 0, true);
  const { call } = round.probe;
  for (let owner = 0; owner < 10; owner++) {
    round.started.push({ kind: "task 1", deadlineNs: 0n });
    call.runTask!(owner, 1);
  }
  call.turnWith!(0);
  assert.equal(round.ran, [0, 1, 2]);
  call.setTurnBound!(5);
  call.turnWith!(0);
  assert.equal(round.ran, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.is(call.turnWith!(0), -1);
  assert.is(round.ran.length, 10);
});

for (const bound of [0, BOUND_MAX + 1, 0x7fff_ffff, 0xffff_ffff]) {
  bounds(`should refuse ${bound}`, async () => {
    const probe = await Probe.create(module);
    probe.traps(() => probe.call.setTurnBound!(bound), "engine/loop.ts");
    assert.match(probe.abortText, /the bound of a turn is 1 to 1048576 calls/);
  });
}

bounds.run();
