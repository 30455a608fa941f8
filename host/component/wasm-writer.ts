// The binary format of WebAssembly, as far as the thunks are written in it.

import type { CoreType } from "./value-types.js";

export const VALUE_TYPES: Readonly<Record<CoreType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };
const LOADS: Readonly<Record<CoreType, number>> = { i32: 0x28, i64: 0x29, f32: 0x2a, f64: 0x2b };
const STORES: Readonly<Record<CoreType, number>> = { i32: 0x36, i64: 0x37, f32: 0x38, f64: 0x39 };
const ALIGNMENTS: Readonly<Record<CoreType, number>> = { i32: 2, i64: 3, f32: 2, f64: 3 };

export const IF = 0x04;
export const END = 0x0b;
export const CALL = 0x10;
export const LOCAL_GET = 0x20;
export const LOCAL_SET = 0x21;
export const I32_CONST = 0x41;

export interface OneFunction {
  /** Function types, as `functionType` gives them. */
  readonly types: readonly number[][];
  /** Imported functions and the index of the type of each; indices of functions follow this order. */
  readonly imports: ReadonlyMap<string, number>;
  /** The type of the function, and its locals and instructions. */
  readonly type: number;
  readonly body: readonly number[];
}

/** A module with one function, exported as `call`; it imports a memory of one page as `slots`. */
export function moduleBytes({ types, imports, type, body }: OneFunction): Uint8Array {
  const imported = [
    ...Array.from(imports, ([name, index]) => [...text(""), ...text(name), 0x00, ...leb(index)]),
    [...text(""), ...text("slots"), 0x02, 0x01, 0x01, 0x01],
  ];
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
    ...section(1, vector(types)), ...section(2, vector(imported)), ...section(3, vector([leb(type)])),
    ...section(7, vector([[...text("call"), 0x00, ...leb(imports.size)]])),
    ...section(10, vector([[...leb(body.length), ...body]])),
  ]);
}

/** Loads a value from an address of the memory. */
export function loadFrom(core: CoreType, address: number): number[] {
  return [I32_CONST, 0, LOADS[core], ALIGNMENTS[core], ...leb(address)];
}

/** Stores a local at an address of the memory. */
export function storeLocal(core: CoreType, local: number, address: number): number[] {
  return [I32_CONST, 0, LOCAL_GET, ...leb(local), STORES[core], ALIGNMENTS[core], ...leb(address)];
}

export function functionType(params: readonly CoreType[], results: readonly CoreType[]): number[] {
  const codes = (types: readonly CoreType[]): number[] => vector(types.map((core) => [VALUE_TYPES[core]]));
  return [0x60, ...codes(params), ...codes(results)];
}

export function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

export function vector(items: readonly (readonly number[])[]): number[] {
  return [...leb(items.length), ...items.flat()];
}

export function text(name: string): number[] {
  return [...leb(name.length), ...Array.from(name, (letter) => letter.charCodeAt(0))];
}

export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

/** Of a number from 0 to 2^31 - 1. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x40) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
}
