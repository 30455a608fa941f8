// wasi:io over the canonical ABI: error, poll and streams.
//
// read, check-write and write are the hot path: they allocate nothing beyond what the guest asked for and throw
// only on misuse. A call that would truly have to wait is a trap, because the direct face never blocks its thread:
// here the host tells the guest what is ready, and the guest runs in turns.

import { Kind } from "../wasi/kind.js";
import type { InputStream } from "../wasi/input-stream.js";
import { IoError } from "../wasi/io-error.js";
import type { OutputStream } from "../wasi/output-stream.js";
import type { Pollable } from "../wasi/pollable.js";
import type { Watchable } from "../wasi/resource.js";
import { FAILED } from "../wasi/stream-status.js";
import { moveBytes } from "../wasi/splice.js";
import { trap } from "../wasi/trap.js";
import type { ImportObject } from "./webassembly.js";
import { type Face, give, lengthOf, unsigned } from "./face.js";

const WOULD_BLOCK = "would block: the direct face runs turns";

export function ioImports(face: Face): ImportObject {
  return {
    "wasi:io/error": errorImports(face),
    "wasi:io/poll": pollImports(face),
    "wasi:io/streams": { ...inputImports(face), ...outputImports(face) },
  };
}

/** Subscribes to anything in the table: the pollable becomes its child. */
export function subscribeTo(face: Face, source: Watchable): number {
  return give(face, face.host.subscribe(source), source);
}

function errorImports({ host, memory }: Face): ImportObject[string] {
  return {
    "[method]error.to-debug-string": (self: number, ret: number) => {
      const error = host.table.get<IoError>(self, Kind.IoError);
      memory.check(unsigned(ret), 8, 4);
      memory.writeString(unsigned(ret), error.toDebugString());
    },
    "[resource-drop]error": (self: number) => host.table.drop(self, Kind.IoError),
  };
}

function pollImports({ host, memory }: Face): ImportObject[string] {
  const pollable = (handle: number): Pollable => host.table.get<Pollable>(handle, Kind.Pollable);
  return {
    "[method]pollable.ready": (self: number) => (pollable(self).isReady() ? 1 : 0),
    "[method]pollable.block": (self: number) => {
      if (!pollable(self).isReady()) trap(WOULD_BLOCK);
    },
    "[resource-drop]pollable": (self: number) => host.table.drop(self, Kind.Pollable),
    poll: (listAt: number, count: number, ret: number) => {
      const list = unsigned(listAt) >>> 2;
      const length = unsigned(count);
      if (length === 0) trap("poll of an empty list");
      memory.check(unsigned(listAt), length * 4, 4);
      memory.check(unsigned(ret), 8, 4);
      const ready: number[] = [];
      for (let index = 0; index < length; index++) {
        if (pollable(memory.words[list + index] as number).isReady()) ready.push(index);
      }
      if (ready.length === 0) trap(WOULD_BLOCK);
      const address = memory.allocate(4, ready.length * 4);
      for (const [index, value] of ready.entries()) memory.setWord(address + index * 4, value);
      memory.setWord(unsigned(ret), address);
      memory.setWord(unsigned(ret) + 4, ready.length);
    },
  };
}

/** Writes a `stream-error` result whose payload lies at `offset`; an error becomes a handle. */
function putStreamError(
  face: Face, address: number, offset: number, status: number, stream: InputStream | OutputStream,
): void {
  const { memory } = face;
  memory.bytes[address] = 1;
  memory.bytes[address + offset] = status === FAILED ? 0 : 1;
  if (status === FAILED) {
    memory.setWord(address + offset + 4, give(face, new IoError(stream.takeFailure()), null));
  }
}

function inputImports(face: Face): ImportObject[string] {
  const { host, memory } = face;
  const { table } = host;
  const read = (self: number, len: bigint, ret: number, mayWait: boolean): void => {
    const stream = table.get<InputStream>(self, Kind.InputStream);
    const address = unsigned(ret);
    memory.check(address, 12, 4);
    const wanted = lengthOf(len);
    const count = stream.available(wanted);
    if (count < 0) return putStreamError(face, address, 4, count, stream);
    if (count === 0 && mayWait && wanted > 0) trap(WOULD_BLOCK);
    const list = memory.allocate(1, count);
    if (count > 0) stream.takeInto(memory.bytes, list, count);
    memory.bytes[address] = 0;
    memory.setWord(address + 4, list);
    memory.setWord(address + 8, count);
  };
  const skip = (self: number, len: bigint, ret: number, mayWait: boolean): void => {
    const stream = table.get<InputStream>(self, Kind.InputStream);
    const address = unsigned(ret);
    memory.check(address, 16, 8);
    const wanted = lengthOf(len);
    const count = stream.available(wanted);
    if (count < 0) return putStreamError(face, address, 8, count, stream);
    if (count === 0 && mayWait && wanted > 0) trap(WOULD_BLOCK);
    stream.skip(count);
    memory.bytes[address] = 0;
    memory.setU64(address + 8, count);
  };
  return {
    "[method]input-stream.read": (self: number, len: bigint, ret: number) => read(self, len, ret, false),
    "[method]input-stream.blocking-read": (self: number, len: bigint, ret: number) => read(self, len, ret, true),
    "[method]input-stream.skip": (self: number, len: bigint, ret: number) => skip(self, len, ret, false),
    "[method]input-stream.blocking-skip": (self: number, len: bigint, ret: number) => skip(self, len, ret, true),
    "[method]input-stream.subscribe": (self: number) =>
      subscribeTo(face, table.get<InputStream>(self, Kind.InputStream)),
    "[resource-drop]input-stream": (self: number) => table.drop(self, Kind.InputStream),
  };
}

