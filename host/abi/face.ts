// What every file of the direct face works with: the host's objects on one side, the guest's memory on the other,
// and the result shapes that all interfaces share.

import { OK, type Outcome } from "../wasi/error-code.js";
import type { InputStream } from "../wasi/input-stream.js";
import { IoError } from "../wasi/io-error.js";
import type { Kind } from "../wasi/kind.js";
import type { OutputStream } from "../wasi/output-stream.js";
import type { Resource } from "../wasi/resource.js";
import { FAILED } from "../wasi/stream-status.js";
import type { WasiHost } from "../wasi/wasi-host.js";
import { NEVER_WAITS, type Waiter } from "./blocking.js";
import type { CoreMemory } from "./core-memory.js";

/** The handles of one guest, or of one component instance of it. Misuse is a trap. */
export interface HandleTable {
  add(resource: Resource, parent: Resource | null): number;
  get<T extends Resource>(handle: number, kind: Kind): T;
  drop(handle: number, kind: Kind): void;
}

export interface Face {
  readonly host: WasiHost;
  readonly memory: CoreMemory;
  readonly table: HandleTable;
  readonly waiter: Waiter;
}

/** The face of a guest that runs in turns. */
export function turnFace(host: WasiHost, memory: CoreMemory): Face {
  return { host, memory, table: host.table, waiter: NEVER_WAITS };
}

/** Hands a resource to the guest. Handles are i32 on the wire. */
export function give(face: Face, resource: Resource, parent: Resource | null): number {
  return face.table.add(resource, parent);
}

/** `result<_, error-code>`: two bytes. */
export function putOutcome(memory: CoreMemory, address: number, outcome: Outcome): void {
  memory.bytes[address] = outcome === OK ? 0 : 1;
  memory.bytes[address + 1] = outcome === OK ? 0 : outcome;
}

/** Writes a `stream-error` result whose payload lies at `offset`; an error becomes a handle. */
export function putStreamError(
  face: Face, address: number, offset: number, status: number, stream: InputStream | OutputStream,
): void {
  const { memory } = face;
  memory.bytes[address] = 1;
  memory.bytes[address + offset] = status === FAILED ? 0 : 1;
  if (status === FAILED) {
    memory.setWord(address + offset + 4, give(face, new IoError(stream.takeFailure()), null));
  }
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
