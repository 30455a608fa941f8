// The slice allocator of the 2021 text: waiting for memory, in line, and being told exactly once.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BENIGN, CANCELLED, MIB, OK, Quotas, RESOURCE_EXHAUSTED } from "./quota-probe.js";

const waiting = suite("slice-allocator");

async function create(size = MIB): Promise<{ quotas: Quotas; quota: number; a: number; b: number; buffer: number }> {
  const quotas = await Quotas.create();
  const quota = quotas.quota(size);
  const [a, b] = [quotas.allocator(quota), quotas.allocator(quota)];
  return { quotas, quota, a, b, buffer: quotas.call.bufferCreate() };
}

function end(quotas: Quotas, held: { a: number; b: number; quota: number; buffer: number }): void {
  quotas.call.bufferClear(held.buffer);
  quotas.call.bufferDestroy(held.buffer);
  quotas.end({ allocators: [held.a, held.b], quotas: [held.quota] });
}

waiting("should answer later even when there is memory, with slices that are paid for", async () => {
  const { quotas, ...held } = await create();
  assert.is(quotas.call.sliceAllocate(held.a, 1000, held.buffer, 1), OK);
  assert.equal([quotas.allocated, quotas.call.bufferLength(held.buffer)], [[], 0]);
  quotas.settle();
  assert.equal(quotas.allocated, [{ owner: 1, status: OK }]);
  assert.equal([quotas.call.bufferCount(held.buffer), quotas.call.bufferLength(held.buffer)], [1, 1000]);
  assert.is(quotas.outstanding(held.a), 1016);
  end(quotas, held);
});

waiting("should serve large requests in pieces, and none at all with nothing", async () => {
  const { quotas, ...held } = await create();
  for (const [size, count] of [[0, 0], [1, 1], [65_536, 1], [65_537, 2], [300_000, 5]] as const) {
    assert.is(quotas.call.sliceAllocate(held.b, size, held.buffer, size), OK);
    quotas.settle();
    assert.equal([quotas.call.bufferCount(held.buffer), quotas.call.bufferLength(held.buffer)], [count, size]);
    assert.is(quotas.outstanding(held.b), size + 16 * count);
    quotas.call.bufferClear(held.buffer);
  }
  end(quotas, held);
});

waiting("should serve from what its allocator has cached", async () => {
  const { quotas, ...held } = await create();
  quotas.call.reserve(held.a, 500_000, 500_000);
  quotas.call.release(held.a, 500_000);
  const taken = quotas.taken(held.a);
  quotas.call.sliceAllocate(held.a, 400_000, held.buffer, 1);
  quotas.settle();
  assert.equal([quotas.allocated.length, quotas.taken(held.a)], [1, taken]);
  end(quotas, held);
});

waiting("should wait until somebody gives memory back", async () => {
  const { quotas, ...held } = await create();
  quotas.call.reserve(held.b, 900_000, 900_000);
  quotas.call.sliceAllocate(held.a, 500_000, held.buffer, 1);
  quotas.settle();
  assert.equal([quotas.allocated, quotas.call.isShort(held.quota)], [[], 1]);
  quotas.call.release(held.b, 300_000);
  quotas.settle();
  assert.equal(quotas.allocated, []);
  quotas.call.release(held.b, 100_000);
  assert.equal(quotas.allocated, [], "never inside of the release");
  quotas.settle();
  assert.equal(quotas.allocated, [{ owner: 1, status: OK }]);
  quotas.call.release(held.b, 500_000);
  end(quotas, held);
});

waiting("should be served in order: small ones do not overtake", async () => {
  const { quotas, ...held } = await create();
  quotas.call.reserve(held.b, MIB - 10_000, MIB - 10_000);
  quotas.call.sliceAllocate(held.a, 200_000, held.buffer, 1);
  quotas.call.sliceAllocate(held.b, 100, held.buffer, 2);
  quotas.call.sliceAllocate(held.a, 50_000, held.buffer, 3);
  quotas.settle();
  assert.equal(quotas.allocated, []);
  quotas.call.release(held.b, 200_000);
  quotas.settle();
  assert.equal(quotas.allocated.map(({ owner }) => owner), [1, 2]);
  quotas.call.release(held.b, MIB - 210_000);
  quotas.settle();
  assert.equal(quotas.allocated.map(({ owner }) => owner), [1, 2, 3]);
  end(quotas, held);
});

