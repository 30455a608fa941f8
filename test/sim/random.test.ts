// The generator of the simulation: known values, which make a seed mean the same everywhere; streams and ranges.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SimRandom } from "#host/sim/index.js";

const random = suite("random");

random("should give these numbers for these seeds, on every machine", () => {
  const first = (seed: number, label?: string): number[] => {
    const stream = new SimRandom(seed, label);
    return [stream.next(), stream.next(), stream.next()];
  };
  assert.equal(first(0), [1297010383, 2603699536, 2920529338]);
  assert.equal(first(1), [4212064217, 3903080673, 3698514893]);
  assert.equal(first(2 ** 52 + 1, "x"), [1537291859, 119347212, 983339571]);
});

random("should give streams of their own by label, whatever was drawn before", () => {
  const one = new SimRandom(7);
  const other = new SimRandom(7);
  other.next();
  assert.is(one.fork("a").next(), other.fork("a").next());
  assert.is.not(one.fork("a").next(), one.fork("b").next());
  assert.is.not(one.fork("a").fork("b").next(), one.fork("b").fork("a").next());
});

random("should refuse seeds that cannot be repeated exactly", () => {
  for (const seed of [-1, 0.5, 2 ** 53, NaN]) assert.throws(() => new SimRandom(seed), /whole number/);
});

random("should reach both ends of every range, and nothing beyond", () => {
  const stream = new SimRandom(3);
  for (const range of [[0, 0], [5, 9], [-3, 3], [1, 100]] as const) {
    for (const draw of [(): number => stream.between(range), (): number => stream.sizeBetween(range)]) {
      const seen = new Set(Array.from({ length: 5000 }, draw));
      assert.ok(seen.has(range[0]) && seen.has(range[1]), `${range} ends`);
      assert.ok([...seen].every((value) => value >= range[0] && value <= range[1] && Number.isInteger(value)));
    }
  }
  const wide = Array.from({ length: 5000 }, () => stream.sizeBetween([1, 65_536]));
  assert.ok(wide.filter((size) => size < 256).length > 1000, "small sizes come often");
  assert.ok(wide.filter((size) => size > 16_384).length > 300, "large ones come too");
});

random("should meet probabilities, and never draw for an impossible one", () => {
  const stream = new SimRandom(4);
  const other = new SimRandom(4);
  const hits = Array.from({ length: 10_000 }, () => stream.chance(0.25)).filter(Boolean).length;
  assert.ok(hits > 2300 && hits < 2700, `${hits} of 10,000`);
  for (let draw = 0; draw < 10_000; draw++) other.fraction();
  assert.not(stream.chance(0));
  assert.is(stream.next(), other.next());
  assert.ok(stream.chance(1));
});

random("should fill any number of bytes", () => {
  for (const length of [0, 1, 3, 4, 5, 1000]) {
    const bytes = new Uint8Array(length + 1);
    new SimRandom(5).fill(bytes.subarray(0, length));
    assert.is(bytes[length], 0);
    const again = new Uint8Array(length);
    new SimRandom(5).fill(again);
    assert.equal(bytes.subarray(0, length), again);
    if (length === 1000) assert.ok(new Set(bytes).size > 200);
  }
});

random.run();
