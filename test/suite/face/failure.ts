// Bodies about an engine that fails: the loop that turns it refuses to go on, or the component traps. All that was
// outstanding is told so, once and not inside the call in which it happened; giving back is quiet; the rest is refused.
import * as assert from "uvu/assert";
import type { EngineExports } from "#host/engine/core-exports.js";
import type { EventEngine } from "#host/engine/event-engine.js";
import { EventEngine2021 } from "#host/engine/event-engine-2021.js";
import type { Descriptor } from "#host/engine/event-manager/descriptor-interfaces.js";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import type { Endpoint, Status } from "#host/engine/interfaces.js";
import { EndpointStream, listen, lookupTXT, sleep } from "#host/engine/promises.js";
import { StatusCode, StatusError } from "#host/engine/status.js";
import { body, type FaceBody, Heard, type World } from "./body.js";
import { connected, listening } from "./network.js";

const DAY_MS = 86_400_000;
const nothing = (): void => {};

/** An assertion of the component fails. */
export function trap(exports: EngineExports): void {
  assert.throws(() => exports.slice_buffer_take_first(exports.slice_buffer_create()), /unreachable/i);
}

interface Way {
  readonly name: string;
  /** What the status says. */
  readonly cause: RegExp;
  /** Makes the engine fail inside of this call, unless a turn was asked for before. */
  fail(engine: EventEngine): void;
}

const TRAP: Way = {
  name: "trap", cause: /^the event engine failed: Error: an assertion failed, as stderr says$/,
  fail: ({ core: { exports } }) => trap(exports),
};

const WAYS: readonly Way[] = [
  TRAP,
  {
    name: "loop", cause: /^the event engine failed: Error: the loop is gone$/,
    fail: (engine) => {
      const { clock } = engine.core;
      const { soon } = clock;
      // Once: on some arms others have the same clock.
      const refuses = (): never => {
        Object.assign(clock, { soon });
        throw new Error("the loop is gone");
      };
      Object.assign(clock, { soon: refuses });
      engine.run(nothing);
      Object.assign(clock, { soon });
    },
  },
];

/** What is outstanding, by name, and how often it was told. */
class Outstanding {
  readonly told = new Map<string, unknown[]>();
  private isFailing = false;

  constructor(private readonly world: World, private readonly way: Way) {}

  /** A callback that counts. */
  hear(name: string): (value?: unknown) => void {
    const values: unknown[] = [];
    this.told.set(name, values);
    return (value) => {
      assert.not(this.isFailing, `${name} is told inside of the call`);
      values.push(value);
    };
  }

  /** A promise that is to settle; a failure is told as its status. */
  settles(name: string, promise: Promise<unknown>): void {
    const hear = this.hear(name);
    promise.then(hear, (error: unknown) => hear(error instanceof StatusError ? error.status : error));
  }

  async fail(engine: EventEngine): Promise<void> {
    const { world, way } = this;
    while (!engine.isClosed) {
      await world.sleep(5);
      assert.equal([...this.told].filter(([, { length }]) => length > 0), [], "told too early");
      this.isFailing = true;
      way.fail(engine);
      this.isFailing = false;
    }
    await engine.close();
    await world.sleep(5);
    assert.equal([...this.told].filter(([, { length }]) => length !== 1), [], "told once");
    assert.is(world.uncaught.length, 1);
    assert.match(`the event engine failed: ${String(world.uncaught.pop())}`, way.cause);
  }

  value(name: string): unknown {
    return this.told.get(name)?.[0];
  }

  /** These were told the status that names the cause. */
  areFailed(...names: string[]): void {
    for (const name of names) this.isFailed(this.value(name) as Status, name);
  }

  isFailed(status: Status, name: string): void {
    assert.equal([status.code, status.reason], [StatusCode.INTERNAL, "engine-failed"], name);
    assert.match(status.message, this.way.cause, name);
  }

