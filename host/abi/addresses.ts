// Socket addresses across the canonical ABI: flat parameters in, records in memory out.
//
//   flat (12 x i32): tag, then ipv4: port a b c d, or ipv6: port flow-info s0..s7 scope-id
//   record ip-socket-address, 32 bytes, align 4:
//     tag@0   ipv4: port@4 address@6     ipv6: port@4 flow-info@8 address@12 scope-id@28
//   variant ip-address, 18 bytes, align 2: tag@0 payload@2

import { Family, makeAddress, type SocketAddress } from "../wasi/ip-address.js";
import { trap } from "../wasi/trap.js";
import type { CoreMemory } from "./core-memory.js";

/** Lifts the twelve flat slots. Slots hold garbage in their upper bits where the type is narrower. */
export function liftAddress(tag: number, slots: readonly number[]): SocketAddress {
  const port = (slots[0] as number) & 0xffff;
  if (tag === Family.Ipv4) {
    return { family: Family.Ipv4, port, parts: slots.slice(1, 5).map((part) => part & 0xff), flowInfo: 0, scopeId: 0 };
  }
  if (tag !== Family.Ipv6) trap(`unknown ip-socket-address case: ${tag}`);
  return {
    family: Family.Ipv6,
    port,
    flowInfo: (slots[1] as number) >>> 0,
    parts: slots.slice(2, 10).map((part) => part & 0xffff),
    scopeId: (slots[10] as number) >>> 0,
  };
}

/** Reads the record; whoever owns it has checked that it lies in the memory and is aligned. */
export function readSocketAddress(memory: CoreMemory, at: number): SocketAddress {
  const tag = memory.bytes[at];
  const port = memory.halves[(at + 4) >>> 1] as number;
  if (tag === Family.Ipv4) {
    return makeAddress(Family.Ipv4, [...memory.bytes.subarray(at + 6, at + 10)], port);
  }
  if (tag !== Family.Ipv6) trap(`unknown ip-socket-address case: ${tag}`);
  return {
    family: Family.Ipv6,
    port,
    flowInfo: memory.words[(at + 8) >>> 2] as number,
    parts: [...memory.halves.subarray((at + 12) >>> 1, (at + 28) >>> 1)],
    scopeId: memory.words[(at + 28) >>> 2] as number,
  };
}

export function lowerSocketAddress(memory: CoreMemory, at: number, address: SocketAddress): void {
  memory.bytes[at] = address.family;
  memory.halves[(at + 4) >>> 1] = address.port;
  if (address.family === Family.Ipv4) {
    memory.bytes.set(address.parts, at + 6);
    return;
  }
  memory.setWord(at + 8, address.flowInfo);
  memory.halves.set(address.parts, (at + 12) >>> 1);
  memory.setWord(at + 28, address.scopeId);
}

export function lowerIpAddress(memory: CoreMemory, at: number, address: SocketAddress): void {
  memory.bytes[at] = address.family;
  if (address.family === Family.Ipv4) memory.bytes.set(address.parts, at + 2);
  else memory.halves.set(address.parts, (at + 2) >>> 1);
}
