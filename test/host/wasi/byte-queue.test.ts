// The byte queue against a plain array, over random steps with a printed seed; and what it uses again.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ByteQueue, ByteQueuePool, copyBytes } from "#host/wasi/byte-queue.js";
import { Random, SEED } from "../../support/bytes.js";

console.log(`seed ${SEED}`);

const model = suite("against a model");

model("should give the same bytes in the same order, several queues on one pool", () => {
  const random = new Random();
  const pool = new ByteQueuePool();
  const queues = [1, 2, 3].map(() => ({ queue: new ByteQueue(pool), expected: [] as number[] }));
  let value = 0;
  for (let step = 0; step < 20_000; step++) {
    const { queue, expected } = queues[random.below(queues.length)]!;
    const size = random.below(4) === 0 ? random.below(3000) : random.below(60);
    if (random.below(2) === 0) {
      const bytes = Uint8Array.from({ length: size + 2 }, () => value++);
      if (size > 0 && random.below(2) === 0) queue.appendOwned(bytes, 1, size + 1);
      else if (size > 0) queue.appendCopy(bytes, 1, size + 1);
      expected.push(...bytes.subarray(1, size + 1));
    } else {
      let count = Math.min(size, queue.length);
      let target = new Uint8Array(count + 1);
      const way = random.below(6);
      if (way === 0) queue.skip(count);
      else if (way > 1) queue.takeInto(target, 1, count);
      else {
        const chunk = queue.takeChunk();
        assert.is(chunk === null, expected.length === 0);
        const { bytes, start, end } = chunk ?? { bytes: target, start: 0, end: 0 };
        count = end - start;
        target = Uint8Array.from([0, ...bytes.subarray(start, end)]);
        if (chunk !== null) pool.recycle(chunk);
      }
      const taken = expected.splice(0, count);
      if (target.some((byte) => byte !== 0)) assert.equal([...target.subarray(1)], taken);
    }
    assert.is(queue.length, expected.length);
  }
});

model("should take chunks of any size", () => {
  const pool = new ByteQueuePool();
  const queue = new ByteQueue(pool);
  for (const size of [1, 47, 48, 49, 65_535, 65_536, 65_537, 200_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, index) => index * 7);
    queue.appendCopy(bytes, 0, size);
    const target = new Uint8Array(size);
    queue.takeInto(target, 0, size);
    assert.ok(Buffer.from(target).equals(bytes), `${size} bytes`);
  }
});

model.run();

// ---

const clearing = suite("clear");

clearing("should leave nothing and be usable again", () => {
  const queue = new ByteQueue(new ByteQueuePool());
  queue.appendCopy(Uint8Array.of(1, 2), 0, 2);
  queue.appendOwned(Uint8Array.of(3), 0, 1);
  queue.clear();
  assert.is(queue.length, 0);
  queue.appendCopy(Uint8Array.of(4), 0, 1);
  const target = new Uint8Array(1);
  queue.takeInto(target, 0, 1);
  assert.is(target[0], 4);
});

clearing.run();

// ---

const copying = suite("copyBytes");

copying("should copy the same with a short loop and with a long move", () => {
  const source = Uint8Array.from({ length: 300 }, (_, index) => index);
  for (const count of [0, 1, 48, 49, 200]) {
    const target = new Uint8Array(300);
    copyBytes(source, 3, target, 5, count);
    assert.equal([...target.subarray(5, 5 + count)], [...source.subarray(3, 3 + count)]);
    assert.is(target.subarray(5 + count).every((byte) => byte === 0), true);
  }
});

copying.run();
