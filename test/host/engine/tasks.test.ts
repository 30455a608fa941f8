// Tasks on the shipped component under a clock of the test: order, deadlines, cancelling, errors of callbacks, and how
// much runs before other events have their turn. What every engine must do is in test/suite/face.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventEngine } from "#host/index.js";
import { TaskHandle } from "#host/engine/handles.js";
import type { Closure } from "#host/engine/interfaces.js";
import { StatusError } from "#host/engine/status.js";
import { COMPONENT } from "../../support/arms.js";
import { Random, SEED } from "../../support/bytes.js";
import { within } from "../../support/guard.js";
import { drivenEngine, onEngine } from "./driven-engine.js";
import { readFileSync } from "node:fs";

const nothing = (): void => {};
const never = (): void => { throw new Error("a cancelled closure ran"); };

const order = suite("order");

order("should ask for one turn, however many closures are given", onEngine(({ engine, platform }) => {
  for (let i = 0; i < 100; i++) engine.run(nothing);
  assert.is(platform.clock.soonCount, 1);
}));

order("should not wait any longer for a deadline because a callback took long", onEngine((driven) => {
  const { engine, platform, passMs } = driven;
  const ran: string[] = [];
  engine.runAfter(10, () => {
    platform.clock.nowNs += 400_000_000n;
    ran.push("long");
  });
  engine.runAfter(405, () => ran.push("passed meanwhile"));
  engine.runAfter(415, () => ran.push("later"));
  passMs(10);
  assert.equal(ran, ["long", "passed meanwhile"]);
  passMs(5);
  assert.is(ran[2], "later");
}));

order("should let other events have their turn after 1024 calls", onEngine(({ engine, platform, settle }) => {
  let ran = 0;
  for (let i = 0; i < 3000; i++) engine.run(() => { ran++; });
  platform.clock.runSoon();
  assert.is(ran, 1024);
  platform.clock.runSoon();
  assert.is(ran, 2048);
  settle();
  assert.is(ran, 3000);
}));

order("should let other events have their turn when each closure gives the next one", onEngine((driven) => {
  const { engine, platform, settle } = driven;
  let ran = 0;
  const next = (): void => {
    ran++;
    if (ran < 100) engine.run(next);
  };
  engine.run(next);
  platform.clock.runSoon();
  assert.ok(ran > 1 && ran < 100, `${ran} ran at once`);
  settle();
  assert.is(ran, 100);
}));

order("should keep the order of tasks that are due together with closures of other kinds", onEngine((driven) => {
  const { engine, platform, settle } = driven;
  const seen: string[] = [];
  engine.runAfter(2, () => seen.push("second"));
  engine.runAfter(1, () => seen.push("first"));
  engine.runAfter(2, () => seen.push("third"));
  settle();
  platform.clock.nowNs += 5_000_000n;
  engine.run(() => seen.push("given before the turn that finds them due"));
  settle();
  platform.clock.advanceMs(0);
  settle();
  assert.equal(seen.slice().sort(), ["first", "given before the turn that finds them due", "second", "third"]);
  assert.equal(seen.filter((text) => text.length < 7), ["first", "second", "third"]);
}));

order("should call an object's own `run`, with itself as `this`", onEngine(({ engine, settle }) => {
  const closure = {
    calls: 0,
    run(): void { this.calls++; },
  };
  engine.run(closure);
  engine.runAfter(0, closure);
  settle();
  assert.is(closure.calls, 2);
}));

order.run();

// ---

const deadlines = suite("deadlines");

deadlines("should never be early, and never later than the next turn", onEngine(({ engine, platform, settle }) => {
  const random = new Random(SEED);
  const due: { atNs: bigint; firedNs: bigint }[] = [];
  for (let step = 0; step < 3000; step++) {
    if (random.below(3) === 0) {
      const delayNs = random.below(20_000_000);
      const entry = { atNs: platform.clock.nowNs + BigInt(delayNs), firedNs: 0n };
      due.push(entry);
      engine.runAfter(delayNs / 1e6, () => { entry.firedNs = platform.clock.nowNs; });
    }
    if (random.below(2) === 0) settle();
    platform.clock.nowNs += BigInt(random.below(1_000_000));
    platform.clock.advanceMs(random.below(2));
    settle();
  }
  for (let ms = 0; ms < 25; ms++) {
    platform.clock.advanceMs(1);
    settle();
  }
  for (const { atNs, firedNs } of due) {
    assert.ok(firedNs >= atNs, `seed ${SEED}: ${atNs - firedNs} ns early`);
    assert.ok(firedNs - atNs <= 4_000_000n, `seed ${SEED}: ${firedNs - atNs} ns late`);
  }
}));