function outputImports(face: Face): ImportObject[string] {
  const { host, memory } = face;
  const { table } = host;
  const output = (self: number): OutputStream => table.get<OutputStream>(self, Kind.OutputStream);
  /** `result<_, stream-error>`: 12 bytes. */
  const putDone = (address: number, status: number, stream: OutputStream): void => {
    if (status < 0) putStreamError(face, address, 4, status, stream);
    else memory.bytes[address] = 0;
  };
  return {
    "[method]output-stream.check-write": (self: number, ret: number) => {
      const stream = output(self);
      const address = unsigned(ret);
      memory.check(address, 16, 8);
      const permit = stream.checkWrite();
      if (permit < 0) return putStreamError(face, address, 8, permit, stream);
      memory.bytes[address] = 0;
      memory.setWord(address + 8, permit);
      memory.setWord(address + 12, 0);
    },
    "[method]output-stream.write": (self: number, list: number, length: number, ret: number) => {
      const stream = output(self);
      const start = unsigned(list);
      const end = start + unsigned(length);
      memory.check(start, unsigned(length), 1);
      memory.check(unsigned(ret), 12, 4);
      putDone(unsigned(ret), stream.write(memory.bytes, start, end), stream);
    },
    "[method]output-stream.blocking-write-and-flush": (
      self: number, list: number, length: number, ret: number,
    ) => {
      const stream = output(self);
      const start = unsigned(list);
      memory.check(start, unsigned(length), 1);
      memory.check(unsigned(ret), 12, 4);
      putDone(unsigned(ret), stream.blockingWrite(memory.bytes, start, start + unsigned(length)), stream);
    },
    ...flushImports(face, output, putDone),
    ...spliceImports(face, output),
    "[method]output-stream.subscribe": (self: number) => subscribeTo(face, output(self)),
    "[resource-drop]output-stream": (self: number) => table.drop(self, Kind.OutputStream),
  };
}

function flushImports(
  { memory }: Face,
  output: (self: number) => OutputStream,
  putDone: (address: number, status: number, stream: OutputStream) => void,
): ImportObject[string] {
  return {
    "[method]output-stream.flush": (self: number, ret: number) => {
      const stream = output(self);
      memory.check(unsigned(ret), 12, 4);
      putDone(unsigned(ret), stream.flush(), stream);
    },
    "[method]output-stream.blocking-flush": (self: number, ret: number) => {
      const stream = output(self);
      memory.check(unsigned(ret), 12, 4);
      const status = stream.flush();
      if (status >= 0 && !stream.isFlushed()) trap(WOULD_BLOCK);
      putDone(unsigned(ret), status, stream);
    },
    "[method]output-stream.write-zeroes": (self: number, len: bigint, ret: number) => {
      const stream = output(self);
      memory.check(unsigned(ret), 12, 4);
      putDone(unsigned(ret), stream.writeZeroes(lengthOf(len)), stream);
    },
    "[method]output-stream.blocking-write-zeroes-and-flush": (self: number, len: bigint, ret: number) => {
      const stream = output(self);
      memory.check(unsigned(ret), 12, 4);
      putDone(unsigned(ret), stream.blockingWriteZeroes(lengthOf(len)), stream);
    },
  };
}

function spliceImports(face: Face, output: (self: number) => OutputStream): ImportObject[string] {
  const { host, memory } = face;
  const splice = (self: number, source: number, len: bigint, ret: number, mayWait: boolean): void => {
    const target = output(self);
    const input = host.table.get<InputStream>(source, Kind.InputStream);
    const address = unsigned(ret);
    memory.check(address, 16, 8);
    const wanted = lengthOf(len);
    const permit = target.checkWrite();
    if (permit < 0) return putStreamError(face, address, 8, permit, target);
    const count = permit === 0 ? 0 : input.available(Math.min(wanted, permit));
    if (count < 0) return putStreamError(face, address, 8, count, input);
    if (count === 0 && mayWait && wanted > 0) trap(WOULD_BLOCK);
    moveBytes(input, target, count);
    memory.bytes[address] = 0;
    memory.setU64(address + 8, count);
  };
  return {
    "[method]output-stream.splice": (self: number, source: number, len: bigint, ret: number) =>
      splice(self, source, len, ret, false),
    "[method]output-stream.blocking-splice": (self: number, source: number, len: bigint, ret: number) =>
      splice(self, source, len, ret, true),
  };
}