waiting("should wait for the very last byte", async () => {
  const { quotas, ...held } = await create();
  const rest = MIB - 2 * quotas.call.recordBytes() - 5016;
  quotas.call.reserve(held.b, rest + 1, rest + 1);
  quotas.call.sliceAllocate(held.a, 5000, held.buffer, 1);
  quotas.settle();
  assert.equal(quotas.allocated, []);
  quotas.call.release(held.b, 1);
  quotas.settle();
  assert.equal([quotas.allocated.length, quotas.free(held.quota)], [1, 0]);
  quotas.call.release(held.b, rest);
  end(quotas, held);
});

waiting("should not overtake by what its own allocator has cached", async () => {
  const { quotas, ...held } = await create();
  quotas.call.reserve(held.b, 900_000, 900_000);
  quotas.call.reserve(held.a, 100_000, 100_000);
  quotas.call.release(held.a, 100_000);
  quotas.call.sliceAllocate(held.b, 140_000, held.buffer, 1);
  quotas.call.sliceAllocate(held.a, 40_000, held.buffer, 2);
  quotas.settle();
  assert.equal(quotas.allocated.map(({ owner }) => owner), [1]);
  quotas.call.release(held.b, 900_000);
  quotas.settle();
  assert.equal(quotas.allocated.map(({ owner }) => owner), [1, 2]);
  end(quotas, held);
});

waiting("should not be kept waiting by the caches of others", async () => {
  const { quotas, ...held } = await create();
  quotas.call.reserve(held.b, 980_000, 980_000);
  const free = quotas.free(held.quota);
  quotas.call.sliceAllocate(held.a, 100_000, held.buffer, 1);
  quotas.call.reserve(held.b, 10, 10);
  assert.is(quotas.free(held.quota), free - 10, "no more is taken than is asked for");
  quotas.call.release(held.b, 980_010);
  quotas.settle();
  end(quotas, held);
});

waiting("should have reclaimers asked while it waits", async () => {
  const { quotas, ...held } = await create();
  quotas.call.reserve(held.b, 900_000, 900_000);
  quotas.onReclaim.set(7, (sweep) => {
    if (sweep === 0) return;
    quotas.call.release(held.b, 400_000);
    quotas.call.finishSweep(sweep);
  });
  quotas.call.postReclaimer(held.b, BENIGN, 7);
  quotas.settle();
  assert.equal(quotas.reclaims, [], "nobody waits yet");
  quotas.call.sliceAllocate(held.a, 500_000, held.buffer, 1);
  quotas.settle();
  assert.equal([quotas.reclaims.length, quotas.allocated], [1, [{ owner: 1, status: OK }]]);
  quotas.call.release(held.b, 500_000);
  end(quotas, held);
});

waiting("should get what others only cache, without any reclaimer", async () => {
  const { quotas, ...held } = await create();
  quotas.call.reserve(held.b, 900_000, 900_000);
  quotas.call.release(held.b, 900_000);
  quotas.call.sliceAllocate(held.a, 500_000, held.buffer, 1);
  quotas.settle();
  assert.equal(quotas.allocated, [{ owner: 1, status: OK }]);
  end(quotas, held);
});

waiting("should be cancelled, later and once, when its allocator is shut down", async () => {
  const { quotas, quota, a, b, buffer } = await create();
  quotas.call.reserve(b, 900_000, 900_000);
  for (const owner of [1, 2, 3]) quotas.call.sliceAllocate(owner === 2 ? b : a, 300_000, buffer, owner);
  quotas.call.shutdown(a);
  quotas.gone(a);
  assert.is(quotas.call.liveAllocators(), 1);
  assert.equal(quotas.allocated, []);
  quotas.settle();
  assert.equal(quotas.allocated, [{ owner: 1, status: CANCELLED }, { owner: 3, status: CANCELLED }]);
  assert.is(quotas.call.bufferLength(buffer), 0);
  quotas.call.release(b, 900_000);
  quotas.settle();
  assert.equal(quotas.allocated.slice(2), [{ owner: 2, status: OK }]);
  quotas.call.bufferDestroy(buffer);
  quotas.end({ allocators: [b], quotas: [quota] });
});

