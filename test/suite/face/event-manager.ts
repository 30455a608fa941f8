// Bodies about the event manager: priorities, what closes and holds it, and what it refuses.
import * as assert from "uvu/assert";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import { type AlarmKey, NUM_PRIORITIES, Priority } from "#host/engine/event-manager/interfaces.js";
import { StatusError } from "#host/engine/status.js";
import { body, type FaceBody, Heard } from "./body.js";
import { managed, quiet } from "./managed.js";

const DAY_MS = 86_400_000;
/** More calls than a turn makes. */
const FLOOD = 3000;
const LEVELS = [Priority.LOW, Priority.MED, Priority.HIGH, Priority.IMMEDIATE, Priority.SYSTEM];
const nothing = (): void => {};

const priorities: FaceBody[] = [
  body("manager-order", "should run the higher priority first, and one priority in the order given", async (world) => {
    const { engine, manager } = await managed(world);
    assert.equal([...LEVELS, Priority.MIN, Priority.MAX, NUM_PRIORITIES], [0, 1, 2, 3, 4, 0, 4, 5]);
    const seen: string[] = [];
    const done = new Heard<void>();
    engine.run(() => {
      for (const name of ["a", "b", "c"]) {
        for (const level of [1, 4, 0, 3, 2]) manager.runFunction(() => { seen.push(`${level}${name}`); }, level);
        engine.run(() => { seen.push(`1${name}+`); }); // what names no priority has MED
      }
      manager.runFunction(done.hear, Priority.LOW);
      assert.is(seen.length, 0, "not inside the call");
    });
    await done.first;
    assert.is(seen.join(" "), "4a 4b 4c 3a 3b 3c 2a 2b 2c 1a 1a+ 1b 1b+ 1c 1c+ 0a 0b 0c");
  }),

  body("manager-flood", "should let the lowest priority go on in a flood of the highest", async (world) => {
    const { manager } = await managed(world);
    let isFlooded = true;
    let flood = 0;
    const again = (): void => {
      flood++;
      if (isFlooded) manager.runFunction(again, Priority.SYSTEM);
    };
    for (let count = 0; count < FLOOD; count++) manager.runFunction(again, Priority.SYSTEM);
    const low = new Heard<void>();
    for (let count = 0; count < 100; count++) manager.runFunction(low.hear, Priority.LOW);
    await low.times(100);
    assert.ok(flood > FLOOD, "the flood went on meanwhile");
    isFlooded = false;
    await quiet(manager);
  }),

  body("manager-ahead", "should let one of the highest pass a flood that was there before", async (world) => {
    const { manager } = await managed(world);
    let before = 0;
    for (let count = 0; count < 10 * FLOOD; count++) manager.runFunction(() => { before++; }, Priority.LOW);
    const ahead = new Heard<number>();
    manager.runFunction(() => {
      assert.is(before, 0, "in one turn it is the first");
      manager.runFunction(() => ahead.hear(before), Priority.SYSTEM);
    }, Priority.SYSTEM);
    assert.ok(await ahead.first <= FLOOD, "and in the next one, too");
    await quiet(manager);
    assert.is(before, 10 * FLOOD);
  }),

  body("manager-functions", "should take many functions at once, each with a key of its own", async (world) => {
    const { manager } = await managed(world);
    const seen: number[] = [];
    const keys = manager.runFunctions(Array.from({ length: 64 }, (_, index) => (
      { handler: () => { seen.push(index); }, priority: LEVELS[index % NUM_PRIORITIES] as Priority }
    )));
    assert.is(seen.length, 0);
    await quiet(manager);
    const indices = Array.from({ length: 64 }, (_, index) => index);
    assert.equal(seen, LEVELS.slice().reverse().flatMap((level) => indices.filter((index) => index % 5 === level)));
    assert.equal(manager.runFunctions([]), []);
    assert.is(new Set(keys.map(String)).size, 64);
    assert.ok(keys.every((key, index) => keys.findIndex((other) => other.equals(key)) === index));
  }),

  body("manager-throws", "should tell what functions and alarms throw, and go on", async (world) => {
    const { manager } = await managed(world);
    const end = new Heard<boolean>();
    manager.runFunction(() => { throw new Error("one"); }, Priority.HIGH);
    manager.scheduleAlarmIn(0, () => { throw new Error("two"); }, Priority.LOW);
    manager.scheduleAlarmIn(1, end.hear, Priority.LOW);
    await end.first;
    assert.equal(world.uncaught.splice(0).map(String).sort(), ["Error: one", "Error: two"]);
  }),
];

