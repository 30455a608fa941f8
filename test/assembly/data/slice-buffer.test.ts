// Slice buffers: what merges, what is split and copied, and what is refused.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { counting, Data } from "./data-probe.js";

const buffers = suite("slice-buffer");

/** One block cut into parts of these lengths, in order. */
function cut(data: Data, lengths: number[]): number[] {
  const bytes = counting(lengths.reduce((sum, length) => sum + length, 0));
  const whole = data.slice(bytes);
  let begin = 0;
  const parts = lengths.map((length) => {
    const part = data.call.sliceCreate();
    data.call.sub(whole, begin, begin + length, part);
    begin += length;
    return part;
  });
  data.call.sliceDestroy(whole);
  return parts;
}

function dropAll(data: Data, held: { buffers?: number[]; slices?: number[] }): void {
  for (const buffer of held.buffers ?? []) {
    assert.is(data.call.isValid(buffer), 1);
    data.call.destroy(buffer);
  }
  for (const slice of held.slices ?? []) data.call.sliceDestroy(slice);
  data.assertEmpty();
}

buffers("should be empty at first and after clear", async () => {
  const data = await Data.create();
  const buffer = data.call.create();
  assert.equal(data.parts(buffer), []);
  assert.is(data.call.length(buffer), 0);
  for (let i = 0; i < 100; i++) data.append(buffer, counting(40, i));
  assert.is(data.call.length(buffer), 4000);
  data.call.clear(buffer);
  assert.equal([data.call.count(buffer), data.call.length(buffer), data.call.liveBlocks()], [0, 0, 0]);
  data.append(buffer, counting(12));
  assert.equal(data.content(buffer), counting(12));
  dropAll(data, { buffers: [buffer] });
});

buffers("should give the first slice away and take it back", async () => {
  const data = await Data.create();
  const [buffer, slice] = [data.call.create(), data.call.sliceCreate()];
  data.append(buffer, counting(20));
  data.append(buffer, counting(30, 100));
  data.call.takeFirst(buffer, slice);
  assert.equal(data.bytesOf(slice), counting(20));
  assert.equal(data.parts(buffer), [counting(30, 100)]);
  data.call.prepend(buffer, slice);
  assert.is(data.call.lengthOf(slice), 0);
  assert.equal(data.parts(buffer), [counting(20), counting(30, 100)]);
  dropAll(data, { buffers: [buffer], slices: [slice] });
});

buffers("should make one slice of the quarters of a block", async () => {
  const data = await Data.create();
  const buffer = data.call.create();
  const quarters = cut(data, [50, 50, 50, 50]);
  for (const quarter of quarters) data.call.append(buffer, quarter);
  assert.equal(data.parts(buffer), [counting(200)]);
  dropAll(data, { buffers: [buffer], slices: quarters });
});

buffers("should not merge parts of a block that do not follow each other", async () => {
  const data = await Data.create();
  const buffer = data.call.create();
  const parts = cut(data, [50, 50, 50]);
  data.call.append(buffer, parts[0]!);
  data.call.append(buffer, parts[2]!);
  data.call.append(buffer, parts[1]!);
  assert.equal(data.lengths(buffer), [50, 50, 50]);
  assert.equal(data.parts(buffer)[1], counting(50, 100));
  dropAll(data, { buffers: [buffer], slices: parts });
});

buffers("should not merge what only lies side by side", async () => {
  const data = await Data.create();
  const [buffer, slice] = [data.call.create(), data.call.sliceCreate()];
  const block = data.call.blockAllocate(64);
  data.probe.write(data.call.blockBytes(block), counting(64));
  data.call.setPart(slice, block, 0, 30);
  data.call.append(buffer, slice);
  data.call.setStatic(slice, data.call.blockBytes(block) + 30, 20);
  data.call.append(buffer, slice);
  assert.equal(data.lengths(buffer), [30, 20]);
  dropAll(data, { buffers: [buffer], slices: [slice] });
});

