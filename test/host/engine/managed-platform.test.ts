// Engines whose loop is an event manager's, which is turned by hand here: nothing runs but inside of it, it is held as
// long as an engine is on it, and what it does wrong ends the engine with a word instead of hanging it.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventEngine, type EventEngineOptions } from "#host/engine/event-engine.js";
import { managedPlatform } from "#host/engine/event-manager/managed-platform.js";
import type { BaseEventManager } from "#host/engine/event-manager/interfaces.js";
import { Priority } from "#host/engine/event-manager/priority.js";
import { StatusError } from "#host/engine/status.js";
import { COMPONENT } from "../../support/arms.js";
import { CountingManager } from "../../support/counting-manager.js";
import { ForeignLoop } from "../../support/foreign-loop.js";
import { type FakePlatform, fakePlatform } from "../support/fake-platform.js";

const wasm = readFileSync(COMPONENT);
const SERVER = "192.0.2.1:80";
const TURNS_MAX = 100_000;
/** A whole read of a socket: too large to be copied where a turn can be taken at once. */
const LARGE_BYTES = 65_536;

interface Managed {
  readonly platform: FakePlatform;
  readonly loop: ForeignLoop;
  readonly books: CountingManager;
  readonly thrown: unknown[];
  create(options?: EventEngineOptions): Promise<EventEngine>;
  /** Turns the loop until it has nothing to do now. */
  settle(): void;
  passMs(ms: number): void;
}

function managed(wrap = (loop: ForeignLoop): BaseEventManager => loop): Managed {
  const platform = fakePlatform();
  platform.transport.endsAtOnce = true;
  const loop = new ForeignLoop(() => {}, () => Number(platform.clock.nowNs) / 1e6);
  const books = new CountingManager(wrap(loop));
  const thrown: unknown[] = [];
  const onUncaught = (error: unknown): void => void thrown.push(error);
  const settle = (): void => {
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      platform.transport.settle();
      if (loop.delayMs > 0) return;
      loop.turn();
    }
    throw new Error("the loop never comes to rest");
  };
  const passMs = (ms: number): void => {
    for (let each = 0; each < ms; each++) {
      platform.clock.advanceMs(1);
      settle();
    }
  };
  const create = (options: EventEngineOptions = {}): Promise<EventEngine> => {
    return EventEngine.create({ wasm, platform: managedPlatform(books, platform), onUncaught, ...options });
  };
  return { platform, loop, books, thrown, create, settle, passMs };
}

/** Closes the engines; then nothing is left, of them, of the loop and of the platform, whose own loop nobody used. */
async function end(made: Managed, ...engines: EventEngine[]): Promise<void> {
  const closed = engines.map((engine) => engine.close());
  made.settle();
  made.passMs(1);
  await Promise.all(closed);
  for (const engine of engines) {
    assert.equal(Object.entries(engine.live()).filter(([, count]) => count !== 0), [], "is left");
  }
  made.settle();
  made.books.checkBooks();
  assert.ok(made.loop.isIdle);
  assert.is(made.loop.refs, 0);
  const { clock, transport } = made.platform;
  assert.equal([clock.soonCount, clock.timers.size, transport.openCount], [0, 0, 0]);
}

const test = suite("a managed platform");

test("should turn an engine in functions and alarms of the manager only, all of them SYSTEM", async () => {
  const made = managed();
  const engine = await made.create();
  const seen: string[] = [];
  const note = (what: string): void => void seen.push(made.books.isInside ? what : `${what} outside`);
  engine.run(() => note("run"));
  engine.runAfter(5, () => note("timer"));
  const buffer = engine.createSliceBuffer();
  engine.connect((_status, endpoint) => {
    note("connect");
    endpoint?.read(() => {
      note("read");
      endpoint.destroy();
    }, buffer);
  }, SERVER);
  assert.equal(seen, [], "nothing before the loop turns");
  made.settle();
  assert.equal(seen, ["run", "connect"]);
  made.platform.transport.connection?.arriveBytes(new Uint8Array(LARGE_BYTES));
  assert.equal(seen, ["run", "connect"], "what arrives is only noted");
  made.settle();
  assert.equal(seen.slice(2), ["read"]);
  made.passMs(5);
  assert.equal(seen.slice(3), ["timer"]);
  buffer.destroy();
  await end(made, engine);
  const { functions, alarms } = made.books;
  assert.equal([functions.slice(0, Priority.SYSTEM), alarms.slice(0, Priority.SYSTEM)], [[0, 0, 0, 0], [0, 0, 0, 0]]);
  assert.ok(functions[Priority.SYSTEM]! > 0 && alarms[Priority.SYSTEM]! > 0);
});

