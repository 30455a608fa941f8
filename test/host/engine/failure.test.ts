// The details of an engine that fails, on a platform of doubles: what may be done between the failure and the moment
// when everybody is told, web streams, what throws meanwhile, a trap inside of a turn, a failure while it closes. The
// whole of it is in test/suite/face/failure.ts, for every arm.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventEngine2021 } from "#host/engine/event-engine-2021.js";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import type { Status } from "#host/engine/interfaces.js";
import { StatusCode, StatusError } from "#host/engine/status.js";
import { webStreams } from "#host/engine/web-streams.js";
import { WasiTrap } from "#host/wasi/trap.js";
import type { WasiHost } from "#host/wasi/wasi-host.js";
import { CountingEngine } from "../../support/counting-engine.js";
import { EndpointSocket } from "#host/node/duplex.js";
import { type DrivenEngine, drivenEngine, nothingIsLeft } from "./driven-engine.js";
import { trap } from "../../suite/face/failure.js";
import { connect, fail } from "./failing-engine.js";

const HOUR_MS = 3_600_000;
const nothing = (): void => {};

/** The engine was over once, for this reason, and left nothing behind. */
async function over({ engine, platform, thrown }: DrivenEngine, why = "the loop is gone"): Promise<void> {
  await engine.close();
  assert.equal(thrown.map((error) => (error as Error).message), [why]);
  nothingIsLeft(engine, platform);
  assert.is((engine.queryExtension("event-engine.host") as WasiHost).table.liveCount, 0);
}

async function overWith(driven: DrivenEngine, giveBack: () => void): Promise<void> {
  await driven.engine.close();
  giveBack();
  await over(driven);
}

const isFailed = (status: Status | undefined): boolean => {
  return status?.code === StatusCode.INTERNAL && status.reason === "engine-failed"
    && status.message === "the event engine failed: Error: the loop is gone";
};

const window = suite("between the failure and the telling");

window("should be closed sockets, quiet ends and refusals, and then one callback each", async () => {
  const driven = await drivenEngine();
  const { engine, platform, settle } = driven;
  const manager = new EventManager(engine);
  const endpoints = [connect(driven), connect(driven), connect(driven)];
  const descriptor = manager.registerFileDescriptor(endpoints[1]!);
  const listener = engine.createListener(nothing, ({ reason }) => seen.push(`listener ${reason}`));
  listener.bind("127.0.0.1:0");
  listener.start();
  settle();
  const seen: string[] = [];
  const buffer = engine.createSliceBuffer();
  endpoints[0]!.read(({ reason }) => seen.push(`read ${reason}`), buffer);
  descriptor.notifyAfterRead(({ status }) => seen.push(`libuv ${status.reason}`), () => new Uint8Array(1));
  const attempt = engine.connect(({ reason }) => seen.push(`connect ${reason}`), "192.0.2.1:80");
  const key = manager.scheduleAlarmIn(HOUR_MS, (fired) => seen.push(`alarm ${fired}`), 1);
  fail(driven);
  assert.is(platform.transport.openCount, 0, "at once");
  assert.not(engine.cancelConnect(attempt));
  assert.throws(() => descriptor.release(), /the event engine failed/);
  assert.throws(() => endpoints[2]!.read(nothing, engine.createSliceBuffer()), /the event engine failed/);
  assert.throws(() => manager.shutdownRef(), /the event engine failed/);
  assert.not(manager.consistentCancel(key));
  for (const endpoint of endpoints) endpoint.destroy();
  descriptor.close();
  listener.close();
  assert.equal(seen, []);
  await overWith(driven, () => buffer.destroy());
  assert.equal(seen.sort(), [
    "alarm false", "connect engine-failed", "libuv engine-failed", "listener engine-failed", "read engine-failed",
  ]);
});

window("should run what was given to `run`, in the order of priorities, exactly once", async () => {
  const driven = await drivenEngine();
  const { engine, settle } = driven;
  const manager = new EventManager(engine);
  const seen: string[] = [];
  engine.run(() => seen.push("med"));
  manager.runFunction(() => seen.push("low"), 0);
  manager.runFunction(() => seen.push("system"), 4);
  new EventEngine2021(engine).run(({ reason }) => seen.push(reason));
  engine.core.exports = { ...engine.core.exports, run_batch: () => { throw new Error("the loop is gone"); } };
  settle();
  await over(driven);
  assert.equal(seen, ["system", "med", "low", "engine-failed"]);
});

