// Random schedules on the shipped component under a clock of the test, against a model that knows what each turn must
// run (turn-model.ts): priorities, order, bounds, alarms with slack, cancels from everywhere, and the end.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import type { AlarmKey } from "#host/engine/event-manager/interfaces.js";
import { Random, SEED } from "../../support/bytes.js";
import { type DrivenEngine, drivenEngine } from "./driven-engine.js";
import { TURN_CALLS, TurnModel } from "./turn-model.js";

const ROUNDS = 30;
const STEPS = 120;
const CLOSURES_MAX = 12_000;
const MS_NS = 1_000_000n;
/** Timers of the platform are whole milliseconds, and time passes by that. */
const LATE_NS_MAX = 2n * MS_NS;

interface Alarm {
  readonly key: AlarmKey;
  readonly deadlineNs: bigint;
  readonly latestNs: bigint;
  state: "pending" | "running" | "fired" | "cancelled";
}

class Mixture {
  private readonly random: Random;
  private readonly manager: EventManager;
  private readonly model = new TurnModel();
  private readonly alarms = new Map<number, Alarm>();
  private count = 0;
  private ran = 0;
  private functions = 0;
  /** The alarm that `cancel` is about to run. */
  private cancelling = 0;
  private isClosing = false;
  private depth = 0;
  readonly seen = { turns: 0, fired: 0, cancelled: 0, closed: 0 };

  constructor(private readonly driven: DrivenEngine, readonly seed: number) {
    this.random = new Random(seed);
    this.manager = new EventManager(driven.engine);
  }

  async run(): Promise<void> {
    const { passMs, platform } = this.driven;
    for (let step = 0; step < STEPS; step++) {
      this.act();
      if (this.random.below(3) === 0) platform.clock.nowNs += BigInt(this.random.below(700_000));
      if (this.random.below(3) === 0) platform.clock.runSoon();
      if (this.random.below(3) === 0) platform.clock.advanceMs(1);
      if (this.random.below(8) === 0) {
        passMs(1);
        this.noneIsLate();
      }
    }
    await this.close();
  }

  private get now(): bigint {
    return this.driven.platform.clock.nowNs;
  }

  private get story(): string {
    return `seed ${this.seed}`;
  }

  private act(): void {
    if (this.count >= CLOSURES_MAX || this.isClosing || this.depth > 6) return;
    this.depth++;
    for (let times = this.random.below(4); times > 0; times--) {
      const choice = this.random.below(100);
      if (choice < 30) this.addFunction();
      else if (choice < 40) this.addFunctions(1 + this.random.below(20));
      else if (choice < 42 && this.depth === 1) this.addFunctions(TURN_CALLS + this.random.below(TURN_CALLS));
      else if (choice < 70) this.addAlarm();
      else this.cancelOne();
    }
    this.depth--;
  }

  private addFunction(): void {
    const level = this.random.below(5);
    const [id, handler] = this.handler();
    this.model.function(id, level);
    if (level === 1 && this.random.below(2) === 0) this.driven.engine.run(handler);
    else this.manager.runFunction(handler, level);
  }

  private addFunctions(count: number): void {
    // Mostly of one level, so that floods are floods.
    const common = this.random.below(5);
    this.manager.runFunctions(Array.from({ length: count }, () => {
      const level = this.random.below(4) === 0 ? this.random.below(5) : common;
      const [id, handler] = this.handler();
      this.model.function(id, level);
      return { handler, priority: level };
    }));
  }

  private handler(): [id: number, handler: () => void] {
    const id = ++this.count;
    this.functions++;
    return [id, (): void => {
      this.ran++;
      this.model.ran(id, this.now, this.story);
      this.act();
    }];
  }

