// The scratch arena: alignment, nesting of marks, resizing, oversize blocks, and a random run against a model.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("base");
const allocate = ({ call }: Probe, align: number, size: number): number => call.realloc(0, 0, align, size);
const ALIGNMENTS = [1, 2, 4, 8, 16];

const blocks = suite("arena blocks");

blocks("should be aligned as asked, whatever came before", async () => {
  const probe = await Probe.create(module);
  for (const before of [0, 1, 3, 7, 9, 15]) {
    for (const align of ALIGNMENTS) {
      const position = probe.call.mark();
      allocate(probe, 1, before);
      assert.is(allocate(probe, align, 5) % align, 0, `${align} after ${before} bytes`);
      probe.call.release(position);
    }
  }
});

blocks("should be aligned as asked when they are oversize", async () => {
  const probe = await Probe.create(module);
  for (const align of ALIGNMENTS) {
    assert.is(allocate(probe, align, probe.call.arenaBytes() + 1) % align, 0);
  }
});

blocks("should fill the arena to its last byte before the heap is used", async () => {
  const probe = await Probe.create(module);
  const size = probe.call.arenaBytes();
  const whole = allocate(probe, 1, size);
  assert.is(probe.call.usedBytes(), size);
  const beyond = allocate(probe, 1, 1);
  assert.is(probe.call.usedBytes(), size + 1, "one oversize block lives");
  assert.ok(beyond < whole || beyond >= whole + size, "it lies outside of the arena");
});

blocks("should let an empty list have an address", async () => {
  const probe = await Probe.create(module);
  assert.is.not(allocate(probe, 4, 0), 0);
  assert.is(probe.call.usedBytes(), 0);
});

blocks.run();

// ---

const marks = suite("arena marks");

marks("should give back all that came after them, and nothing before", async () => {
  const probe = await Probe.create(module);
  const outer = probe.call.mark();
  const kept = allocate(probe, 1, 10);
  probe.write(kept, new Uint8Array(10).fill(7));
  const before = probe.call.usedBytes();
  for (let round = 0; round < 5; round++) {
    const inner = probe.call.mark();
    const first = allocate(probe, 8, 100);
    probe.write(first, new Uint8Array(100).fill(9));
    allocate(probe, 1, probe.call.arenaBytes());
    probe.call.release(inner);
    assert.is(probe.call.usedBytes(), before);
  }
  assert.equal(probe.bytes(kept, 10), new Uint8Array(10).fill(7));
  probe.call.release(outer);
  assert.is(probe.call.usedBytes(), 0);
});

marks("should free oversize blocks, so that memory stays as large as the busiest moment made it", async () => {
  const probe = await Probe.create(module);
  const useMuch = (): void => {
    const position = probe.call.mark();
    for (let list = 0; list < 3; list++) allocate(probe, 8, 1 << 20);
    probe.call.release(position);
    assert.is(probe.call.usedBytes(), 0);
  };
  useMuch();
  const before = probe.memoryBytes();
  for (let round = 0; round < 50; round++) useMuch();
  assert.is(probe.memoryBytes(), before);
});

marks("should keep an outer caller's oversize block when an inner caller releases", async () => {
  const probe = await Probe.create(module);
  const { call } = probe;
  const size = call.arenaBytes() + 1;
  const outer = call.mark();
  const kept = allocate(probe, 1, size);
  probe.write(kept, new Uint8Array(size).fill(7));
  const inner = call.mark();
  call.release(inner);
  // If the inner release gave the outer block back to the heap, the next one of its size gets the same address.
  const next = allocate(probe, 1, size);
  assert.is.not(next, kept);
  call.release(outer);
  assert.is(call.usedBytes(), 0);
});

