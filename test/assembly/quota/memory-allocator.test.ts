// Memory allocators: what a request gets, what is cached, what outlives a shutdown, and what is refused.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MIB, Quotas, SECOND, UNLIMITED } from "./quota-probe.js";

const allocators = suite("memory-allocator");

async function create(size: number | bigint): Promise<{ quotas: Quotas; quota: number; allocator: number }> {
  const quotas = await Quotas.create();
  const quota = quotas.quota(size);
  return { quotas, quota, allocator: quotas.allocator(quota) };
}

allocators("should charge itself, and give that back", async () => {
  const { quotas, quota, allocator } = await create(MIB);
  assert.is(quotas.free(quota), MIB - quotas.call.recordBytes());
  quotas.call.shutdown(allocator);
  assert.is(quotas.free(quota), MIB);
  quotas.gone(allocator);
  quotas.end({ quotas: [quota] });
});

allocators("should grant the most without pressure, ten thousand times", async () => {
  const { quotas, quota, allocator } = await create(UNLIMITED);
  for (let i = 0; i < 10_000; i++) {
    assert.is(quotas.call.reserve(allocator, 100, 40_000), 40_000);
    quotas.call.release(allocator, 40_000);
  }
  quotas.assertBalanced();
  quotas.end({ allocators: [allocator], quotas: [quota] });
});

allocators("should take from the quota in steps that grow with what it has", async () => {
  const { quotas, quota, allocator } = await create(UNLIMITED);
  const steps: number[] = [];
  let before = quotas.taken(allocator);
  for (let i = 0; i < 20_000; i++) {
    quotas.call.reserve(allocator, 1000, 1000);
    const taken = quotas.taken(allocator);
    if (taken !== before) steps.push(taken - before);
    before = taken;
  }
  assert.equal(steps.slice(0, 3), [4096, 4096, 4096]);
  for (const [index, step] of steps.entries()) {
    assert.ok(step >= 4096 && step <= MIB && (index === 0 || step >= steps[index - 1]!), `step ${index}: ${step}`);
  }
  assert.is(steps.at(-1), MIB);
  for (let i = 0; i < 20_000; i++) quotas.call.release(allocator, 1000);
  quotas.end({ allocators: [allocator], quotas: [quota] });
});

allocators("should give back what it caches beyond 1 MiB", async () => {
  const { quotas, quota, allocator } = await create(UNLIMITED);
  for (let i = 0; i < 40; i++) quotas.call.reserve(allocator, 65_536, 65_536);
  let returns = 0;
  for (let i = 0; i < 40; i++) {
    const before = quotas.call.cachedBytes(allocator)!;
    quotas.call.release(allocator, 65_536);
    const returned = before + 65_536 > MIB;
    assert.is(quotas.call.cachedBytes(allocator), returned ? MIB / 2 : before + 65_536);
    if (returned) returns++;
    quotas.assertBalanced();
  }
  assert.ok(returns >= 2);
  quotas.call.reserve(allocator, 8 * MIB, 8 * MIB);
  const cached = quotas.call.cachedBytes(allocator);
  quotas.call.release(allocator, 8 * MIB);
  assert.is(quotas.call.cachedBytes(allocator), cached, "a large one goes back at once");
  quotas.end({ allocators: [allocator], quotas: [quota] });
});

allocators("should halve its cache every ten seconds, and empty a small one", async () => {
  const { quotas, quota, allocator } = await create(UNLIMITED);
  quotas.call.tick(SECOND);
  quotas.call.reserve(allocator, 100_000, 100_000);
  quotas.call.release(allocator, 100_000);
  assert.is(quotas.call.cachedBytes(allocator), 100_000);
  const touch = (): number => {
    quotas.call.reserve(allocator, 10, 10);
    quotas.call.release(allocator, 10);
    return quotas.call.cachedBytes(allocator);
  };
  quotas.call.tick(9n * SECOND);
  assert.is(touch(), 100_000);
  quotas.call.tick(10n * SECOND);
  assert.equal([touch(), touch()], [50_000, 50_000]);
  for (const [second, left] of [[20n, 25_000], [30n, 12_500], [40n, 6250], [50n, 0]] as const) {
    quotas.call.tick(second * SECOND);
    assert.is(touch(), left);
  }
  quotas.end({ allocators: [allocator], quotas: [quota] });
});