deadlines("should be soon, but not inside the call, when they have passed", onEngine(({ engine, platform, settle }) => {
  let ran = 0;
  const count = (): void => { ran++; };
  engine.runAfter(0, count);
  engine.runAfter(-5, count);
  engine.runAfter(-Infinity, count);
  engine.runAt(new Date(0), count);
  assert.is(ran, 0);
  settle();
  assert.is(ran, 4);
  assert.is(platform.clock.timers.size, 0);
}));

deadlines("should follow the wall clock when they are dates", onEngine(({ engine, platform, passMs }) => {
  const nowMs = Number(platform.clock.wallNs / 1_000_000n);
  let ran = 0;
  engine.runAt(new Date(nowMs + 10), () => { ran++; });
  passMs(9);
  assert.is(ran, 0);
  passMs(2);
  assert.is(ran, 1);
}));

deadlines("should hold for 25 days, for ever, and for 100,000 at once", onEngine(({ engine, platform, settle }) => {
  const DAY_MS = 86_400_000;
  let ran = 0;
  const handles: TaskHandle[] = [];
  for (let i = 0; i < 100_000; i++) handles.push(engine.runAfter(25 * DAY_MS + i % 1000, () => { ran++; }));
  const endless = [Infinity, 2 ** 63, 2 ** 53, Number.MAX_VALUE].map((delay) => engine.runAfter(delay, never));
  settle();
  platform.clock.advanceMs(25 * DAY_MS - 1);
  settle();
  assert.is(ran, 0);
  for (let ms = 0; ms < 1010; ms++) {
    platform.clock.advanceMs(1);
    settle();
  }
  assert.is(ran, 100_000);
  assert.not(handles.some((handle) => engine.cancel(handle)));
  for (const handle of endless) assert.ok(engine.cancel(handle));
}));

deadlines("should leave no timer of the platform behind when the last one is cancelled", onEngine((driven) => {
  const { engine, platform, settle } = driven;
  const handle = engine.runAfter(1000, never);
  settle();
  assert.is(platform.clock.timers.size, 1);
  assert.ok(engine.cancel(handle));
  settle();
  assert.is(platform.clock.timers.size, 0);
}));

deadlines.run();

// ---

const cancelling = suite("cancel");

cancelling("should reach tasks that are due, up to the moment at which they begin", onEngine((driven) => {
  const { engine, platform, settle } = driven;
  const answers: boolean[] = [];
  const handles: TaskHandle[] = [];
  handles.push(engine.runAfter(1, () => {
    answers.push(engine.cancel(handles[0]!), engine.cancel(handles[1]!), engine.cancel(handles[1]!));
  }));
  handles.push(engine.runAfter(1, never));
  settle();
  platform.clock.advanceMs(2);
  settle();
  assert.equal(answers, [false, true, false], "its own, the next one's, and that again");
}));

cancelling("should not reach a task that took the slot of another one in the meantime", onEngine((driven) => {
  const { engine, platform, settle } = driven;
  const seen: string[] = [];
  const old: TaskHandle[] = [];
  // All begin in one turn; the core has their slots back before the first closure runs and takes new ones.
  for (let i = 0; i < 50; i++) {
    old.push(engine.runAfter(1, () => {
      seen.push(`old ${i}`);
      const handle = engine.runAfter(i % 2 === 0 ? 1 : 2, () => seen.push(`new ${i}`));
      if (i % 5 === 0) assert.ok(engine.cancel(handle));
    }));
  }
  settle();
  platform.clock.advanceMs(2);
  platform.clock.runSoon();
  assert.not(old.some((handle) => engine.cancel(handle)));
  for (let ms = 0; ms < 5; ms++) {
    platform.clock.advanceMs(1);
    settle();
  }
  const fresh = Array.from({ length: 50 }, (_, i) => i).filter((i) => i % 5 !== 0);
  assert.equal(seen.slice(0, 50), Array.from({ length: 50 }, (_, i) => `old ${i}`));
  assert.equal(seen.slice(50).sort(), fresh.map((i) => `new ${i}`).sort());
}));

cancelling("should answer false for handles of other engines and of nothing", onEngine(async ({ engine }) => {
  const other = await drivenEngine();
  const mine = engine.runAfter(1000, never);
  const theirs = other.engine.runAfter(1000, never);
  assert.equal([mine.slot, mine.generation], [theirs.slot, theirs.generation], "only the space tells them apart");
  assert.not(engine.cancel(theirs));
  assert.not(engine.cancel(TaskHandle.invalid));
  assert.ok(engine.cancel(mine));
  assert.ok(other.engine.cancel(theirs));
  await other.close();
}));

