// wasi:io through the direct face: the layout of every result, growth of the memory in mid-call, and misuse.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode } from "#host/wasi/error-code.js";
import { OUTPUT_HIGH_WATER_BYTES } from "#host/wasi/limits.js";
import { WasiTrap } from "#host/wasi/trap.js";
import { nothingIsLeft } from "../support/leak-law.js";
import { Guest, RET } from "./harness.js";

const STREAMS = "io/streams";

const reading = suite("input-stream");

for (const growsAlways of [false, true]) {
  const when = growsAlways ? " while the memory grows" : "";

  reading(`should lower bytes as a list${when}`, () => {
    const guest = new Guest();
    const { input } = guest.connected();
    guest.platform.transport.connection!.arrive(1, 2, 3);
    guest.growsAlways = growsAlways;
    guest.call(STREAMS, "[method]input-stream.read", input, 2n, RET);
    assert.is(guest.u8(0), 0);
    assert.equal(guest.list(4), [1, 2]);
    guest.call(STREAMS, "[method]input-stream.blocking-read", input, 100n, RET);
    assert.equal(guest.list(4), [3]);
  });

  reading(`should lower an error as a handle that tells its name${when}`, () => {
    const guest = new Guest();
    const { input } = guest.connected();
    guest.platform.transport.connection!.events!.failed(ErrorCode.ConnectionReset);
    guest.growsAlways = growsAlways;
    guest.call(STREAMS, "[method]input-stream.read", input, 2n, RET);
    assert.equal([guest.u8(0), guest.u8(4)], [1, 0]);
    const error = guest.u32(8);
    guest.call("io/error", "[method]error.to-debug-string", error, RET);
    assert.is(guest.textAt(RET), "connection-reset");
    guest.call("io/error", "[resource-drop]error", error);
    guest.call(STREAMS, "[method]input-stream.read", input, 2n, RET);
    assert.equal([guest.u8(0), guest.u8(4)], [1, 1], "closed from then on");
  });
}

reading("should give an empty list, without allocating, when nothing is there", () => {
  const guest = new Guest();
  const { input } = guest.connected();
  guest.allocations = [];
  for (const wanted of [0n, 10n]) {
    guest.call(STREAMS, "[method]input-stream.read", input, wanted, RET);
    assert.equal([guest.u8(0), guest.u32(8)], [0, 0]);
  }
  assert.equal(guest.allocations, []);
});

reading("should take any u64 as the length, also those that arrive as negative", () => {
  const guest = new Guest();
  const { input } = guest.connected();
  guest.platform.transport.connection!.arrive(1, 2, 3);
  guest.call(STREAMS, "[method]input-stream.read", input, -1n, RET);
  assert.equal(guest.list(4), [1, 2, 3]);
});

reading("should count skipped bytes as a u64", () => {
  const guest = new Guest();
  const { input } = guest.connected();
  guest.platform.transport.connection!.arrive(1, 2, 3);
  guest.call(STREAMS, "[method]input-stream.skip", input, 2n, RET);
  assert.equal([guest.u8(0), guest.u64(8)], [0, 2n]);
  guest.call(STREAMS, "[method]input-stream.blocking-skip", input, 2n, RET);
  assert.equal([guest.u8(0), guest.u64(8)], [0, 1n]);
  guest.platform.transport.connection!.events!.endArrived();
  guest.call(STREAMS, "[method]input-stream.skip", input, 2n, RET);
  assert.equal([guest.u8(0), guest.u8(8)], [1, 1]);
});

reading.run();

// ---

const writing = suite("output-stream");

writing("should tell the permit as a u64 and take bytes out of the memory", () => {
  const guest = new Guest();
  const { output } = guest.connected();
  guest.call(STREAMS, "[method]output-stream.check-write", output, RET);
  assert.equal([guest.u8(0), guest.u64(8)], [0, BigInt(OUTPUT_HIGH_WATER_BYTES)]);
  const [address, length] = guest.put([7, 8, 9]);
  guest.call(STREAMS, "[method]output-stream.write", output, address, length, RET);
  assert.is(guest.u8(0), 0);
  new Uint8Array(guest.memory.buffer).fill(0, address, address + length);
  assert.equal(guest.platform.transport.connection!.written, [7, 8, 9]);
});

