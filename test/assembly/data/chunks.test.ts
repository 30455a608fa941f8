// Chunks: size classes, reuse, and memory that stays flat however sizes are mixed.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { Data } from "./data-probe.js";

console.log(`TEST_SEED=${SEED}`);

const chunks = suite("chunks");

chunks("should have classes of which a fifth is slack at most", async () => {
  const { call } = await Data.create();
  let last = 0;
  const classes = new Set<number>();
  for (let bytes = 1; bytes <= 65_536; bytes++) {
    const rounded = call.chunkRoundUp(bytes);
    classes.add(rounded);
    assert.ok(rounded >= bytes && rounded >= last, `${bytes}: ${rounded}`);
    if (bytes > 32) assert.ok((rounded - bytes) * 5 < rounded, `${bytes}: ${rounded}`);
    assert.is(call.chunkRoundUp(rounded), rounded);
    last = rounded;
  }
  assert.is(classes.size, 45);
  assert.equal([call.chunkRoundUp(0), call.chunkRoundUp(65_537), call.chunkRoundUp(1e6)], [32, 65_537, 1e6]);
});

chunks("should give out aligned chunks that share no byte", async () => {
  const { call, probe } = await Data.create();
  const random = new Random();
  const held: { chunk: number; bytes: number; mark: number }[] = [];
  for (let step = 0; step < 4000; step++) {
    if (held.length > 0 && random.below(9) < 4) {
      const [{ chunk, bytes, mark } = { chunk: 0, bytes: 0, mark: 0 }] = held.splice(random.below(held.length), 1);
      assert.ok(probe.bytes(chunk, bytes + 16).every((byte) => byte === mark), "nobody else wrote into it");
      call.chunkFree(chunk, bytes);
    } else {
      const bytes = random.below(1 << random.below(18));
      const chunk = call.chunkAllocate(bytes);
      const mark = 1 + random.below(255);
      assert.is(chunk % 16, 0);
      probe.write(chunk, new Uint8Array(bytes + 16).fill(mark));
      held.push({ chunk, bytes, mark });
    }
    assert.is(call.liveChunks(), held.length);
  }
});

chunks("should use a freed chunk again for any size of its class", async () => {
  const { call } = await Data.create();
  const chunk = call.chunkAllocate(1100);
  call.chunkFree(chunk, 1100);
  assert.is(call.chunkAllocate(1280), chunk);
  assert.is.not(call.chunkAllocate(1281), chunk);
});

chunks("should give memory of one size back for other sizes", async () => {
  const { call, probe } = await Data.create();
  const bytes = 40 << 20;
  let most = 0;
  for (const size of [100, 65_536, 1000, 200_000, 12_000]) {
    const held = Array.from({ length: Math.floor(bytes / (size + 32)) }, () => call.chunkAllocate(size));
    for (const chunk of held) call.chunkFree(chunk, size);
    most ||= probe.memoryBytes();
    assert.is(probe.memoryBytes(), most, `${size}`);
  }
});

chunks("should leave memory flat over twenty million blocks of mixed sizes", async () => {
  const { call, probe } = await Data.create();
  assert.is(call.churn(1_000_000, 1000, 65_536, SEED), 0, "no block was written into by another");
  const before = probe.memoryBytes();
  for (let round = 1; round <= 20; round++) {
    // Other sizes in every round, so that what one round leaves behind must serve the next.
    assert.is(call.churn(1_000_000, 50 * round, 1 << (7 + round % 10), SEED + round), 0);
  }
  assert.is(probe.memoryBytes(), before);
  assert.equal([call.liveBlocks(), call.liveChunks()], [0, 0]);
});

chunks.run();