waiting("should let the next in line go on when the first is cancelled", async () => {
  const { quotas, quota, a, b, buffer } = await create();
  quotas.call.reserve(b, 900_000, 900_000);
  quotas.call.sliceAllocate(a, 500_000, buffer, 1);
  quotas.call.sliceAllocate(b, 50_000, buffer, 2);
  quotas.call.shutdown(a);
  quotas.gone(a);
  quotas.settle();
  assert.equal(quotas.allocated, [{ owner: 1, status: CANCELLED }, { owner: 2, status: OK }]);
  quotas.call.bufferDestroy(buffer);
  quotas.call.release(b, 900_000);
  quotas.end({ allocators: [b], quotas: [quota] });
});

waiting("should deliver what was granted before a shutdown", async () => {
  const { quotas, quota, a, b, buffer } = await create();
  quotas.call.sliceAllocate(a, 5000, buffer, 1);
  quotas.call.shutdown(a);
  quotas.settle();
  assert.equal([quotas.allocated, quotas.call.bufferLength(buffer)], [[{ owner: 1, status: OK }], 5000]);
  quotas.call.bufferDestroy(buffer);
  quotas.gone(a);
  quotas.end({ allocators: [b], quotas: [quota] });
});

waiting("should refuse what the quota never has", async () => {
  const { quotas, ...held } = await create();
  const most = MIB - quotas.call.recordBytes() - 17 * 16;
  assert.is(quotas.call.sliceAllocate(held.a, MIB, held.buffer, 1), RESOURCE_EXHAUSTED);
  assert.is(quotas.call.sliceAllocate(held.a, most + 17, held.buffer, 1), RESOURCE_EXHAUSTED);
  quotas.settle();
  assert.equal(quotas.allocated, []);
  end(quotas, held);
});

waiting("should serve hundreds in several runs, each exactly once", async () => {
  const { quotas, ...held } = await create();
  quotas.call.wakeTest();
  for (let owner = 0; owner < 700; owner++) quotas.call.sliceAllocate(held.a, 64, held.buffer, owner);
  const runs: number[] = [];
  while (quotas.call.dueCount() > 0) {
    const before = quotas.allocated.length;
    quotas.call.runDue();
    runs.push(quotas.allocated.length - before);
  }
  assert.equal([runs, quotas.wakes], [[256, 256, 188], 3]);
  assert.equal(quotas.allocated.map(({ owner }) => owner), Array.from({ length: 700 }, (_, index) => index));
  end(quotas, held);
});

waiting("should take a new request out of the answer to the last one", async () => {
  const { quotas, ...held } = await create();
  let left = 20;
  const again = (): void => {
    if (left-- > 0) quotas.call.sliceAllocate(held.a, 30_000, held.buffer, 1);
  };
  quotas.onAllocated.set(1, again);
  again();
  quotas.settle();
  assert.equal([quotas.allocated.length, quotas.call.bufferLength(held.buffer)], [20, 600_000]);
  end(quotas, held);
});

for (const [what, run] of [
  ["allocate after a shutdown", (quotas, a, buffer) => {
    quotas.call.reserve(a, 1, 1);
    quotas.call.shutdown(a);
    return quotas.call.sliceAllocate(a, 1, buffer, 1);
  }],
  ["allocate more than 1 GiB", ({ call }, a, buffer) => call.sliceAllocate(a, (1 << 30) + 1, buffer, 1)],
] as [string, (quotas: Quotas, a: number, buffer: number) => unknown][]) {
  waiting(`should not ${what}`, async () => {
    const { quotas, a, buffer } = await create();
    quotas.probe.traps(() => run(quotas, a, buffer), "quota/slice-allocator.ts");
    assert.not.match(quotas.probe.abortText, /no message/);
  });
}

waiting.run();