writing("should write zeroes, flush, and keep blocking writes in order", () => {
  const guest = new Guest();
  const { output } = guest.connected();
  const { connection } = guest.platform.transport;
  const [address] = guest.put([5]);
  guest.call(STREAMS, "[method]output-stream.blocking-write-and-flush", output, address, 1, RET);
  guest.call(STREAMS, "[method]output-stream.check-write", output, RET);
  guest.call(STREAMS, "[method]output-stream.write-zeroes", output, 2n, RET);
  guest.call(STREAMS, "[method]output-stream.blocking-write-zeroes-and-flush", output, 1n, RET);
  for (const name of ["flush", "blocking-flush"]) {
    guest.call(STREAMS, `[method]output-stream.${name}`, output, RET);
    assert.is(guest.u8(0), 0);
  }
  assert.equal(connection!.written, [5, 0, 0, 0]);
});

writing("should end a splice with the end of the input although the output has no room", () => {
  const guest = new Guest();
  const from = guest.connected();
  const source = guest.platform.transport.connection!;
  const to = guest.connected();
  guest.platform.transport.connection!.queuedBytes = 1 << 20;
  source.arrive(1);
  source.events!.endArrived();
  const splice = (): unknown => guest.call(STREAMS, "[method]output-stream.splice", to.output, from.input, 9n, RET);
  splice();
  assert.equal([guest.u8(0), guest.u64(8)], [0, 0n]);
  guest.call(STREAMS, "[method]input-stream.read", from.input, 9n, RET);
  splice();
  assert.equal([guest.u8(0), guest.u8(8)], [1, 1]);
});

writing("should tell a splice of an output that fails in it", () => {
  const guest = new Guest();
  const { input } = guest.connected();
  guest.platform.transport.connection!.arrive(1, 2);
  const output = guest.number("cli/stdout", "get-stdout");
  const { stdout } = guest.platform.streams;
  stdout.write = () => stdout.events!.failed(ErrorCode.ConnectionReset);
  guest.call(STREAMS, "[method]output-stream.splice", output, input, 9n, RET);
  assert.equal([guest.u8(0), guest.u8(8)], [1, 0], "last-operation-failed");
  guest.call("io/error", "[method]error.to-debug-string", guest.u32(12), RET);
  assert.is(guest.textAt(RET), "connection-reset");
  guest.call(STREAMS, "[method]output-stream.check-write", output, RET);
  guest.call(STREAMS, "[method]output-stream.write-zeroes", output, 1n, RET);
  assert.equal([guest.u8(0), guest.u8(4)], [1, 1], "closed from then on");
});

writing("should splice between two connections and count as a u64", () => {
  const guest = new Guest();
  const from = guest.connected();
  const source = guest.platform.transport.connection!;
  const to = guest.connected();
  source.arrive(1, 2, 3, 4);
  guest.call(STREAMS, "[method]output-stream.splice", to.output, from.input, 3n, RET);
  assert.equal([guest.u8(0), guest.u64(8)], [0, 3n]);
  guest.call(STREAMS, "[method]output-stream.blocking-splice", to.output, from.input, 9n, RET);
  assert.equal([guest.u8(0), guest.u64(8)], [0, 1n]);
  assert.equal(guest.platform.transport.connection!.written, [1, 2, 3, 4]);
  source.events!.endArrived();
  guest.call(STREAMS, "[method]output-stream.splice", to.output, from.input, 3n, RET);
  assert.equal([guest.u8(0), guest.u8(8)], [1, 1]);
});

writing("should be closed after the guest ended it", () => {
  const guest = new Guest();
  const { socket, output } = guest.connected();
  guest.call("sockets/tcp", "[method]tcp-socket.shutdown", socket, 1, RET);
  guest.call(STREAMS, "[method]output-stream.check-write", output, RET);
  assert.equal([guest.u8(0), guest.u8(8)], [1, 1]);
});

writing.run();

// ---

const polling = suite("poll");

polling("should answer the indexes that are ready, duplicates included", () => {
  const guest = new Guest();
  const { input, output } = guest.connected();
  const idle = guest.number(STREAMS, "[method]input-stream.subscribe", input);
  const ready = guest.number(STREAMS, "[method]output-stream.subscribe", output);
  const list = Uint32Array.of(idle, ready, ready);
  const [address] = guest.put(new Uint8Array(list.buffer));
  guest.growsAlways = true;
  guest.call("io/poll", "poll", address, 3, RET);
  const indexes = new Uint32Array(guest.memory.buffer, guest.u32(0), guest.u32(4));
  assert.equal([...indexes], [1, 2]);
  assert.is(guest.number("io/poll", "[method]pollable.ready", idle), 0);
  assert.is(guest.number("io/poll", "[method]pollable.ready", ready), 1);
  guest.call("io/poll", "[method]pollable.block", ready);
});

