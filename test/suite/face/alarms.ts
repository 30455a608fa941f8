// Bodies about alarms: when they come, in which order, what slack allows, and both cancels.
import * as assert from "uvu/assert";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import { type AlarmKey, NUM_PRIORITIES, Priority } from "#host/engine/event-manager/interfaces.js";
import { Random, SEED } from "../../support/bytes.js";
import { body, type FaceBody, Heard, ROUNDING_MS } from "./body.js";
import { managed, quiet } from "./managed.js";

const DAY_MS = 86_400_000;
const nothing = (): void => {};

const alarms: FaceBody[] = [
  body("alarm-fires", "should run an alarm with true, once, never early and never inside the call", async (world) => {
    const { manager } = await managed(world);
    const heard = new Heard<boolean>();
    const fire = (deadline: Date | number): AlarmKey => manager.scheduleAlarmIn(deadline, heard.hear, Priority.MED);
    const began = world.nowMs();
    const date = new Date(world.date().getTime() + 20);
    const keys = [fire(20), fire(0), fire(-5), fire(-Infinity), fire(new Date(0)), fire(date)];
    const never = fire(Infinity);
    assert.is(heard.count, 0);
    await heard.times(6);
    assert.ok(world.nowMs() - began > 20 - ROUNDING_MS, "not before the last of them");
    assert.ok(world.date() >= date);
    assert.equal(heard.values, Array(6).fill(true));
    assert.ok(keys.every((key) => !manager.consistentCancel(key)), "they are over");
    assert.ok(manager.consistentCancel(never));
    await world.sleep(5);
    assert.equal(heard.values.slice(6), [false]);
  }),

  body("alarm-priority", "should run alarms that are due together by their priority", async (world) => {
    const { engine, manager } = await managed(world);
    const seen: string[] = [];
    const end = new Heard<boolean>();
    engine.run(() => {
      for (const level of [1, 4, 0, 3, 2]) {
        manager.scheduleAlarmIn(-1, () => { seen.push(`${level}`); }, level);
        manager.scheduleAlarmInWithSlack(-1, () => { seen.push(`${level}+`); }, level, 0);
      }
      manager.scheduleAlarmIn(-1, end.hear, Priority.LOW);
    });
    await end.first;
    assert.is(seen.join(" "), "4 4+ 3 3+ 2 2+ 1 1+ 0 0+");
  }),

  body("alarm-slack", "should let alarms with slack come with what wakes the engine, never early", async (world) => {
    const { manager } = await managed(world);
    const began = world.nowMs();
    const seen: [string, boolean][] = [];
    const hear = (name: string, delayMs: number, slackMs: number, done?: Heard<void>): void => {
      manager.scheduleAlarmInWithSlack(delayMs, (fired) => {
        assert.ok(world.nowMs() - began > delayMs - ROUNDING_MS, `${name} is early`);
        seen.push([name, fired]);
        done?.hear();
      }, done === undefined ? Priority.HIGH : Priority.LOW, slackMs);
    };
    const done = new Heard<void>();
    hear("for ever", 1, Infinity);
    hear("a day", 2, DAY_MS);
    hear("a minute", 4, 60_000);
    hear("exact", 20, 0, done);
    await done.first;
    assert.equal(seen.sort(), [["a day", true], ["a minute", true], ["exact", true], ["for ever", true]]);
  }),

  body("alarm-keys", "should give each alarm a key that names no other one", async (world) => {
    const { manager } = await managed(world);
    const keys: AlarmKey[] = [];
    for (let round = 0; round < 300; round++) {
      const key = manager.scheduleAlarmIn(DAY_MS, nothing, round % NUM_PRIORITIES);
      assert.not(keys.some((old) => old.equals(key) || manager.consistentCancel(old)), "a slot's earlier alarms");
      assert.ok(manager.consistentCancel(key));
      keys.push(key);
    }
    assert.is(new Set(keys.map(String)).size, keys.length);
    assert.ok(keys.every((key) => key.equals(key) && key.keyOf === "alarm"));
  }),
];

