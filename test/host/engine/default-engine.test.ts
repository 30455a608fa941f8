// The process-wide default engine: who makes it, who shares it, who closes it.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  EventEngine, getDefaultEventEngine, resetEventEngineFactory, setDefaultEventEngine, setEventEngineFactory,
  shutdownDefaultEventEngine,
} from "#host/index.js";
import { within } from "../../support/guard.js";

let made = 0;

const count = async (): Promise<EventEngine> => {
  made++;
  return EventEngine.create();
};

const test = suite("the default engine");

test.before.each(() => {
  made = 0;
  setEventEngineFactory(count);
});

test.after.each(async () => {
  setDefaultEventEngine(null);
  resetEventEngineFactory();
  await within("nobody uses it any more", shutdownDefaultEventEngine());
});

test("should be made once, shared, and closed by its last user", async () => {
  const [one, two] = await Promise.all([getDefaultEventEngine(), getDefaultEventEngine()]);
  assert.is(one.engine, two.engine);
  assert.is(made, 1);
  await one.release();
  await one.release();
  assert.not(two.engine.isClosed, "releasing twice counts once");
  const three = await getDefaultEventEngine();
  assert.is(three.engine, two.engine);
  await two.release();
  assert.not(three.engine.isClosed);
  await three[Symbol.asyncDispose]();
  assert.ok(three.engine.isClosed);
});

test("should be another one when it is asked for again after that", async () => {
  const one = await getDefaultEventEngine();
  await one.release();
  const two = await getDefaultEventEngine();
  assert.is.not(two.engine, one.engine);
  assert.is(made, 2);
  await two.release();
});

test("should be another one when the one before failed, or was closed by one of its users", async () => {
  const failures: unknown[] = [];
  setEventEngineFactory(async () => {
    made++;
    return EventEngine.create({ onUncaught: (error) => failures.push(error) });
  });
  const [one, friend] = [await getDefaultEventEngine(), await getDefaultEventEngine()];
  void one.engine.close();
  const two = await getDefaultEventEngine();
  assert.is.not(two.engine, one.engine);
  assert.not(two.engine.isClosed);
  const { clock } = (two.engine as EventEngine).core;
  const { soon } = clock; // others have the same clock
  while (!two.engine.isClosed) {
    await new Promise((resolve) => { setImmediate(resolve); }); // a turn that was asked for before comes first
    Object.assign(clock, { soon: () => { throw new Error("the loop is gone"); } });
    two.engine.run(() => {});
    Object.assign(clock, { soon });
  }
  const [three, four] = await Promise.all([getDefaultEventEngine(), getDefaultEventEngine()]);
  assert.is.not(three.engine, two.engine);
  assert.is(four.engine, three.engine);
  assert.is(made, 3);
  for (const use of [one, four]) await use.release();
  assert.not(three.engine.isClosed, "others' releases are not counted here");
  let isOver = false;
  const over = shutdownDefaultEventEngine().then(() => { isOver = true; });
  await three.release();
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.not(isOver, "the first engine has a user");
  await friend.release();
  await two.release();
  await over;
  assert.ok(three.engine.isClosed);
  assert.is(failures.length, 1);
  const five = await getDefaultEventEngine();
  assert.is.not(five.engine, three.engine);
  await five.release();
});

test("should be the engine that was set, which stays its owner's", async () => {
  await using own = await EventEngine.create();
  const before = await getDefaultEventEngine();
  setDefaultEventEngine(own);
  const after = await getDefaultEventEngine();
  assert.is(after.engine, own);
  assert.is.not(before.engine, own, "who had one keeps it");
  assert.not(before.engine.isClosed);
  await after.release();
  assert.not(own.isClosed);
  setDefaultEventEngine(null);
  const again = await getDefaultEventEngine();
  assert.is.not(again.engine, own);
  assert.is.not(again.engine, before.engine);
  await Promise.all([before.release(), again.release()]);
  assert.ok(before.engine.isClosed && again.engine.isClosed);
});