buffers("should fill inlined slices up to 11 bytes, and go on in the next", async () => {
  const data = await Data.create();
  const buffer = data.call.create();
  data.append(buffer, counting(8));
  data.append(buffer, counting(8, 8));
  data.append(buffer, counting(4, 16));
  assert.equal(data.lengths(buffer), [11, 9]);
  data.append(buffer, counting(2, 20));
  data.append(buffer, counting(1, 22));
  assert.equal(data.lengths(buffer), [11, 11, 1]);
  assert.equal(data.content(buffer), counting(23));
  assert.is(data.call.liveBlocks(), 0);
  dropAll(data, { buffers: [buffer] });
});

buffers("should drop empty slices and what they hold", async () => {
  const data = await Data.create();
  const [buffer, slice] = [data.call.create(), data.call.sliceCreate()];
  data.call.append(buffer, slice);
  data.call.prepend(buffer, slice);
  data.call.setPart(slice, data.call.blockAllocate(64), 10, 0);
  data.call.append(buffer, slice);
  assert.is(data.call.liveBlocks(), 0);
  data.call.setPart(slice, data.call.blockAllocate(64), 10, 0);
  data.call.prepend(buffer, slice);
  assert.equal([data.call.count(buffer), data.call.liveBlocks()], [0, 0]);
  dropAll(data, { buffers: [buffer], slices: [slice] });
});

for (const n of [0, 1, 2, 3, 4, 5, 6]) {
  buffers(`should move the first ${n} bytes out of slices of 1, 2 and 3`, async () => {
    const data = await Data.create();
    const [source, target] = [data.call.create(), data.call.create()];
    for (const [length, first] of [[1, 0], [2, 1], [3, 3]] as const) {
      const slice = data.slice(counting(length, first));
      data.call.prepend(target, slice); // prepending keeps inlined ones apart
      data.call.takeFirst(target, slice);
      data.call.append(source, slice);
      data.call.sliceDestroy(slice);
    }
    data.call.moveFirst(source, n, target);
    assert.equal(data.content(target), counting(n));
    assert.equal(data.content(source), counting(6 - n, n));
    dropAll(data, { buffers: [source, target] });
  });
}

for (const [n, head, rest] of [
  [100, [100], [100, 50]], [130, [100, 30], [70, 50]], [5, [5], [95, 100, 50]], [195, [100, 95], [5, 50]],
  [200, [100, 100], [50]], [250, [100, 100, 50], []],
] as [number, number[], number[]][]) {
  buffers(`should split where ${n} bytes end, and inline small rests`, async () => {
    const data = await Data.create();
    const [source, target] = [data.call.create(), data.call.create()];
    for (const [length, first] of [[100, 0], [100, 100], [50, 200]] as const) {
      data.append(source, counting(length, first));
    }
    data.call.moveFirst(source, n, target);
    assert.equal([data.lengths(target), data.lengths(source)], [head, rest]);
    assert.equal(data.content(target), counting(n));
    assert.equal(data.content(source), counting(250 - n, n));
    assert.is(data.call.liveBlocks(), 3, "a small part does not hold its block");
    dropAll(data, { buffers: [source, target] });
  });
}

buffers("should keep the order when it moves the last bytes", async () => {
  const data = await Data.create();
  for (const n of [0, 1, 11, 40, 50, 55, 149, 150, 200, 250]) {
    const [source, target] = [data.call.create(), data.call.create()];
    for (const [length, first] of [[100, 0], [100, 100], [50, 200]] as const) {
      data.append(source, counting(length, first));
    }
    data.append(target, counting(3));
    data.call.moveLast(source, n, target);
    assert.equal(data.content(source), counting(250 - n));
    assert.equal(data.content(target), Uint8Array.from([0, 1, 2, ...counting(n, 250 - n)]));
    dropAll(data, { buffers: [source, target] });
  }
});

buffers("should hand everything over without touching it when the target is empty", async () => {
  const data = await Data.create();
  const [source, target] = [data.call.create(), data.call.create()];
  for (let i = 0; i < 9; i++) data.append(source, counting(20, i));
  const address = data.call.addressAt(source, 0);
  data.call.moveFirst(source, 180, target);
  assert.is(data.call.addressAt(target, 0), address);
  data.call.moveLast(target, 180, source);
  assert.equal([data.call.addressAt(source, 0), data.call.count(target)], [address, 0]);
  dropAll(data, { buffers: [source, target] });
});