marks("should keep an oversize block when an earlier block shrank meanwhile", async () => {
  const probe = await Probe.create(module);
  const { call } = probe;
  const size = call.arenaBytes() + 1;
  const outer = call.mark();
  const shrinking = allocate(probe, 1, 100);
  const kept = allocate(probe, 1, size);
  call.realloc(shrinking, 100, 1, 10);
  call.release(call.mark());
  assert.is.not(allocate(probe, 1, size), kept);
  call.release(outer);
  assert.is(call.usedBytes(), 0);
});

marks.run();

// ---

const redirecting = suite("arena, redirect");

async function redirected(capacity = 100): Promise<{ probe: Probe; target: number; position: number }> {
  const probe = await Probe.create(module);
  const target = probe.call.realloc(0, 0, 1, 1000);
  const position = probe.call.mark();
  probe.call.redirect(target, capacity);
  return { probe, target, position };
}

redirecting("should put the next list of bytes there, and only that one", async () => {
  for (const size of [0, 1, 100]) {
    const { probe, target, position } = await redirected();
    const used = probe.call.usedBytes();
    assert.is(allocate(probe, 1, size), target);
    assert.is(probe.call.usedBytes(), used, "nothing of the arena is taken");
    assert.is.not(allocate(probe, 1, size), target);
    probe.call.release(position);
  }
});

redirecting("should leave alone what is larger, aligned, or a new size of an old block", async () => {
  const { probe, target, position } = await redirected();
  for (const block of [allocate(probe, 1, 101), allocate(probe, 4, 8), probe.call.realloc(target + 500, 10, 1, 20)]) {
    assert.ok(block < target || block >= target + 100);
  }
  assert.is(allocate(probe, 1, 100), target, "it still waits for its list");
  probe.call.release(position);
});

redirecting("should end with the release", async () => {
  const { probe, target, position } = await redirected();
  probe.call.release(position);
  const next = probe.call.mark();
  assert.is.not(allocate(probe, 1, 10), target);
  probe.call.release(next);
});

redirecting.run();

// ---

const resizing = suite("arena realloc");