test("should come from the factory only when none was set", async () => {
  await using own = await EventEngine.create();
  setDefaultEventEngine(own);
  await (await getDefaultEventEngine()).release();
  assert.is(made, 0);
  setDefaultEventEngine(null);
  await (await getDefaultEventEngine()).release();
  assert.is(made, 1);
  resetEventEngineFactory();
  await (await getDefaultEventEngine()).release();
  assert.is(made, 1, "the engine's own factory again");
});

test("should be waited for when it is shut down, and be a new one afterwards", async () => {
  const one = await getDefaultEventEngine();
  let isDown = false;
  const down = shutdownDefaultEventEngine().then(() => { isDown = true; });
  const two = await getDefaultEventEngine();
  assert.is.not(two.engine, one.engine);
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.not(isDown, "somebody still uses it");
  await one.release();
  await within("the shutdown", down);
  assert.ok(one.engine.isClosed);
  assert.not(two.engine.isClosed);
  await two.release();
  await shutdownDefaultEventEngine();
});

test("should be waited for when the last release of it is under way", async () => {
  const one = await getDefaultEventEngine();
  const released = one.release();
  assert.not(one.engine.isClosed, "the release has only begun");
  let isDown = false;
  const down = shutdownDefaultEventEngine().then(() => { isDown = true; });
  let isEnded = false;
  const ended = released.then(() => one.engine.close()).then(() => { isEnded = true; });
  await within("the shutdown", down);
  assert.ok(one.engine.isClosed);
  await ended;
  assert.ok(isDown && isEnded);
});

test("should be waited for until it is closed, each that is being released", async () => {
  const order: string[] = [];
  let finish: () => void = () => {};
  const slow = new Promise<void>((resolve) => { finish = resolve; });
  let makes = 0;
  setEventEngineFactory(async () => {
    const engine = await EventEngine.create();
    const name = `engine ${++makes}`;
    const close = engine.close.bind(engine);
    return Object.assign(engine, {
      close: () => slow.then(close).then(() => { order.push(name); }),
    });
  });
  const one = await getDefaultEventEngine();
  const first = one.release();
  const two = await getDefaultEventEngine();
  assert.is.not(two.engine, one.engine);
  const second = two.release();
  const down = shutdownDefaultEventEngine().then(() => { order.push("down"); });
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.equal(order, []);
  finish();
  await within("the shutdown", Promise.all([first, second, down]));
  assert.equal(order.slice(0, 2).sort(), ["engine 1", "engine 2"]);
  assert.is(order[2], "down");
  await within("another shutdown", shutdownDefaultEventEngine());
});

test("should be down although its close fails, which whoever releases it is told", async () => {
  const failing = await EventEngine.create();
  const close = failing.close.bind(failing);
  setEventEngineFactory(() => Object.assign(failing, { close: () => Promise.reject(new Error("does not close")) }));
  const one = await getDefaultEventEngine();
  const early = shutdownDefaultEventEngine();
  const released = one.release().then(() => "released", (error: Error) => error.message);
  const late = shutdownDefaultEventEngine();
  await within("the shutdowns", Promise.all([early, late]));
  assert.is(await released, "does not close");
  await close();
});

test("should be down when its last user never got it, because the factory failed", async () => {
  setEventEngineFactory(() => { throw new Error("out of engines"); });
  const failed = getDefaultEventEngine().then(() => "an engine", (error: Error) => error.message);
  await within("the shutdown", shutdownDefaultEventEngine());
  assert.is(await failed, "out of engines");
});

test("should say what went wrong in the factory, and try again next time", async () => {
  setEventEngineFactory(() => { throw new Error("out of engines"); });
  const outcomes = await Promise.allSettled([getDefaultEventEngine(), getDefaultEventEngine()]);
  for (const outcome of outcomes) {
    assert.is(outcome.status === "rejected" && (outcome.reason as Error).message, "out of engines");
  }
  setEventEngineFactory(count);
  await (await getDefaultEventEngine()).release();
  assert.is(made, 1);
});

test.run();
