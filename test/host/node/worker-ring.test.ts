// The ring between two threads: against a list of what was written, over random steps with a printed seed; every size;
// what no honest writer puts in; and with a writer and a reader that really run at the same time.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import {
  PAYLOAD_BYTES_MAX, POSITIONS_BYTES, RING_BYTES_MIN, RingMemory, RingReader, RingWriter,
} from "#host/node/worker/ring.js";
import { Random, SEED } from "../../support/bytes.js";
import { within } from "../../support/guard.js";

console.log(`TEST_SEED=${SEED}`);

function ring(): { memory: RingMemory; writer: RingWriter; reader: RingReader } {
  const memory = new RingMemory(new SharedArrayBuffer(POSITIONS_BYTES + RING_BYTES_MIN), 0, RING_BYTES_MIN);
  return { memory, writer: new RingWriter(memory), reader: new RingReader(memory) };
}

const payloadOf = (reader: RingReader): Buffer => Buffer.from(reader.bytes.slice(reader.start, reader.end));

const randomBytes = (random: Random, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, () => random.next());

/** Reads what is there, one frame. */
function readOne(reader: RingReader): void {
  assert.ok(reader.hasMore);
  assert.ok(reader.next());
}

const frames = suite("frames");

frames("should come out as they went in, at every size", () => {
  const { writer, reader } = ring();
  const source = randomBytes(new Random(), PAYLOAD_BYTES_MAX + 8);
  const sizes = [...Array(200).keys(), 1023, 65_535, 65_536, PAYLOAD_BYTES_MAX - 1, PAYLOAD_BYTES_MAX];
  for (const size of [...sizes, ...sizes]) {
    assert.ok(writer.write(1 + (size % 255), -size, size * 3, source, 5, 5 + size));
    readOne(reader);
    assert.equal([reader.kind, reader.id, reader.value], [1 + (size % 255), -size, size * 3]);
    assert.ok(payloadOf(reader).equals(source.subarray(5, 5 + size)), `size ${size}`);
    assert.not(reader.hasMore);
    reader.release();
  }
});

frames("should take up to what fits, and all of it again once it was given back", () => {
  const { writer, reader } = ring();
  const payload = new Uint8Array(1000 - 16);
  const fill = (): number => {
    let count = 0;
    while (writer.write(7, count, 0, payload, 0, payload.length)) count++;
    return count;
  };
  const first = fill();
  assert.ok(first >= Math.floor(RING_BYTES_MIN / 1008) - 1, `${first} frames`);
  for (let round = 0; round < 50; round++) {
    let expected = 0;
    assert.ok(reader.hasMore);
    while (reader.next()) assert.is(reader.id, expected++);
    assert.not(writer.write(7, 0, 0, payload, 0, payload.length), "nothing was given back yet");
    assert.ok(reader.heldBytes > 0);
    reader.release();
    assert.is(reader.heldBytes, 0);
    const count = fill();
    assert.ok(count >= first - 1, `${count} frames in round ${round}`);
  }
});

frames("should show what was written since only when asked again", () => {
  const { writer, reader } = ring();
  writer.write(1, 1, 0, null, 0, 0);
  assert.not(reader.next(), "not asked yet");
  assert.ok(reader.hasMore);
  writer.write(1, 2, 0, null, 0, 0);
  assert.ok(reader.next());
  assert.not(reader.next());
  readOne(reader);
  assert.is(reader.id, 2);
});

frames("should be refused when they make no sense", () => {
  for (const damage of [PAYLOAD_BYTES_MAX * 4, (1 << 24) - 1, 200]) {
    const { memory, writer, reader } = ring();
    writer.write(3, 1, 0, new Uint8Array(100), 0, 100);
    memory.words[0] = 3 | (damage << 8);
    assert.ok(reader.hasMore);
    assert.throws(() => reader.next(), /does not fit/);
  }
});

frames("should need a capacity that is a power of two and not too small", () => {
  const buffer = new SharedArrayBuffer(POSITIONS_BYTES + 4 * RING_BYTES_MIN);
  for (const capacity of [0, RING_BYTES_MIN / 2, RING_BYTES_MIN + 16, 3 * RING_BYTES_MIN, 1 << 25]) {
    assert.throws(() => new RingMemory(buffer, 0, capacity), /cannot have/);
  }
});

frames.run();

// ---

const model = suite("against a model");

for (const [name, start] of [["from the start", 0], ["across the end of 32 bits", 1]] as const) {
  model(`should keep order and contents, ${name}`, () => {
    const random = new Random();
    const { writer, reader } = ring();
    if (start === 1) skipTo4GiB(writer, reader);
    const source = randomBytes(random, PAYLOAD_BYTES_MAX);
    const expected: { id: number; start: number; end: number }[] = [];
    let refused = 0;
    for (let step = 0; step < 20_000; step++) {
      if (random.below(100) < ((step >> 9) % 2 === 0 ? 97 : 20)) { // it fills for a while, then it empties
        const size = random.below(8) === 0 ? random.below(PAYLOAD_BYTES_MAX + 1) : random.below(300);
        const from = random.below(PAYLOAD_BYTES_MAX - size + 1);
        const end = from + size;
        if (writer.write(9, step, size, source, from, end)) expected.push({ id: step, start: from, end });
        else refused++;
      } else if (reader.hasMore) {
        for (let count = random.below(20); count >= 0 && reader.next(); count--) {
          const { id, start: from, end } = expected.shift()!;
          assert.equal([reader.kind, reader.id, reader.value], [9, id, end - from], `step ${step}`);
          assert.ok(payloadOf(reader).equals(source.subarray(from, end)), `step ${step}`);
        }
        if (random.below(3) > 0) reader.release();
      }
      assert.is(reader.hasMore, expected.length > 0, `step ${step}`);
    }
    assert.ok(refused > 0, "the ring was full now and then");
  });
}

/** Positions are modulo 2^32: brings them close below it, by frames that nobody looks at. */
function skipTo4GiB(writer: RingWriter, reader: RingReader): void {
  const frame = 65_536;
  const payload = frame - 16;
  for (let written = 0; written < 2 ** 32 - RING_BYTES_MIN; written += frame) {
    assert.ok(writer.write(1, 0, 0, null, 0, payload));
    readOne(reader);
    reader.release();
  }
}

model.run();

// ---

const threads = suite("two threads");

threads("should lose, double and mix up nothing", async () => {
  const count = 100_000;
  const memory = ring().memory;
  const writing = new Worker(new URL("../support/ring-writer.js", import.meta.url), {
    workerData: { buffer: memory.bytes.buffer, capacity: memory.capacity, count },
  });
  const exit = once(writing, "exit");
  const reader = new RingReader(memory);
  let next = 0;
  while (next < count) {
    if (!reader.hasMore) {
      await new Promise((resolve) => { setImmediate(resolve); });
      continue;
    }
    while (reader.next()) {
      const size = (next * 7919) % 4000;
      assert.equal([reader.id, reader.value, reader.end - reader.start], [next, ~next, size]);
      if (size > 0) {
        assert.is(reader.bytes[reader.start], next & 255);
        assert.is(reader.bytes[reader.end - 1], next & 255);
      }
      next++;
    }
    reader.release();
  }
  assert.not(reader.hasMore);
  await within("the writer's end", exit);
});

threads.run();
