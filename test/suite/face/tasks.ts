// Bodies about closures: `run`, `runAt`, `runAfter`, `cancel`, and what they do with what they are given.
import * as assert from "uvu/assert";
import { TaskHandle } from "#host/engine/handles.js";
import { body, type FaceBody, Heard, ROUNDING_MS } from "./body.js";

const DAY_MS = 86_400_000;
const MASS = 2 ** 21 - 1;

const nothing = (): void => {};

const runs: FaceBody[] = [
  body("run-once", "should run a closure exactly once, and not inside the call", async ({ makeEngine, sleep }) => {
    const engine = await makeEngine();
    const heard = new Heard<void>();
    engine.run(heard.hear);
    assert.is(heard.count, 0);
    await Promise.resolve();
    await heard.first;
    await sleep(5);
    assert.is(heard.count, 1);
  }),

  body("run-order", "should run closures in the order of the calls, with batches of any size", async (world) => {
    const { makeEngine } = world;
    const engine = await makeEngine();
    const seen: number[] = [];
    const last = new Heard<void>();
    const give = (from: number, count: number): void => {
      for (let index = 0; index < count; index++) engine.run(() => { seen.push(from + index); });
    };
    give(0, 1);
    give(1, 3000);
    engine.run(() => give(4001, 1000)); // these come after everything below
    give(3001, 1000);
    engine.run(() => engine.run(() => engine.run(last.hear)));
    await last.first;
    assert.equal(seen, Array.from({ length: 5001 }, (_, index) => index));
  }),

  body("run-object", "should call `run` of an object, which stays its owner's", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const heard = new Heard<unknown>();
    const closure = { run(): void { heard.hear(this); } };
    engine.run(closure);
    engine.run(closure);
    engine.runAfter(1, closure);
    const cancelled = engine.runAfter(DAY_MS, closure);
    assert.ok(engine.cancel(cancelled));
    const end = new Heard<void>();
    engine.runAfter(5, end.hear);
    await end.first;
    assert.equal(heard.values.map((value) => value === closure), [true, true, true]);
  }),

  body("run-mass", "should run two million closures, each once and in order", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const done = new Heard<void>();
    let count = 0;
    const closure = (): void => { if (++count === MASS) done.hear(); };
    for (let index = 0; index < MASS; index++) engine.run(closure);
    assert.is(count, 0);
    await done.first;
    assert.is(count, MASS);
  }),

  body("run-throws", "should tell what closures throw, and go on", async ({ makeEngine, uncaught }) => {
    const engine = await makeEngine();
    const heard = new Heard<void>();
    engine.run(() => { throw new Error("one"); });
    engine.runAfter(0, () => { throw new Error("two"); });
    engine.runAfter(1, heard.hear);
    await heard.first;
    assert.equal(uncaught.splice(0).map(String).sort(), ["Error: one", "Error: two"]);
  }),
];

const deadlines: FaceBody[] = [
  body("after-zero", "should run zero, negative and past delays soon, never inside the call", async (world) => {
    const engine = await world.makeEngine();
    const seen: number[] = [];
    engine.runAfter(0, () => { seen.push(1); });
    engine.runAfter(-5, () => { seen.push(2); });
    engine.runAt(new Date(world.date().getTime() - 1000), () => { seen.push(3); });
    assert.is(seen.length, 0);
    const end = new Heard<void>();
    engine.runAfter(10, end.hear);
    await end.first;
    assert.equal([...seen].sort(), [1, 2, 3]);
  }),

  body("after-never-early", "should run nothing before its time", async ({ makeEngine, nowMs }) => {
    const engine = await makeEngine();
    const ended = Array.from({ length: 100 }, (_, index) => {
      const delay = (index * 7919) % 40 + (index % 10) / 10;
      const deadline = nowMs() + delay;
      return new Promise<number>((resolve) => engine.runAfter(delay, () => resolve(nowMs() - deadline)));
    });
    for (const late of await Promise.all(ended)) assert.ok(late > -ROUNDING_MS, `${-late} ms early`);
  }),

  body("at-never-early", "should run nothing before its date", async ({ makeEngine, date }) => {
    const engine = await makeEngine();
    const when = new Date(date().getTime() + 20);
    const at = await new Promise<Date>((resolve) => engine.runAt(when, () => resolve(date())));
    assert.ok(at >= when, `${at.toISOString()} is before ${when.toISOString()}`);
  }),

  body("after-order", "should run the earlier deadline first, equal ones in their order", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const seen: number[] = [];
    const end = new Heard<void>();
    engine.runAfter(40, () => { seen.push(3); end.hear(); });
    engine.runAfter(20, () => { seen.push(2); });
    engine.runAfter(0, () => { seen.push(1); });
    await end.first;
    assert.equal(seen, [1, 2, 3]);
  }),

  body("after-slack", "should take slack for lateness only, and refuse what is none", async (world) => {
    const { makeEngine, nowMs } = world;
    const engine = await makeEngine();
    const began = nowMs();
    const ends = [0, 5, 10].map((delayMs) => {
      const end = new Heard<number>();
      engine.runAfter(delayMs, () => end.hear(nowMs() - began - delayMs), { slackMs: 40 });
      return end.first;
    });
    for (const lateMs of await Promise.all(ends)) assert.ok(lateMs >= -0.001, `${lateMs} ms late`);
    assert.throws(() => engine.runAfter(1, () => {}, { slackMs: -1 }), /slackMs/);
    assert.throws(() => engine.runAfter(1, () => {}, { slackMs: NaN }), /slackMs/);
    const handle = engine.runAt(new Date(8.64e15), () => {}, { slackMs: Infinity });
    assert.ok(engine.cancel(handle));
  }),

  body("after-far", "should keep a hundred thousand far deadlines, and refuse none", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const delays = [25 * DAY_MS, 2 ** 31, 2 ** 53, Number(2n ** 63n - 1n), Number.MAX_VALUE, Infinity];
    let wrong = 0;
    const handles = Array.from({ length: 100_000 }, (_, index) => {
      return engine.runAfter(delays[index % delays.length] ?? 0, () => { wrong++; });
    });
    const near = new Heard<void>();
    engine.runAfter(10, near.hear);
    await near.first;
    assert.is(wrong, 0);
    assert.ok(handles.every((handle) => engine.cancel(handle)));
  }),

  body("after-invalid", "should refuse times that are none", async ({ makeEngine }) => {
    const engine = await makeEngine();
    assert.throws(() => engine.runAfter(NaN, nothing), /./);
    assert.throws(() => engine.runAt(new Date(NaN), nothing), /./);
  }),
];

