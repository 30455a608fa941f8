// Input streams: each state against each event and operation, order, limits and the edges that wake a guest.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ByteQueuePool } from "#host/wasi/byte-queue.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { InputFlow, InputStream } from "#host/wasi/input-stream.js";
import { BORROW_BYTES_MIN, INPUT_HIGH_WATER_BYTES, INPUT_LOW_WATER_BYTES, READ_BYTES_MAX } from "#host/wasi/limits.js";
import { Pollable } from "#host/wasi/pollable.js";
import { ReadyQueue } from "#host/wasi/ready-queue.js";
import { CLOSED, FAILED } from "#host/wasi/stream-status.js";

interface Made {
  stream: InputStream;
  log: string[];
  queue: ReadyQueue;
  pollable: Pollable;
}

function made(): Made {
  const log: string[] = [];
  const source = { pause: () => { log.push("pause"); }, resume: () => { log.push("resume"); } };
  const queue = new ReadyQueue();
  const stream = new InputStream(source, new InputFlow(new ByteQueuePool()), queue);
  return { stream, log, queue, pollable: new Pollable(stream, queue) };
}

const arrive = (stream: InputStream, ...bytes: number[]): boolean =>
  stream.bytesArrived(Uint8Array.from(bytes), 0, bytes.length);

function read(stream: InputStream, wanted = 100): number[] | number {
  const count = stream.available(wanted);
  if (count < 0) return count;
  const bytes = new Uint8Array(count);
  stream.takeInto(bytes, 0, count);
  return [...bytes];
}

/** What can have happened to a stream, and what its reads answer from then on. */
const histories: [string, (stream: InputStream) => void, (number[] | number)[]][] = [
  ["nothing", () => {}, [[], []]],
  ["bytes", (stream) => { arrive(stream, 1, 2); }, [[1, 2], [], []]],
  ["an end", (stream) => { stream.endArrived(); }, [CLOSED, CLOSED]],
  ["bytes and an end", (stream) => { arrive(stream, 1); stream.endArrived(); }, [[1], CLOSED, CLOSED]],
  ["an error", (stream) => { stream.failed(ErrorCode.ConnectionReset); }, [FAILED, CLOSED, CLOSED]],
  ["bytes and an error", (stream) => { arrive(stream, 1); stream.failed(ErrorCode.Timeout); }, [[1], FAILED, CLOSED]],
  ["a shutdown", (stream) => { stream.shut(); }, [CLOSED, CLOSED]],
  ["bytes and a shutdown", (stream) => { arrive(stream, 1); stream.shut(); }, [CLOSED, CLOSED]],
  ["an end, then an error", (stream) => { stream.endArrived(); stream.failed(ErrorCode.Timeout); }, [CLOSED, CLOSED]],
  ["an error, then an end", (stream) => { stream.failed(ErrorCode.Timeout); stream.endArrived(); }, [FAILED, CLOSED]],
  ["an end, then bytes", (stream) => { stream.endArrived(); arrive(stream, 1); }, [CLOSED, CLOSED]],
  ["a shutdown, then bytes", (stream) => { stream.shut(); arrive(stream, 1); }, [CLOSED, CLOSED]],
];

const answers = suite("reads after each history");

for (const [name, happen, expected] of histories) {
  answers(`should answer as WASI says after ${name}`, () => {
    const { stream } = made();
    happen(stream);
    assert.equal(expected.map(() => read(stream)), expected);
  });

  answers(`should be ready after ${name} exactly when a read has something to say`, () => {
    const { stream } = made();
    happen(stream);
    for (const answer of expected) {
      assert.is(stream.isReady(), !(Array.isArray(answer) && answer.length === 0));
      read(stream);
    }
  });

  answers(`should wake its watcher after ${name} whenever a short read left something to say`, () => {
    const { stream, queue } = made();
    happen(stream);
    for (const answer of expected) {
      const hasNews = !(Array.isArray(answer) && answer.length === 0) && answer !== CLOSED;
      if (hasNews) assert.is(queue.length, 1, "a hint waits");
      queue.shift();
      read(stream);
    }
  });
}

answers.run();

// ---

const taking = suite("taking bytes");

taking("should give at most what was asked for, and the rest later", () => {
  const { stream } = made();
  arrive(stream, 1, 2, 3, 4, 5);
  assert.equal(read(stream, 2), [1, 2]);
  assert.equal(read(stream, 2), [3, 4]);
  assert.equal(read(stream, 2), [5]);
});

taking("should give nothing for a read of 0 bytes, whatever is there", () => {
  const { stream } = made();
  assert.equal(read(stream, 0), []);
  arrive(stream, 1);
  assert.equal(read(stream, 0), []);
  assert.is(stream.queuedBytes, 1);
});

taking("should bound one read, so that one call stays short", () => {
  const { stream } = made();
  stream.bytesGiven(new Uint8Array(READ_BYTES_MAX + 10), 0, READ_BYTES_MAX + 10);
  assert.is(stream.available(Number.MAX_SAFE_INTEGER), READ_BYTES_MAX);
});