buffers("should exchange small and large contents", async () => {
  const data = await Data.create();
  const [small, large] = [data.call.create(), data.call.create()];
  data.append(small, counting(5));
  for (let i = 0; i < 20; i++) data.append(large, counting(20, 10 * i));
  const [one, other] = [data.parts(small), data.parts(large)];
  data.call.swap(small, large);
  assert.equal([data.parts(small), data.parts(large)], [other, one]);
  data.call.swap(small, small);
  assert.equal(data.parts(small), other);
  data.append(large, counting(6, 5));
  assert.equal(data.parts(large), [counting(11)]);
  dropAll(data, { buffers: [small, large] });
});

buffers("should trim either end", async () => {
  const data = await Data.create();
  const buffer = data.call.create();
  for (let i = 0; i < 5; i++) data.append(buffer, counting(40, 40 * i));
  data.call.trimStart(buffer, 0);
  data.call.trimEnd(buffer, 0);
  data.call.trimStart(buffer, 45);
  data.call.trimEnd(buffer, 40);
  assert.equal(data.lengths(buffer), [35, 40, 40]);
  data.call.trimEnd(buffer, 35);
  assert.equal(data.lengths(buffer), [35, 40, 5]);
  assert.is(data.call.liveBlocks(), 2, "five bytes do not hold a block");
  assert.equal(data.content(buffer), counting(80, 45));
  data.call.trimEnd(buffer, 80);
  dropAll(data, { buffers: [buffer] });
});

buffers("should copy any part out, and consume what is asked for", async () => {
  const data = await Data.create();
  const buffer = data.call.create();
  for (const [length, first] of [[3, 0], [40, 3], [9, 43], [60, 52]] as const) {
    data.append(buffer, counting(length, first));
  }
  const target = data.write(new Uint8Array(200));
  for (let from = 0; from <= 112; from += 7) {
    data.call.copyOut(buffer, from, 112 - from, target);
    assert.equal(data.probe.bytes(target, 112 - from), counting(112 - from, from));
  }
  data.call.moveFirstTo(buffer, 50, target);
  assert.equal(data.probe.bytes(target, 50), counting(50));
  assert.equal(data.content(buffer), counting(62, 50));
  dropAll(data, { buffers: [buffer] });
});

buffers("should collect small copies in the room that its last block has left", async () => {
  const data = await Data.create();
  const buffer = data.call.create();
  const add = (length: number, first: number): void => {
    data.call.appendCopy(buffer, data.write(counting(length, first)), length);
  };
  add(5, 0);
  add(9, 5); // 6 fill the inlined slice, 3 begin the next one
  assert.equal(data.lengths(buffer), [11, 3]);
  add(41, 14); // 8 fill it up, 33 go into a block of 40
  assert.equal(data.lengths(buffer), [11, 11, 33]);
  add(5, 55);
  add(10, 60); // 2 fill the block
  assert.equal(data.lengths(buffer), [11, 11, 40, 8]);
  assert.equal(data.content(buffer), counting(70));
  assert.is(data.call.liveBlocks(), 1);
  dropAll(data, { buffers: [buffer] });
});

buffers("should never write into room that somebody else can see", async () => {
  const data = await Data.create();
  const [buffer, slice] = [data.call.create(), data.call.sliceCreate()];
  const block = data.call.blockAllocate(64);
  data.call.blockRef(block); // as a reader does that still fills the block
  data.call.setPart(slice, block, 0, 20);
  data.call.append(buffer, slice);
  data.call.appendCopy(buffer, data.write(counting(5)), 5);
  assert.equal(data.lengths(buffer), [20, 5]);
  data.call.blockUnref(block);
  dropAll(data, { buffers: [buffer], slices: [slice] });
});

buffers("should give room to write at either end", async () => {
  const data = await Data.create();
  const buffer = data.call.create();
  for (const [length, first] of [[4, 100], [7, 104], [50, 111], [6, 161]] as const) {
    data.probe.write(data.call.appendSpace(buffer, length), counting(length, first));
  }
  assert.equal(data.lengths(buffer), [11, 56]);
  data.probe.write(data.call.prependSpace(buffer, 5), counting(5, 95));
  data.probe.write(data.call.prependSpace(buffer, 95), counting(95));
  assert.equal(data.content(buffer), counting(167));
  dropAll(data, { buffers: [buffer] });
});

