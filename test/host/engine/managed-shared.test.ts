// One platform on an event manager that several engines stand on: what the manager does wrong for one of them is not
// held against the next; and what such a platform hands on of the one below.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventEngine } from "#host/engine/event-engine.js";
import { managedPlatform } from "#host/engine/event-manager/managed-platform.js";
import { COMPONENT } from "../../support/arms.js";
import { ForeignLoop } from "../../support/foreign-loop.js";
import { fakePlatform } from "../support/fake-platform.js";

const TURNS_MAX = 1000;

const shared = suite("engines on one managed platform");

shared("should go on when the manager has done wrong to one of them", async () => {
  const platform = fakePlatform();
  const loop = new ForeignLoop(() => {}, () => Number(platform.clock.nowNs) / 1e6);
  const run = loop.runFunction.bind(loop);
  let isWrong = false;
  loop.runFunction = (handler, priority) => {
    if (isWrong) handler();
    return run(handler, priority);
  };
  const settle = (): void => {
    for (let turn = 0; loop.delayMs <= 0; turn++) {
      assert.ok(turn < TURNS_MAX, "the loop never comes to rest");
      loop.turn();
    }
  };
  const thrown: unknown[] = [];
  const wasm = readFileSync(COMPONENT);
  const options = {
    wasm, platform: managedPlatform(loop, platform), onUncaught: (error: unknown): void => void thrown.push(error),
  };
  const [wronged, other] = [await EventEngine.create(options), await EventEngine.create(options)];
  settle();
  isWrong = true;
  wronged.run(() => {});
  isWrong = false;
  const seen: string[] = [];
  other.run(() => seen.push("run"));
  other.runAfter(1, () => seen.push("timer"));
  settle();
  platform.clock.advanceMs(1);
  settle();
  assert.equal(seen, ["run", "timer"]);
  const closed = [wronged.close(), other.close()];
  settle();
  await Promise.all(closed);
  assert.is(thrown.length, 1);
  assert.match(String(thrown[0]), /inside of runFunction/);
  assert.is(loop.refs, 0);
});

shared("should have the environment of the platform that they were given, and none of another", () => {
  const loop = new ForeignLoop();
  assert.equal(managedPlatform(loop, fakePlatform()).environment, {});
  const environment = { EVENT_ENGINE_DNS: "192.0.2.53" };
  assert.equal(managedPlatform(loop, Object.assign(fakePlatform(), { environment })).environment, environment);
});

shared.run();
