// Hostile and clumsy users of an engine that fails: what they throw, when they do, and what they call meanwhile.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EngineExports } from "#host/engine/core-exports.js";
import { EventEngine2021 } from "#host/engine/event-engine-2021.js";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import type { Endpoint, MemoryAllocator } from "#host/engine/interfaces.js";
import { EndpointStream } from "#host/engine/promises.js";
import { type Status, StatusError } from "#host/engine/status.js";
import { webStreams } from "#host/engine/web-streams.js";
import { type DrivenEngine, drivenEngine, nothingIsLeft } from "./driven-engine.js";

const HOUR_MS = 3_600_000;
const nothing = (): void => {};

/** What the engine asks of its loop is refused: `thrown` is thrown, so that the engine fails in this call. */
function failWith({ engine, platform: { clock } }: DrivenEngine, thrown: unknown): void {
  while (clock.runSoon() > 0); // turns that were asked for
  Object.assign(clock, { soon: () => { throw thrown; } });
  engine.run(nothing);
  assert.ok(engine.isClosed);
}

const fail = (driven: DrivenEngine): void => failWith(driven, new Error("the loop is gone"));

/** An assertion of the component fails. */
function trap(exports: EngineExports): void {
  assert.throws(() => exports.slice_buffer_take_first(exports.slice_buffer_create()), /unreachable/);
}

function connect({ engine, settle }: DrivenEngine): Endpoint {
  const endpoints: Endpoint[] = [];
  engine.connect((_, endpoint) => endpoints.push(endpoint!), "192.0.2.1:80");
  settle();
  return endpoints[0]!;
}

const what = suite("what is thrown");

class Silent extends Error {
  override toString(): never {
    throw new Error("not even this");
  }
}

class Veiled extends Error {
  override get message(): never {
    throw new Error("not even this");
  }
}

const revocable = Proxy.revocable({}, {});
revocable.revoke();

for (const [name, thrown] of Object.entries({
  undefined, null: null, "a text": "text", "a symbol": Symbol("symbol"), "a frozen object": Object.freeze({}),
  "an object without a prototype": Object.create(null) as object,
  "an error that cannot be turned into text": new Silent(),
  "an error whose message throws": new Veiled(),
  "an error whose message is a symbol": Object.assign(new Error(), { message: Symbol("message") }),
  "a frozen error": Object.freeze(new Error("frozen")),
  "a proxy that was revoked": revocable.proxy,
})) {
  what(`should be told as it is when it is ${name}`, async () => {
    const driven = await drivenEngine();
    const { engine, platform } = driven;
    const buffer = engine.createSliceBuffer();
    const seen: Status[] = [];
    connect(driven).read((status) => seen.push(status), buffer);
    failWith(driven, thrown);
    await engine.close();
    buffer.destroy();
    assert.is(driven.thrown.length, 1);
    assert.ok(Object.is(driven.thrown[0], thrown));
    assert.is(seen.length, 1);
    assert.is(seen[0]?.reason, "engine-failed");
    assert.match(seen[0]!.message, /^the event engine failed: (what was thrown is no Error|Error.*)$/);
    assert.ok(Object.is((engine.closing.reason as StatusError).cause, thrown));
    nothingIsLeft(engine, platform);
  });
}

what.run();

const when = suite("when it fails");

when("should be inside of an allocator of the libuv flavour, whose upcall is told", async () => {
  const driven = await drivenEngine();
  const { engine, platform, settle } = driven;
  const descriptor = new EventManager(engine).registerFileDescriptor(connect(driven));
  const seen: unknown[] = [];
  const { exports } = engine.core;
  descriptor.notifyAfterRead(({ status, bytes, rearmed }) => seen.push([status.reason, bytes.length, rearmed]), () => {
    trap(exports);
    assert.ok(engine.isClosed);
    return new Uint8Array(10);
  });
  settle();
  platform.transport.connection!.arrive(1, 2, 3);
  settle();
  await engine.close();
  assert.equal(seen, [["engine-failed", 0, false]]);
  assert.equal(driven.thrown.map((error) => (error as Error).message), ["an assertion failed, as stderr says"]);
  nothingIsLeft(engine, platform);
});