taking("should keep the order of copied and given bytes", () => {
  const { stream } = made();
  arrive(stream, 1);
  stream.bytesGiven(Uint8Array.of(0, 2, 3, 0), 1, 3);
  arrive(stream, 4);
  assert.equal(read(stream), [1, 2, 3, 4]);
});

taking("should not see bytes that the transport writes over afterwards", () => {
  const { stream } = made();
  const shared = Uint8Array.of(1, 2);
  stream.bytesArrived(shared, 0, 2);
  shared.fill(9);
  assert.equal(read(stream), [1, 2]);
});

taking.run();

// ---

const pressure = suite("backpressure");

pressure("should ask for a pause at the high-water mark and resume once it is low", () => {
  const { stream, log } = made();
  const chunk = new Uint8Array(INPUT_HIGH_WATER_BYTES / 4);
  const answers = [1, 2, 3, 4].map(() => stream.bytesArrived(chunk, 0, chunk.length));
  assert.equal(answers, [true, true, true, false]);
  while (stream.queuedBytes > INPUT_LOW_WATER_BYTES + READ_BYTES_MAX) stream.skip(READ_BYTES_MAX);
  assert.equal(log, [], "still above the low mark");
  stream.skip(READ_BYTES_MAX);
  assert.equal(log, ["resume"]);
  stream.skip(stream.queuedBytes);
  assert.equal(log, ["resume"], "once");
});

pressure("should pause its source when it is shut or released", () => {
  for (const end of ["shut", "release"] as const) {
    const { stream, log } = made();
    stream[end]();
    assert.equal(log, ["pause"]);
    assert.is(arrive(stream, 1), false, "and wants no more");
  }
});

pressure.run();

// ---

const edges = suite("edges");

edges("should queue its pollable once for many arrivals", () => {
  const { stream, queue, pollable } = made();
  arrive(stream, 1);
  arrive(stream, 2);
  stream.endArrived();
  assert.is(queue.length, 1);
  assert.is(queue.shift(), pollable);
  assert.is(queue.length, 0);
});

edges("should queue it again when bytes arrive at a queue that was emptied", () => {
  const { stream, queue } = made();
  arrive(stream, 1);
  queue.shift();
  read(stream);
  assert.is(queue.length, 0);
  arrive(stream, 2);
  assert.is(queue.length, 1);
});

edges.run();

// ---

const large = suite("InputStream, large arrivals");

/** An arrival in a buffer that its owner writes over right afterwards. */
function lend(stream: InputStream, size: number): boolean {
  const buffer = Uint8Array.from({ length: size }, (_, index) => index & 0xff);
  const wantsMore = stream.bytesArrived(buffer, 0, size);
  buffer.fill(0xee);
  return wantsMore;
}

const pattern = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, index) => (start + index) & 0xff);

large("should be offered urgently, and be readable right then", () => {
  const { stream, queue } = made();
  const urgent: boolean[] = [];
  let inPlace: number[] | number = [];
  queue.onArrival = (isUrgent) => {
    urgent.push(isUrgent);
    inPlace = read(stream, BORROW_BYTES_MIN);
    while (queue.shift() !== null) continue;
    return true;
  };
  lend(stream, BORROW_BYTES_MIN);
  assert.equal(urgent, [true]);
  assert.equal(inPlace, pattern(0, BORROW_BYTES_MIN));
  assert.is(stream.queuedBytes, 0);
});

large("should keep what was not taken when the lender wants the buffer back", () => {
  for (const taken of [0, 1, 5000, BORROW_BYTES_MIN + 6]) {
    const { stream, queue } = made();
    queue.onArrival = () => {
      read(stream, taken);
      return true;
    };
    lend(stream, BORROW_BYTES_MIN + 7);
    assert.equal(read(stream, 1 << 20), pattern(taken, BORROW_BYTES_MIN + 7), `${taken} taken`);
  }
});

large("should keep its place behind bytes that wait already", () => {
  const { stream } = made();
  arrive(stream, 1, 2, 3);
  lend(stream, BORROW_BYTES_MIN);
  arrive(stream, 4);
  assert.equal(read(stream, 1 << 20), [1, 2, 3, ...pattern(0, BORROW_BYTES_MIN), 4]);
});

large("should survive a guest that drops or shuts the stream in the middle of the arrival", () => {
  for (const end of ["release", "shut"] as const) {
    const { stream, queue, pollable } = made();
    queue.onArrival = () => {
      if (end === "release") pollable.release();
      stream[end]();
      return true;
    };
    assert.not(lend(stream, BORROW_BYTES_MIN));
    assert.is(stream.queuedBytes, 0);
    assert.is(read(stream), CLOSED);
  }
});

large("should not be urgent below the size that is worth it", () => {
  const { stream, queue } = made();
  const urgent: boolean[] = [];
  queue.onArrival = (isUrgent) => {
    urgent.push(isUrgent);
    return false;
  };
  lend(stream, BORROW_BYTES_MIN - 1);
  assert.equal(urgent, [false]);
  assert.equal(read(stream, 1 << 20), pattern(0, BORROW_BYTES_MIN - 1));
});

large.run();
