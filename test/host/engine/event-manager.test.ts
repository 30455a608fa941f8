// The event manager on the shipped component under a clock of the test: what each state of an alarm answers to each
// way to end it, the bound of a turn with priorities, and holds. What every engine must do is in test/suite/face.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import { type AlarmKey, Priority } from "#host/engine/event-manager/interfaces.js";
import { WasiTrap } from "#host/wasi/trap.js";
import { type DrivenEngine, drivenEngine, nothingIsLeft, onEngine } from "./driven-engine.js";
import { LOWER_SHARE, TURN_CALLS } from "./turn-model.js";

const HOUR_MS = 3_600_000;
const nothing = (): void => {};

const table = suite("alarms, state by way to end");

/** What a test of the table has: the alarm in question, and what its closure was told. */
interface Stage extends DrivenEngine {
  manager: EventManager;
  told: boolean[];
  schedule(delayMs: number, slackMs?: number): AlarmKey;
}

/** Brings an alarm into the state and calls `act` there, which may be inside of a callback. */
type Bring = (stage: Stage, act: (key: AlarmKey) => void) => void;

/** Whether the state is one before the closure began: then it can be cancelled. */
const STATES: Record<string, { isPending: boolean; bring: Bring }> = {
  "far away": { isPending: true, bring: ({ schedule }, act) => act(schedule(HOUR_MS)) },
  "at the next turn": { isPending: true, bring: ({ schedule }, act) => act(schedule(0)) },
  "for ever": { isPending: true, bring: ({ schedule }, act) => act(schedule(Infinity)) },
  "past its deadline, in its slack": {
    isPending: true,
    bring: ({ schedule, settle, platform }, act) => {
      const key = schedule(5, HOUR_MS);
      settle();
      platform.clock.nowNs += 6_000_000n;
      act(key);
    },
  },
  "due, unseen by a turn": {
    isPending: true,
    bring: ({ schedule, settle, platform }, act) => {
      const key = schedule(5);
      settle();
      platform.clock.nowNs += 6_000_000n;
      act(key);
    },
  },
  "in the queue of its level": {
    isPending: true,
    bring: ({ manager, schedule, settle, platform }, act) => {
      // It is due in a turn that makes all its calls for others.
      const keys: AlarmKey[] = [];
      const others = Array.from({ length: LOWER_SHARE }, () => ({ handler: nothing, priority: Priority.LOW }));
      const flood = Array.from({ length: TURN_CALLS }, (_, index) => ({
        handler: (): void => { if (index === TURN_CALLS - 1) act(keys[0]!); }, priority: Priority.HIGH,
      }));
      manager.runFunctions([...others, ...flood]);
      keys.push(schedule(-1));
      platform.clock.runSoon();
      settle();
    },
  },
  "in the ring": {
    isPending: true,
    bring: ({ manager, schedule, settle }, act) => {
      manager.runFunction(() => act(key), Priority.HIGH); // the same turn found the alarm due
      const key = schedule(-1);
      settle();
    },
  },
  "running with true": {
    isPending: false,
    bring: ({ manager, told, settle }, act) => {
      const key = manager.scheduleAlarmIn(-1, (fired) => {
        told.push(fired);
        act(key);
      }, Priority.LOW);
      settle();
    },
  },
  "running with false": {
    isPending: false,
    bring: ({ manager, told }, act) => {
      const key = manager.scheduleAlarmIn(HOUR_MS, (fired) => {
        told.push(fired);
        act(key);
      }, Priority.LOW);
      assert.ok(manager.consistentCancel(key));
    },
  },
  "over, with true": {
    isPending: false,
    bring: ({ schedule, settle }, act) => {
      const key = schedule(-1);
      settle();
      act(key);
    },
  },
  "over, with false": {
    isPending: false,
    bring: ({ manager, schedule }, act) => {
      const key = schedule(HOUR_MS);
      assert.ok(manager.consistentCancel(key));
      act(key);
    },
  },
  "behind a close that has not gone on": {
    isPending: true,
    bring: ({ engine, schedule }, act) => {
      const key = schedule(HOUR_MS);
      void engine.close();
      act(key);
    },
  },
  "about to be told of the close": {
    isPending: true,
    bring: ({ engine, manager, schedule, settle }, act) => {
      // The close queues both, in this order.
      manager.scheduleAlarmIn(HOUR_MS, () => act(key), Priority.SYSTEM);
      const key = schedule(HOUR_MS);
      void engine.close();
      settle();
    },
  },
  "told of the close": {
    isPending: false,
    bring: ({ engine, schedule, settle }, act) => {
      const key = schedule(HOUR_MS);
      void engine.close();
      settle();
      act(key);
    },
  },
};