when("should be in `close`, whose signal says that it failed", async () => {
  const driven = await drivenEngine();
  const { engine, platform } = driven;
  Object.assign(platform.clock, { soon: () => { throw new Error("the loop is gone"); } });
  const closed = engine.close();
  assert.not(engine.closing.aborted, "in a microtask");
  await closed;
  assert.is((engine.closing.reason as StatusError).code, "INTERNAL");
  assert.equal(driven.thrown.length, 1);
  nothingIsLeft(engine, platform);
});

when("should be told to a queue's user once", async () => {
  const driven = await drivenEngine();
  const { engine, platform } = driven;
  const queue = engine.createCompletionQueueForNext();
  const buffer = engine.createSliceBuffer();
  connect(driven).read(queue.operation("read"), buffer);
  let ready = 0;
  queue.onReady = () => {
    ready++;
  };
  fail(driven);
  await engine.close();
  assert.is(ready, 1);
  assert.is(queue.tryNext()?.type, "op-complete");
  assert.is(queue.tryNext()?.type, "queue-shutdown");
  assert.throws(() => queue.operation("late"), /the event engine failed/);
  assert.not(queue.beginOp("late"));
  queue.destroy();
  buffer.destroy();
  nothingIsLeft(engine, platform);
});

when("should be on a platform that cannot even close", async () => {
  const driven = await drivenEngine();
  const { engine, platform } = driven;
  const buffer = engine.createSliceBuffer();
  const seen: string[] = [];
  connect(driven).read(({ reason }) => seen.push(reason), buffer);
  const { connection } = platform.transport;
  const refuses = (): never => { throw new Error("not closed"); };
  Object.assign(connection!, { abort: refuses, close: refuses });
  fail(driven);
  await engine.close();
  buffer.destroy();
  assert.equal(seen, ["engine-failed"]);
});

when("should be in the write of a stream, and all that wait behind it are told", async () => {
  for (const call of ["endpoint_write", "slice_buffer_append_space"] as const) {
    const driven = await drivenEngine();
    const { engine, platform, settle } = driven;
    const stream = new EndpointStream(engine, connect(driven));
    const { connection } = platform.transport;
    connection!.isSlow = true;
    const reading = stream.read();
    const writing = [stream.write(new Uint8Array(500_000)), stream.write("two"), stream.write("three")];
    const outcomes = Promise.allSettled([reading, ...writing]);
    settle();
    const { exports } = engine.core;
    const traps = (): number => exports.slice_buffer_take_first(exports.slice_buffer_create());
    engine.core.exports = { ...exports, [call]: traps };
    for (let step = 0; step < 100 && !engine.isClosed; step++) {
      connection!.takeAll();
      settle();
    }
    assert.ok(engine.isClosed, call);
    await engine.close();
    const codes = (await outcomes).map((each) => each.status === "rejected" && (each.reason as StatusError).code);
    assert.equal(codes, ["INTERNAL", false, "INTERNAL", "INTERNAL"], call);
    assert.is(driven.thrown.length, 1);
    stream.destroy();
    nothingIsLeft(engine, platform);
  }
});

when("should be in the read of a stream, which is told", async () => {
  const driven = await drivenEngine();
  const { engine, platform } = driven;
  const stream = new EndpointStream(engine, connect(driven));
  const { exports } = engine.core;
  const endpoint_read = (): number => exports.slice_buffer_take_first(exports.slice_buffer_create());
  engine.core.exports = { ...exports, endpoint_read };
  const [outcome] = await Promise.allSettled([stream.read()]);
  assert.ok(outcome.status === "rejected" && outcome.reason instanceof StatusError);
  stream.destroy();
  await engine.close();
  nothingIsLeft(engine, platform);
});

