// Slice buffers of guests: lending, dropping while lent, and what their tables of slices cost at each step. And lists,
// which are given back all at once.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("component");
const BUFFER_COST = 96;
const SLICE_BYTES = 16;
const OWN_SLOTS = 4;
const STEPS = 3000;

/** A table of slices doubles from 4, which are in the record. */
function tableBytes(slices: number): number {
  if (slices <= OWN_SLOTS) return 0;
  return SLICE_BYTES * 2 ** Math.ceil(Math.log2(slices));
}

const lending = suite("buffers of a guest");

for (const use of ["bufferCount", "bufferClear", "bufferLend"] as const) {
  lending(`should trap when they are lent and meet ${use}`, async () => {
    const probe = await Probe.create(module);
    const buffer = probe.call.bufferCreate();
    probe.call.bufferLend(buffer);
    probe.traps(() => probe.call[use](buffer), "component/buffers.ts");
  });
}

lending("should be the guest's again when they are given back", async () => {
  const { call } = await Probe.create(module);
  const buffer = call.bufferCreate();
  call.bufferLend(buffer);
  call.bufferFillLent(buffer, 3);
  call.bufferGiveBack(buffer);
  assert.is(call.bufferCount(buffer), 3);
  call.bufferDrop(buffer);
  assert.equal([call.liveBuffers(), call.charged()], [0, 0]);
});

lending("should go only when they are given back, if they are dropped before", async () => {
  const { call } = await Probe.create(module);
  const buffer = call.bufferCreate();
  call.bufferFill(buffer, 100);
  call.bufferLend(buffer);
  call.bufferDrop(buffer);
  assert.is(call.liveBuffers(), 1);
  call.bufferFillLent(buffer, 1000);
  call.bufferGiveBack(buffer);
  assert.equal([call.liveBuffers(), call.charged()], [0, 0]);
});

lending("should pay for their tables when those grow, and not after", async () => {
  const { call } = await Probe.create(module);
  const buffer = call.bufferCreate();
  for (let count = 1; count <= 70; count++) {
    call.bufferFill(buffer, 1);
    assert.is(call.charged(), BUFFER_COST + tableBytes(count));
  }
  call.bufferClear(buffer);
  assert.is(call.charged(), BUFFER_COST);
  call.bufferDrop(buffer);
  assert.is(call.charged(), 0);
});

lending("should cost what a model says, whatever is done with them", async () => {
  const { call } = await Probe.create(module);
  const random = new Random();
  interface Model { buffer: number; slices: number; table: number; lent: boolean }
  const all: Model[] = [];
  const grown = (model: Model, count: number): void => {
    model.slices += count;
    model.table = Math.max(model.table, tableBytes(model.slices));
  };
  for (let step = 0; step < STEPS; step++) {
    const model = all[random.below(all.length)];
    const other = all[random.below(all.length)];
    const what = random.below(7);
    if (model === undefined || (what === 0 && all.length < 10)) {
      all.push({ buffer: call.bufferCreate(), slices: 0, table: 0, lent: false });
    } else if (what === 1) {
      all.splice(all.indexOf(model), 1);
      call.bufferDrop(model.buffer);
      if (model.lent) call.bufferGiveBack(model.buffer);
    } else if (model.lent) {
      grown(model, 9);
      call.bufferFillLent(model.buffer, 9);
      call.bufferGiveBack(model.buffer);
      model.lent = false;
    } else if (what === 2) {
      call.bufferClear(model.buffer);
      Object.assign(model, { slices: 0, table: 0 });
    } else if (what === 3) {
      call.bufferLend(model.buffer);
      model.lent = true;
    } else if (what === 4 && other !== undefined && !other.lent && other !== model) {
      call.bufferSwap(model.buffer, other.buffer);
      const { slices, table } = model;
      Object.assign(model, { slices: other.slices, table: other.table });
      Object.assign(other, { slices, table });
    } else {
      const count = random.below(40);
      grown(model, count);
      call.bufferFill(model.buffer, count);
    }
    const expected = all.reduce((sum, { table }) => sum + BUFFER_COST + table, 0);
    assert.is(call.charged(), expected, `TEST_SEED=${SEED}, step ${step}`);
    assert.is(call.liveBuffers(), all.length);
  }
  for (const { buffer, lent } of all) {
    if (lent) call.bufferGiveBack(buffer);
    call.bufferDrop(buffer);
  }
  assert.equal([call.liveBuffers(), call.charged()], [0, 0]);
});

lending.run();

const lists = suite("lists of guests");

lists("should be given back all at once, wherever they lie", async () => {
  const { call } = await Probe.create(module);
  for (const sizes of [[0], [1, 5000], [300_000], [10, 300_000, 20, 1_000_000, 30]]) {
    for (const size of sizes) assert.is.not(call.realloc(size), 0);
    call.releaseAll();
    assert.is(call.usedBytes(), 0);
    call.releaseAll();
  }
});

lists("should leave memory as it is, again and again", async () => {
  const probe = await Probe.create(module);
  const pass = (): void => {
    for (const size of [100_000, 1 << 20, 100_000, 3 << 20]) probe.call.realloc(size);
    probe.call.releaseAll();
  };
  pass();
  const before = probe.memoryBytes();
  for (let round = 0; round < 200; round++) pass();
  assert.is(probe.memoryBytes(), before);
});

lists("should have at most 16 MiB each", async () => {
  const probe = await Probe.create(module);
  assert.is.not(probe.call.realloc(16 << 20), 0);
  probe.traps(() => probe.call.realloc((16 << 20) + 1), "abi/arena.ts");
});

lists.run();
