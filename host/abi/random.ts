// wasi:random over the canonical ABI. The insecure interfaces get secure bytes too: nobody is harmed by better ones.

import { RANDOM_BYTES_MAX } from "../wasi/limits.js";
import { trap } from "../wasi/trap.js";
import type { ImportObject } from "./webassembly.js";
import { type Face, lengthOf, unsigned } from "./face.js";

export function randomImports({ host, memory }: Face): ImportObject {
  const eight = new Uint8Array(8);
  const u64 = (): bigint => {
    host.platform.fillRandom(eight);
    return new DataView(eight.buffer).getBigUint64(0, true);
  };
  const bytes = (len: bigint, ret: number): void => {
    const count = lengthOf(len);
    if (count > RANDOM_BYTES_MAX) trap(`random bytes: ${count} asked for, at most ${RANDOM_BYTES_MAX} are given`);
    const address = unsigned(ret);
    memory.check(address, 8, 4);
    const list = memory.allocate(1, count);
    host.platform.fillRandom(memory.bytes.subarray(list, list + count));
    memory.setWord(address, list);
    memory.setWord(address + 4, count);
  };
  return {
    "wasi:random/random": { "get-random-bytes": bytes, "get-random-u64": u64 },
    "wasi:random/insecure": { "get-insecure-random-bytes": bytes, "get-insecure-random-u64": u64 },
    "wasi:random/insecure-seed": {
      "insecure-seed": (ret: number) => {
        memory.check(unsigned(ret), 16, 8);
        memory.setBigU64(unsigned(ret), u64());
        memory.setBigU64(unsigned(ret) + 8, u64());
      },
    },
  };
}