cancelling("should agree with a model, whatever happens in which order", async () => {
  for (let round = 0; round < 12; round++) await mixture(SEED + round);
});

interface Model {
  handle: TaskHandle;
  state: "pending" | "ran" | "cancelled";
}

/** Random tasks that add and cancel others from inside and outside of callbacks. */
async function mixture(seed: number): Promise<void> {
  const driven = await drivenEngine();
  const { engine, platform, settle } = driven;
  const random = new Random(seed);
  const tasks: Model[] = [];
  let runs = 0;
  let runsAsked = 0;
  let isEnding = false;
  const act = (): void => {
    if (isEnding) return;
    for (let i = random.below(4); i > 0; i--) {
      const choice = random.below(10);
      if (choice < 4) add();
      else if (choice < 8 && tasks.length > 0) cancelOne(tasks[random.below(tasks.length)]!);
      else if (runsAsked < 2000) {
        runsAsked++;
        engine.run(() => { runs++; });
      }
    }
  };
  const add = (): void => {
    if (tasks.length >= 2000) return;
    const model: Model = { handle: TaskHandle.invalid, state: "pending" };
    tasks.push(model);
    const called = (): void => {
      assert.is(model.state, "pending", `seed ${seed}: a closure ran that was ${model.state}`);
      model.state = "ran";
      act();
    };
    const closure: Closure = random.below(2) === 0 ? called : { run: called };
    model.handle = engine.runAfter(random.below(6) - 1, closure);
  };
  const cancelOne = (model: Model): void => {
    const isPending = model.state === "pending";
    if (isPending) model.state = "cancelled";
    assert.is(engine.cancel(model.handle), isPending, `seed ${seed}: cancel of a task that was ${model.state}`);
  };
  for (let step = 0; step < 400; step++) {
    act();
    if (random.below(3) === 0) platform.clock.runSoon();
    if (random.below(3) === 0) platform.clock.advanceMs(1);
  }
  isEnding = true;
  for (let ms = 0; ms < 10; ms++) {
    platform.clock.advanceMs(1);
    settle();
  }
  assert.equal([runs, driven.thrown], [runsAsked, []], `seed ${seed}`);
  assert.not(tasks.some(({ state }) => state === "pending"), `seed ${seed}`);
  await driven.close();
}

cancelling.run();

// ---

const errors = suite("errors of callbacks");

errors("should go to onUncaught, one by one, and harm nobody else", async () => {
  const driven = await drivenEngine();
  const { engine, platform, thrown, settle } = driven;
  let ran = 0;
  for (let i = 0; i < 4; i++) {
    engine.run(() => {
      ran++;
      if (i % 2 === 0) throw new Error(`run ${i}`);
    });
    engine.runAfter(1, () => {
      ran++;
      if (i % 2 === 1) throw new Error(`task ${i}`);
    });
  }
  settle();
  platform.clock.advanceMs(2);
  settle();
  assert.is(ran, 8);
  assert.equal(thrown.map((error) => (error as Error).message), ["run 0", "run 2", "task 1", "task 3"]);
  await driven.close();
});

errors("should be the platform's when nobody asked for them, or when who asked throws as well", async () => {
  const component = readFileSync(COMPONENT);
  for (const options of [{}, { onUncaught: (): never => { throw new Error("lost"); } }]) {
    const engine = await EventEngine.create({ wasm: component, ...options });
    const uncaught = new Promise<Error>((resolve) => { process.once("uncaughtException", resolve); });
    engine.run(() => { throw new Error("lost"); });
    assert.is((await within("the error", uncaught)).message, "lost");
    await new Promise<void>((resolve) => { engine.run(resolve); });
    await engine.close();
  }
});

errors.run();

// ---

const refusals = suite("refusals");

refusals("should name what cannot be meant, and change nothing", onEngine(({ engine, platform }) => {
  const bad: [() => unknown, RegExp][] = [
    [() => engine.run(null as never), /a closure must be/],
    [() => engine.run({} as never), /a closure must be/],
    [() => engine.runAfter(5, "x" as never), /a closure must be/],
    [() => engine.runAfter(NaN, nothing), /the time of a task must be a number or a valid date/],
    [() => engine.runAfter(undefined as never, nothing), /the time of a task must be/],
    [() => engine.runAt(new Date(NaN), nothing), /the time of a task must be a number or a valid date/],
  ];
  for (const [call, message] of bad) {
    assert.throws(call, (error: unknown) => error instanceof StatusError && error.code === "INVALID_ARGUMENT"
      && message.test(error.message), String(message));
  }
  assert.is(engine.live().tasks, 0);
  assert.is(platform.clock.soonCount, 0);
}));

refusals.run();