allocators("should not recommend more than a sixteenth, unless the least is more", async () => {
  const { quotas, quota, allocator } = await create(16_000_000);
  assert.is(quotas.call.reserve(allocator, 100, 5_000_000), 1_000_000);
  assert.is(quotas.call.reserve(allocator, 1_000_000, 5_000_000), 1_000_000);
  assert.is(quotas.call.reserve(allocator, 1_000_001, 5_000_000), 1_000_001);
  assert.is(quotas.call.reserve(allocator, 2_000_000, 5_000_000), 2_000_000);
  assert.is(quotas.call.reserve(allocator, 999_999, 1_000_000), 1_000_000);
  quotas.call.release(allocator, 6_000_001);
  quotas.end({ allocators: [allocator], quotas: [quota] });
});

allocators("should scale a range down from a pressure of 0.8 to its least at 1", async () => {
  const { quotas, quota, allocator } = await create(1_000_000_000);
  const grant = (): number => {
    const granted = quotas.call.reserve(allocator, 1000, 11_000);
    quotas.call.release(allocator, granted);
    return granted;
  };
  assert.is(grant(), 11_000);
  quotas.call.reserve(allocator, 995_000_000, 995_000_000);
  assert.is(grant(), 1000, "beyond 0.99 the pressure is 1 at once");
  quotas.call.release(allocator, 995_000_000);
  let second = 1n;
  quotas.call.tick(second * SECOND);
  quotas.call.tick(++second * SECOND); // the round of the peak
  for (let round = 1; round <= 80; round++) {
    quotas.call.tick(++second * SECOND);
    const pressure = quotas.call.pressureOf(quota);
    assert.ok(Math.abs(pressure - (1 - 0.003 * round)) < 1e-9, `round ${round}: ${pressure}`);
    const share = Math.min(1, (1 - pressure) / 0.2);
    assert.ok(Math.abs(grant() - (1000 + Math.floor(10_000 * share))) <= 1, `round ${round}`);
  }
  assert.is(grant(), 11_000);
  quotas.end({ allocators: [allocator], quotas: [quota] });
});

allocators("should never fail, but overcommit", async () => {
  const { quotas, quota, allocator } = await create(1000);
  assert.is(quotas.call.reserve(allocator, 1 << 30, 1 << 30), 1 << 30);
  assert.is(quotas.call.reserve(allocator, 1 << 30, 1 << 30), 1 << 30);
  assert.is(quotas.free(quota), 1000 - 2 ** 31 - quotas.call.recordBytes(), "and not by more than was asked for");
  quotas.call.release(allocator, 2 ** 31);
  quotas.assertBalanced();
  quotas.end({ allocators: [allocator], quotas: [quota] });
});

allocators("should not overcommit for its cache", async () => {
  const { quotas, quota, allocator } = await create(10_000);
  quotas.call.reserve(allocator, 5010, 5010);
  for (let i = 0; i < 400; i++) {
    quotas.call.reserve(allocator, 10, 10);
    assert.ok(quotas.free(quota) >= 0);
  }
  quotas.call.release(allocator, 9010);
  quotas.end({ allocators: [allocator], quotas: [quota] });
});

allocators("should make slices of what was granted, the header charged as well", async () => {
  const { quotas, quota, allocator } = await create(UNLIMITED);
  const slice = quotas.call.sliceCreate();
  for (let least = 1; least < 1000; least += 37) {
    for (let most = least; most < 1000; most += 73) {
      quotas.call.makeSlice(allocator, least, most, slice);
      assert.is(quotas.call.lengthOf(slice), most);
      assert.is(quotas.outstanding(allocator), most + 16);
      quotas.call.sliceDestroy(slice);
      assert.is(quotas.outstanding(allocator), 0);
      assert.is(quotas.call.sliceCreate(), slice);
    }
  }
  quotas.call.sliceDestroy(slice);
  quotas.end({ allocators: [allocator], quotas: [quota] });
});

allocators("should let slices outlive it, and be freed with the last", async () => {
  const { quotas, quota, allocator } = await create(MIB);
  const slices = Array.from({ length: 3 }, () => quotas.call.sliceCreate());
  for (const slice of slices) quotas.call.makeSlice(allocator, 1000, 1000, slice);
  quotas.call.shutdown(allocator);
  assert.is(quotas.free(quota), MIB - quotas.call.recordBytes() - 3 * 1016, "nothing is cached any more");
  for (const slice of slices) {
    assert.is(quotas.call.liveAllocators(), 1);
    quotas.assertBalanced();
    quotas.call.sliceDestroy(slice);
    if (slice === slices.at(-1)) quotas.gone(allocator);
  }
  assert.equal([quotas.call.liveAllocators(), quotas.free(quota)], [0, MIB]);
  quotas.end({ quotas: [quota] });
});