polling("should queue what is ready at subscription and drop it with its pollable", () => {
  const guest = new Guest();
  const { output } = guest.connected();
  const pollable = guest.number(STREAMS, "[method]output-stream.subscribe", output);
  const target = new Uint32Array(4);
  assert.is(guest.host.ready.drain(target, 0, 4), 1);
  assert.is(target[0], pollable);
  guest.number(STREAMS, "[method]output-stream.subscribe", output);
  guest.call("io/poll", "[resource-drop]pollable", pollable + 1);
  assert.is(guest.host.ready.drain(target, 0, 4), 0);
});

polling.run();

// ---

const misuse = suite("misuse");

const cases: [string, (guest: Guest, made: ReturnType<Guest["connected"]>) => void, RegExp][] = [
  ["poll of an empty list", (guest) => guest.call("io/poll", "poll", 0, 0, RET), /poll of an empty list/],
  ["poll of nothing ready", (guest, { input }) => {
    const pollable = guest.number(STREAMS, "[method]input-stream.subscribe", input);
    const [address] = guest.put([pollable, 0, 0, 0]);
    guest.call("io/poll", "poll", address, 1, RET);
  }, /would block/],
  ["poll of a list outside the memory", (guest) => guest.call("io/poll", "poll", 65_532, 2, RET), /outside the memory/],
  ["poll of an unaligned list", (guest) => guest.call("io/poll", "poll", 2, 1, RET), /not aligned to 4/],
  ["poll of something else", (guest, { input }) => {
    const [address] = guest.put([input, 0, 0, 0]);
    guest.call("io/poll", "poll", address, 1, RET);
  }, /is a input-stream, not a pollable/],
  ["a blocking read that would wait", (guest, { input }) =>
    guest.call(STREAMS, "[method]input-stream.blocking-read", input, 1n, RET), /would block/],
  ["a blocking skip that would wait", (guest, { input }) =>
    guest.call(STREAMS, "[method]input-stream.blocking-skip", input, 1n, RET), /would block/],
  ["block on what is not ready", (guest, { input }) => {
    guest.call("io/poll", "[method]pollable.block", guest.number(STREAMS, "[method]input-stream.subscribe", input));
  }, /would block/],
  ["a write without a permit", (guest, { output }) =>
    guest.call(STREAMS, "[method]output-stream.write", output, 0, 1, RET), /exceeds the permit of 0/],
  ["a write from outside the memory", (guest, { output }) =>
    guest.call(STREAMS, "[method]output-stream.write", output, 65_535, 2, RET), /outside the memory/],
  ["a write of a huge length", (guest, { output }) =>
    guest.call(STREAMS, "[method]output-stream.write", output, 8, -1, RET), /outside the memory/],
  ["a blocking write that is too long", (guest, { output }) =>
    guest.call(STREAMS, "[method]output-stream.blocking-write-and-flush", output, 0, 4097, RET), /at most 4096/],
  ["a return area outside the memory", (guest, { output }) =>
    guest.call(STREAMS, "[method]output-stream.check-write", output, 65_528), /not aligned|outside the memory/],
  ["an unaligned return area", (guest, { input }) =>
    guest.call(STREAMS, "[method]input-stream.read", input, 1n, RET + 2), /not aligned to 4/],
  ["a handle of the wrong kind", (guest, { output }) =>
    guest.call(STREAMS, "[method]input-stream.read", output, 1n, RET), /is a output-stream, not a input-stream/],
  ["a handle that never was", (guest) =>
    guest.call(STREAMS, "[method]input-stream.read", 999, 1n, RET), /unknown handle: 999/],
  ["dropping a stream before its pollable", (guest, { input }) => {
    guest.call(STREAMS, "[method]input-stream.subscribe", input);
    guest.call(STREAMS, "[resource-drop]input-stream", input);
  }, /resource has children/],
  ["dropping a socket before its streams", (guest, { socket }) =>
    guest.call("sockets/tcp", "[resource-drop]tcp-socket", socket), /resource has children/],
  ["dropping twice", (guest) => {
    const network = guest.network();
    guest.call("sockets/network", "[resource-drop]network", network);
    guest.call("sockets/network", "[resource-drop]network", network);
  }, /unknown handle/],
];

for (const [what, act, message] of cases) {
  misuse(`should trap on ${what} and leave the host usable`, () => {
    const guest = new Guest();
    const made = guest.connected();
    assert.throws(() => act(guest, made), (error: Error) =>
      error instanceof WasiTrap && message.test(error.message) || `got ${error.message}`);
    guest.platform.transport.connection!.arrive(4);
    guest.call(STREAMS, "[method]input-stream.read", made.input, 9n, RET);
    assert.equal(guest.list(4), [4]);
    guest.host.close();
    nothingIsLeft(guest.host, guest.platform);
  });
}

misuse.run();
