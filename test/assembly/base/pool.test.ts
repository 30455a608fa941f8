// The pool of records: live counts, zeroed records, reuse, growth without waste.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("base");

const pools = suite("pool");

pools("should count the records in use", async () => {
  const { call } = await Probe.create(module);
  const pool = call.poolCreate(12, 4);
  assert.is(call.poolLive(pool), 0);
  const records = Array.from({ length: 10 }, () => call.poolTake(pool));
  assert.is(call.poolLive(pool), 10);
  for (const [index, record] of records.entries()) {
    call.poolGive(pool, record);
    assert.is(call.poolLive(pool), 9 - index);
  }
});

pools("should reuse the record that was given back last", async () => {
  const { call } = await Probe.create(module);
  const pool = call.poolCreate(16, 4);
  const [first, second] = [call.poolTake(pool), call.poolTake(pool)];
  call.poolGive(pool, first);
  call.poolGive(pool, second);
  assert.is(call.poolTake(pool), second);
  assert.is(call.poolTake(pool), first);
});

pools("should not touch memory again once it has had its busiest moment", async () => {
  const probe = await Probe.create(module);
  const pool = probe.call.poolCreate(64, 64);
  const fillAndEmpty = (): void => {
    const records = Array.from({ length: 20_000 }, () => probe.call.poolTake(pool));
    for (const record of records) probe.call.poolGive(pool, record);
  };
  fillAndEmpty();
  const before = probe.memoryBytes();
  for (let round = 0; round < 20; round++) fillAndEmpty();
  assert.is(probe.memoryBytes(), before);
});

pools("should give zeroed, aligned records that share no byte", async () => {
  const probe = await Probe.create(module);
  const random = new Random();
  for (const size of [4, 5, 8, 12, 28, 40, 100]) {
    const pool = probe.call.poolCreate(size, 1 + random.below(70));
    const held: number[] = [];
    const marks = new Map<number, number>();
    for (let step = 0; step < 1500; step++) {
      if (held.length > 0 && random.below(5) < 2) {
        const [record] = held.splice(random.below(held.length), 1);
        const expected = new Uint8Array(size).fill(marks.get(record!)!);
        assert.equal(probe.bytes(record!, size), expected, "nobody else wrote into it");
        probe.call.poolGive(pool, record!);
      } else {
        const record = probe.call.poolTake(pool);
        assert.is(record % 8, 0);
        assert.not(held.includes(record));
        assert.equal(probe.bytes(record, size), new Uint8Array(size));
        marks.set(record, 1 + random.below(255));
        probe.write(record, new Uint8Array(size).fill(marks.get(record)!));
        held.push(record);
      }
      assert.is(probe.call.poolLive(pool), held.length);
    }
  }
});

pools("should keep several pools apart", async () => {
  const { call } = await Probe.create(module);
  const [small, large] = [call.poolCreate(8, 4), call.poolCreate(80, 4)];
  call.poolGive(small, call.poolTake(small));
  call.poolTake(large);
  assert.is(call.poolLive(small), 0);
  assert.is(call.poolLive(large), 1);
});

const MISUSES: [string, (call: Probe["call"], pool: number) => number][] = [
  ["have records that cannot hold a link", (call) => call.poolCreate(3, 4)],
  ["take back nothing", (call, pool) => call.poolGive(pool, 0)],
  ["take back more than it gave", (call, pool) => {
    const record = call.poolTake(pool);
    call.poolGive(pool, record);
    return call.poolGive(pool, record);
  }],
];

for (const [what, run] of MISUSES) {
  pools(`should not ${what}`, async () => {
    const probe = await Probe.create(module);
    const pool = probe.call.poolCreate(8, 4);
    if (!what.startsWith("take back more")) probe.call.poolTake(pool);
    probe.traps(() => run(probe.call, pool), "base/pool.ts");
  });
}

pools.run();
