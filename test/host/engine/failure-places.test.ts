// An engine that fails inside of a callback, of every kind that there is, with everything outstanding.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventEngine2021 } from "#host/engine/event-engine-2021.js";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import type { Endpoint, MemoryAllocator } from "#host/engine/interfaces.js";
import type { Status } from "#host/engine/status.js";
import { webStreams } from "#host/engine/web-streams.js";
import { type DrivenEngine, drivenEngine } from "./driven-engine.js";
import { trap } from "../../suite/face/failure.js";
import { connect } from "./failing-engine.js";

const HOUR_MS = 3_600_000;
const nothing = (): void => {};

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