  /** The call is refused for the same reason. */
  refused(call: () => unknown, name: string): void {
    assert.throws(call, (error: unknown) => {
      if (!(error instanceof StatusError)) throw new Error(`${name}: ${String(error)}`);
      this.isFailed(error.status, name);
      return error.cause instanceof Error && this.way.cause.test(`the event engine failed: ${String(error.cause)}`);
    }, name);
  }
}

/** Both ends of a connection between two engines. */
async function across(engine: EventEngine, other: EventEngine): Promise<{ here: Endpoint; there: Endpoint }> {
  const { listener, address, accepted } = listening(engine);
  const [there, here] = await Promise.all([connected(other, address), accepted.first]);
  listener.close();
  return { here, there };
}

/** Reads and forgets until the connection is over. */
async function drained(engine: EventEngine, endpoint: Endpoint): Promise<void> {
  const buffer = engine.createSliceBuffer();
  const over = new Heard<void>();
  const read = (): void => void endpoint.read(({ ok }) => {
    if (ok) return read();
    endpoint.destroy();
    buffer.destroy();
    over.hear();
  }, buffer);
  read();
  await over.first;
}

async function callbacks(world: World, way: Way): Promise<void> {
  const [engine, other] = [await world.makeEngine(), await world.makeEngine()];
  const all = new Outstanding(world, way);
  const { here, there } = await across(engine, other);
  const { listener } = listening(engine);
  const waiting = engine.createListener(nothing, all.hear("listener") as (status: Status) => void);
  waiting.bind("127.0.0.1:0");
  waiting.start();
  const [into, from] = [engine.createSliceBuffer(), engine.createSliceBuffer()];
  for (let left = world.largeBytes; left > 0; left -= 1 << 20) from.append(new Uint8Array(Math.min(left, 1 << 20)));
  here.read(all.hear("read"), into);
  here.write(all.hear("write"), from);
  const attempt = engine.connect(all.hear("connect"), await world.blackHole());
  const resolver = engine.getDNSResolver({ dnsServer: (await world.nameserver()).address });
  const lookup = resolver.lookupTXT(all.hear("look-up"), "silent.names.test");
  const timer = engine.runAfter(DAY_MS, () => assert.unreachable("a timer of a failed engine"));
  const older = new EventEngine2021(engine);
  older.runAt(new Date(world.date().getTime() + DAY_MS), all.hear("task of 2021"));
  const quota = engine.createMemoryQuota({ sizeBytes: 10_000 });
  const allocator = quota.createAllocator("reclaimed");
  allocator.postReclaimer("idle", all.hear("reclaimer"));
  const kept = engine.createSliceBuffer();
  kept.append("kept");
  engine.closing.addEventListener("abort", all.hear("closing"));

  await all.fail(engine);
  all.areFailed("read", "write", "connect", "look-up", "task of 2021", "listener");
  assert.is(all.value("reclaimer"), null);
  all.isFailed((engine.closing.reason as StatusError).status, "closing");
  assert.is(engine.droppedTasks, 1);
  assert.equal([engine.cancel(timer), engine.cancelConnect(attempt), resolver.cancelLookup(lookup)],
    [false, false, false]);
  for (const [name, call] of Object.entries({
    run: () => engine.run(nothing), runAfter: () => engine.runAfter(1, nothing),
    createListener: () => engine.createListener(nothing, nothing),
    connect: () => engine.connect(nothing, "127.0.0.1:1"), getDNSResolver: () => engine.getDNSResolver(),
    createSliceBuffer: () => engine.createSliceBuffer(), createMemoryQuota: () => engine.createMemoryQuota(),
    read: () => here.read(nothing, into), write: () => here.write(nothing, from),
    shutdownSend: () => here.shutdownSend(), bind: () => listener.bind("127.0.0.1:0"),
    start: () => listener.start(), pause: () => waiting.pause(), resume: () => waiting.resume(),
    lookupTXT: () => resolver.lookupTXT(nothing, "h1.names.test"), reserve: () => allocator.reserve(1),
    makeSlice: () => allocator.makeSlice(10), postReclaimer: () => allocator.postReclaimer("idle", nothing),
    createAllocator: () => quota.createAllocator("one more"),
    allocate: () => older.createSliceAllocator("late", quota).allocate(1, into, nothing),
  })) all.refused(call, name);
  let status: Status | undefined;
  older.run((told) => { status = told; });
  all.isFailed(status as Status, "run of 2021");
  assert.is(kept.toString(), "kept", "what is in memory can be looked at");
  assert.ok(here.isDestroyed && listener.isClosed && resolver.isDestroyed);
  assert.match(here.peerAddress.toString(), /:\d+$/);
  for (let twice = 0; twice < 2; twice++) {
    for (const each of [here, into, from, kept, resolver, quota]) each.destroy();
    for (const each of [listener, waiting]) each.close();
    allocator.shutdown();
  }
  await drained(other, there);
}