test("should keep turns as short as the platform wants them", async () => {
  const made = managed();
  let [begun, over, ran] = [0, 0, 0];
  Object.assign(made.platform.clock, { turnBegins: () => void begun++, isTurnOver: () => ran === over });
  const engine = await made.create();
  made.settle();
  for (let index = 0; index < 10; index++) engine.run(() => void ran++);
  for (over = 3; over <= 9; over += 3) {
    begun = 0;
    made.loop.turn();
    assert.equal([ran, begun], [over, 1]);
  }
  made.settle();
  assert.is(ran, 10);
  await end(made, engine);
});

test("should take no turn at arrivals, however they come", async () => {
  const made = managed();
  const engine = await made.create();
  const buffer = engine.createSliceBuffer();
  let received = 0;
  engine.connect((_status, endpoint) => {
    const read = (): void => {
      endpoint?.read(({ ok }) => {
        if (!ok) return endpoint.destroy();
        assert.ok(made.books.isInside);
        received += buffer.length;
        read();
      }, buffer);
    };
    read();
  }, SERVER);
  made.settle();
  const { connection } = made.platform.transport;
  for (let arrival = 1; arrival <= 200; arrival++) {
    connection?.arrive(arrival & 0xff);
    assert.is(received, arrival - 1);
    made.settle();
    assert.is(received, arrival);
  }
  connection?.events?.endArrived();
  made.settle();
  buffer.destroy();
  await end(made, engine);
});

test("should leave an idle engine without a function or an alarm", async () => {
  const made = managed();
  const engine = await made.create();
  made.settle();
  assert.ok(made.loop.isIdle);
  const handle = engine.runAfter(60_000, () => {});
  made.settle();
  assert.not(made.loop.isIdle);
  engine.cancel(handle);
  made.settle();
  assert.ok(made.loop.isIdle);
  await end(made, engine);
});

test("should hold the manager from the first engine to the end of the last", async () => {
  const made = managed();
  const one = await made.create();
  const two = await made.create();
  assert.is(made.loop.refs, 2);
  const closed = one.close();
  assert.is(made.loop.refs, 2, "not before it is closed");
  made.settle();
  await closed;
  assert.is(made.loop.refs, 1);
  await end(made, one, two);
});

test("should not hold it for an engine that could not be made", async () => {
  const made = managed();
  for (const options of [{ quota: -1 }, { wasm: new Uint8Array(8) }]) {
    assert.instance(await made.create(options).catch((error: unknown) => error), Error);
    assert.is(made.loop.refs, 0);
  }
  const engine = await made.create();
  await end(made, engine);
});

test("should make no engine when the manager does not let itself be held", async () => {
  const made = managed((loop) => Object.assign(loop, { shutdownRef: () => { throw new Error("shutting down"); } }));
  assert.match(String(await made.create().catch(String)), "shutting down");
  assert.ok(made.loop.isIdle);
});

test("should keep the promise of timers although the manager's clock is ahead", async () => {
  const made = managed((loop) => {
    const schedule = loop.scheduleAlarmIn.bind(loop);
    loop.scheduleAlarmIn = (deadline, closure, priority) => schedule(Number(deadline) / 2, closure, priority);
    return loop;
  });
  const engine = await made.create();
  const startedNs = made.platform.clock.nowNs;
  let ranMs = 0;
  engine.runAfter(100, () => { ranMs = Number(made.platform.clock.nowNs - startedNs) / 1e6; });
  made.passMs(99);
  assert.is(ranMs, 0);
  made.passMs(3);
  assert.ok(ranMs >= 100, `${ranMs}`);
  await end(made, engine);
});

test("should take no turn inside of one when a callback turns the loop, and lose nothing by that", async () => {
  const made = managed();
  const engine = await made.create();
  const seen: string[] = [];
  engine.runAfter(5, () => seen.push("timer"));
  engine.runAfter(20, () => seen.push("later timer"));
  made.settle();
  engine.run(() => {
    seen.push("begins");
    engine.run(() => seen.push("given inside"));
    made.passMs(10);
    seen.push("ends");
  });
  engine.run(() => seen.push("given before"));
  made.settle();
  assert.equal(seen, ["begins", "ends", "given before", "given inside", "timer"]);
  made.passMs(10);
  assert.is(seen[5], "later timer");
  await end(made, engine);
});

test.run();

// ---

const refusals = suite("what is no event manager");

refusals("should be refused by the name of what it lacks", () => {
  const platform = fakePlatform();
  for (const name of [
    "scheduleAlarmIn", "runFunction", "runFunctions", "consistentCancel", "blockingConsistentCancel", "shutdownRef",
    "shutdownUnref",
  ]) {
    const manager = Object.assign(new ForeignLoop(), { [name]: undefined });
    assert.throws(() => managedPlatform(manager, platform), (error: unknown) =>
      error instanceof StatusError && error.code === "INVALID_ARGUMENT" && error.message.endsWith(` ${name}`));
  }
  for (const nothing of [null, undefined, 7, {}]) {
    assert.throws(() => managedPlatform(nothing as unknown as BaseEventManager, platform), /want an event manager/);
  }
});

