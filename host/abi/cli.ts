// wasi:cli over the canonical ABI: arguments, environment, exit and the standard streams.

import { GuestExit } from "../wasi/trap.js";
import type { ImportObject } from "./webassembly.js";
import { type Face, give, unsigned } from "./face.js";

export function cliImports(face: Face): ImportObject {
  const { host } = face;
  return {
    "wasi:cli/environment": environmentImports(face),
    "wasi:cli/exit": {
      exit: (status: number) => { throw new GuestExit(status === 0 ? 0 : 1); },
      "exit-with-code": (code: number) => { throw new GuestExit(code & 0xff); },
    },
    "wasi:cli/stdin": { "get-stdin": () => give(face, host.newStdin(), null) },
    "wasi:cli/stdout": { "get-stdout": () => give(face, host.newStdout(), null) },
    "wasi:cli/stderr": { "get-stderr": () => give(face, host.newStderr(), null) },
  };
}

function environmentImports({ host, memory }: Face): ImportObject[string] {
  /** A list of strings, or of pairs of strings: `width` strings per element. */
  const putStrings = (ret: number, strings: readonly string[], width: number): void => {
    const address = unsigned(ret);
    memory.check(address, 8, 4);
    const list = memory.allocate(4, strings.length * 8);
    for (const [index, text] of strings.entries()) memory.writeString(list + index * 8, text);
    memory.setWord(address, list);
    memory.setWord(address + 4, strings.length / width);
  };
  return {
    "get-arguments": (ret: number) => putStrings(ret, host.args, 1),
    "get-environment": (ret: number) => putStrings(ret, host.env.flat(), 2),
    "initial-cwd": (ret: number) => {
      // A guest here has no file system, so there is no directory to name: none.
      memory.check(unsigned(ret), 12, 4);
      memory.bytes[unsigned(ret)] = 0;
    },
  };
}
