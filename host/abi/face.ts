// What every file of the direct face works with: the host's objects on one side, the guest's memory on the other,
// and the result shapes that all interfaces share.

import { OK, type Outcome } from "../wasi/error-code.js";
import type { Resource } from "../wasi/resource.js";
import type { WasiHost } from "../wasi/wasi-host.js";
import type { CoreMemory } from "./core-memory.js";

export interface Face {
  readonly host: WasiHost;
  readonly memory: CoreMemory;
}

/** Hands a resource to the guest. Handles are i32 on the wire. */
export function give(face: Face, resource: Resource, parent: Resource | null): number {
  return face.host.table.add(resource, parent);
}

/** `result<_, error-code>`: two bytes. */
export function putOutcome(memory: CoreMemory, address: number, outcome: Outcome): void {
  memory.bytes[address] = outcome === OK ? 0 : 1;
  memory.bytes[address + 1] = outcome === OK ? 0 : outcome;
}

/** The error arm of a result whose payload lies at `offset`. */
export function putError(memory: CoreMemory, address: number, offset: number, code: number): void {
  memory.bytes[address] = 1;
  memory.bytes[address + offset] = code;
}

/** u32 parameters arrive as signed numbers. */
export function unsigned(value: number): number {
  return value >>> 0;
}

/** A u64 length as a number; whatever is beyond 2^53 is as good as that. */
export function lengthOf(value: bigint): number {
  const unsignedValue = value < 0n ? value + (1n << 64n) : value;
  return Number(unsignedValue);
}