  private addAlarm(): void {
    const id = ++this.count;
    const level = this.random.below(5);
    const delayMs = this.random.below(6) === 0 ? 1000 : this.random.below(7_000_000) / 1e6 - 1;
    const slackMs = this.random.below(2) === 0 ? 0 : this.random.below(6);
    const deadlineNs = BigInt(Math.ceil(Number(this.now) + Math.max(0, delayMs) * 1e6));
    this.model.alarm(id, deadlineNs, level);
    const key = this.manager.scheduleAlarmInWithSlack(
      delayMs, (fired) => this.alarmRuns(id, fired), level, slackMs,
    );
    this.alarms.set(id, { key, deadlineNs, latestNs: deadlineNs + BigInt(slackMs) * MS_NS, state: "pending" });
  }

  private alarmRuns(id: number, fired: boolean): void {
    const alarm = this.alarms.get(id)!;
    assert.is(alarm.state, "pending", `${this.story}: alarm ${id} runs again`);
    // While the engine closes what is due still fires, until everything that was given has run.
    if (fired || !this.isClosing) assert.is(fired, this.cancelling !== id, `${this.story}: what alarm ${id} is told`);
    if (fired) {
      assert.ok(this.now >= alarm.deadlineNs, `${this.story}: alarm ${id} is early`);
      this.model.ran(id, this.now, this.story);
    }
    alarm.state = "running";
    this.seen[fired ? "fired" : this.isClosing ? "closed" : "cancelled"]++;
    if (this.random.below(3) === 0) {
      const cancel = this.random.below(2) === 0 ? "consistentCancel" : "blockingConsistentCancel";
      assert.not(this.manager[cancel](alarm.key), `${this.story}: from inside of itself`);
    }
    this.cancelling = 0;
    this.act();
    alarm.state = fired ? "fired" : "cancelled";
  }

  private cancelOne(): void {
    if (this.count === 0) return;
    const id = 1 + this.random.below(this.count);
    const alarm = this.alarms.get(id);
    if (alarm === undefined) return;
    const isPending = alarm.state === "pending";
    if (isPending) this.model.cancel(id);
    this.cancelling = isPending ? id : 0;
    const cancel = this.random.below(2) === 0 ? "consistentCancel" : "blockingConsistentCancel";
    assert.is(this.manager[cancel](alarm.key), isPending, `${this.story}: ${cancel} of alarm ${id}: ${alarm.state}`);
    assert.is.not(alarm.state, "pending", `${this.story}: its closure ran inside the call`);
    this.cancelling = 0;
  }

  private noneIsLate(): void {
    for (const [id, { latestNs, state }] of this.alarms) {
      if (state === "pending") assert.ok(this.now - latestNs <= LATE_NS_MAX, `${this.story}: alarm ${id} is late`);
    }
  }

  private async close(): Promise<void> {
    this.isClosing = true;
    const closed = this.driven.engine.close();
    this.driven.settle();
    await closed;
    assert.is(this.ran, this.functions, `${this.story}: every function ran once`);
    for (const [id, { state, key }] of this.alarms) {
      assert.ok(state === "fired" || state === "cancelled", `${this.story}: alarm ${id} is ${state} at the end`);
      assert.not(this.manager.consistentCancel(key));
    }
    await this.driven.close(); // once more: the leak law
    assert.equal(this.driven.thrown.map(String), [], this.story);
    this.seen.turns = this.model.turns;
  }
}

const random = suite("random schedules of an event manager");
console.log(`seed ${SEED}`);

random("should run as the model says, whatever happens in which order", async () => {
  const seen: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    const mixture = new Mixture(await drivenEngine(), (SEED + round) >>> 0);
    await mixture.run();
    for (const [name, count] of Object.entries(mixture.seen)) seen[name] = (seen[name] ?? 0) + count;
  }
  // Every kind of end was met, or this shows nothing.
  for (const name of ["turns", "fired", "cancelled", "closed"]) {
    assert.ok((seen[name] ?? 0) >= ROUNDS, `${name}: ${seen[name]}`);
  }
});

random.run();
