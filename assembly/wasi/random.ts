// wasi:random/random: cryptographically secure.

import { RETURN_AREA } from "../abi/return-area";

// @ts-ignore: decorator
@external("wasi:random/random@0.2.0", "get-random-bytes")
declare function getRandomBytes(length: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:random/random@0.2.0", "get-random-u64")
declare function getRandomU64(): u64;

/** Address of `length` fresh bytes in the arena. */
export function bytes(length: i32): usize {
  getRandomBytes(<u64>length, RETURN_AREA);
  assert(load<i32>(RETURN_AREA, 4) == length);
  return load<usize>(RETURN_AREA);
}

@inline export function nextU64(): u64 {
  return getRandomU64();
}
