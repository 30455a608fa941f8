// The quotas of threads, streams and connections, and allocator factories.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MIB, Quotas, SECOND } from "./quota-probe.js";

const small = suite("small quotas");

small("should grant threads up to the maximum, all or none", async () => {
  const quotas = await Quotas.create();
  const { call } = quotas;
  const threads = call.threadsCreate();
  assert.is(call.threadsReserve(threads, 2 ** 32 - 2), 1, "unlimited at first");
  assert.is(call.threadsReserve(threads, 2), 0);
  assert.is(call.threadsReserve(threads, 1), 1);
  call.threadsRelease(threads, 2 ** 32 - 1);
  call.threadsSetMaximum(threads, 5);
  assert.equal([3, 3, 2, 1, 0].map((count) => call.threadsReserve(threads, count)), [1, 0, 1, 0, 1]);
  call.threadsSetMaximum(threads, 3);
  assert.equal([0, 1].map((count) => call.threadsReserve(threads, count)), [0, 0], "made smaller than what is used");
  call.threadsRelease(threads, 3);
  assert.is(call.threadsReserve(threads, 1), 1);
  call.threadsRelease(threads, 3);
  call.threadsDestroy(threads);
  quotas.end({});
});

small("should not limit streams at first", async () => {
  const quotas = await Quotas.create();
  const streams = quotas.call.streamsCreate();
  quotas.call.streamsTick(streams, 0n);
  assert.is(quotas.call.limitOf(streams, 1e6) >>> 0, 2 ** 32 - 1);
  quotas.call.streamsDestroy(streams);
  quotas.end({});
});

/** maximum, connections, open streams of all; then what a connection with so many may have. */
const TABLE: [number, number, number, [number, number][]][] = [
  [100, 1, 0, [[0, 100], [50, 100], [99, 100]]],
  [100, 1, 100, [[100, 99], [1, 1], [0, 1]]],
  [100, 1, 150, [[150, 149]]],
  [100, 4, 0, [[0, 25], [10, 25], [24, 25], [25, 26], [49, 50], [50, 50], [80, 50]]],
  [100, 4, 60, [[0, 10], [10, 20], [16, 25], [24, 25], [25, 26], [26, 27], [60, 50]]],
  [100, 4, 97, [[0, 1], [24, 23], [97, 96], [2, 1], [1, 1]]],
  [3, 5, 0, [[0, 1], [1, 1], [2, 1]]],
  [0, 2, 0, [[0, 1], [7, 6]]],
];

for (const [maximum, connections, open, limits] of TABLE) {
  small(`should share ${maximum} streams out among ${connections} with ${open} open`, async () => {
    const quotas = await Quotas.create();
    const { call } = quotas;
    const streams = call.streamsCreate();
    call.streamsSetMaximum(streams, maximum);
    for (let i = 0; i < connections; i++) call.addConnection(streams);
    for (let i = 0; i < open; i++) call.openStream(streams);
    call.streamsTick(streams, SECOND);
    assert.equal(limits.map(([has]) => [has, call.limitOf(streams, has)]), limits);
    for (let i = 0; i < open; i++) call.closeStream(streams);
    for (let i = 0; i < connections; i++) call.removeConnection(streams);
    call.streamsDestroy(streams);
    quotas.end({});
  });
}

small("should share out anew once per second", async () => {
  const quotas = await Quotas.create();
  const { call } = quotas;
  const streams = call.streamsCreate();
  call.streamsSetMaximum(streams, 100);
  call.addConnection(streams);
  call.addConnection(streams);
  call.streamsTick(streams, 5n * SECOND);
  assert.is(call.limitOf(streams, 0), 50);
  for (let i = 0; i < 90; i++) call.openStream(streams);
  call.streamsTick(streams, 6n * SECOND - 1n);
  assert.is(call.limitOf(streams, 0), 50);
  call.streamsTick(streams, 6n * SECOND);
  assert.is(call.limitOf(streams, 0), 5);
});

small("should admit connections up to the maximum", async () => {
  const quotas = await Quotas.create();
  const { call } = quotas;
  const [memory, connections] = [quotas.quota(MIB), call.connectionsCreate()];
  for (let i = 0; i < 10; i++) assert.is(call.admit(connections, memory), 1);
  call.connectionsSetMaximum(connections, 11);
  assert.equal([call.admit(connections, memory), call.admit(connections, memory)], [1, 0]);
  call.connectionsRelease(connections);
  assert.is(call.admit(connections, memory), 1);
  for (let i = 0; i < 11; i++) call.connectionsRelease(connections);
  call.connectionsDestroy(connections);
  quotas.end({ quotas: [memory] });
});

small("should admit no connection while memory is nearly used up", async () => {
  const quotas = await Quotas.create();
  const { call } = quotas;
  const [memory, connections] = [quotas.quota(MIB), call.connectionsCreate()];
  const a = quotas.allocator(memory);
  call.tick(SECOND);
  call.reserve(a, MIB, MIB);
  assert.is(call.admit(connections, memory), 0);
  call.release(a, MIB);
  assert.is(call.admit(connections, memory), 0, "the round goes on");
  call.tick(2n * SECOND); // the round of the peak
  call.tick(7n * SECOND);
  assert.is(call.admit(connections, memory), 1);
  call.connectionsRelease(connections);
  call.connectionsDestroy(connections);
  quotas.end({ allocators: [a], quotas: [memory] });
});

small("should make allocators for connections, of one quota or as somebody likes", async () => {
  const quotas = await Quotas.create();
  const { call } = quotas;
  const quota = quotas.quota(MIB);
  const factory = call.ofQuota(quota);
  const made = [call.createAllocator(factory, 0), call.createAllocator(factory, 0)];
  assert.is(quotas.free(quota), MIB - 2 * call.recordBytes());
  call.factoryDestroy(factory);
  const asked: [number, number][] = [];
  quotas.make = (owner, peer) => {
    asked.push([owner, peer]);
    return call.allocatorCreate(quota);
  };
  const own = call.factoryCreate(77);
  made.push(call.createAllocator(own, 1234));
  assert.equal(asked, [[77, 1234]]);
  call.factoryDestroy(own);
  for (const allocator of made) call.shutdown(allocator);
  quotas.end({ quotas: [quota] });
});

const MISUSES: [string, (call: Quotas["call"]) => unknown, string][] = [
  ["take back threads that it never gave", (call) => {
    const threads = call.threadsCreate();
    call.threadsReserve(threads, 3);
    return call.threadsRelease(threads, 4);
  }, "thread"],
  ["go while threads are reserved", (call) => {
    const threads = call.threadsCreate();
    call.threadsReserve(threads, 3);
    return call.threadsDestroy(threads);
  }, "thread"],
  ["close streams that were never opened", (call) => call.closeStream(call.streamsCreate()), "stream"],
  ["lose connections that it never had", (call) => call.removeConnection(call.streamsCreate()), "stream"],
  ["have two maximums of connections", (call) => {
    const connections = call.connectionsCreate();
    call.connectionsSetMaximum(connections, 3);
    return call.connectionsSetMaximum(connections, 3);
  }, "connection"],
  ["take back connections that it never admitted", (call) => {
    return call.connectionsRelease(call.connectionsCreate());
  }, "connection"],
];

for (const [what, run, file] of MISUSES) {
  small(`should not ${what}`, async () => {
    const quotas = await Quotas.create();
    quotas.probe.traps(() => run(quotas.call), `quota/${file}-quota.ts`);
    assert.not.match(quotas.probe.abortText, /no message/);
  });
}

small.run();