refusals.run();

// ---

const wrongs = suite("an event manager that does wrong");

/** The engine is over: whoever waits for its end is served, and its owner was told why. */
async function over(made: Managed, engine: EventEngine, why: RegExp): Promise<void> {
  await engine.close();
  assert.is(made.thrown.length, 1);
  assert.match(String(made.thrown[0]), why);
  assert.ok(engine.isClosed);
  assert.is(made.loop.refs, 0, "it lets go all the same");
  assert.throws(() => engine.run(() => {}), (error: StatusError) =>
    error.status.reason === "engine-failed" && why.test(error.message) && error.cause === made.thrown[0]);
}

wrongs("should end the engine when it runs a function inside of the call", async () => {
  let isWrong = false;
  const made = managed((loop) => {
    const run = loop.runFunction.bind(loop);
    loop.runFunction = (handler, priority) => {
      if (isWrong) handler();
      return run(handler, priority);
    };
    return loop;
  });
  const engine = await made.create();
  made.settle();
  isWrong = true;
  let ran = 0;
  engine.run(() => { ran++; });
  assert.is(ran, 0);
  await over(made, engine, /inside of runFunction/);
  assert.is(ran, 1, "it was taken, so it runs");
  made.settle();
  assert.is(ran, 1);
});

wrongs("should end the engine when it runs an alarm inside of the call", async () => {
  const made = managed((loop) => Object.assign(loop, {
    scheduleAlarmIn: (_deadline: number, closure: (fired: boolean) => void) => closure(true),
  }));
  const engine = await made.create();
  engine.runAfter(10, () => assert.unreachable());
  made.settle();
  await over(made, engine, /inside of scheduleAlarmIn/);
});

wrongs("should end the engine when it refuses a function or an alarm", async () => {
  for (const name of ["runFunction", "scheduleAlarmIn"]) {
    let isOver = false;
    const made = managed((loop) => {
      const call = (loop[name as "runFunction"]).bind(loop);
      return Object.assign(loop, {
        [name]: (...args: Parameters<typeof call>) => {
          if (isOver) throw new Error("the manager is closed");
          return call(...args);
        },
      });
    });
    const engine = await made.create();
    made.settle();
    isOver = true;
    engine.runAfter(10, () => assert.unreachable());
    made.settle();
    await over(made, engine, /the manager is closed/);
  }
});

wrongs("should end the engine with the first failure when it fails in letting go, too", async () => {
  for (const name of ["shutdownUnref", "consistentCancel"]) {
    const made = managed();
    const engine = await made.create();
    engine.runAfter(10, () => assert.unreachable());
    made.settle();
    const loop = made.loop as unknown as Record<string, () => never>;
    const unref = made.loop.shutdownUnref.bind(made.loop);
    loop["runFunction"] = () => { throw new Error("the manager is closed"); };
    loop[name] = () => { throw new Error("this as well"); };
    engine.run(() => {});
    if (name === "shutdownUnref") unref();
    await over(made, engine, /the manager is closed/);
  }
});

wrongs("should not hang an engine when it ends before it, by ending its alarm with false", async () => {
  const made = managed();
  const engine = await made.create();
  engine.runAfter(10, () => assert.unreachable());
  made.settle();
  made.loop.scheduleAlarmIn = () => { throw new Error("the manager is closed"); };
  made.loop.endAlarms();
  await over(made, engine, /the manager is closed/);
});

wrongs("should not make an engine run anything twice, or what was cancelled", async () => {
  const late: (() => void)[] = [];
  const made = managed((loop) => {
    const [run, schedule] = [loop.runFunction.bind(loop), loop.scheduleAlarmIn.bind(loop)];
    loop.runFunction = (handler, priority) => {
      run(handler, priority);
      return run(handler, priority);
    };
    loop.scheduleAlarmIn = (deadline, closure, priority) => {
      late.push(() => closure(true));
      return schedule(deadline, closure, priority);
    };
    loop.consistentCancel = () => false;
    return loop;
  });
  const engine = await made.create();
  let ran = 0;
  const count = (): void => void ran++;
  engine.run(count);
  engine.runAfter(3, count);
  const cancelled = engine.runAfter(2, count);
  made.settle();
  engine.cancel(cancelled);
  made.settle();
  made.passMs(5);
  for (const alarm of late) alarm();
  made.settle();
  assert.is(ran, 2);
  const closed = engine.close();
  made.settle();
  await closed;
  for (const alarm of late) alarm();
  assert.equal(made.thrown, []);
});

wrongs.run();