window("should hear of a callback that throws, and go on with the others", async () => {
  const driven = await drivenEngine();
  const { engine, thrown } = driven;
  const [one, two] = [engine.createSliceBuffer(), engine.createSliceBuffer()];
  let told = 0;
  for (const [endpoint, buffer] of [[connect(driven), one], [connect(driven), two]] as const) {
    endpoint.read(() => {
      told++;
      throw new Error(`read ${told}`);
    }, buffer);
  }
  const allocator = engine.memoryQuota.createAllocator("reclaimed");
  allocator.postReclaimer("idle", () => { throw new Error("reclaimer"); });
  driven.settle();
  fail(driven);
  await engine.close();
  assert.equal(thrown.splice(1).map((error) => (error as Error).message), ["read 1", "read 2", "reclaimer"]);
  await overWith(driven, () => {
    one.destroy();
    two.destroy();
    allocator.shutdown();
  });
});

window("should tell tasks of the 2021 text on an engine that wraps the one that failed", async () => {
  const driven = await drivenEngine();
  const older = new EventEngine2021(new CountingEngine(driven.engine));
  const seen: string[] = [];
  older.runAt(new Date(8e15), ({ reason }) => seen.push(reason));
  fail(driven);
  await driven.engine.close();
  await new Promise((resolve) => { setImmediate(resolve); });
  older.run(({ reason }) => seen.push(`late ${reason}`));
  assert.equal(seen, ["engine-failed", "late engine-failed"]);
  await over(driven);
});

window("should serve who waits on a queue with what ends last", async () => {
  const driven = await drivenEngine();
  const { engine, platform, settle } = driven;
  const queue = engine.createCompletionQueueForNext();
  const endpoint = connect(driven);
  platform.transport.connection!.isSlow = true;
  const buffer = engine.createSliceBuffer();
  buffer.append(new Uint8Array(500_000));
  endpoint.write(queue.operation("write"), buffer);
  let ready = 0;
  queue.onReady = () => void ready++;
  const [event, end] = [queue.next(), queue.next()];
  settle();
  fail(driven);
  const ended = await event;
  assert.ok(ended.type === "op-complete" && ended.tag === "write" && isFailed(ended.status));
  assert.is((await end).type, "queue-shutdown");
  assert.ok(ready > 0);
  await engine.close();
  queue.destroy();
  await overWith(driven, () => buffer.destroy());
});

window("should tell who waits for memory", async () => {
  const driven = await drivenEngine();
  const { engine, settle } = driven;
  const older = new EventEngine2021(engine);
  const quota = engine.createMemoryQuota({ sizeBytes: 1000 });
  const allocators = [older.createSliceAllocator("first", quota), older.createSliceAllocator("second", quota)];
  const buffers = [engine.createSliceBuffer(), engine.createSliceBuffer()];
  const seen: string[] = [];
  for (const [index, each] of allocators.entries()) {
    each.allocate(600, buffers[index]!, ({ reason }) => seen.push(`${index} ${reason}`));
  }
  settle();
  assert.equal(seen, ["0 ok"]);
  fail(driven);
  await engine.close();
  assert.equal(seen, ["0 ok", "1 engine-failed"]);
  assert.throws(() => allocators[0]!.allocate(1, buffers[1]!, nothing), /the event engine failed/);
  assert.is(buffers[1]!.length, 0, "the buffer is the caller's");
  await overWith(driven, () => {
    for (const each of [...buffers, quota]) each.destroy();
    for (const each of allocators) each.shutdown();
  });
});

window.run();

// ---

const streams = suite("streams of an engine that failed");

streams("should be web streams that fail, with reads and writes that wait", async () => {
  const driven = await drivenEngine();
  const { engine, settle, platform } = driven;
  const endpoint = connect(driven);
  platform.transport.connection!.isSlow = true;
  const { readable, writable } = webStreams(engine, endpoint);
  const [reader, writer] = [readable.getReader(), writable.getWriter()];
  const outcomes = [reader.read(), writer.write(new Uint8Array(300_000)), reader.closed, writer.closed];
  const settled = Promise.allSettled(outcomes);
  await new Promise((resolve) => { setImmediate(resolve); });
  settle();
  fail(driven);
  for (const outcome of await settled) {
    assert.ok(outcome.status === "rejected" && outcome.reason instanceof StatusError);
    assert.ok(isFailed((outcome as PromiseRejectedResult & { reason: StatusError }).reason.status));
  }
  await over(driven);
});

