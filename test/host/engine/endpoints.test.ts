// Endpoints and listeners on the shipped component over a transport of doubles: what is refused, who owns what, and
// when callbacks come. What every engine must do on a network is in test/suite/face.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Endpoint, MemoryAllocator, SliceBuffer, Status } from "#host/engine/interfaces.js";
import { StatusCode } from "#host/engine/status.js";
import { accept, type Accepted, type DrivenEngine, drivenEngine, onEngine } from "./driven-engine.js";

const nothing = (): void => {};

/** Keeps what a callback was called with. */
function heard(): { statuses: Status[]; hear: (status: Status) => void } {
  const statuses: Status[] = [];
  return { statuses, hear: (status) => statuses.push(status) };
}

function withEndpoint(
  body: (driven: DrivenEngine, accepted: Accepted, buffer: SliceBuffer) => void | Promise<void>,
): () => Promise<void> {
  return onEngine(async (driven) => {
    const accepted = accept(driven);
    const buffer = driven.engine.createSliceBuffer();
    await body(driven, accepted, buffer);
    accepted.endpoint.destroy();
    driven.settle();
    buffer.destroy();
  });
}

const accepting = suite("accepting");

accepting("should give each connection an allocator of its own, named after the peer", onEngine((driven) => {
  const { engine } = driven;
  const { endpoint, allocator } = accept(driven);
  assert.is(allocator.name, "127.0.0.1:49999");
  assert.is(String(endpoint.peerAddress), "127.0.0.1:49999");
  assert.is(String(endpoint.localAddress), "127.0.0.1:8080");
  assert.is(engine.live().allocators, 1);
  endpoint.destroy();
  assert.not(allocator.isValid);
  assert.is(String(endpoint.peerAddress), "127.0.0.1:49999", "the address outlives the connection");
}));

accepting("should charge a connection to its allocator to the end, also when that is shut down", withEndpoint(
  ({ engine, settle }, { endpoint, allocator, connection }, buffer) => {
    allocator.shutdown();
    assert.not(allocator.isValid);
    assert.is(engine.live().allocators, 1, "the connection still holds it");
    connection.arriveBytes(new Uint8Array(100_000).fill(3));
    settle();
    const reads = heard();
    endpoint.read(reads.hear, buffer);
    settle();
    assert.equal(reads.statuses.map(({ ok }) => ok), [true]);
    endpoint.destroy();
    assert.is(engine.live().allocators, 0);
  },
));

accepting("should ask the factory, and close the connection when that fails", async () => {
  const driven = await drivenEngine();
  const { engine, platform, settle, thrown } = driven;
  const names: string[] = [];
  const quota = engine.createMemoryQuota();
  const used = quota.createAllocator("used");
  used.shutdown();
  let answers = 0;
  const accepted: Endpoint[] = [];
  const listener = engine.createListener((endpoint) => accepted.push(endpoint), nothing, {}, {
    createMemoryAllocator: (name) => {
      names.push(name);
      answers++;
      if (answers === 1) throw new Error("no allocator today");
      if (answers === 2) return {} as MemoryAllocator;
      if (answers === 3) return used;
      return quota.createAllocator("mine");
    },
  });
  listener.bind("127.0.0.1:0");
  listener.start();
  settle();
  const connections = [1, 2, 3, 4].map(() => platform.transport.binding!.arrive());
  settle();
  assert.is(accepted.length, 1);
  assert.equal(names, Array(4).fill("127.0.0.1:49999"));
  assert.equal(thrown.map((error) => (error as Error).message),
    ["no allocator today", "the factory made a foreign memory allocator",
      "use of the memory allocator 'used' after its shutdown"]);
  assert.equal(connections.map(({ events }) => events !== null), [false, false, false, true]);
  accepted[0]!.destroy();
  quota.destroy();
  await driven.close();
});

accepting("should pass settings on to the platform", onEngine((driven) => {
  const { engine, platform, settle } = driven;
  const listener = engine.createListener(nothing, nothing, { backlog: 17 });
  listener.bind("127.0.0.1:0");
  listener.start();
  settle();
  assert.is(platform.transport.lastBacklog, 17);
  listener.close();
}));

accepting.run();

// ---

const listening = suite("listeners");

