// Statistics, the hook at the end of turns and their bound, on the shipped component under a clock of the test.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventEngine, quantileMs, StatusError, type TurnReport } from "#host/index.js";
import { COMPONENT } from "../../support/arms.js";
import { fakePlatform } from "../support/fake-platform.js";
import { drivenEngine, onEngine } from "./driven-engine.js";

const wasm = readFileSync(COMPONENT);
const nothing = (): void => {};
const zeros = (): number[] => Array<number>(32).fill(0);

const stats = suite("stats");

stats("should count what the engine did", onEngine(({ engine, settle, passMs }) => {
  const before = engine.stats();
  for (let i = 0; i < 3; i++) engine.run(nothing);
  engine.runAfter(2, nothing);
  engine.cancel(engine.runAfter(1, nothing));
  settle();
  passMs(3);
  const after = engine.stats();
  assert.is(after.tasksMed - before.tasksMed, 4);
  assert.is(after.timers - before.timers, 1);
  assert.is(after.turns - before.turns, 2);
  assert.is(after.polls, 0, "nobody polls when a host turns the engine");
}));

stats("should be plain, with a name for every counter of the core", onEngine(({ engine }) => {
  const all = engine.stats();
  assert.equal(structuredClone(all), all);
  const { turnLength, timerLateness, ...counters } = all;
  assert.is(Object.keys(counters).length, 17);
  assert.ok(Object.values(counters).every((count) => Number.isInteger(count) && count >= 0));
  for (const { count, buckets } of [turnLength, timerLateness]) {
    assert.is(buckets.length, 32);
    assert.is(buckets.reduce((sum, some) => sum + some), count);
  }
}));

stats("should tell how late timers were", onEngine(({ engine, platform, settle }) => {
  engine.runAfter(1, nothing);
  engine.runAfter(2, nothing, { slackMs: 10 });
  settle();
  platform.clock.advanceMs(5);
  settle();
  const { timerLateness } = engine.stats();
  assert.is(timerLateness.count, 2);
  assert.ok(timerLateness.sumMs >= 4 && timerLateness.sumMs <= 8, `${timerLateness.sumMs} ms`);
}));

stats("should tell the numbers of an engine that is closed", async () => {
  const { engine, settle, close } = await drivenEngine();
  engine.run(nothing);
  settle();
  await close();
  assert.is(engine.stats().tasksMed, 1);
});

stats("should measure turns with their callbacks, from the first call on", onEngine((driven) => {
  const { engine, platform, settle } = driven;
  const lasting = (ns: number) => (): void => { platform.clock.nowNs += BigInt(ns); };
  engine.run(lasting(50_000));
  settle();
  assert.is(engine.stats().turnLength.count, 0);
  engine.run(lasting(1));
  settle();
  engine.run(lasting(3_000_000));
  engine.run(lasting(1_000_000));
  settle();
  const buckets = zeros();
  [buckets[1], buckets[22]] = [1, 1];
  assert.equal(engine.stats().turnLength, { count: 2, sumMs: 4.000001, buckets });
  engine.run(lasting(2 ** 40));
  settle();
  buckets[31] = 1;
  assert.equal(engine.stats().turnLength.buckets, buckets);
}));

stats("should not count the turn that asks first", onEngine(({ engine, settle }) => {
  engine.run(() => void engine.stats());
  settle();
  assert.is(engine.stats().turnLength.count, 0);
}));

stats("should look at no clock before anybody asks", onEngine(({ engine, platform, settle }) => {
  const { clock } = platform;
  let looks = 0;
  const { monotonicNow } = clock;
  clock.monotonicNow = () => {
    looks++;
    return monotonicNow.call(clock);
  };
  engine.run(nothing);
  settle();
  assert.is(looks, 0);
  engine.stats();
  engine.run(nothing);
  settle();
  assert.is(looks, 2);
}));

stats.run();

// ---

const quantiles = suite("quantileMs");

quantiles("should be 0 for an empty histogram and for times of 0", () => {
  const empty = { count: 0, sumMs: 0, buckets: zeros() };
  assert.equal([0, 0.5, 1].map((share) => quantileMs(empty, share)), [0, 0, 0]);
  const buckets = zeros();
  buckets[0] = 5;
  assert.equal([0, 0.5, 1].map((share) => quantileMs({ count: 5, sumMs: 0, buckets }, share)), [0, 0, 0]);
});

quantiles("should be the end of the bucket where the share is reached", () => {
  const buckets = zeros();
  [buckets[0], buckets[20], buckets[21], buckets[31]] = [10, 80, 9, 1];
  const some = { count: 100, sumMs: 0, buckets };
  const shares = [0, 0.1, 0.11, 0.9, 0.91, 0.99, 0.991, 1];
  const [low, middle, end] = [2 ** 20 / 1e6, 2 ** 21 / 1e6, 2 ** 31 / 1e6];
  assert.equal(shares.map((share) => quantileMs(some, share)), [0, 0, low, low, middle, middle, end, end]);
});

quantiles("should refuse what is no share, as percents are none", () => {
  for (const share of [99, 1.01, -0.01, NaN, Infinity, "0.5", undefined]) {
    const quantile = (): number => quantileMs({ count: 0, sumMs: 0, buckets: zeros() }, share as number);
    assert.throws(quantile, (error: unknown) => error instanceof StatusError && error.code === "INVALID_ARGUMENT"
      && error.message === `quantileMs of ${String(share)}: want a number from 0 to 1`);
  }
});

quantiles.run();

// ---

const hook = suite("onTurn");

