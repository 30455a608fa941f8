// The bindings of wasi:io: streams, error and poll. Every count, every way to fail, and the dropped error resources.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Binding } from "../../support/binding.js";
import { type ResultLayout, STREAM_RESULTS } from "../../support/canonical-abi.js";
import { compileProbe, Probe } from "../../support/probe.js";

const CLOSED = -1;
const FAILED = -2;

interface StreamCase {
  name: string;
  label: string;
  layout: ResultLayout;
  args: (number | bigint)[];
  received: (number | bigint)[];
}

const OUTPUT = "streams/output-stream.";
const CASES: StreamCase[] = [
  {
    name: "read", label: "streams/input-stream.read", layout: STREAM_RESULTS.list,
    args: [5, 65_536], received: [5, 65_536n],
  },
  { name: "checkWrite", label: `${OUTPUT}check-write`, layout: STREAM_RESULTS.u64, args: [5], received: [5] },
  {
    name: "write", label: `${OUTPUT}write`, layout: STREAM_RESULTS.unit,
    args: [5, 0x8000, 77], received: [5, 0x8000, 77],
  },
  { name: "flush", label: `${OUTPUT}flush`, layout: STREAM_RESULTS.unit, args: [5], received: [5] },
  {
    name: "blockingWriteAndFlush", label: `${OUTPUT}blocking-write-and-flush`, layout: STREAM_RESULTS.unit,
    args: [5, 0x8000, 4096], received: [5, 0x8000, 4096],
  },
];

const failures = suite("stream bindings that fail");

for (const { name, label, layout, args, received } of CASES) {
  failures(`should lift a closed stream from ${name}`, async () => {
    const binding = await Binding.create([label], ["error/drop error"]);
    binding.expect(label, layout, (view, at) => {
      view.setUint8(at, 1);
      view.setUint8(at + layout.payload, 1);
    });
    assert.is(binding.probe.call[name]!(...args), CLOSED);
    assert.equal(binding.received, received);
    assert.equal(binding.dropped, []);
  });

  failures(`should lift a failure from ${name} and drop its error`, async () => {
    const binding = await Binding.create([label], ["error/drop error"]);
    binding.expect(label, layout, (view, at) => {
      view.setUint8(at, 1);
      view.setUint8(at + layout.payload, 0);
      view.setUint32(at + layout.payload + 4, 0xffff_fffe, true);
    });
    assert.is(binding.probe.call[name]!(...args), FAILED);
    assert.equal(binding.dropped, ["error 4294967294"]);
  });
}

failures.run();

// ---

const successes = suite("stream bindings that succeed");

for (const [name, label, args] of CASES.slice(2).map((each) => [each.name, each.label, each.args] as const)) {
  successes(`should lift the nothing that ${name} gives`, async () => {
    const binding = await Binding.create([label]);
    binding.expect(label, STREAM_RESULTS.unit, (view, at) => view.setUint8(at, 0));
    assert.is(binding.probe.call[name]!(...args), 0);
  });
}

for (const count of [0, 1, 65_536, 200_000]) {
  successes(`should find ${count} bytes that were read in the arena`, async () => {
    const binding = await Binding.create(["streams/input-stream.read"]);
    const { call } = binding.probe;
    const bytes = Uint8Array.from({ length: count }, (_, index) => index % 251);
    binding.expect("streams/input-stream.read", STREAM_RESULTS.list, (view, at) => {
      view.setUint8(at, 0);
      binding.storeList(at + 4, 1, bytes, count);
    });
    const position = call.mark();
    assert.is(call.read(5, 200_000), count);
    assert.equal(binding.probe.bytes(call.readAddress(), count), bytes);
    call.release(position);
    assert.is(call.usedBytes(), 0);
  });
}

