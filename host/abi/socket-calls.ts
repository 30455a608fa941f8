// Calls that TCP and UDP sockets have in the same shape.

import type { ErrorCode } from "../wasi/error-code.js";
import type { Resource } from "../wasi/resource.js";
import type { Family, SocketAddress } from "../wasi/ip-address.js";
import { trap } from "../wasi/trap.js";
import { lowerSocketAddress } from "./addresses.js";
import { type Face, give, putError, unsigned } from "./face.js";
import type { ImportFunction } from "./webassembly.js";

/** `create-tcp-socket`, `create-udp-socket`. */
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

interface Addressed {
  localAddress(): SocketAddress | ErrorCode;
  remoteAddress(): SocketAddress | ErrorCode;
}

/** `local-address`, `remote-address`. */
export function addressGetter(
  { memory }: Face, socket: (self: number) => Addressed, which: keyof Addressed,
): ImportFunction {
  return (self: number, ret: number) => {
    const target = socket(self);
    const address = unsigned(ret);
    memory.check(address, 36, 4);
    const result = target[which]();
    if (typeof result === "number") return putError(memory, address, 4, result);
    memory.bytes[address] = 0;
    lowerSocketAddress(memory, address + 4, result);
  };
}
