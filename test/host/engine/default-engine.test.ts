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
