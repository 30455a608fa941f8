// Output streams: permits, flushes, each state against each operation, and the edges that wake a guest.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode } from "#host/wasi/error-code.js";
import {
  BLOCKING_WRITE_BYTES_MAX, BLOCKING_WRITE_QUEUE_BYTES_MAX, OUTPUT_HIGH_WATER_BYTES,
} from "#host/wasi/limits.js";
import { OutputStream } from "#host/wasi/output-stream.js";
import { Pollable } from "#host/wasi/pollable.js";
import { ReadyQueue } from "#host/wasi/ready-queue.js";
import { CLOSED, DONE, FAILED } from "#host/wasi/stream-status.js";

class Target {
  queuedBytes = 0;
  writtenBytes = 0;
  ends = 0;

  write(_source: Uint8Array, start: number, end: number): void {
    this.queuedBytes += end - start;
    this.writtenBytes += end - start;
  }

  end(): void {
    this.ends++;
  }
}

interface Made {
  stream: OutputStream;
  target: Target;
  queue: ReadyQueue;
}

function made(): Made {
  const target = new Target();
  const stream = new OutputStream(target);
  const queue = new ReadyQueue();
  new Pollable(stream, queue);
  return { stream, target, queue };
}

const write = (stream: OutputStream, count: number): number => stream.write(new Uint8Array(count), 0, count);

/** The ways a stream can have ended, and what its operations answer from then on. */
const histories: [string, (stream: OutputStream) => void, number[]][] = [
  ["ended by the guest", (stream) => stream.end(), [CLOSED, CLOSED]],
  ["failed", (stream) => stream.failed(ErrorCode.ConnectionReset), [FAILED, CLOSED, CLOSED]],
  ["ended, then failed", (stream) => { stream.end(); stream.failed(ErrorCode.Timeout); }, [CLOSED, CLOSED]],
  ["failed, then ended", (stream) => { stream.failed(ErrorCode.Timeout); stream.end(); }, [FAILED, CLOSED]],
];

const operations: [string, (stream: OutputStream) => number][] = [
  ["check-write", (stream) => stream.checkWrite()],
  ["write", (stream) => write(stream, 0)],
  ["write past any permit", (stream) => write(stream, 1 << 20)],
  ["write-zeroes", (stream) => stream.writeZeroes(1)],
  ["blocking-write-and-flush", (stream) => stream.blockingWrite(new Uint8Array(1), 0, 1)],
  ["flush", (stream) => stream.flush()],
];

const ended = suite("every operation after every ending");

for (const [history, happen, expected] of histories) {
  for (const [operation, perform] of operations) {
    ended(`should be told by ${operation} when the stream was ${history}`, () => {
      const { stream, target } = made();
      happen(stream);
      assert.ok(stream.isReady());
      assert.equal(expected.map(() => perform(stream)), expected);
      assert.is(target.writtenBytes, 0);
    });
  }
}

ended.run();

// ---

const permit = suite("the permit");

permit("should be what the high-water mark leaves", () => {
  const { stream, target } = made();
  assert.is(stream.checkWrite(), OUTPUT_HIGH_WATER_BYTES);
  assert.is(write(stream, 1000), DONE);
  assert.is(stream.checkWrite(), OUTPUT_HIGH_WATER_BYTES - 1000);
  target.queuedBytes = OUTPUT_HIGH_WATER_BYTES + 5;
  assert.is(stream.checkWrite(), 0);
});

permit("should be needed before a write, and consumed by it", () => {
  const { stream, target } = made();
  assert.throws(() => write(stream, 1), /write of 1 bytes exceeds the permit of 0/);
  stream.checkWrite();
  write(stream, OUTPUT_HIGH_WATER_BYTES - 1);
  assert.is(write(stream, 1), DONE, "the rest of the permit");
  assert.throws(() => write(stream, 1), /exceeds the permit of 0/);
  assert.throws(() => stream.writeZeroes(1), /exceeds the permit of 0/);
  assert.is(target.writtenBytes, OUTPUT_HIGH_WATER_BYTES);
});

