// Writes that wait: all bytes, in order, in little more memory than they are.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PendingWrites } from "#host/node/pending-writes.js";
import { Random, SEED } from "../../support/bytes.js";

console.log(`seed ${SEED}`);

/** Memory under what waits. */
function heldBytes(writes: PendingWrites): number {
  const { pieces } = writes as unknown as { readonly pieces: readonly Uint8Array[] };
  return new Set(pieces.map(({ buffer }) => buffer)).size === pieces.length
    ? pieces.reduce((sum, { buffer }) => sum + buffer.byteLength, 0)
    : Number.NaN;
}

const pending = suite("writes that wait");

pending("should hold a million bytes that came one by one in a million bytes and a bit", () => {
  const writes = new PendingWrites();
  const byte = new Uint8Array(1);
  for (let at = 0; at < 1_000_000; at++) {
    byte[0] = at;
    writes.append(byte, 0, 1);
  }
  assert.ok(heldBytes(writes) < 1_002_000, `${heldBytes(writes)} bytes`);
  const all = writes.take();
  assert.is(all.length, 1_000_000);
  assert.ok(all.every((value, at) => value === (at & 0xff)));
});

pending("should give all bytes in order, whatever the writes are, and begin again", () => {
  for (let seed = 0; seed < 30; seed++) {
    const random = new Random(SEED + seed);
    const writes = new PendingWrites();
    for (let round = 0; round < 5; round++) {
      const wanted: number[] = [];
      for (let left = 1 + random.below(50); left > 0; left--) {
        const source = Uint8Array.from({ length: 1 + random.below(random.below(4) === 0 ? 5000 : 40) },
          () => random.below(256));
        const start = random.below(source.length);
        writes.append(source, start, source.length);
        wanted.push(...source.subarray(start));
        source.fill(0); // it is the caller's again
        assert.not(writes.isEmpty);
        assert.ok(heldBytes(writes) <= 2 * wanted.length + 1024, `seed ${SEED + seed}`);
      }
      assert.equal(Uint8Array.from(writes.take()), Uint8Array.from(wanted), `seed ${SEED + seed}`);
      assert.ok(writes.isEmpty);
    }
  }
});

pending("should forget what it is told to", () => {
  const writes = new PendingWrites();
  writes.append(Uint8Array.of(1, 2), 0, 2);
  writes.clear();
  assert.ok(writes.isEmpty);
  writes.append(Uint8Array.of(3), 0, 1);
  assert.equal(Uint8Array.from(writes.take()), Uint8Array.of(3));
});

pending.run();
