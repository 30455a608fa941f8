// The completion ring against a plain queue, with the test as the host that takes.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { compileProbe, Probe } from "../../support/probe.js";

console.log(`TEST_SEED=${SEED}`);
const module = await compileProbe("ring");
const HEAD = 8;

interface Entry {
  kind: number;
  code: number;
  reason: number;
  tag: number;
  a: number;
}

/** Takes the oldest entry, the way a host does. */
function take(probe: Probe): Entry {
  const state = probe.call.state!();
  const [entries, capacity, head] = probe.words(state, 3) as [number, number, number];
  const [word, tag, a, unused] = probe.words(entries + (head & (capacity - 1)) * 16, 4) as number[];
  probe.write(state + HEAD, new Uint8Array(Uint32Array.of(head + 1).buffer));
  assert.is(unused, 0);
  return { kind: word! & 0xff, code: (word! >> 8) & 0xff, reason: (word! >> 16) & 0xff, tag: tag!, a: a! };
}

function setCounters(probe: Probe, value: number): void {
  probe.write(probe.call.state!() + HEAD, new Uint8Array(Uint32Array.of(value, value).buffer));
}

const ring = suite("completion ring");

ring("should give every field back, and nothing when empty", async () => {
  const probe = await Probe.create(module);
  assert.is(probe.call.length!(), 0);
  probe.call.push!(6, 16, 255, 0xffff_ffff, 0x8000_0001);
  assert.is(probe.call.length!(), 1);
  assert.equal(take(probe), { kind: 6, code: 16, reason: 255, tag: 0xffff_ffff, a: 0x8000_0001 });
  assert.is(probe.call.length!(), 0);
});

ring("should keep order through growth in the middle and counters that wrap", async () => {
  const random = new Random(SEED);
  for (const start of [0, 0xffff_ff00, 0x7fff_ffff]) {
    const probe = await Probe.create(module);
    setCounters(probe, start);
    const expected: Entry[] = [];
    let tag = 0;
    for (let step = 0; step < 4000; step++) {
      if (expected.length === 0 || random.below(100) < 55) {
        const [kind, code, reason] = [1 + random.below(9), random.below(17), random.below(64)];
        const entry = { kind, code, reason, tag: tag++, a: step };
        probe.call.push!(entry.kind, entry.code, entry.reason, entry.tag, entry.a);
        expected.push(entry);
      } else {
        assert.equal(take(probe), expected.shift());
      }
      assert.is(probe.call.length!(), expected.length);
    }
    while (expected.length > 0) assert.equal(take(probe), expected.shift());
  }
});

ring("should use no new memory while the host keeps up", async () => {
  const probe = await Probe.create(module);
  probe.call.push!(1, 0, 0, 0, 0);
  take(probe);
  const bytes = probe.memoryBytes();
  for (let round = 0; round < 200_000; round++) {
    probe.call.push!(2, 0, 0, round, 0);
    assert.is(take(probe).tag, round);
  }
  assert.is(probe.memoryBytes(), bytes);
});

ring("should keep further results apart", async () => {
  const probe = await Probe.create(module);
  for (let index = 0; index < 4; index++) probe.call.setResult!(index, 100 + index);
  assert.equal(probe.words(probe.call.state!() + 16, 4), [100, 101, 102, 103]);
});

ring("should refuse a host that took what was never put", async () => {
  const probe = await Probe.create(module);
  for (let index = 0; index < 256; index++) probe.call.push!(1, 0, 0, 0, 0);
  const state = probe.call.state!();
  probe.write(state + HEAD, new Uint8Array(Uint32Array.of(257).buffer));
  probe.traps(() => probe.call.push!(1, 0, 0, 0, 0), "completion-ring.ts");
});

ring.run();