const ends: FaceBody[] = [
  body("manager-lets-go", "should let go of closures, whoever still has the keys", async (world) => {
    const { manager } = await managed(world);
    const kept: unknown[] = [];
    const references = ((): WeakRef<object>[] => {
      const captured = [1, 2, 3].map(() => ({ large: new Uint8Array(1000) }));
      const uses = captured.map((each) => (): void => { each.large.fill(1); });
      kept.push(manager.runFunction(uses[0]!, Priority.HIGH), manager.scheduleAlarmIn(1, uses[1]!, Priority.LOW));
      const cancelled = manager.scheduleAlarmIn(DAY_MS, uses[2]!, Priority.LOW);
      assert.ok(manager.consistentCancel(cancelled));
      kept.push(cancelled);
      return captured.map((each) => new WeakRef(each));
    })();
    await world.sleep(5);
    await quiet(manager);
    for (const reference of references) assert.ok(await world.isCollected(reference));
    assert.is(kept.length, 3);
  }),

  body("manager-close", "should run what was given, then alarms with false, when the engine closes", async (world) => {
    const { engine, manager } = await managed(world);
    const seen: string[] = [];
    const keys: AlarmKey[] = [];
    for (const delayMs of [50_000, DAY_MS, Infinity]) {
      keys.push(manager.scheduleAlarmIn(delayMs, (fired) => {
        seen.push(`alarm ${fired}`);
        if (seen.length === 3) seen.push(`cancelled ${keys.filter((key) => manager.consistentCancel(key)).length}`);
      }, Priority.SYSTEM));
    }
    manager.runFunction(() => { seen.push("low"); }, Priority.LOW);
    manager.runFunction(() => { seen.push("high"); }, Priority.HIGH);
    const closed = engine.close();
    assert.is(seen.length, 0, "not inside the call");
    await closed;
    // The first alarm cancels the other two, which then run inside of it.
    assert.equal(seen, ["high", "low", "alarm false", "alarm false", "alarm false", "cancelled 2"]);
    assert.not(keys.some((key) => manager.consistentCancel(key)));
  }),

  body("manager-closed", "should refuse functions, alarms and holds once the engine closes", async (world) => {
    const { engine, manager } = await managed(world);
    manager.scheduleAlarmIn(DAY_MS, () => {
      for (const [call, name] of [
        [() => manager.runFunction(nothing, 1), "runFunction"],
        [() => manager.runFunctions([{ handler: nothing, priority: 1 }]), "runFunctions"],
        [() => manager.scheduleAlarmIn(1, nothing, 1), "scheduleAlarmIn"],
        [() => manager.scheduleAlarmInWithSlack(1, nothing, 1, 1), "scheduleAlarmInWithSlack"],
        [() => manager.shutdownRef(), "shutdownRef"],
      ] as [() => unknown, string][]) {
        assert.throws(call, (error: unknown) => error instanceof StatusError
          && error.message === `${name} after close: the event engine is closed`);
      }
    }, Priority.LOW);
    await engine.close();
  }),

  body("manager-holds", "should stay open while it is held, and close with the last hold", async (world) => {
    const { engine, manager } = await managed(world);
    const other = new EventManager(engine);
    manager.shutdownRef();
    manager.shutdownRef();
    other.shutdownRef();
    let isOver = false;
    const closed = engine.close().then(() => { isOver = true; });
    assert.not(engine.isClosed);
    assert.not(engine.closing.aborted);
    const fired = new Heard<boolean>();
    manager.scheduleAlarmIn(5, fired.hear, Priority.LOW); // taken on as if nobody had closed it
    assert.is(await fired.first, true);
    await quiet(manager);
    other.shutdownUnref();
    manager.shutdownUnref();
    assert.throws(() => other.shutdownUnref(), /shutdownUnref without a shutdownRef/);
    await world.sleep(5);
    assert.equal([isOver, engine.isClosed], [false, false]);
    manager.shutdownUnref();
    assert.ok(engine.isClosed, "inside the call");
    assert.ok(engine.closing.aborted);
    assert.throws(() => manager.shutdownUnref(), /shutdownUnref without a shutdownRef/);
    await closed;
    assert.ok(isOver);
  }),

  body("manager-held-open", "should go on when the last hold goes and nobody has closed it", async (world) => {
    const { engine, manager } = await managed(world);
    manager.shutdownRef();
    manager.shutdownUnref();
    assert.not(engine.isClosed);
    await quiet(manager);
  }),
];

const refusals: FaceBody[] = [
  body("manager-refuses", "should name what cannot be meant, and change nothing", async (world) => {
    const { engine, manager } = await managed(world);
    const before = engine.live().tasks as number;
    const good = { handler: (): void => assert.unreachable(), priority: Priority.LOW };
    const functions = (...tasks: unknown[]) => () => manager.runFunctions(tasks as never);
    const alarm = (deadline: unknown, closure: unknown = good.handler, priority: unknown = 1) =>
      () => manager.scheduleAlarmIn(deadline as never, closure as never, priority as never);
    const slack = (slackMs: unknown) =>
      () => manager.scheduleAlarmInWithSlack(1, good.handler, Priority.LOW, slackMs as never);
    const bad: [() => unknown, RegExp][] = [
      ...[-1, 5, 1.5, NaN, "1", undefined, null].flatMap((priority): [() => unknown, RegExp][] => [
        [() => manager.runFunction(good.handler, priority as never), /the priority of a task must be/],
        [functions(good, { ...good, priority }), /the priority of task 1 must be/],
        [alarm(1, good.handler, priority === undefined ? null : priority), /the priority of an alarm must be/],
      ]),
      [() => manager.runFunction({ run: nothing } as never, 1), /the handler of a task must be a function/],
      [functions(good, good, { priority: 1 }), /the handler of task 2 must be a function/],
      [functions(good, null), /the handler of task 1 must be a function/],
      [() => manager.runFunctions(Array(2 ** 20 + 1).fill(good)), /1048576 tasks at most/],
      [() => manager.runFunctions(good as never), /an array of tasks/],
      [() => manager.runFunctions(Array(2)), /the handler of task 0 must be a function/],
      [alarm(1, null), /the closure of an alarm must be a function/],
      ...[NaN, new Date(NaN), "5", null, {}].map((deadline): [() => unknown, RegExp] =>
        [alarm(deadline), /the deadline of an alarm must be/]),
      ...[-1, NaN, "5", null].map((slackMs): [() => unknown, RegExp] => [slack(slackMs), /slack of an alarm must be/]),
      [() => new EventManager({ ...engine } as never), /wants an EventEngine/],
    ];
    for (const [call, message] of bad) {
      assert.throws(call, (error: unknown) => error instanceof StatusError && error.code === "INVALID_ARGUMENT"
        && message.test(error.message), String(message));
    }
    assert.is(engine.live().tasks, before);
    await quiet(manager);
  }),
];

export const managerBodies: readonly FaceBody[] = [...priorities, ...ends, ...refusals];
