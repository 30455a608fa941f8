// The checks of single numbers that the canonical ABI asks for, wherever they stand.

import { trap } from "../wasi/trap.js";

export function checkCase(value: number, count: number): number {
  return value < count ? value : trap(`case ${value} of a type with ${count} cases`);
}

export function checkCharacter(value: number): number {
  if (value < 0xd800 || (value > 0xdfff && value < 0x11_0000)) return value;
  return trap(`${value} is not a character`);
}
