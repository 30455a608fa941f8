// wasi:clocks over the canonical ABI.

import type { ImportObject } from "./webassembly.js";
import { type Face, give, unsigned } from "./face.js";

const SECOND_NS = 1_000_000_000n;
const asU64 = (value: bigint): bigint => BigInt.asUintN(64, value);

export function clocksImports(face: Face): ImportObject {
  const { host, memory } = face;
  const { clock } = host.platform;
  const putDatetime = (ret: number, nanoseconds: bigint): void => {
    const address = unsigned(ret);
    memory.check(address, 16, 8);
    memory.setBigU64(address, nanoseconds / SECOND_NS);
    memory.setWord(address + 8, Number(nanoseconds % SECOND_NS));
  };
  return {
    "wasi:clocks/monotonic-clock": {
      now: () => clock.monotonicNowNs(),
      resolution: () => clock.resolutionNs,
      "subscribe-instant": (when: bigint) => give(face, host.subscribeInstant(asU64(when)), null),
      "subscribe-duration": (duration: bigint) => give(face, host.subscribeDuration(asU64(duration)), null),
    },
    "wasi:clocks/wall-clock": {
      now: (ret: number) => putDatetime(ret, clock.wallNowNs()),
      resolution: (ret: number) => putDatetime(ret, clock.wallResolutionNs),
    },
  };
}