buffers("should copy shared bytes before they are written, for the same payer", async () => {
  const data = await Data.create();
  const buffer = data.call.create();
  const slice = data.paidSlice(counting(30), 7);
  const other = data.call.sliceCreate();
  data.call.share(slice, other);
  data.call.append(buffer, slice);
  const address = data.call.addressAt(buffer, 0);
  const mutable = data.call.mutableAt(buffer, 0);
  assert.is.not(mutable, address);
  assert.is(data.paid.get(7), 2 * 46);
  data.probe.write(mutable, counting(30, 50));
  assert.equal(data.bytesOf(other), counting(30));
  assert.equal(data.content(buffer), counting(30, 50));
  assert.is(data.call.mutableAt(buffer, 0), mutable, "sole by now");
  dropAll(data, { buffers: [buffer], slices: [slice, other] });
});

buffers("should stay right when the ring wraps and grows", async () => {
  const data = await Data.create();
  const [buffer, slice] = [data.call.create(), data.call.sliceCreate()];
  let [first, end] = [0, 0];
  for (const [pushes, takes] of [[3, 2], [3, 3], [9, 4], [30, 20], [5, 21]] as const) {
    for (let i = 0; i < pushes; i++) data.append(buffer, counting(12, end++));
    for (let i = 0; i < takes; i++) {
      data.call.takeFirst(buffer, slice);
      assert.equal(data.bytesOf(slice), counting(12, first++));
      data.call.sliceClear(slice);
    }
    assert.is(data.call.isValid(buffer), 1);
  }
  assert.is(data.call.count(buffer), 0);
  dropAll(data, { buffers: [buffer], slices: [slice] });
});

/** Each gets a buffer of 20 bytes, an empty one and a slice of 30 bytes. */
const MISUSES: [string, string, (data: Data, buffer: number, empty: number, slice: number) => unknown][] = [
  ["take from nothing", "slice-buffer", ({ call }, _, empty, slice) => call.takeFirst(empty, slice)],
  ["overwrite what it would leak", "slice", ({ call }, buffer, _, slice) => call.takeFirst(buffer, slice)],
  ["show a slice it has not", "slice-buffer", ({ call }, buffer) => call.addressAt(buffer, 1)],
  ["move more than there is", "slice-moves", ({ call }, buffer, empty) => call.moveFirst(buffer, 21, empty)],
  ["move more of the end than there is", "slice-moves", ({ call }, buffer, empty) => {
    return call.moveLast(buffer, 21, empty);
  }],
  ["move to itself", "slice-moves", ({ call }, buffer) => call.moveFirst(buffer, 5, buffer)],
  ["trim more than there is", "slice-buffer", ({ call }, buffer) => call.trimEnd(buffer, 21)],
  ["trim more of the start than there is", "slice-buffer", ({ call }, buffer) => call.trimStart(buffer, 21)],
  ["copy from beyond the end", "slice-buffer", ({ call }, buffer) => call.copyOut(buffer, 15, 6, 64)],
  ["copy where the sum wraps", "slice-buffer", ({ call }, buffer) => call.copyOut(buffer, 4, -2, 64)],
  ["make room for nothing", "slice-buffer", ({ call }, buffer) => call.appendSpace(buffer, 0)],
  ["make room for more than it may hold", "slice-buffer", ({ call }, buffer) => call.appendSpace(buffer, -19)],
  ["hold more than 2 GiB", "slice-buffer", ({ call }, buffer, _, slice) => {
    const block = call.blockAllocate(1 << 20);
    for (let i = 0; i < 2048; i++) {
      call.blockRef(block);
      call.sliceClear(slice);
      call.setPart(slice, block, 0, 1 << 20);
      call.append(buffer, slice);
    }
  }],
];

for (const [what, file, run] of MISUSES) {
  buffers(`should not ${what}`, async () => {
    const data = await Data.create();
    const [buffer, empty] = [data.call.create(), data.call.create()];
    data.append(buffer, counting(20));
    const slice = data.slice(counting(30));
    data.probe.traps(() => run(data, buffer, empty, slice), `data/${file}.ts`);
    assert.not.match(data.probe.abortText, /no message/);
  });
}

buffers.run();
