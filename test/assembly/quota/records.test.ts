// What stands on an allocator: reservations, records, container memory and vectors.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MIB, Quotas } from "./quota-probe.js";

const records = suite("records");

async function create(): Promise<{ quotas: Quotas; quota: number; a: number }> {
  const quotas = await Quotas.create();
  const quota = quotas.quota(64 * MIB);
  return { quotas, quota, a: quotas.allocator(quota) };
}

records("should reserve until a reservation is destroyed, also after a shutdown", async () => {
  const { quotas, quota, a } = await create();
  const fixed = quotas.call.reservationCreate(a, 1000, 1000);
  const range = quotas.call.reservationCreate(a, 1000, 64 * MIB);
  assert.equal([fixed, range].map((each) => quotas.call.reservationBytes(each)), [1000, 4 * MIB]);
  assert.is(quotas.outstanding(a), 1000 + 4 * MIB);
  quotas.call.reservationDestroy(range);
  assert.is(quotas.outstanding(a), 1000);
  quotas.call.shutdown(a);
  quotas.assertBalanced();
  quotas.call.reservationDestroy(fixed);
  quotas.gone(a);
  quotas.end({ quotas: [quota] });
});

records("should make zeroed records that are paid for by size", async () => {
  const { quotas, quota, a } = await create();
  const sizes = [0, 1, 12, 24, 100, 4096, 65_536, 1_000_000];
  for (let round = 0; round < 3; round++) {
    const made = sizes.map((size) => quotas.call.createBytes(a, size));
    assert.is(quotas.outstanding(a), sizes.reduce((sum, size) => sum + size + 16, 0));
    for (const [index, record] of made.entries()) {
      const size = sizes[index]!;
      assert.is(record % 16, 0);
      assert.equal(quotas.probe.bytes(record, size), new Uint8Array(size), "zeroed, reused or not");
      quotas.probe.write(record, new Uint8Array(size).fill(0xa5));
    }
    for (const record of made) quotas.call.recordDestroy(record);
    assert.is(quotas.outstanding(a), 0);
  }
  quotas.end({ allocators: [a], quotas: [quota] });
});

records("should make records of a class, which outlive their allocator", async () => {
  const { quotas, quota, a } = await create();
  const points = [quotas.call.pointCreate(a), quotas.call.pointCreate(a)];
  assert.is(quotas.outstanding(a), 2 * (16 + 16));
  quotas.call.shutdown(a);
  quotas.call.recordDestroy(points[0]!);
  assert.is(quotas.call.liveAllocators(), 1);
  quotas.call.recordDestroy(points[1]!);
  quotas.gone(a);
  quotas.end({ quotas: [quota] });
});

records("should charge containers for their values alone", async () => {
  const { quotas, quota, a } = await create();
  const [one, other] = [quotas.call.containerAllocate(a, 10), quotas.call.containerAllocate(a, 100_000)];
  assert.is(quotas.outstanding(a), 8 * 100_010);
  quotas.call.containerDeallocate(a, other, 100_000);
  quotas.call.shutdown(a);
  quotas.call.containerDeallocate(a, one, 10);
  quotas.gone(a);
  quotas.end({ quotas: [quota] });
});

records("should hold a hundred thousand numbers in a vector", async () => {
  const { quotas, quota, a } = await create();
  const vector = quotas.call.vectorCreate(a);
  const record = quotas.outstanding(a);
  for (let i = 0; i < 100_000; i++) quotas.call.vectorPush(vector, i * 3);
  assert.is(quotas.outstanding(a), record + 4 * 131_072);
  quotas.call.vectorSet(vector, 50_000, -7);
  for (let i = 99_999; i >= 0; i--) {
    const expected = i === 50_000 ? -7 : i * 3;
    assert.is(quotas.call.vectorGet(vector, i), expected);
    assert.is(quotas.call.vectorPop(vector), expected);
  }
  assert.is(quotas.call.vectorLength(vector), 0);
  quotas.call.vectorDestroy(vector);
  assert.is(quotas.outstanding(a), 0);
  quotas.end({ allocators: [a], quotas: [quota] });
});

const MISUSES: [string, (quotas: Quotas, a: number) => unknown, string][] = [
  ["hold more values than fit into 1 GiB", ({ call }, a) => call.containerAllocate(a, 1 << 29), "container"],
  ["make a record whose size wraps", ({ call }, a) => call.createBytes(a, -8), "record"],
  ["destroy nothing", ({ call }) => call.recordDestroy(0), "record"],
  ["show a value that is not there", ({ call }, a) => call.vectorGet(call.vectorCreate(a), 0), "vector"],
  ["set a value that is not there", ({ call }, a) => call.vectorSet(call.vectorCreate(a), 0, 1), "vector"],
  ["pop from nothing", ({ call }, a) => call.vectorPop(call.vectorCreate(a)), "vector"],
];

for (const [what, run, file] of MISUSES) {
  records(`should not ${what}`, async () => {
    const { quotas, a } = await create();
    quotas.probe.traps(() => run(quotas, a), `quota/${file}.ts`);
    assert.not.match(quotas.probe.abortText, /no message/);
  });
}

records.run();
