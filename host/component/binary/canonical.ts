// The canonical definitions of a component file: lift, lower and what is built in for resources. The built-ins of
// asynchronous components and of threads are refused by name.

import type { CanonicalOptions, Definition, StringEncoding } from "./definitions.js";
import type { BinaryReader } from "./reader.js";

const ENCODINGS: readonly StringEncoding[] = ["utf8", "utf16", "latin1+utf16"];

export function readCanonical(reader: BinaryReader): Definition {
  const at = reader.offset;
  const code = reader.byte("a canonical definition");
  switch (code) {
    case 0x00: {
      reader.expect(0, "a lift");
      const core = reader.number("the core function of a lift");
      const options = readOptions(reader);
      return { at, kind: "lift", core, options, type: reader.number("the type of a lift") };
    }
    case 0x01: {
      reader.expect(0, "a lower");
      const func = reader.number("the function of a lower");
      return { at, kind: "lower", func, options: readOptions(reader) };
    }
    case 0x02: return { at, kind: "resource", does: "new", type: reader.number("a resource type") };
    case 0x03: return { at, kind: "resource", does: "drop", type: reader.number("a resource type") };
    case 0x04: return { at, kind: "resource", does: "rep", type: reader.number("a resource type") };
    default:
      return reader.fail(`asynchronous or threaded components (built-in 0x${code.toString(16)}): not supported`, at);
  }
}

function readOptions(reader: BinaryReader): CanonicalOptions {
  let encoding: StringEncoding = "utf8";
  let memory: number | null = null;
  let realloc: number | null = null;
  let postReturn: number | null = null;
  reader.vector("the canonical options", () => {
    const at = reader.offset;
    const code = reader.byte("a canonical option");
    const stringEncoding = ENCODINGS[code];
    if (stringEncoding !== undefined) encoding = stringEncoding;
    else if (code === 3) memory = reader.number("the memory option");
    else if (code === 4) realloc = reader.number("the realloc option");
    else if (code === 5) postReturn = reader.number("the post-return option");
    else reader.fail(`the canonical option 0x${code.toString(16)} (of asynchronous components): not supported`, at);
  });
  return { encoding, memory, realloc, postReturn };
}
