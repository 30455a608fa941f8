// Copies values that need no closure of their own: their bytes are taken as they are, and then made right where not
// every pattern of them is a value. A list of records of numbers costs little more than its bytes so.

import type { CoreMemory } from "../abi/core-memory.js";
import { checkCase, checkCharacter } from "./checks.js";
import type { Patch } from "./value-types.js";

/** Below this many bytes a loop is faster than a view. */
const LOOP_BYTES_MAX = 64;

export function copyBytes(from: CoreMemory, fromAt: number, to: CoreMemory, toAt: number, size: number): void {
  if (size > LOOP_BYTES_MAX) {
    to.bytes.set(from.bytes.subarray(fromAt, fromAt + size), toAt);
    return;
  }
  const source = from.bytes;
  const target = to.bytes;
  for (let at = 0; at < size; at++) target[toAt + at] = source[fromAt + at] as number;
}

/** Applies each patch to `count` values in a row: patch by patch, so that each loop does one thing. */
export function patchAll(
  patches: readonly Patch[], { bytes, halves, words }: CoreMemory, at: number, stride: number, count: number,
): void {
  for (const { does, offset, size, limit } of patches) {
    const shift = size === 1 ? 0 : size === 2 ? 1 : 2;
    const units = size === 1 ? bytes : size === 2 ? halves : words;
    const step = stride >>> shift;
    const first = (at + offset) >>> shift;
    const end = first + step * count;
    switch (does) {
      case "below":
        for (let unit = first; unit < end; unit += step) checkCase(units[unit] as number, limit);
        break;
      case "character":
        for (let unit = first; unit < end; unit += step) checkCharacter(units[unit] as number);
        break;
      case "bool":
        for (let unit = first; unit < end; unit += step) if ((units[unit] as number) > 1) units[unit] = 1;
        break;
      case "mask":
        for (let unit = first; unit < end; unit += step) units[unit] = (units[unit] as number) & limit;
        break;
    }
  }
}