async function managed(world: World, way: Way): Promise<void> {
  const [engine, other] = [await world.makeEngine(), await world.makeEngine()];
  const all = new Outstanding(world, way);
  const manager = new EventManager(engine);
  const pairs = [await across(engine, other), await across(engine, other), await across(engine, other)];
  const [ready, moving, idle] = pairs.map(({ here }) => manager.registerFileDescriptor(here)) as
    [Descriptor, Descriptor, Descriptor];
  ready.notifyWhenReadable(all.hear("readable"));
  ready.notifyWhenHasError(all.hear("has-error"));
  const ended = all.hear("libuv read");
  moving.notifyAfterRead(({ status, rearmed }) => {
    assert.not(rearmed);
    ended(status);
  }, (): never => { throw new Error("nothing is read"); });
  const key = manager.scheduleAlarmIn(DAY_MS, all.hear("alarm"), 1);
  manager.shutdownRef();

  await all.fail(engine);
  assert.is(all.value("alarm"), false);
  all.areFailed("libuv read");
  assert.not(manager.consistentCancel(key));
  for (const [name, call] of Object.entries({
    runFunction: () => manager.runFunction(nothing, 1), scheduleAlarmIn: () => manager.scheduleAlarmIn(1, nothing, 1),
    shutdownRef: () => manager.shutdownRef(), notifyWhenReadable: () => ready.notifyWhenReadable(nothing),
    notifyAfterWrite: () => moving.notifyAfterWrite(nothing, { bytes: Uint8Array.of(1) }),
    release: () => idle.release(), registerFileDescriptor: () => manager.registerFileDescriptor(pairs[0]!.here),
  })) all.refused(call, name);
  manager.shutdownUnref();
  for (const each of [ready, moving, idle]) {
    assert.ok(each.isClosed);
    each.forceReadable();
    each.close();
    manager.deleteDescriptor(each);
  }
  for (const { here, there } of pairs) {
    here.destroy();
    await drained(other, there);
  }
}