listening("should refuse what comes in the wrong state, by name", onEngine(({ engine, settle }) => {
  const shutdowns = heard();
  const listener = engine.createListener(nothing, shutdowns.hear);
  assert.throws(() => listener.start(), /bound to no address/);
  assert.throws(() => listener.bind("localhost:80"), /'localhost:80' is not an address/);
  assert.is(listener.bind("127.0.0.1:4321"), 4321);
  assert.is(String(listener.boundAddresses), "127.0.0.1:4321");
  listener.start();
  assert.throws(() => listener.start(), /starts once/);
  assert.throws(() => listener.bind("127.0.0.1:0"), /bind after start/);
  listener.pause();
  listener.resume();
  listener.close();
  listener.close();
  for (const call of [
    () => listener.bind("127.0.0.1:0"), () => listener.start(), () => listener.pause(), () => listener.resume(),
  ]) {
    assert.throws(call, /of a closed listener/);
  }
  assert.equal(shutdowns.statuses, [], "not inside the call");
  settle();
  assert.equal(shutdowns.statuses.map(({ code }) => code), [StatusCode.OK]);
}));

listening("should say once that it is over, also when it was never started", onEngine(({ engine, settle }) => {
  for (const binds of [0, 1, 3]) {
    const shutdowns = heard();
    const listener = engine.createListener(nothing, shutdowns.hear);
    for (let i = 0; i < binds; i++) listener.bind(`127.0.0.1:${5000 + i}`);
    listener[Symbol.dispose]();
    settle();
    assert.is(shutdowns.statuses.length, 1);
  }
}));

listening("should throw why an address cannot be had, and stay usable", onEngine(({ engine, platform, settle }) => {
  const listener = engine.createListener(nothing, nothing);
  platform.transport.failNext = 12; // address-in-use
  assert.throws(() => listener.bind("127.0.0.1:80"), (error: { code: string; message: string }) =>
    error.code === "FAILED_PRECONDITION" && error.message === "cannot listen on 127.0.0.1:80: address in use");
  assert.is(listener.bind("127.0.0.1:81"), 81);
  listener.start();
  settle();
  listener.close();
}));

listening("should take callbacks only", onEngine(({ engine }) => {
  assert.throws(() => engine.createListener(null as never, nothing), /must be functions/);
  assert.throws(() => engine.createListener(nothing, undefined as never), /must be functions/);
}));

listening.run();

// ---

const reading = suite("reads and writes");

reading("should be one of each at a time, by name", withEndpoint((driven, { endpoint, connection }, buffer) => {
  const { engine, settle } = driven;
  const second = engine.createSliceBuffer();
  const reads = heard();
  const writes = heard();
  assert.not(endpoint.read(reads.hear, buffer));
  assert.throws(() => endpoint.read(nothing, second), /a read is already outstanding/);
  second.append("out");
  assert.not(endpoint.write(writes.hear, second));
  assert.throws(() => endpoint.write(nothing, second), /a write is already outstanding/);
  assert.throws(() => endpoint.shutdownSend(), /while a write is outstanding/);
  connection.arrive(1, 2, 3);
  settle();
  assert.equal([reads.statuses.length, writes.statuses.length], [1, 1]);
  assert.equal([...buffer.toUint8Array()], [1, 2, 3]);
  assert.is(Buffer.from(connection.written).toString(), "out");
  assert.not(endpoint.read(reads.hear, buffer), "and then the next one");
  second.destroy();
}));

reading("should keep everybody off the buffer of an outstanding read", withEndpoint((driven, { endpoint }, buffer) => {
  endpoint.read(nothing, buffer);
  const calls: ((buffer: SliceBuffer) => unknown)[] = [
    (b) => b.length, (b) => b.append("x"), (b) => b.at(0), (b) => b.clear(), (b) => b.destroy(),
    (b) => endpoint.write(nothing, b), (b) => b.takeFirst(), (b) => b.toString(),
  ];
  for (const call of calls) assert.throws(() => call(buffer), /that an outstanding operation uses/);
  endpoint.destroy();
  assert.throws(() => buffer.length, /that an outstanding operation uses/, "until the callback");
  driven.settle();
  assert.is(buffer.length, 0);
}));

reading("should give a written buffer back at once, empty", withEndpoint((driven, { endpoint, connection }, buffer) => {
  connection.isSlow = true;
  buffer.append(new Uint8Array(600_000).fill(7));
  const writes = heard();
  assert.not(endpoint.write(writes.hear, buffer));
  assert.is(buffer.length, 0);
  buffer.append("mine again");
  for (let step = 0; step < 10 && writes.statuses.length === 0; step++) {
    driven.settle();
    connection.takeAll();
  }
  driven.settle();
  assert.equal(writes.statuses.map(({ ok }) => ok), [true]);
  assert.is(connection.written.length, 600_000);
  assert.is(String(buffer), "mine again");
}));

reading("should complete inline only when asked to", withEndpoint((driven, { endpoint, connection }, buffer) => {
  const never = (): void => { throw new Error("dropped callbacks must not run"); };
  connection.arrive(5);
  assert.ok(endpoint.read(never, buffer, { mayCompleteInline: true }));
  assert.equal([...buffer.toUint8Array()], [5]);
  assert.ok(endpoint.write(never, buffer, { mayCompleteInline: true }));
  assert.equal(connection.written, [5]);
  driven.settle();
}));

