// Getters and setters of socket options over the canonical ABI, of one shape each.

import { OK, type Outcome } from "../wasi/error-code.js";
import type { Kind } from "../wasi/kind.js";
import type { Resource } from "../wasi/resource.js";
import { type Face, putOutcome, unsigned } from "./face.js";
import type { ImportFunction } from "./webassembly.js";

export const asU64 = (value: bigint): bigint => BigInt.asUintN(64, value);

export interface OptionShapes<S> {
  /** `result<bool>` and `result<u8>`: 2 bytes. */
  byteOf(get: (socket: S) => number): ImportFunction;
  /** `result<u32>`: 8 bytes. */
  wordOf(get: (socket: S) => number): ImportFunction;
  /** `result<u64>`: 16 bytes. */
  longOf(get: (socket: S) => bigint): ImportFunction;
  setter<T extends number | bigint>(set: (socket: S, value: T) => Outcome): ImportFunction;
}

export function optionShapes<S extends Resource>({ table, memory }: Face, kind: Kind): OptionShapes<S> {
  const socket = (self: number): S => table.get<S>(self, kind);
  return {
    byteOf: (get) => (self: number, ret: number) => {
      const value = get(socket(self));
      memory.check(unsigned(ret), 2, 1);
      putOutcome(memory, unsigned(ret), OK);
      memory.bytes[unsigned(ret) + 1] = value;
    },
    wordOf: (get) => (self: number, ret: number) => {
      const value = get(socket(self));
      memory.check(unsigned(ret), 8, 4);
      memory.bytes[unsigned(ret)] = 0;
      memory.setWord(unsigned(ret) + 4, value);
    },
    longOf: (get) => (self: number, ret: number) => {
      const value = get(socket(self));
      memory.check(unsigned(ret), 16, 8);
      memory.bytes[unsigned(ret)] = 0;
      memory.setBigU64(unsigned(ret) + 8, value);
    },
    setter: <T extends number | bigint>(set: (socket: S, value: T) => Outcome) =>
      (self: number, value: T, ret: number) => {
        const target = socket(self);
        memory.check(unsigned(ret), 2, 1);
        putOutcome(memory, unsigned(ret), set(target, value));
      },
  };
}
