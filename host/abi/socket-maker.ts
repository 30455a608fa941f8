// `create-tcp-socket` and `create-udp-socket`: one shape.

import type { ErrorCode } from "../wasi/error-code.js";
import type { Resource } from "../wasi/resource.js";
import type { Family } from "../wasi/ip-address.js";
import { trap } from "../wasi/trap.js";
import { type Face, give, putError, unsigned } from "./face.js";
import type { ImportFunction } from "./webassembly.js";

export function socketMaker(face: Face, make: (family: Family) => Resource | ErrorCode): ImportFunction {
  const { memory } = face;
  return (family: number, ret: number) => {
    const address = unsigned(ret);
    memory.check(address, 8, 4);
    if (family !== 0 && family !== 1) trap(`unknown ip-address-family: ${family}`);
    const result = make(family);
    if (typeof result === "number") return putError(memory, address, 4, result);
    memory.bytes[address] = 0;
    memory.setWord(address + 4, give(face, result, null));
  };
}
