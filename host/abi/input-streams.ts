// wasi:io/streams input-stream over the canonical ABI. `read` is the hot path: it allocates nothing beyond what the
// guest asked for and throws only on misuse.

import type { InputStream } from "../wasi/input-stream.js";
import { Kind } from "../wasi/kind.js";
import type { Watchable } from "../wasi/resource.js";
import { whenReady } from "./blocking.js";
import { type Face, lengthOf, putStreamError, unsigned } from "./face.js";
import type { ImportObject } from "./webassembly.js";

export function inputImports(face: Face, subscribe: (source: Watchable) => number): ImportObject[string] {
  const { table, memory, waiter } = face;
  const input = (self: number): InputStream => table.get<InputStream>(self, Kind.InputStream);
  const read = (stream: InputStream, wanted: number, address: number): void => {
    memory.check(address, 12, 4);
    const count = stream.available(wanted);
    if (count < 0) return putStreamError(face, address, 4, count, stream);
    if (count === 0) waiter.notYet();
    const list = memory.allocate(1, count);
    if (count > 0) stream.takeInto(memory.bytes, list, count);
    memory.bytes[address] = 0;
    memory.setWord(address + 4, list);
    memory.setWord(address + 8, count);
  };
  const skip = (stream: InputStream, wanted: number, address: number): void => {
    memory.check(address, 16, 8);
    const count = stream.available(wanted);
    if (count < 0) return putStreamError(face, address, 8, count, stream);
    if (count === 0) waiter.notYet();
    stream.skip(count);
    memory.bytes[address] = 0;
    memory.setU64(address + 8, count);
  };
  return {
    "[method]input-stream.read": (self: number, len: bigint, ret: number) =>
      read(input(self), lengthOf(len), unsigned(ret)),
    "[method]input-stream.skip": (self: number, len: bigint, ret: number) =>
      skip(input(self), lengthOf(len), unsigned(ret)),
    "[method]input-stream.blocking-read": (self: number, len: bigint, ret: number) => {
      const stream = input(self);
      memory.check(unsigned(ret), 12, 4);
      return whenReady(face, stream, () => read(stream, lengthOf(len), unsigned(ret)));
    },
    "[method]input-stream.blocking-skip": (self: number, len: bigint, ret: number) => {
      const stream = input(self);
      memory.check(unsigned(ret), 16, 8);
      return whenReady(face, stream, () => skip(stream, lengthOf(len), unsigned(ret)));
    },
    "[method]input-stream.subscribe": (self: number) => subscribe(input(self)),
    "[resource-drop]input-stream": (self: number) => table.drop(self, Kind.InputStream),
  };
}
