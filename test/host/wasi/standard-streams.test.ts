// Standard input shared by several handles: every byte is read once, by whoever asks first, and none is lost with a
// handle that is dropped; ends and failures are told to all.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ErrorCode } from "#host/wasi/error-code.js";
import type { InputStream } from "#host/wasi/input-stream.js";
import { INPUT_HIGH_WATER_BYTES, READ_BYTES_MAX } from "#host/wasi/limits.js";
import { CLOSED, FAILED } from "#host/wasi/stream-status.js";
import { WasiHost } from "#host/wasi/wasi-host.js";
import { type FakeInput, fakePlatform } from "../support/fake-platform.js";

interface World {
  host: WasiHost;
  stdin: FakeInput;
  open(): InputStream;
  drop(stream: InputStream): void;
}

function world(): World {
  const platform = fakePlatform();
  const host = new WasiHost(platform);
  return {
    host, stdin: platform.streams.stdin,
    open: () => {
      const stream = host.newStdin();
      host.table.add(stream, null);
      return stream;
    },
    drop: (stream) => host.table.drop(stream.handle, stream.kind),
  };
}

function read(stream: InputStream, wanted = 100): string | number {
  const count = stream.available(wanted);
  if (count < 0) return count;
  const bytes = new Uint8Array(count);
  stream.takeInto(bytes, 0, count);
  return Buffer.from(bytes).toString();
}

const type = ({ stdin }: World, text: string): boolean => stdin.events!.bytesGiven(Buffer.from(text), 0, text.length);

const sharing = suite("several handles of standard input");

sharing("should read each byte once, whoever asks first", () => {
  const made = world();
  const [first, second] = [made.open(), made.open()];
  type(made, "abcdef");
  assert.is(read(second, 2), "ab");
  assert.is(read(first, 3), "cde");
  assert.is(read(second), "f");
  assert.is(read(first), "");
});

sharing("should keep what a dropped handle did not read for the next one", () => {
  const made = world();
  const first = made.open();
  type(made, "abc");
  assert.is(read(first, 1), "a");
  made.drop(first);
  assert.equal(made.stdin.log, ["open", "pause"]);
  const second = made.open();
  assert.equal(made.stdin.log, ["open", "pause", "resume"]);
  assert.is(read(second), "bc");
});

sharing("should keep what still comes while nobody has a handle", () => {
  const made = world();
  made.drop(made.open());
  assert.is(type(made, "late"), false, "no more, please");
  assert.is(read(made.open()), "late");
});

sharing("should go on with the others when one is dropped", () => {
  const made = world();
  const [first, second] = [made.open(), made.open()];
  type(made, "x");
  made.drop(first);
  assert.equal(made.stdin.log, ["open"]);
  type(made, "y");
  assert.is(read(second), "xy");
});

sharing("should wake everybody who watches, for bytes, the end and a failure", () => {
  for (const happen of [
    (made: World) => { type(made, "x"); },
    (made: World) => made.stdin.events!.endArrived(),
    (made: World) => made.stdin.events!.failed(ErrorCode.Unknown),
  ]) {
    const made = world();
    const pollables = [made.open(), made.open()].map((stream) => made.host.subscribe(stream));
    assert.equal(pollables.map((pollable) => pollable.isReady()), [false, false]);
    happen(made);
    assert.equal(pollables.map((pollable) => pollable.isReady()), [true, true]);
    assert.is(made.host.ready.length, 2);
  }
});

sharing("should tell the end and a failure to each, also to one that comes later, behind the bytes", () => {
  const made = world();
  const first = made.open();
  type(made, "ab");
  made.stdin.events!.endArrived();
  const second = made.open();
  assert.equal([read(first, 1), read(second, 1), read(first), read(second), read(first)],
    ["a", "b", CLOSED, CLOSED, CLOSED]);
  const failing = world();
  failing.open();
  failing.stdin.events!.failed(ErrorCode.Unknown);
  const late = failing.open();
  assert.equal([read(late), read(late)], [FAILED, CLOSED]);
});

sharing("should push back together, and go on when one of them has read", () => {
  const made = world();
  const [first, second] = [made.open(), made.open()];
  assert.is(made.stdin.events!.bytesGiven(new Uint8Array(INPUT_HIGH_WATER_BYTES), 0, INPUT_HIGH_WATER_BYTES), false);
  for (let left = INPUT_HIGH_WATER_BYTES; left > 0; left -= READ_BYTES_MAX) read(left % 2 === 0 ? first : second, 1e9);
  assert.equal(made.stdin.log, ["open", "resume"]);
});

sharing.run();