when("should leave buffers that ask for memory refused, and their bytes to be read", async () => {
  const driven = await drivenEngine();
  const { engine, platform } = driven;
  const [one, two] = [engine.createSliceBuffer(), engine.createSliceBuffer()];
  one.append("some text");
  fail(driven);
  assert.is(one.toString(), "some text");
  assert.throws(() => one.append("more"), /the event engine failed/);
  assert.throws(() => one.prepend("more"), /the event engine failed/);
  one.moveFirst(5, two);
  const slice = one.takeFirst();
  two.append(slice);
  assert.is(two.toString(), "some text");
  slice.destroy();
  await engine.close();
  one.destroy();
  two.destroy();
  nothingIsLeft(engine, platform);
});

when.run();

// ---

const where = suite("where it fails");

/** Runs `trap` in a callback of one kind. What it makes is given back, or ends with the engine. */
const PLACES: Record<string, (driven: DrivenEngine, trap: () => void, hooks: { onTurn: () => void }) => void> = {
  "a closure": ({ engine }, trap) => engine.run(trap),
  "a closure that throws then": ({ engine }, trap) => engine.run(() => {
    trap();
    throw new Error("mine");
  }),
  "a task": ({ engine, passMs }, trap) => {
    engine.runAfter(1, trap);
    passMs(2);
  },
  "a connect": ({ engine }, trap) => void engine.connect((status, endpoint) => {
    trap();
    assert.ok(status.ok);
    assert.throws(() => endpoint!.read(nothing, null!));
    endpoint!.destroy();
  }, "192.0.2.1:80"),
  "an accept": (driven, trap) => arrival(driven, (endpoint) => {
    trap();
    endpoint.destroy();
  }),
  "a factory of allocators": (driven, trap) => arrival(driven, nothing, (name) => {
    trap();
    return driven.engine.memoryQuota.createAllocator(name);
  }),
  "the end of a listener": ({ engine }, trap) => {
    const listener = engine.createListener(nothing, trap);
    listener.bind("127.0.0.1:0");
    listener.start();
    listener.close();
  },
  "an alarm": ({ engine }, trap) => void new EventManager(engine).scheduleAlarmIn(0, trap, 2),
  "a cancel": ({ engine }, trap) => {
    const manager = new EventManager(engine);
    manager.consistentCancel(manager.scheduleAlarmIn(HOUR_MS, trap, 2));
  },
  "an upcall": (driven, trap) => {
    const descriptor = new EventManager(driven.engine).registerFileDescriptor(connect(driven));
    descriptor.notifyWhenWritable(trap);
  },
  "a reclaimer": ({ engine, settle }, trap) => {
    const quota = engine.createMemoryQuota({ sizeBytes: 1000 });
    const [first, second] = [quota.createAllocator("first"), quota.createAllocator("second")];
    const held = first.makeReservation(900);
    first.postReclaimer("idle", (sweep) => {
      trap();
      held.destroy();
      sweep?.finish();
    });
    const more = second.makeReservation(500);
    settle();
    more.destroy();
    for (const each of [first, second]) each.shutdown();
    quota.destroy();
  },
  "a functor": ({ engine }, trap) => {
    const queue = engine.createCompletionQueueForCallback(nothing);
    queue.operation(trap)({ code: 0, ok: true, message: "", reason: "ok" });
    queue.shutdown();
  },
  "a scope": ({ engine }, trap) => engine.applicationCallbackScope(() => {
    const queue = engine.createCompletionQueueForCallback(nothing);
    queue.operation(trap)({ code: 0, ok: true, message: "", reason: "ok" });
    queue.destroy();
  }),
  "the report of a queue": ({ engine }, trap) => {
    const queue = engine.createCompletionQueueForNext();
    queue.onReady = () => {
      trap();
      queue.tryNext();
    };
    queue.operation("tag")({ code: 0, ok: true, message: "", reason: "ok" });
  },
  "a report of a turn": ({ engine }, trap, hooks) => {
    hooks.onTurn = trap;
    engine.run(nothing);
  },
  "a handler of what callbacks throw": ({ engine, thrown }, trap) => {
    const { push } = thrown;
    thrown.push = (error) => {
      thrown.push = push;
      trap();
      return push.call(thrown, error);
    };
    engine.run(() => { throw new Error("mine"); });
  },
  "a pull": (driven, trap) => {
    const { readable } = webStreams(driven.engine, connect(driven));
    readable.getReader().read().then(() => assert.unreachable(), nothing);
    trap();
  },
};