async function queues(world: World, way: Way): Promise<void> {
  const [engine, other] = [await world.makeEngine(), await world.makeEngine()];
  const all = new Outstanding(world, way);
  const { here, there } = await across(engine, other);
  const [next, pluck, idle] = [
    engine.createCompletionQueueForNext(), engine.createCompletionQueueForPluck(),
    engine.createCompletionQueueForNext(),
  ];
  const callback = engine.createCompletionQueueForCallback(all.hear("shut down"));
  const [into, from] = [engine.createSliceBuffer(), engine.createSliceBuffer()];
  here.read(next.operation("read"), into);
  engine.connect(pluck.operation("connect"), await world.blackHole());
  engine.connect(callback.operation(all.hear("functor")), await world.blackHole());
  next.beginOp("mine");
  idle.beginOp("untaken");
  idle.endOp("untaken", true);
  all.settles("next", next.next());
  all.settles("pluck", pluck.pluck("connect"));
  all.settles("pluck of nothing", pluck.pluck("nobody has it", { timeoutMs: DAY_MS }));

  await all.fail(engine);
  for (const [name, tag] of [["next", "read"], ["pluck", "connect"]] as const) {
    const event = all.value(name) as { type: string; tag: string; success: boolean; status: Status };
    assert.equal([event.type, event.tag, event.success], ["op-complete", tag, false]);
    all.isFailed(event.status, name);
  }
  assert.equal(all.value("pluck of nothing"), { type: "queue-shutdown" });
  assert.is(all.value("functor"), false);
  const untaken = await idle.next();
  assert.ok(untaken.type === "op-complete" && untaken.success, "what ended before is still to be taken");
  next.endOp("mine", true);
  const mine = await next.next();
  assert.ok(mine.type === "op-complete" && mine.tag === "mine");
  assert.is((await next.next()).type, "queue-shutdown");
  all.refused(() => engine.createCompletionQueueForNext(), "createCompletionQueueForNext");
  for (const each of [next, pluck, callback, idle, here, into, from]) each.destroy();
  await drained(other, there);
}

async function promises(world: World, way: Way): Promise<void> {
  const [engine, other] = [await world.makeEngine(), await world.makeEngine()];
  const all = new Outstanding(world, way);
  const queue = listen(engine, "127.0.0.1:0");
  const [there, here] = await Promise.all([connected(other, `127.0.0.1:${queue.port}`), queue.accept()]);
  assert.instance(here, EndpointStream);
  const resolver = engine.getDNSResolver({ dnsServer: (await world.nameserver()).address });
  all.settles("read", here!.read());
  all.settles("write", here!.write(new Uint8Array(world.largeBytes)));
  all.settles("next write", here!.write("behind it"));
  all.settles("accept", queue.accept());
  all.settles("sleep", sleep(engine, DAY_MS));
  all.settles("look-up", lookupTXT(resolver, "silent.names.test"));
  all.settles("closed", queue.closed);

  await all.fail(engine);
  all.areFailed("read", "write", "next write", "accept", "sleep", "look-up");
  for (const [name, promise] of Object.entries({
    read: here!.read(), write: here!.write("more"), accept: queue.accept(),
    sleep: Promise.resolve().then(() => sleep(engine, 1)),
  })) {
    const error: unknown = await promise.then(() => null, (reason: unknown) => reason);
    assert.instance(error, StatusError, name);
    all.isFailed((error as StatusError).status, name);
  }
  here!.destroy();
  await here!.close();
  await queue.close();
  resolver.destroy();
  await drained(other, there);
}

/** A callback in which the component traps: the row of callbacks ends there, and nobody is told twice. */
async function insideOfCallback(world: World): Promise<void> {
  const engine = await world.makeEngine();
  const seen: string[] = [];
  engine.run(() => {
    TRAP.fail(engine);
    seen.push("failed");
  });
  engine.run(() => void seen.push("next"));
  const manager = new EventManager(engine);
  manager.scheduleAlarmIn(0, (fired) => void seen.push(`alarm ${fired}`), 1);
  await engine.close();
  await world.sleep(5);
  assert.equal(seen, ["failed", "next", "alarm false"]);
  assert.is(world.uncaught.length, 1);
  world.uncaught.length = 0;
}

export const failureBodies: readonly FaceBody[] = WAYS.flatMap((way) => [
  body(`failure-${way.name}-callbacks`, "should tell callbacks, and refuse the rest", (world) => callbacks(world, way)),
  body(`failure-${way.name}-manager`, "should tell alarms and descriptors", (world) => managed(world, way)),
  body(`failure-${way.name}-queues`, "should end what is on completion queues", (world) => queues(world, way)),
  body(`failure-${way.name}-promises`, "should settle promises", (world) => promises(world, way)),
]).concat(body("failure-in-callback", "should end the row of callbacks in which it fails", (world) => (
  insideOfCallback(world)
)));