/** An engine that reports its turns. */
async function reporting(onTurn: (turn: TurnReport) => void = nothing) {
  const turns: TurnReport[] = [];
  const driven = await drivenEngine({ onTurn: (turn) => {
    turns.push(turn);
    onTurn(turn);
  } });
  turns.length = 0;
  return { ...driven, turns };
}

hook("should be told of each turn, with its callbacks and how late its timers were", async () => {
  const { engine, platform, settle, close, turns } = await reporting();
  settle();
  assert.equal(turns, []);
  engine.run(() => { platform.clock.nowNs += 2_500_000n; });
  settle();
  assert.equal(turns.splice(0), [{ lengthMs: 2.5, turns: 1, timers: 0, timersLateMs: 0 }]);
  engine.runAfter(0.5, nothing);
  engine.runAfter(1.5, nothing);
  settle();
  assert.is(turns.splice(0).length, 1);
  platform.clock.nowNs += 2_000_000n;
  engine.run(nothing);
  settle();
  assert.equal(turns.splice(0), [{ lengthMs: 0, turns: 1, timers: 2, timersLateMs: 1 }]);
  assert.is(engine.stats().turnLength.sumMs, 2.5);
  await close();
});

hook("should be told numbers from the first turn on", async () => {
  const turns: TurnReport[] = [];
  const { close } = await drivenEngine({ onTurn: (turn) => void turns.push(turn) });
  assert.equal(turns[0], { lengthMs: 0, turns: 1, timers: 0, timersLateMs: 0 });
  await close();
});

hook("should count the turns that follow each other", async () => {
  const { engine, platform, settle, close, turns } = await reporting();
  let left = 5;
  const again = (): void => { if (--left > 0) engine.run(again); };
  engine.run(again);
  platform.clock.runSoon();
  assert.is(turns.length, 1);
  assert.is(turns[0]?.turns, 5);
  settle();
  assert.is(turns.length, 1, "an engine that has nothing to do has no turns");
  await close();
});

hook("should cause no turn by itself, whatever callbacks asked for", async () => {
  const { engine, settle, close, turns } = await reporting();
  engine.run(() => void engine.runAfter(1000, nothing));
  settle();
  assert.is(turns.length, 1);
  await close();
});

hook("should take up what it asks for", async () => {
  let ask = nothing;
  const { engine, passMs, settle, close, turns, thrown } = await reporting(() => ask());
  const ran: string[] = [];
  ask = () => {
    ask = nothing;
    engine.run(() => { ran.push("run"); });
    engine.runAfter(2, () => { ran.push("timer"); });
  };
  engine.run(nothing);
  settle();
  assert.equal(ran, ["run"]);
  passMs(3);
  assert.equal(ran, ["run", "timer"]);
  assert.is(turns.length, 3);
  assert.equal(thrown, []);
  await close();
});

hook("should be able to close the engine", async () => {
  let close = nothing;
  const { engine, settle } = await reporting(() => close());
  let closed: Promise<void> | undefined;
  close = () => { closed ??= engine.close(); };
  engine.run(nothing);
  settle();
  await closed;
  assert.ok(engine.isClosed);
  assert.is(engine.stats().tasksMed, 1);
});

hook("should harm nobody when it throws", async () => {
  let error: Error | null = null;
  const { engine, settle, thrown, close } = await reporting(() => {
    if (error !== null) throw error;
  });
  error = new Error("from the hook");
  let ran = 0;
  for (let i = 0; i < 3; i++) {
    engine.run(() => { ran++; });
    settle();
  }
  assert.is(ran, 3);
  assert.equal(thrown, [error, error, error]);
  error = null;
  await close();
});

hook.run();

// ---

const bound = suite("turnBound");

for (const turnBound of [1, 7, 1024, 5000]) {
  bound(`should let other events have their turn after ${turnBound} calls`, onEngine(({ engine, platform, settle }) => {
    const ran: number[] = [];
    for (let i = 0; i < 3 * turnBound; i++) engine.run(() => { ran.push(i); });
    for (let turn = 0; ran.length === 0 && turn < 3; turn++) platform.clock.runSoon();
    assert.is(ran.length, turnBound);
    settle();
    assert.equal(ran, [...Array(3 * turnBound).keys()]);
  }, { turnBound }));
}

bound("should run timers that are due together in their order, one a turn", onEngine(({ engine, platform, settle }) => {
  const ran: number[] = [];
  for (let i = 0; i < 20; i++) engine.runAfter(1 + i % 3, () => { ran.push(i); });
  settle();
  platform.clock.advanceMs(5);
  settle();
  const wanted = [...Array(20).keys()].sort((one, other) => one % 3 - other % 3 || one - other);
  assert.equal(ran, wanted);
}, { turnBound: 1 }));

for (const turnBound of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 20 + 1, "8", null]) {
  bound(`should refuse ${String(turnBound)}`, async () => {
    const platform = fakePlatform();
    const options = { wasm, platform, turnBound: turnBound as number };
    const made = await EventEngine.create(options).catch((error: unknown) => error);
    assert.instance(made, StatusError);
    assert.is((made as StatusError).message, "turnBound: want a whole number from 1 to 1048576");
    assert.equal([platform.clock.soonCount, platform.clock.timers.size, platform.transport.openCount], [0, 0, 0]);
  });
}

bound("should refuse an onTurn that is no function", async () => {
  const made = await EventEngine.create({ wasm, platform: fakePlatform(), onTurn: {} as never })
    .catch((error: unknown) => error);
  assert.instance(made, StatusError);
  assert.is((made as StatusError).message, "onTurn must be a function");
});

bound.run();