async function staged(run: (stage: Stage) => void): Promise<void> {
  const driven = await drivenEngine();
  const manager = new EventManager(driven.engine);
  const told: boolean[] = [];
  const schedule = (delayMs: number, slackMs = 0): AlarmKey =>
    manager.scheduleAlarmInWithSlack(delayMs, (fired) => { told.push(fired); }, Priority.LOW, slackMs);
  run({ ...driven, manager, told, schedule });
  await driven.close();
  assert.equal(driven.thrown.map(String), [], "callbacks threw");
}

for (const [state, { isPending, bring }] of Object.entries(STATES)) {
  for (const cancel of ["consistentCancel", "blockingConsistentCancel"] as const) {
    table(`${cancel} should ${isPending ? "run the closure" : "do nothing"} when the alarm is ${state}`, () =>
      staged((stage) => {
        let acted = 0;
        bring(stage, (key) => {
          acted++;
          const before = stage.told.length;
          assert.is(stage.manager[cancel](key), isPending);
          assert.equal(stage.told.slice(before), isPending ? [false] : []);
          assert.is(stage.manager[cancel](key), false, "a second time");
          assert.is(stage.told.length, before + Number(isPending));
        });
        stage.settle();
        assert.is(acted, 1);
        assert.is(stage.told.length, 1, "once in all");
      }));
  }

  table(`close should leave no alarm untold that is ${state}, and tell none twice`, async () => {
    let heard: boolean[] = [];
    await staged((stage) => {
      heard = stage.told;
      bring(stage, () => void stage.engine.close());
      stage.settle();
    });
    assert.is(heard.length, 1);
  });
}

table.run();

// ---

const bounds = suite("bounds of a turn");

bounds("should give each lower level its share of a turn that is full, in their order", onEngine((driven) => {
  const { engine, platform, settle } = driven;
  const manager = new EventManager(engine);
  const ran = [0, 0, 0, 0, 0];
  const count = 2 * TURN_CALLS;
  const order: number[] = [];
  for (let level = 0; level <= 4; level++) {
    manager.runFunctions(Array.from({ length: count }, () => ({
      handler: (): void => {
        ran[level]!++;
        if (order.at(-1) !== level) order.push(level);
      },
      priority: level,
    })));
  }
  platform.clock.runSoon();
  assert.equal(ran, [0, 0, 0, 0, TURN_CALLS], "calls in a row");
  platform.clock.runSoon();
  assert.equal(ran, [LOWER_SHARE, LOWER_SHARE, LOWER_SHARE, LOWER_SHARE, 2 * TURN_CALLS - 4 * LOWER_SHARE]);
  settle();
  assert.equal(ran, Array(5).fill(count));
  assert.equal(order.slice(0, 10), [4, 3, 2, 1, 0, 4, 3, 2, 1, 0]);
}));

bounds("should take as many functions at once as it says, and no more", onEngine(({ engine, settle }) => {
  const manager = new EventManager(engine);
  let ran = 0;
  const task = { handler: (): void => void ran++, priority: Priority.HIGH };
  assert.throws(() => manager.runFunctions(new Array(2 ** 20 + 1).fill(task)), /1048576 tasks at most/);
  assert.is(manager.runFunctions(new Array(2 ** 20).fill(task)).length, 2 ** 20);
  settle();
  assert.is(ran, 2 ** 20);
}));

bounds("should ask for one turn, however many functions of however many levels are given", onEngine((driven) => {
  const manager = new EventManager(driven.engine);
  for (let index = 0; index < 100; index++) manager.runFunction(nothing, index % 5);
  assert.is(driven.platform.clock.soonCount, 1);
}));

bounds("should set one timer of the platform for alarms that can share it, and none for cancelled ones", onEngine(
  ({ engine, platform, settle, passMs }) => {
    const manager = new EventManager(engine);
    let fired = 0;
    const hear = (isTrue: boolean): void => { fired += Number(isTrue); };
    const keys = Array.from({ length: 100 }, (_, index) =>
      manager.scheduleAlarmInWithSlack(10 + index / 10, hear, index % 5, 10));
    settle();
    assert.is(platform.clock.timers.size, 1);
    passMs(19);
    assert.is(fired, 0, "the first of them could still wait");
    passMs(1);
    assert.is(fired, 100, "one wake-up for all");
    assert.is(platform.clock.timers.size, 0);
    keys.push(manager.scheduleAlarmIn(1000, hear, Priority.MED));
    settle();
    assert.is(platform.clock.timers.size, 1);
    assert.ok(manager.consistentCancel(keys[100]!));
    settle();
    assert.is(platform.clock.timers.size, 0);
  }));