resizing("should grow and shrink the latest block in place", async () => {
  const probe = await Probe.create(module);
  allocate(probe, 1, 3);
  const block = allocate(probe, 4, 8);
  probe.write(block, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
  assert.is(probe.call.realloc(block, 8, 4, 1000), block);
  assert.is(probe.call.usedBytes(), 1004);
  assert.is(probe.call.realloc(block, 1000, 4, 6), block);
  assert.is(probe.call.usedBytes(), 10);
  assert.equal(probe.bytes(block, 6), new Uint8Array([1, 2, 3, 4, 5, 6]));
});

resizing("should move an earlier block and keep its bytes", async () => {
  const probe = await Probe.create(module);
  const block = allocate(probe, 4, 8);
  probe.write(block, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
  allocate(probe, 1, 1);
  const grown = probe.call.realloc(block, 8, 4, 16);
  assert.is.not(grown, block);
  assert.is(grown % 4, 0);
  assert.equal(probe.bytes(grown, 8), new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
  const shrunk = probe.call.realloc(block, 8, 4, 3);
  assert.equal(probe.bytes(shrunk, 3), new Uint8Array([1, 2, 3]));
});

resizing("should move the latest block to the heap when the arena has no room to grow it", async () => {
  const probe = await Probe.create(module);
  const position = probe.call.mark();
  const block = allocate(probe, 1, 100);
  probe.write(block, new Uint8Array(100).fill(5));
  const moved = probe.call.realloc(block, 100, 1, probe.call.arenaBytes() + 1);
  assert.is.not(moved, block);
  assert.equal(probe.bytes(moved, 100), new Uint8Array(100).fill(5));
  const again = probe.call.realloc(moved, 100, 1, probe.call.arenaBytes() + 5000);
  assert.equal(probe.bytes(again, 100), new Uint8Array(100).fill(5));
  probe.call.release(position);
  assert.is(probe.call.usedBytes(), 0);
});

resizing.run();

// ---

const model = suite("arena against a model");

interface Block {
  address: number;
  size: number;
  fill: number;
}

function check(probe: Probe, live: Block[]): void {
  for (const block of live) {
    assert.ok(probe.bytes(block.address, block.size).every((byte) => byte === block.fill), "bytes are kept");
  }
  const sorted = live.filter((block) => block.size > 0).sort((one, other) => one.address - other.address);
  for (let index = 1; index < sorted.length; index++) {
    const [before, after] = [sorted[index - 1]!, sorted[index]!];
    assert.ok(before.address + before.size <= after.address, "blocks do not overlap");
  }
}

function resizeOne(probe: Probe, random: Random, block: Block, align: number, size: number): void {
  const address = probe.call.realloc(block.address, block.size, align, size);
  assert.ok(probe.bytes(address, Math.min(size, block.size)).every((byte) => byte === block.fill));
  Object.assign(block, { address, size, fill: 1 + random.below(255) });
  probe.write(address, new Uint8Array(size).fill(block.fill));
}

model("should keep every live block whole and apart, and be empty at the end", async () => {
  const probe = await Probe.create(module);
  const random = new Random();
  const start = probe.call.mark();
  // A mark is only taken after a small block, and blocks only grow: the tests above have the other cases.
  const callers: { position: number; blocks: Block[] }[] = [];
  for (let step = 0; step < 4000; step++) {
    const choice = random.below(10);
    const align = 2 ** random.below(5);
    const size = random.below(40) === 0 ? 150_000 + random.below(60_000) : random.below(3000);
    if (callers.length === 0 || (choice === 0 && callers.length < 6)) {
      const address = allocate(probe, 1, 1);
      callers.at(-1)?.blocks.push({ address, size: 0, fill: 0 });
      callers.push({ position: probe.call.mark(), blocks: [] });
      continue;
    }
    const blocksOfCaller = callers.at(-1)!.blocks;
    if (choice === 1) {
      probe.call.release(callers.pop()!.position);
    } else if (choice < 8) {
      const address = allocate(probe, align, size);
      const fill = 1 + random.below(255);
      assert.is(address % align, 0);
      probe.write(address, new Uint8Array(size).fill(fill));
      blocksOfCaller.push({ address, size, fill });
    } else if (blocksOfCaller.length > 0) {
      const block = blocksOfCaller[blocksOfCaller.length - 1 - random.below(Math.min(2, blocksOfCaller.length))]!;
      if (block.size > 0) resizeOne(probe, random, block, align, block.size + size);
    }
    if (step % 50 === 0) check(probe, callers.flatMap((caller) => caller.blocks));
  }
  check(probe, callers.flatMap((caller) => caller.blocks));
  probe.call.release(start);
  assert.is(probe.call.usedBytes(), 0);
});

model.run();

// ---

const misuse = suite("arena, used wrongly");
const MISUSES: [string, (call: Probe["call"]) => number][] = [
  ["align to nothing", (call) => call.realloc(0, 0, 0, 8)],
  ["align to three bytes", (call) => call.realloc(0, 0, 3, 8)],
  ["align to more than anything here needs", (call) => call.realloc(0, 0, 32, 8)],
  ["give a block of more than 2 GiB", (call) => call.realloc(0, 0, 1, 0x8000_0000)],
  ["give a block of almost 4 GiB", (call) => call.realloc(0, 0, 1, 0xffff_fff8)],
  ["grow the latest block to almost 4 GiB", (call) => call.realloc(call.realloc(0, 0, 1, 8), 8, 1, 0xffff_fff8)],
  ["release what was never marked", (call) => call.release(call.mark() + 1)],
  ["release below its own start", (call) => call.release(call.mark() - 1)],
];

for (const [what, run] of MISUSES) {
  misuse(`should not ${what}`, async () => {
    const probe = await Probe.create(module);
    probe.traps(() => run(probe.call), "abi/arena.ts");
  });
}

misuse.run();
