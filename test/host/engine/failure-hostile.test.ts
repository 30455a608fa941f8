// Hostile and clumsy users of an engine that fails: what they throw, when they do, and what they call meanwhile.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EngineExports } from "#host/engine/core-exports.js";
import { EventManager } from "#host/engine/event-manager/event-manager.js";
import { EndpointStream, listen } from "#host/engine/promises.js";
import { type Status, StatusError } from "#host/engine/status.js";
import { drivenEngine, nothingIsLeft } from "./driven-engine.js";
import { trap } from "../../suite/face/failure.js";
import { connect, fail, failWith } from "./failing-engine.js";

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

when("should be while a connection waits to be taken, which is closed as the others are", async () => {
  const driven = await drivenEngine();
  const { engine, platform, settle } = driven;
  const queue = listen(engine, "127.0.0.1:0");
  settle();
  platform.transport.binding!.arrive();
  settle();
  fail(driven);
  const outcomes = await Promise.allSettled([queue.accept(), queue.accept()]);
  assert.equal(outcomes.map((each) => each.status), ["rejected", "rejected"]);
  await engine.close();
  await queue.close();
  nothingIsLeft(engine, platform);
});

when("should leave what the component exports to three kinds of calls", async () => {
  const driven = await drivenEngine();
  const { core } = driven.engine;
  const { exports } = core;
  const kinds = new Map<string, string>();
  fail(driven);
  for (const name of Object.keys(exports) as (keyof EngineExports)[]) {
    try {
      kinds.set(name, core.exports[name] === exports[name] ? "works" : "gives back");
    } catch (error) {
      assert.is((error as StatusError).code, "INTERNAL");
    }
  }
  const of = (wanted: string): string => {
    return [...kinds].filter(([name, kind]) => kind === wanted && !name.startsWith("cq_")).map(([name]) => name).sort()
      .join(" ");
  };
  assert.is(of("works"), "endpoint_local endpoint_peer slice_address slice_buffer_append slice_buffer_at "
    + "slice_buffer_clear slice_buffer_count slice_buffer_length slice_buffer_move_first slice_buffer_move_last "
    + "slice_buffer_mutable_at slice_buffer_prepend slice_buffer_swap slice_buffer_take_first slice_buffer_trim_end "
    + "slice_ref slice_sub statistic");
  assert.is(of("gives back"), "allocator_release allocator_shutdown connect_cancel descriptor_close descriptor_destroy "
    + "descriptor_release dns_cancel dns_resolver_destroy dns_result_release endpoint_destroy engine_shutdown "
    + "listener_close quota_destroy slice_buffer_destroy slice_destroy sweep_finish task_cancel task_drop");
  await driven.engine.close();
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