function arrival(
  { engine, platform, settle }: DrivenEngine, onAccept: (endpoint: Endpoint) => void,
  createMemoryAllocator?: (name: string) => MemoryAllocator,
): void {
  const factory = createMemoryAllocator && { createMemoryAllocator };
  const listener = engine.createListener(onAccept, nothing, {}, factory);
  listener.bind("127.0.0.1:0");
  listener.start();
  settle();
  platform.transport.binding!.arrive();
}

for (const [place, begin] of Object.entries(PLACES)) {
  where(`should tell everybody once when it is in ${place}`, async () => {
    const hooks = { onTurn: nothing };
    const driven = await drivenEngine({ onTurn: () => hooks.onTurn() });
    const { engine, platform, settle, thrown } = driven;
    const told: string[] = [];
    const tell = (name: string) => ({ reason }: Status): void => void told.push(`${name} ${reason}`);
    const manager = new EventManager(engine);
    const buffer = engine.createSliceBuffer();
    const endpoint = connect(driven);
    endpoint.read((status) => {
      tell("read")(status);
      assert.throws(() => endpoint.read(nothing, buffer), /the event engine failed/);
      assert.throws(() => engine.runAfter(1, nothing), /the event engine failed/);
      endpoint.destroy();
    }, buffer);
    const queue = engine.createCompletionQueueForNext();
    const late = connect(driven);
    const into = engine.createSliceBuffer();
    late.read(queue.operation("operation"), into);
    const waiting = [queue.next(), queue.next()];
    const descriptor = manager.registerFileDescriptor(connect(driven));
    descriptor.notifyWhenReadable(() => told.push("upcall"));
    new EventEngine2021(engine).runAt(new Date(8e15), tell("task"));
    manager.scheduleAlarmIn(HOUR_MS, (fired) => told.push(`alarm ${fired}`), 0);
    manager.shutdownRef();
    const allocator = engine.memoryQuota.createAllocator("reclaimed");
    allocator.postReclaimer("benign", (sweep) => told.push(`reclaimer ${sweep === null}`));
    engine.closing.addEventListener("abort", () => told.push("abort"));
    settle();
    const { exports } = engine.core;
    let traps = 0;
    begin(driven, () => {
      if (traps++ > 0) return; // a scope's end may call it, and a close
      const before = told.length;
      trap(exports);
      assert.ok(engine.isClosed);
      void engine.close();
      manager.shutdownUnref();
      assert.is(told.length, before, "inside of the call");
    }, hooks);
    settle();
    assert.is(platform.transport.openCount, 0);
    await Promise.all([engine.close(), engine.close(), engine[Symbol.asyncDispose]()]);
    assert.ok(traps > 0);
    assert.equal((await Promise.all(waiting)).map(({ type }) => type), ["op-complete", "queue-shutdown"]);
    assert.is(told.shift(), "abort");
    assert.equal(told.sort(), [
      "alarm false", "read engine-failed", "reclaimer true", "task engine-failed", "upcall",
    ]);
    const messages = thrown.map((error) => (error as Error).message);
    assert.is(messages.filter((message) => message === "an assertion failed, as stderr says").length, 1);
    assert.equal(messages.filter((message) => !/^an assertion|^mine$|^the event engine failed/.test(message)), []);
    for (const each of [buffer, into, queue]) each.destroy();
    allocator.shutdown();
    const { queues, receivers, ...left } = engine.live();
    assert.ok(queues === receivers && (queues as number) <= 1, "the place's own");
    assert.equal(Object.entries(left).filter(([, count]) => count !== 0), []);
  });
}

where.run();