streams("should be web streams that fail at the next use", async () => {
  const driven = await drivenEngine();
  const { readable, writable } = webStreams(driven.engine, connect(driven));
  fail(driven);
  const [outcome] = await Promise.allSettled([readable.getReader().read()]);
  assert.ok(outcome.status === "rejected" && isFailed((outcome.reason as StatusError).status));
  const [written] = await Promise.allSettled([writable.getWriter().write("late")]);
  assert.ok(written.status === "rejected" && isFailed((written.reason as StatusError).status));
  await over(driven);
});

streams("should be sockets that are destroyed with an error, whose cause says why", async () => {
  const driven = await drivenEngine();
  const socket = new EndpointSocket(driven.engine, connect(driven));
  const events: unknown[] = [];
  const closed = new Promise((resolve) => { socket.on("close", resolve); });
  socket.on("error", (error) => events.push(error));
  driven.settle();
  fail(driven);
  await closed;
  assert.is(events.length, 1);
  assert.ok(isFailed(((events[0] as Error).cause as StatusError).status));
  await over(driven);
});

streams.run();

// ---

const ways = suite("ways to fail");

ways("should be a trap inside of a turn, or any other throw there", async () => {
  for (const [thrown, message] of [
    [new WasiTrap("a defect"), "WasiTrap: a defect"], ["a text", "what was thrown is no Error"],
    [Object.create(null), "what was thrown is no Error"],
  ] as const) {
    const driven = await drivenEngine();
    const { engine, settle } = driven;
    const buffer = engine.createSliceBuffer();
    let status: Status | undefined;
    connect(driven).read((told) => { status = told; }, buffer);
    const { exports } = engine.core;
    engine.core.exports = { ...exports, run_batch: () => { throw thrown as Error; } };
    engine.run(nothing);
    assert.not(engine.isClosed, "not before the turn");
    settle();
    assert.ok(engine.isClosed);
    await engine.close();
    buffer.destroy();
    assert.is(status?.message, `the event engine failed: ${message}`);
    assert.is((engine.closing.reason as StatusError).cause, thrown);
    assert.is(driven.thrown[0], thrown);
    nothingIsLeft(engine, driven.platform);
  }
});

ways("should be an assertion of the component in a call, in a callback or outside", async () => {
  for (const isInCallback of [true, false]) {
    const driven = await drivenEngine();
    const { engine, settle, thrown, platform } = driven;
    const seen: string[] = [];
    const endpoint = connect(driven);
    const buffer = engine.createSliceBuffer();
    endpoint.read(({ reason }) => seen.push(reason), buffer);
    const trapped = (): void => {
      trap(engine.core.exports);
      assert.ok(engine.isClosed);
      assert.throws(() => endpoint.write(nothing, buffer), /outstanding operation|an assertion failed, as stderr says/);
      assert.equal(seen, []);
    };
    engine.runAfter(0, () => seen.push("due in the same turn"));
    if (isInCallback) engine.run(trapped);
    else trapped();
    settle();
    await engine.close();
    buffer.destroy();
    assert.ok(seen.includes("engine-failed"));
    assert.is(thrown.length, 1);
    assert.match(platform.streams.stderr.text, /^event-engine: assertion failed: .*\n$/);
    await over(driven, "an assertion failed, as stderr says");
  }
});

ways("should be an assertion of the component in a turn, which is told, and not the trap behind it", async () => {
  const driven = await drivenEngine();
  const { engine, settle } = driven;
  const { exports } = engine.core;
  const run_batch = (): void => { exports.slice_buffer_take_first(exports.slice_buffer_create()); };
  engine.core.exports = { ...exports, run_batch };
  engine.run(nothing);
  settle();
  assert.throws(() => engine.run(nothing), /an assertion failed, as stderr says/);
  await over(driven, "an assertion failed, as stderr says");
});

ways("should be one while it closes, which tells what the close had not told yet", async () => {
  const driven = await drivenEngine();
  const { engine, settle, platform } = driven;
  const seen: string[] = [];
  const buffer = engine.createSliceBuffer();
  const endpoint = connect(driven);
  platform.transport.connection!.isSlow = true;
  buffer.append(new Uint8Array(500_000));
  endpoint.write(({ reason }) => seen.push(reason), buffer);
  engine.runAfter(HOUR_MS, () => assert.unreachable());
  settle();
  const closed = engine.close();
  assert.is((engine.closing.reason as StatusError).code, "CANCELLED");
  Object.assign(engine.core, {
    exports: { ...engine.core.exports, engine_shutdown: () => { throw new Error("the loop is gone"); } },
  });
  settle();
  await closed;
  assert.equal(seen, ["engine-failed"]);
  buffer.destroy();
  assert.is(engine.droppedTasks, 1);
  await over(driven);
});

ways.run();
