// Slices and blocks: three kinds of one value, references, parts, copy on write.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { counting, Data } from "./data-probe.js";

const slices = suite("slice");

slices("should inline up to 11 bytes and count references beyond", async () => {
  const data = await Data.create();
  for (let length = 0; length <= 40; length++) {
    const slice = data.slice(counting(length, 100));
    assert.equal(data.bytesOf(slice), counting(length, 100));
    assert.equal([data.call.isInlined(slice), data.call.liveBlocks()], length <= 11 ? [1, 0] : [0, 1]);
    data.call.sliceDestroy(slice);
  }
  data.assertEmpty();
});

slices("should inline every length from every alignment, and touch nothing beside", async () => {
  const data = await Data.create();
  const source = data.write(counting(64));
  const slice = data.call.sliceCreate();
  for (let length = 0; length <= 11; length++) {
    for (let offset = 0; offset < 20; offset++) {
      data.call.setInlined(slice, source + offset, length);
      assert.equal(data.bytesOf(slice), counting(length, offset));
      assert.equal(data.probe.bytes(slice + 5 + length, 11 - length), new Uint8Array(11 - length));
    }
  }
  data.call.sliceDestroy(slice);
  data.assertEmpty();
});

slices("should show static bytes where they are, and free nothing", async () => {
  const data = await Data.create();
  const address = data.write(counting(100));
  const [slice, part] = [data.call.sliceCreate(), data.call.sliceCreate()];
  data.call.setStatic(slice, address, 100);
  data.call.sub(slice, 20, 25, part);
  assert.equal([data.call.addressOf(slice), data.call.addressOf(part)], [address, address + 20]);
  const mutable = data.call.mutableAddress(slice);
  assert.is.not(mutable, address);
  assert.equal(data.bytesOf(slice), counting(100));
  data.call.sliceDestroy(slice);
  data.call.sliceDestroy(part);
  data.assertEmpty();
});

slices("should give a block back with its last reference, and tell its payer", async () => {
  const data = await Data.create();
  const whole = data.paidSlice(counting(100), 9);
  const parts = [data.call.sliceCreate(), data.call.sliceCreate()];
  data.call.sub(whole, 0, 60, parts[0]!);
  data.call.share(whole, parts[1]!);
  assert.is(data.call.blockRefs(data.call.blockOf(whole)), 3);
  data.call.sliceDestroy(whole);
  data.call.sliceDestroy(parts[0]!);
  assert.equal([data.paid.get(9), data.call.liveBlocks()], [116, 1]);
  assert.equal(data.bytesOf(parts[1]!), counting(100));
  data.call.sliceDestroy(parts[1]!);
  data.assertEmpty();
});

slices("should be split into any two parts, small ones being copies", async () => {
  const data = await Data.create();
  for (const length of [8, 11, 12, 30, 64]) {
    for (let at = 0; at <= length; at++) {
      for (const split of ["splitHead", "splitTail"]) {
        const [slice, target] = [data.slice(counting(length)), data.call.sliceCreate()];
        data.call[split]!(slice, at, target);
        const [head, tail] = split === "splitHead" ? [target, slice] : [slice, target];
        assert.equal([...data.bytesOf(head), ...data.bytesOf(tail)], [...counting(length)]);
        for (const part of [head, tail]) {
          assert.is(data.call.isInlined(part) === 1, data.call.lengthOf(part) <= 11, `${split} of ${length} at ${at}`);
        }
        data.call.sliceDestroy(slice);
        data.call.sliceDestroy(target);
        data.assertEmpty();
      }
    }
  }
});

slices("should be moved, not copied", async () => {
  const data = await Data.create();
  for (const length of [5, 50]) {
    const [from, to] = [data.slice(counting(length)), data.slice(counting(3))];
    data.call.move(from, to);
    assert.equal([data.call.lengthOf(from), data.bytesOf(to)], [0, counting(length)]);
    data.call.sliceDestroy(from);
    data.call.sliceDestroy(to);
  }
  data.assertEmpty();
});

slices("should be written in place when nobody else sees it", async () => {
  const data = await Data.create();
  for (const length of [5, 50]) {
    const slice = data.slice(counting(length));
    assert.is(data.call.mutableAddress(slice), data.call.addressOf(slice));
    data.call.sliceDestroy(slice);
  }
  const [shared, other] = [data.slice(counting(50)), data.call.sliceCreate()];
  data.call.sub(shared, 10, 40, other);
  data.probe.write(data.call.mutableAddress(other), counting(30, 200));
  assert.equal(data.bytesOf(shared), counting(50));
  assert.equal(data.bytesOf(other), counting(30, 200));
  data.call.sliceDestroy(other);
  assert.is(data.call.mutableAddress(shared), data.call.addressOf(shared), "sole again");
  data.call.sliceDestroy(shared);
  data.assertEmpty();
});