reading("should end with CANCELLED when the endpoint is destroyed", withEndpoint((driven, accepted, buffer) => {
  const { engine, settle } = driven;
  const { endpoint, connection } = accepted;
  const source = engine.createSliceBuffer();
  connection.isSlow = true;
  source.append(new Uint8Array(600_000));
  const reads = heard();
  const writes = heard();
  endpoint.read(reads.hear, buffer);
  endpoint.write(writes.hear, source);
  settle();
  endpoint.destroy();
  assert.ok(endpoint.isDestroyed);
  assert.equal([reads.statuses, writes.statuses], [[], []], "not inside the call");
  connection.takeAll();
  settle();
  assert.equal([...reads.statuses, ...writes.statuses].map(({ code, reason }) => [code, reason]),
    [[StatusCode.CANCELLED, "endpoint-closed"], [StatusCode.CANCELLED, "endpoint-closed"]]);
  assert.throws(() => endpoint.read(nothing, buffer), /read of a destroyed endpoint/);
  assert.throws(() => endpoint.write(nothing, buffer), /write to a destroyed endpoint/);
  assert.throws(() => endpoint.shutdownSend(), /shutdownSend of a destroyed endpoint/);
  endpoint.destroy();
  source.destroy();
}));

reading("should deliver bytes before the end, and then the end each time", withEndpoint((driven, accepted, buffer) => {
  const { endpoint, connection } = accepted;
  connection.arrive(1, 2);
  connection.events!.endArrived();
  const reads = heard();
  for (let i = 0; i < 3; i++) {
    endpoint.read(reads.hear, buffer);
    driven.settle();
    assert.is(buffer.length, i === 0 ? 2 : 0);
  }
  assert.equal(reads.statuses.map(({ code, reason }) => [code, reason]), [
    [StatusCode.OK, "ok"], [StatusCode.INTERNAL, "end-of-stream"], [StatusCode.INTERNAL, "end-of-stream"],
  ]);
}));

reading("should end the sending side behind what was written", withEndpoint((driven, accepted, buffer) => {
  const { endpoint, connection } = accepted;
  buffer.append("last words");
  endpoint.write(nothing, buffer);
  driven.settle();
  endpoint.shutdownSend();
  endpoint.shutdownSend();
  driven.settle();
  assert.is(connection.log.filter((entry) => entry === "end").length, 1);
  const writes = heard();
  buffer.append("too late");
  endpoint.write(writes.hear, buffer);
  driven.settle();
  assert.equal(writes.statuses.map(({ ok }) => ok), [false]);
}));

reading("should refuse what cannot be meant", onEngine(async (driven) => {
  const { endpoint } = accept(driven);
  const other = await drivenEngine();
  const foreign = other.engine.createSliceBuffer();
  const buffer = driven.engine.createSliceBuffer();
  const bad: [() => unknown, RegExp][] = [
    [() => endpoint.read(nothing, foreign), /a slice buffer of another event engine/],
    [() => endpoint.read(nothing, {} as never), /want a slice buffer that this event engine created/],
    [() => endpoint.read(undefined as never, buffer), /onRead must be a function/],
    [() => endpoint.write("f" as never, buffer), /onWritable must be a function/],
    [() => endpoint.read(nothing, buffer, { readHintBytes: -1 }), /readHintBytes is -1/],
    [() => endpoint.read(nothing, buffer, { readHintBytes: 2 ** 30 + 1 }), /readHintBytes is 1073741825/],
    [() => endpoint.write(nothing, buffer, { maxFrameSize: 0 }), /maxFrameSize is 0/],
  ];
  for (const [call, message] of bad) assert.throws(call, message);
  buffer.destroy();
  assert.throws(() => endpoint.read(nothing, buffer), /use of a destroyed slice buffer/);
  foreign.destroy();
  await other.close();
  endpoint.destroy();
}));

reading.run();

// ---

const abandoned = suite("what nobody gave back");

abandoned("should be counted", async () => {
  const driven = await drivenEngine();
  const { endpoint } = accept(driven);
  driven.engine.createSliceBuffer();
  const closed = driven.engine.close();
  driven.settle();
  driven.passMs(1);
  await closed;
  assert.ok(endpoint.isDestroyed, "an engine that closes destroys endpoints");
  assert.equal(Object.entries(driven.engine.live()).filter(([, count]) => count !== 0),
    [["sliceBuffers", 1], ["core.sliceBuffers", 1]]);
});

abandoned.run();