const cancels: FaceBody[] = [
  body("cancel-runs", "should run the closure of a cancelled alarm with false, in the call, once", async (world) => {
    const { manager } = await managed(world);
    const heard = new Heard<boolean>();
    for (const cancel of ["consistentCancel", "blockingConsistentCancel"] as const) {
      for (const delayMs of [-1, 3, DAY_MS, Infinity]) {
        const key = manager.scheduleAlarmIn(delayMs, heard.hear, Priority.LOW);
        assert.is(manager[cancel](key), true);
        assert.equal(heard.values.splice(0), [false]);
        assert.is(manager[cancel](key), false);
      }
    }
    await world.sleep(10);
    assert.is(heard.count, 0);
  }),

  body("cancel-own", "should answer false from inside the closure, and when that has run", async (world) => {
    const { manager } = await managed(world);
    const answers = new Heard<boolean[]>();
    const both = (): boolean[] => [manager.consistentCancel(key), manager.blockingConsistentCancel(key)];
    let key = manager.scheduleAlarmIn(1, () => answers.hear(both()), Priority.HIGH);
    assert.equal(await answers.first, [false, false], "while it fires");
    assert.equal(both(), [false, false], "when it has fired");
    key = manager.scheduleAlarmIn(DAY_MS, () => answers.hear(both()), Priority.HIGH);
    assert.ok(manager.consistentCancel(key));
    assert.equal(answers.values[1], [false, false], "while it is cancelled");
    assert.equal(both(), [false, false], "when it was cancelled");
  }),

  body("cancel-due", "should cancel what is due and waits for its turn, and what that was to cancel", async (world) => {
    const { engine, manager } = await managed(world);
    const seen: string[] = [];
    const keys: AlarmKey[] = [];
    const done = new Heard<void>();
    engine.run(() => {
      for (let index = 0; index < 4; index++) {
        keys.push(manager.scheduleAlarmIn(-1, (fired) => {
          seen.push(`${index} ${fired}`);
          const next = keys[index + 1];
          if (next !== undefined && index !== 1) seen.push(`${index}: ${manager.consistentCancel(next)}`);
          manager.runFunction(done.hear, Priority.LOW);
        }, Priority.HIGH));
      }
    });
    await done.times(4);
    // 0 cancels 1; 2 cancels 3. Each cancel has run its closure when it returns.
    assert.is(seen.join(", "), "0 true, 1 false, 0: true, 2 true, 3 false, 2: true");
  }),

  body("cancel-throws", "should throw to the canceller what the closure throws, when all is over", async (world) => {
    const { engine, manager } = await managed(world);
    const key = manager.scheduleAlarmIn(DAY_MS, (fired) => {
      manager.runFunction(nothing, Priority.HIGH);
      throw new Error(`fired: ${fired}`);
    }, Priority.LOW);
    const before = engine.live().tasks as number;
    assert.throws(() => manager.consistentCancel(key), /fired: false/);
    assert.is(engine.live().tasks, before, "the alarm is gone, the function is there");
    assert.not(manager.consistentCancel(key));
    await quiet(manager);
  }),

  body("cancel-others", "should refuse the key of a task, and know no key of another manager", async (world) => {
    const { engine, manager } = await managed(world);
    const neighbour = new EventManager(engine);
    const stranger = new EventManager(await world.makeEngine());
    const keys = [manager, neighbour, stranger].map((each) => each.scheduleAlarmIn(DAY_MS, nothing, Priority.MED));
    assert.not(manager.consistentCancel(keys[1]!));
    assert.not(manager.consistentCancel(keys[2]!));
    assert.not(manager.consistentCancel({ keyOf: "alarm", equals: () => true }));
    const task = manager.runFunction(nothing, Priority.LOW);
    assert.throws(() => manager.consistentCancel(task as never), /a task cannot be cancelled/);
    assert.throws(() => manager.blockingConsistentCancel(task as never), /a task cannot be cancelled/);
    const handle = engine.runAfter(DAY_MS, nothing);
    assert.not(manager.consistentCancel(handle as never));
    assert.not(engine.cancel(keys[0] as never));
    assert.ok(engine.cancel(handle));
    [manager, neighbour, stranger].forEach((each, index) => assert.ok(each.consistentCancel(keys[index]!)));
    await quiet(manager);
  }),
];

const schedules: FaceBody[] = [
  body("manager-random", "should keep every promise in random schedules", async (world) => {
    const { manager } = await managed(world);
    const random = new Random();
    /** What has been given and has not run, in the order given. */
    const functions = new Map<number, number>();
    const alarms = new Map<number, AlarmKey>();
    const over = new Map<number, AlarmKey>();
    const ends = { ran: 0, fired: 0, cancelled: 0 };
    let count = 0;
    let depth = 0;
    const act = (): void => {
      if (count > 3000 || depth > 4) return;
      depth++;
      for (let times = random.below(4); times > 0; times--) [addFunction, addAlarm, cancelOne][random.below(3)]!();
      depth--;
    };
    const addFunction = (): void => {
      const id = ++count;
      const level = random.below(NUM_PRIORITIES);
      functions.set(id, level);
      manager.runFunction(() => {
        assert.ok(functions.delete(id), `seed ${SEED}: function ${id} runs again`);
        for (const [other, its] of functions) {
          if (other > id) break;
          assert.ok(its < level, `seed ${SEED}: function ${id} of ${level} runs before ${other} of ${its}`);
        }
        ends.ran++;
        act();
      }, level);
    };
    const addAlarm = (): void => {
      const id = ++count;
      const delayMs = random.below(60) / 4 - 1;
      const deadlineMs = world.nowMs() + delayMs;
      const key = manager.scheduleAlarmInWithSlack(delayMs, (fired) => {
        assert.is(alarms.delete(id), fired, `seed ${SEED}: alarm ${id}`);
        if (fired) assert.ok(world.nowMs() > deadlineMs - ROUNDING_MS, `seed ${SEED}: alarm ${id} is early`);
        over.set(id, key);
        ends[fired ? "fired" : "cancelled"]++;
        assert.not(manager.consistentCancel(key), `seed ${SEED}: alarm ${id} from inside`);
        act();
      }, random.below(NUM_PRIORITIES), random.below(3));
      alarms.set(id, key);
    };
    const cancelOne = (): void => {
      const id = 1 + random.below(count + 1);
      const key = alarms.get(id) ?? over.get(id);
      if (key === undefined) return;
      const wasPending = alarms.delete(id);
      const before = ends.cancelled;
      assert.is(manager.blockingConsistentCancel(key), wasPending, `seed ${SEED}: cancel of alarm ${id}`);
      if (wasPending) assert.ok(over.has(id) && ends.cancelled > before, `seed ${SEED}: alarm ${id} heard nothing`);
    };
    for (let step = 0; step < 60; step++) {
      act();
      await world.sleep(random.below(3));
    }
    while (alarms.size > 0 || functions.size > 0) await world.sleep(2);
    assert.equal(world.uncaught.map(String), [], `seed ${SEED}: what the closures found`);
    assert.is(ends.ran + ends.fired + ends.cancelled, count, `seed ${SEED}: each once`);
    for (const [name, times] of Object.entries(ends)) assert.ok(times > 0, `seed ${SEED}: none ${name}`);
  }),
];

export const alarmBodies: readonly FaceBody[] = [...alarms, ...cancels, ...schedules];
