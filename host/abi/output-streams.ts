// wasi:io/streams output-stream over the canonical ABI. check-write and write are the hot path: they allocate nothing
// and throw only on misuse.

import type { InputStream } from "../wasi/input-stream.js";
import { Kind } from "../wasi/kind.js";
import { BLOCKING_WRITE_BYTES_MAX } from "../wasi/limits.js";
import type { OutputStream } from "../wasi/output-stream.js";
import type { Watchable } from "../wasi/resource.js";
import { moveBytes } from "../wasi/splice.js";
import { trap } from "../wasi/trap.js";
import { flushed, whenAll, writeAndFlush } from "./blocking.js";
import { type Face, lengthOf, putStreamError, unsigned } from "./face.js";
import type { ImportObject } from "./webassembly.js";

export function outputImports(face: Face, subscribe: (source: Watchable) => number): ImportObject[string] {
  const { table, memory, waiter } = face;
  const output = (self: number): OutputStream => table.get<OutputStream>(self, Kind.OutputStream);
  return {
    "[method]output-stream.check-write": (self: number, ret: number) => {
      const stream = output(self);
      const address = unsigned(ret);
      memory.check(address, 16, 8);
      const permit = stream.checkWrite();
      if (permit < 0) return putStreamError(face, address, 8, permit, stream);
      if (permit === 0) waiter.notYet();
      memory.bytes[address] = 0;
      memory.setWord(address + 8, permit);
      memory.setWord(address + 12, 0);
    },
    "[method]output-stream.write": (self: number, list: number, length: number, ret: number) => {
      const stream = output(self);
      const start = unsigned(list);
      memory.check(start, unsigned(length), 1);
      memory.check(unsigned(ret), 12, 4);
      putDone(face, unsigned(ret), stream.write(memory.bytes, start, start + unsigned(length)), stream);
    },
    "[method]output-stream.write-zeroes": (self: number, len: bigint, ret: number) => {
      const stream = output(self);
      memory.check(unsigned(ret), 12, 4);
      putDone(face, unsigned(ret), stream.writeZeroes(lengthOf(len)), stream);
    },
    "[method]output-stream.flush": (self: number, ret: number) => {
      const stream = output(self);
      memory.check(unsigned(ret), 12, 4);
      putDone(face, unsigned(ret), stream.flush(), stream);
    },
    ...blockingImports(face, output),
    ...spliceImports(face, output),
    "[method]output-stream.subscribe": (self: number) => subscribe(output(self)),
    "[resource-drop]output-stream": (self: number) => table.drop(self, Kind.OutputStream),
  };
}

/** `result<_, stream-error>`: 12 bytes. */
function putDone(face: Face, address: number, status: number, stream: OutputStream): void {
  if (status < 0) return putStreamError(face, address, 4, status, stream);
  face.memory.bytes[address] = 0;
}

function blockingImports(face: Face, output: (self: number) => OutputStream): ImportObject[string] {
  const { memory } = face;
  /** The end of a call that may have waited: views are taken anew. */
  const ending = (stream: OutputStream, ret: number) => (status: number): void => {
    memory.refresh();
    putDone(face, unsigned(ret), status, stream);
  };
  return {
    "[method]output-stream.blocking-write-and-flush": (self: number, list: number, length: number, ret: number) => {
      const stream = output(self);
      const start = unsigned(list);
      const count = unsigned(length);
      memory.check(start, count, 1);
      memory.check(unsigned(ret), 12, 4);
      checkBlockingWrite(count);
      const write = (): number => {
        memory.refresh();
        return stream.blockingWrite(memory.bytes, start, start + count);
      };
      return writeAndFlush(face, stream, write, ending(stream, ret));
    },
    "[method]output-stream.blocking-write-zeroes-and-flush": (self: number, len: bigint, ret: number) => {
      const stream = output(self);
      memory.check(unsigned(ret), 12, 4);
      const count = lengthOf(len);
      checkBlockingWrite(count);
      return writeAndFlush(face, stream, () => stream.blockingWriteZeroes(count), ending(stream, ret));
    },
    "[method]output-stream.blocking-flush": (self: number, ret: number) => {
      const stream = output(self);
      memory.check(unsigned(ret), 12, 4);
      return flushed(face, stream, ending(stream, ret));
    },
  };
}

/** Before any wait: a guest hears of its mistake at once. */
function checkBlockingWrite(count: number): void {
  if (count <= BLOCKING_WRITE_BYTES_MAX) return;
  trap(`blocking write of ${count} bytes: at most ${BLOCKING_WRITE_BYTES_MAX} are allowed`);
}

function spliceImports(face: Face, output: (self: number) => OutputStream): ImportObject[string] {
  const { table, memory, waiter } = face;
  const splice = (target: OutputStream, source: InputStream, wanted: number, address: number): void => {
    memory.check(address, 16, 8);
    const permit = target.checkWrite();
    if (permit < 0) return putStreamError(face, address, 8, permit, target);
    // Without a permit the input is asked all the same: its end or error ends the splice.
    const count = source.available(Math.min(wanted, permit));
    if (count < 0) return putStreamError(face, address, 8, count, source);
    const status = moveBytes(source, target, count);
    if (status < 0) return putStreamError(face, address, 8, status, target);
    if (count === 0) waiter.notYet();
    memory.bytes[address] = 0;
    memory.setU64(address + 8, count);
  };
  return {
    "[method]output-stream.splice": (self: number, from: number, len: bigint, ret: number) =>
      splice(output(self), table.get<InputStream>(from, Kind.InputStream), lengthOf(len), unsigned(ret)),
    "[method]output-stream.blocking-splice": (self: number, from: number, len: bigint, ret: number) => {
      const target = output(self);
      const source = table.get<InputStream>(from, Kind.InputStream);
      memory.check(unsigned(ret), 16, 8);
      const isReady = (): boolean => target.isReady() && (source.isReady() || !target.isOpen);
      return whenAll(face, [target, source], isReady, () => splice(target, source, lengthOf(len), unsigned(ret)));
    },
  };
}