successes("should not take more bytes from a read than it asked for", async () => {
  const binding = await Binding.create(["streams/input-stream.read"]);
  binding.expect("streams/input-stream.read", STREAM_RESULTS.list, (view, at) => {
    view.setUint8(at, 0);
    binding.storeList(at + 4, 1, new Uint8Array(11), 11);
  });
  binding.probe.traps(() => binding.probe.call.read(5, 10), "wasi/streams.ts");
});

for (const [permit, seen] of [
  [0n, 0], [1n, 1], [65_536n, 65_536], [0x7fff_ffffn, 0x7fff_ffff], [0x8000_0000n, 0x7fff_ffff],
  [0xffff_ffff_ffff_ffffn, 0x7fff_ffff],
] as const) {
  successes(`should lift a permit of ${permit}`, async () => {
    const binding = await Binding.create([`${OUTPUT}check-write`]);
    binding.expect(`${OUTPUT}check-write`, STREAM_RESULTS.u64, (view, at) => {
      view.setUint8(at, 0);
      view.setBigUint64(at + 8, permit, true);
    });
    assert.is(binding.probe.call.checkWrite(5), seen);
  });
}

successes("should not write more at once and wait for it than the WIT allows", async () => {
  const binding = await Binding.create([]);
  binding.probe.traps(() => binding.probe.call.blockingWriteAndFlush(5, 0, 4097), "wasi/streams.ts");
});

const PLAIN: [name: string, label: string, returns: number | undefined][] = [
  ["subscribeInput", "streams/input-stream.subscribe", 7],
  ["subscribeOutput", `${OUTPUT}subscribe`, 0x7fff_ffff],
  ["dropInput", "streams/drop input-stream", undefined],
  ["dropOutput", "streams/drop output-stream", undefined],
  ["errorDrop", "error/drop error", undefined],
  ["pollDrop", "poll/drop pollable", undefined],
  ["pollReady", "poll/pollable.ready", 1],
  ["pollReady", "poll/pollable.ready", 0],
  ["pollBlock", "poll/pollable.block", undefined],
];

for (const [name, label, returns] of PLAIN) {
  successes(`should pass ${name} on, which gives ${returns}`, async () => {
    const binding = await Binding.create([label]);
    binding.returns = returns;
    binding.expect(label, undefined, () => {});
    assert.is(binding.probe.call[name]!(0x7fff_fffe), returns);
    assert.equal(binding.received, [0x7fff_fffe]);
  });
}

successes.run();

// ---

const LIST: ResultLayout = { bytes: 8, align: 4, payload: 0 };
const others = suite("error and poll bindings");

others("should lift the host's words for an error, and leave nothing behind", async () => {
  const label = "error/error.to-debug-string";
  const binding = await Binding.create([label]);
  const words = new TextEncoder().encode("Zurücksetzung, 💥");
  binding.expect(label, LIST, (_view, at) => binding.storeList(at, 1, words, words.length));
  assert.is(binding.probe.text(binding.probe.call.toDebugString(9)), "Zurücksetzung, 💥");
  assert.equal(binding.received, [9]);
  assert.is(binding.probe.call.usedBytes(), 0);
});

others("should hand a list of pollables over and lift the indexes that are ready", async () => {
  const binding = await Binding.create(["poll/poll"]);
  const indexes = new Uint8Array(new Uint32Array([2, 0, 65_000]).buffer);
  binding.expect("poll/poll", LIST, (_view, at) => binding.storeList(at, 4, indexes, 3));
  assert.is(binding.probe.call.pollPoll(0x4000, 65_001), 3);
  assert.equal(binding.received, [0x4000, 65_001]);
  assert.equal(binding.probe.words(binding.probe.call.readyIndexes(), 3), [2, 0, 65_000]);
});

for (const length of [0, -1]) {
  others(`should not poll a list of ${length}`, async () => {
    const probe = await Probe.create(await compileProbe("wasi"));
    probe.traps(() => probe.call.pollPoll(0x4000, length), "wasi/poll.ts");
  });
}

others.run();