allocators("should be charged for a copy on write, also after its shutdown", async () => {
  const { quotas, quota, allocator } = await create(MIB);
  const [slice, other] = [quotas.call.sliceCreate(), quotas.call.sliceCreate()];
  quotas.call.makeSlice(allocator, 500, 500, slice);
  quotas.call.share(slice, other);
  quotas.call.shutdown(allocator);
  quotas.call.mutableAddress(other);
  assert.is(quotas.outstanding(allocator), 2 * 516);
  quotas.call.sliceDestroy(slice);
  assert.is(quotas.outstanding(allocator), 516);
  quotas.call.sliceDestroy(other);
  quotas.gone(allocator);
  quotas.end({ quotas: [quota] });
});

allocators("should append room to a buffer, charged once per block", async () => {
  const { quotas, quota, allocator } = await create(MIB);
  const buffer = quotas.call.bufferCreate();
  quotas.call.appendSpace(allocator, buffer, 9);
  quotas.call.appendSpace(allocator, buffer, 2);
  assert.equal([quotas.call.bufferCount(buffer), quotas.outstanding(allocator)], [1, 0], "inlined");
  quotas.call.appendSpace(allocator, buffer, 100);
  assert.equal([quotas.call.bufferCount(buffer), quotas.outstanding(allocator)], [2, 116]);
  quotas.call.appendSpace(allocator, buffer, 1);
  assert.equal([quotas.call.bufferLength(buffer), quotas.outstanding(allocator)], [112, 116]);
  quotas.call.bufferDestroy(buffer);
  quotas.end({ allocators: [allocator], quotas: [quota] });
});

allocators("should let a quota go only after its allocators", async () => {
  const { quotas, quota, allocator } = await create(MIB);
  const slice = quotas.call.sliceCreate();
  quotas.call.makeSlice(allocator, 1000, 1000, slice);
  quotas.call.quotaDestroy(quota);
  assert.is(quotas.call.reserve(allocator, 10, 10), 10);
  quotas.call.release(allocator, 10);
  quotas.call.shutdown(allocator);
  assert.is(quotas.call.liveQuotas(), 1);
  quotas.call.sliceDestroy(slice);
  assert.equal([quotas.call.liveQuotas(), quotas.call.liveAllocators()], [0, 0]);
});

const MISUSES: [string, (quotas: Quotas, allocator: number, quota: number) => unknown][] = [
  ["grant more than 1 GiB", ({ call }, allocator) => call.reserve(allocator, 1, (1 << 30) + 1)],
  ["grant a range that is none", ({ call }, allocator) => call.reserve(allocator, 2, 1)],
  ["make a slice of more than 1 GiB", ({ call }, allocator) => {
    return call.makeSlice(allocator, 1, 1 << 30, call.sliceCreate());
  }],
  ["make a slice whose size wraps", ({ call }, allocator) => call.makeSlice(allocator, -8, -8, call.sliceCreate())],
  ["make a slice of a range that wraps", ({ call }, allocator) => {
    return call.makeSlice(allocator, -8, 100, call.sliceCreate());
  }],
  ["take back more than it gave", ({ call }, allocator) => {
    call.reserve(allocator, 100, 100);
    return call.release(allocator, 101);
  }],
  ["take back anything when it gave nothing", ({ call }, allocator) => call.release(allocator, 1)],
  ["grant after its shutdown", ({ call }, allocator) => {
    call.reserve(allocator, 1, 1);
    call.shutdown(allocator);
    return call.reserve(allocator, 1, 1);
  }],
  ["be shut down twice", ({ call }, allocator) => {
    call.reserve(allocator, 1, 1);
    call.shutdown(allocator);
    return call.shutdown(allocator);
  }],
  ["be made of a destroyed quota", ({ call }, _, quota) => {
    call.quotaDestroy(quota);
    return call.allocatorCreate(quota);
  }],
  ["have a quota that is destroyed twice", ({ call }, _, quota) => {
    call.quotaDestroy(quota);
    return call.quotaDestroy(quota);
  }],
  ["have a quota of a negative size", ({ call }) => call.quotaCreate(-1n)],
  ["have a quota that becomes negative", ({ call }, _, quota) => call.setSize(quota, -1n)],
];

for (const [what, run] of MISUSES) {
  allocators(`should not ${what}`, async () => {
    const { quotas, quota, allocator } = await create(MIB);
    quotas.probe.traps(() => run(quotas, allocator, quota), "quota/memory-(allocator|quota).ts");
    assert.not.match(quotas.probe.abortText, /no message/);
  });
}

allocators.run();