const cancels: FaceBody[] = [
  body("cancel-pending", "should cancel what waits, once; it never runs", async ({ makeEngine, sleep }) => {
    const engine = await makeEngine();
    let ran = 0;
    const handle = engine.runAfter(5, () => { ran++; });
    const day = engine.runAfter(DAY_MS, () => { ran++; });
    assert.equal([engine.cancel(handle), engine.cancel(handle), engine.cancel(day)], [true, false, true]);
    await sleep(15);
    assert.is(ran, 0);
  }),

  body("cancel-late", "should refuse what has run, what runs, and what never was", async ({ makeEngine }) => {
    const engine = await makeEngine();
    const other = await makeEngine();
    const own = new Heard<boolean>();
    const handle = engine.runAfter(1, () => own.hear(engine.cancel(handle)));
    assert.is(await own.first, false, "the closure that runs");
    assert.is(engine.cancel(handle), false, "the closure that has run");
    assert.is(engine.cancel(TaskHandle.invalid), false);
    assert.equal(TaskHandle.invalid.keys, [-1, -1]);
    const pending = engine.runAfter(DAY_MS, nothing);
    assert.is(other.cancel(pending), false, "of another engine");
    assert.ok(engine.cancel(pending));
  }),

  body("cancel-stale", "should refuse the handle of a slot that was given away again", async ({ makeEngine }) => {
    const engine = await makeEngine();
    let previous = engine.runAfter(DAY_MS, nothing);
    for (let round = 0; round < 1000; round++) {
      assert.ok(engine.cancel(previous));
      const next = engine.runAfter(DAY_MS, nothing);
      assert.not(engine.cancel(previous));
      assert.not(next.equals(previous));
      previous = next;
    }
    assert.ok(engine.cancel(previous));
  }),

  body("cancel-neighbour", "should let a closure cancel one that is due with it, and schedule", async (world) => {
    const engine = await world.makeEngine();
    const seen: string[] = [];
    const end = new Heard<void>();
    engine.runAfter(1, () => {
      seen.push(`cancelled ${engine.cancel(second)}`);
      engine.runAfter(5, end.hear);
    });
    const second = engine.runAfter(1, () => { seen.push("ran"); });
    await end.first;
    assert.equal(seen, ["cancelled true"]);
  }),

  body("cancel-lets-go", "should let go of a cancelled closure before the call returns", async (world) => {
    const engine = await world.makeEngine();
    const cancelled = ((): WeakRef<object> => {
      const captured = { large: new Uint8Array(1000) };
      engine.cancel(engine.runAfter(DAY_MS, () => { captured.large.fill(1); }));
      return new WeakRef(captured);
    })();
    await world.sleep(1); // a weak reference holds on until the job that made it is over
    assert.ok(await world.isCollected(cancelled));
  }),
];

export const taskBodies: readonly FaceBody[] = [...runs, ...deadlines, ...cancels];
