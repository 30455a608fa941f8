// The random binding: as many bytes as asked for, in the arena, and all 64 bits of a number.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compileProbe, Probe } from "../../support/probe.js";

const random = suite("random");

async function create(extraBytes = 0): Promise<{ probe: Probe; asked: bigint[] }> {
  const asked: bigint[] = [];
  const probe: Probe = await Probe.create(await compileProbe("random"), {
    "random/get-random-u64": () => -2n,
    "random/get-random-bytes": (length: bigint, result: number) => {
      asked.push(length);
      const size = Number(length) + extraBytes;
      const at = probe.call.cabi_realloc(0, 0, 1, size);
      probe.write(at, Uint8Array.from({ length: size }, (_, index) => index + 1));
      probe.view().setUint32(result, at, true);
      probe.view().setUint32(result + 4, size, true);
    },
  });
  return { probe, asked };
}

random("should give the bytes that the host made, in the arena", async () => {
  const { probe, asked } = await create();
  const position = probe.call.mark();
  assert.equal(probe.bytes(probe.call.bytes(5), 5), new Uint8Array([1, 2, 3, 4, 5]));
  assert.equal(asked, [5n]);
  probe.call.release(position);
  assert.is(probe.call.usedBytes(), 0);
});

random("should not take a list of another length", async () => {
  const { probe } = await create(1);
  probe.traps(() => probe.call.bytes(5), "wasi/random.ts");
});

random("should give 64 random bits", async () => {
  const { probe } = await create();
  assert.is(probe.callLong.nextU64(), -2n);
});

random.run();