bounds.run();

// ---

const extremes = suite("times beyond all measure");

/** Whole turns of 32 bits and of 64, in milliseconds and in nanoseconds, and what floating point has to offer. */
const SPANS_MS = [
  2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 63 / 1e6, 2 ** 64 / 1e6, 1e300, Number.MAX_VALUE, Infinity,
];

extremes("should run at once what is past, and never what is as good as never", onEngine((driven) => {
  const { engine, settle, passMs } = driven;
  const manager = new EventManager(engine);
  const told: boolean[] = [];
  const hear = (fired: boolean): void => void told.push(fired);
  const past = [-Infinity, -Number.MAX_VALUE, -(2 ** 63), -1, -0, 0, new Date(-8.64e15), new Date(0)];
  for (const deadline of past) manager.scheduleAlarmIn(deadline, hear, Priority.MED);
  const keys = [manager.scheduleAlarmIn(new Date(8.64e15), hear, Priority.MED)];
  for (const spanMs of SPANS_MS) {
    for (const slackMs of [0, Number.MIN_VALUE, 1, ...SPANS_MS]) {
      keys.push(manager.scheduleAlarmInWithSlack(spanMs, hear, Priority.MED, slackMs));
    }
  }
  settle();
  assert.equal(told.splice(0), past.map(() => true));
  const { turns } = engine.stats();
  passMs(50);
  assert.is(engine.stats().turns, turns, "nothing wakes it");
  for (const key of keys) assert.ok(manager.consistentCancel(key));
  assert.equal(told, keys.map(() => false));
}));

extremes("should wake nobody for a slack that never ends, and come with what wakes", onEngine((driven) => {
  const manager = new EventManager(driven.engine);
  let fired = 0;
  const hear = (isTrue: boolean): void => { fired += Number(isTrue); };
  for (const slackMs of SPANS_MS) manager.scheduleAlarmInWithSlack(5, hear, Priority.MED, slackMs);
  driven.passMs(10);
  assert.is(fired, 0);
  manager.runFunction(nothing, Priority.LOW);
  driven.settle();
  assert.is(fired, SPANS_MS.length);
}));

extremes.run();

// ---

const holds = suite("holds");

holds("should hold the close of whoever calls it, often and in any way", onEngine(async (driven) => {
  const { engine, settle, platform } = driven;
  const manager = new EventManager(engine);
  manager.shutdownRef();
  const closes = [engine.close(), engine[Symbol.asyncDispose](), engine.close()];
  settle();
  assert.not(engine.isClosed);
  manager.shutdownRef();
  manager.shutdownUnref();
  assert.not(engine.isClosed);
  manager.shutdownUnref();
  assert.ok(engine.isClosed);
  settle();
  await Promise.all(closes);
  nothingIsLeft(engine, platform);
}));

holds("should begin the close from inside of a callback, too, and run what is queued behind it", onEngine((driven) => {
  const { engine, settle } = driven;
  const manager = new EventManager(engine);
  const seen: string[] = [];
  manager.shutdownRef();
  void engine.close();
  manager.runFunction(() => {
    manager.shutdownUnref();
    seen.push(`closed ${engine.isClosed}`);
    assert.throws(() => manager.shutdownRef(), /shutdownRef after close/);
  }, Priority.SYSTEM);
  manager.runFunction(() => { seen.push("behind"); }, Priority.LOW);
  settle();
  assert.equal(seen, ["closed true", "behind"]);
}));

holds("should not keep an engine alive whose component has trapped", async () => {
  const driven = await drivenEngine();
  const { engine, thrown, settle } = driven;
  const manager = new EventManager(engine);
  manager.shutdownRef();
  const runBatch = (): never => { throw new WasiTrap("a defect"); };
  Object.assign(engine.core, { exports: { ...engine.core.exports, run_batch: runBatch } });
  manager.runFunction(nothing, Priority.HIGH);
  settle();
  await engine.close();
  assert.equal(thrown.map((error) => (error as Error).message), ["a defect"]);
  manager.shutdownUnref();
  assert.throws(() => manager.shutdownUnref(), /without a shutdownRef/);
});

holds.run();
