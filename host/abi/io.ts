// wasi:io over the canonical ABI: error and poll; the streams are in input-streams.ts and output-streams.ts.
//
// Calls that may have to wait are split in two for the face's waiter (blocking.ts).

import { Kind } from "../wasi/kind.js";
import type { IoError } from "../wasi/io-error.js";
import type { Pollable } from "../wasi/pollable.js";
import type { Watchable } from "../wasi/resource.js";
import { trap } from "../wasi/trap.js";
import type { ImportObject } from "./webassembly.js";
import { type Face, give, unsigned } from "./face.js";
import { inputImports } from "./input-streams.js";
import { outputImports } from "./output-streams.js";

export function ioImports(face: Face): ImportObject {
  const subscribe = (source: Watchable): number => subscribeTo(face, source);
  return {
    "wasi:io/error": errorImports(face),
    "wasi:io/poll": pollImports(face),
    "wasi:io/streams": { ...inputImports(face, subscribe), ...outputImports(face, subscribe) },
  };
}

/** Subscribes to anything in the table: the pollable becomes its child. */
export function subscribeTo(face: Face, source: Watchable): number {
  return give(face, face.host.subscribe(source), source);
}

function errorImports({ table, memory }: Face): ImportObject[string] {
  return {
    "[method]error.to-debug-string": (self: number, ret: number) => {
      const error = table.get<IoError>(self, Kind.IoError);
      memory.check(unsigned(ret), 8, 4);
      memory.writeString(unsigned(ret), error.toDebugString());
    },
    "[resource-drop]error": (self: number) => table.drop(self, Kind.IoError),
  };
}

function pollImports({ table, memory, waiter }: Face): ImportObject[string] {
  const pollable = (handle: number): Pollable => table.get<Pollable>(handle, Kind.Pollable);
  return {
    "[method]pollable.ready": (self: number) => {
      const watched = pollable(self);
      waiter.notYet(); // also before a "yes": guests ask several of them in turn
      return watched.isReady() ? 1 : 0;
    },
    "[method]pollable.block": (self: number) => {
      const watched = pollable(self);
      return waiter.until(() => watched.isReady(), () => {});
    },
    "[resource-drop]pollable": (self: number) => table.drop(self, Kind.Pollable),
    poll: (listAt: number, count: number, ret: number) => {
      const list = unsigned(listAt) >>> 2;
      const length = unsigned(count);
      if (length === 0) trap("poll of an empty list");
      memory.check(unsigned(listAt), length * 4, 4);
      memory.check(unsigned(ret), 8, 4);
      const watched: Pollable[] = [];
      for (let index = 0; index < length; index++) watched.push(pollable(memory.words[list + index] as number));
      let ready: number[] = [];
      return waiter.until(
        () => {
          ready = readyIndexes(watched);
          return ready.length > 0;
        },
        () => {
          const address = memory.allocate(4, ready.length * 4);
          for (const [index, value] of ready.entries()) memory.setWord(address + index * 4, value);
          memory.setWord(unsigned(ret), address);
          memory.setWord(unsigned(ret) + 4, ready.length);
        },
      );
    },
  };
}

function readyIndexes(watched: readonly Pollable[]): number[] {
  const ready: number[] = [];
  for (let index = 0; index < watched.length; index++) if (watched[index]?.isReady() === true) ready.push(index);
  return ready;
}