permit("should allow an empty write without one", () => {
  assert.is(write(made().stream, 0), DONE);
});

permit("should cover write-zeroes of more than one buffer", () => {
  const { stream, target } = made();
  stream.checkWrite();
  assert.is(stream.writeZeroes(200_000), DONE);
  assert.is(target.writtenBytes, 200_000);
});

permit("should be of no use when the target fails inside the write", () => {
  for (const perform of [
    (stream: OutputStream) => write(stream, 1),
    (stream: OutputStream) => stream.writeZeroes(1),
    (stream: OutputStream) => stream.blockingWrite(new Uint8Array(1), 0, 1),
  ]) {
    const { stream, target } = made();
    target.write = () => stream.failed(ErrorCode.Unknown);
    stream.checkWrite();
    assert.equal([perform(stream), perform(stream)], [FAILED, CLOSED]);
  }
});

permit.run();

// ---

const blocking = suite("blocking writes");

blocking("should need no permit but keep to 4096 bytes", () => {
  const { stream, target } = made();
  const bytes = new Uint8Array(BLOCKING_WRITE_BYTES_MAX + 1);
  assert.is(stream.blockingWrite(bytes, 1, bytes.length), DONE);
  assert.throws(() => stream.blockingWrite(bytes, 0, bytes.length), /at most 4096 are allowed/);
  assert.throws(() => stream.blockingWriteZeroes(4097), /at most 4096 are allowed/);
  assert.is(target.writtenBytes, BLOCKING_WRITE_BYTES_MAX);
});

blocking("should trap before the queue grows without bound", () => {
  const { stream, target } = made();
  target.queuedBytes = BLOCKING_WRITE_QUEUE_BYTES_MAX;
  assert.throws(() => stream.blockingWrite(new Uint8Array(1), 0, 1), /would block/);
});

blocking.run();

// ---

const flushing = suite("flush");

flushing("should withhold the permit until everything has left", () => {
  const { stream, target, queue } = made();
  stream.checkWrite();
  write(stream, 10);
  stream.flush();
  assert.is(stream.isFlushed(), false);
  assert.is(stream.checkWrite(), 0);
  target.queuedBytes = 3;
  stream.roomMade();
  assert.is(queue.length, 0);
  target.queuedBytes = 0;
  stream.roomMade();
  assert.is(queue.length, 1);
  assert.is(stream.checkWrite(), OUTPUT_HIGH_WATER_BYTES);
});

flushing("should be over at once when nothing waits", () => {
  const { stream } = made();
  assert.is(stream.flush(), DONE);
  assert.is(stream.checkWrite(), OUTPUT_HIGH_WATER_BYTES);
});

flushing.run();

// ---

const edges = suite("edges");

edges("should wake only a guest that was told 0", () => {
  const { stream, target, queue } = made();
  target.queuedBytes = OUTPUT_HIGH_WATER_BYTES;
  target.queuedBytes = 0;
  stream.roomMade();
  assert.is(queue.length, 0);
  target.queuedBytes = OUTPUT_HIGH_WATER_BYTES;
  stream.checkWrite();
  stream.roomMade();
  assert.is(queue.length, 0, "there is no room yet");
  target.queuedBytes--;
  stream.roomMade();
  assert.is(queue.length, 1);
});

edges("should wake a waiting guest when the stream fails or ends", () => {
  for (const happen of [
    (stream: OutputStream) => stream.failed(ErrorCode.ConnectionReset), (stream: OutputStream) => stream.end(),
  ]) {
    const { stream, target, queue } = made();
    target.queuedBytes = OUTPUT_HIGH_WATER_BYTES;
    stream.checkWrite();
    happen(stream);
    assert.is(queue.length, 1);
  }
});

edges("should end its target once, when dropped", () => {
  const { stream, target } = made();
  stream.release();
  assert.is(target.ends, 1);
  assert.is(stream.checkWrite(), CLOSED);
});

edges.run();
