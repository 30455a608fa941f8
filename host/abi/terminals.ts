// wasi:cli/terminal-* over the canonical ABI: the answer to "is there a terminal?", which is all that they are for.

import { Kind } from "../wasi/kind.js";
import { Terminal } from "../wasi/terminal.js";
import { type Face, give, unsigned } from "./face.js";
import type { ImportFunction, ImportObject } from "./webassembly.js";

export function terminalImports(face: Face): ImportObject {
  const { table } = face;
  const { stdin, stdout, stderr } = face.host.platform.streams;
  return {
    "wasi:cli/terminal-input": {
      "[resource-drop]terminal-input": (self: number) => table.drop(self, Kind.TerminalInput),
    },
    "wasi:cli/terminal-output": {
      "[resource-drop]terminal-output": (self: number) => table.drop(self, Kind.TerminalOutput),
    },
    "wasi:cli/terminal-stdin": { "get-terminal-stdin": terminalOf(face, stdin, Kind.TerminalInput) },
    "wasi:cli/terminal-stdout": { "get-terminal-stdout": terminalOf(face, stdout, Kind.TerminalOutput) },
    "wasi:cli/terminal-stderr": { "get-terminal-stderr": terminalOf(face, stderr, Kind.TerminalOutput) },
  };
}

/** `option<own<terminal>>`: 8 bytes. */
function terminalOf(
  face: Face, stream: { readonly isTerminal?: boolean }, kind: Terminal["kind"],
): ImportFunction {
  return (ret: number) => {
    const { memory } = face;
    const address = unsigned(ret);
    memory.check(address, 8, 4);
    memory.bytes[address] = stream.isTerminal === true ? 1 : 0;
    if (stream.isTerminal === true) memory.setWord(address + 4, give(face, new Terminal(kind), null));
  };
}