slices("should equal what holds the same bytes", async () => {
  const data = await Data.create();
  const bytes = [counting(0), counting(5), counting(5, 1), counting(12), counting(12, 1), counting(13)];
  const made = bytes.map((each) => data.slice(each));
  const again = bytes.map((each) => data.slice(each));
  for (const [i, one] of made.entries()) {
    for (const [k, other] of again.entries()) assert.is(data.call.equals(one, other) === 1, i === k);
  }
  for (const slice of [...made, ...again]) data.call.sliceDestroy(slice);
  data.assertEmpty();
});

slices("should have room behind it only while it is sole", async () => {
  const data = await Data.create();
  const block = data.call.blockAllocate(64);
  const [slice, other] = [data.call.sliceCreate(), data.call.sliceCreate()];
  data.call.setPart(slice, block, 10, 30);
  assert.is(data.call.spareOf(slice), 24);
  data.call.share(slice, other);
  assert.equal([data.call.spareOf(slice), data.call.spareOf(other)], [0, 0]);
  data.call.sliceDestroy(slice);
  assert.is(data.call.spareOf(other), 24);
  data.call.sliceDestroy(other);
  data.assertEmpty();
});

slices("should copy a block for the same payer, or for nobody", async () => {
  const data = await Data.create();
  const free = data.call.blockAllocate(100);
  const like = data.call.blockAllocateLike(free, 50);
  assert.equal([data.paid.size, data.call.blockCapacity(like)], [0, 56]);
  data.paid.set(3, 116);
  const paid = data.call.blockAllocatePaid(100, 3);
  const paidLike = data.call.blockAllocateLike(paid, 50);
  assert.equal([data.paid.get(3), data.call.blockCapacity(paidLike)], [116 + 66, 50]);
  for (const block of [free, like, paid, paidLike]) data.call.blockUnref(block);
  data.assertEmpty();
});

/** Each gets a slice of 30 bytes and an empty one. */
const MISUSES: [string, (call: Data["call"], slice: number, empty: number) => unknown, string][] = [
  ["show more than it has", (call, slice, empty) => call.sub(slice, 10, 31, empty), "slice"],
  ["show a part that ends before it begins", (call, slice, empty) => call.sub(slice, 11, 10, empty), "slice"],
  ["be split beyond its end", (call, slice, empty) => call.splitHead(slice, 31, empty), "slice"],
  ["keep more than it has", (call, slice) => call.narrow(slice, 20, 11), "slice"],
  ["keep a part whose end wraps", (call, slice) => call.narrow(slice, 20, -15), "slice"],
  ["be overwritten while it holds a block", (call, slice) => call.setCopy(slice, 64, 3), "slice"],
  ["be overwritten by a part of itself", (call, slice) => call.sub(slice, 0, 20, slice), "slice"],
  ["reach beyond its block", (call, _, empty) => call.setPart(empty, call.blockAllocate(64), 30, 35), "slice"],
  ["reach beyond its block by wrapping", (call, _, empty) => {
    return call.setPart(empty, call.blockAllocate(64), 30, -20);
  }, "slice"],
  ["be longer than 2 GiB", (call, _, empty) => call.setStatic(empty, 64, -1), "slice"],
  ["use a block that is gone", (call) => {
    const block = call.blockAllocate(64);
    call.blockUnref(block);
    return call.blockRef(block);
  }, "block"],
  ["give a block back twice", (call) => {
    const block = call.blockAllocate(64);
    call.blockUnref(block);
    return call.blockUnref(block);
  }, "block"],
  ["have a block of more than 1 GiB", (call) => call.blockAllocate(1 << 30), "chunks"],
  ["have a block whose size wraps", (call) => call.blockAllocate(-8), "chunks"],
];

for (const [what, run, file] of MISUSES) {
  slices(`should not ${what}`, async () => {
    const data = await Data.create();
    const [slice, empty] = [data.slice(counting(30)), data.call.sliceCreate()];
    data.probe.traps(() => run(data.call, slice, empty), `data/${file}.ts`);
    assert.not.match(data.probe.abortText, /no message/);
  });
}

slices.run();
