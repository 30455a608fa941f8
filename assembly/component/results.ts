// Compound results: written into the return area, whose address is the result. Nothing of ours runs between that and
// the caller's reading, so one area is enough.

import * as arena from "../abi/arena";
import { RETURN_AREA } from "../abi/return-area";
import { RESOURCE_EXHAUSTED } from "../base/status";
import { OUT_OF_MEMORY } from "../wasi/error-code";
import { END_OF_STREAM, Reason, codeOf } from "../net/reason";

/** `operation-start`. */
export const PENDING: i32 = 0;
export const DONE: i32 = 1;
export const REFUSED: i32 = 2;

/** Reasons between the error codes of WASI and our own that no WIT case stands for. */
const REASONS_LEFT_OUT: i32 = END_OF_STREAM - 22;

/** The case of the enum `reason`. */
export function reasonCase(reason: Reason): u8 {
  return <u8>(reason < END_OF_STREAM ? reason : reason - REASONS_LEFT_OUT);
}

/** `option` and `result` with a payload of 4 bytes: a handle, a number. */
export function present(word: u32): usize {
  store<u8>(RETURN_AREA, 1);
  store<u32>(RETURN_AREA, word, 4);
  return RETURN_AREA;
}

/** The same with two words. */
export function presentPair(first: u32, second: u32): usize {
  store<u32>(RETURN_AREA, second, 8);
  return present(first);
}

/** `option<u64>`. */
export function presentWide(word: u64): usize {
  store<u8>(RETURN_AREA, 1);
  store<u64>(RETURN_AREA, word, 8);
  return RETURN_AREA;
}

export function none(): usize {
  store<u8>(RETURN_AREA, 0);
  return RETURN_AREA;
}

/** `ok` of a result with a payload of 4 bytes. */
export function ok(word: u32): usize {
  present(word);
  store<u8>(RETURN_AREA, 0);
  return RETURN_AREA;
}

/** `err(status)` of a result whose payload begins at byte `at`. */
export function failed(code: u8, reason: Reason, at: usize): usize {
  store<u8>(RETURN_AREA, 1);
  store<u8>(RETURN_AREA + at, code);
  store<u8>(RETURN_AREA + at, reasonCase(reason), 1);
  return RETURN_AREA;
}

/** The quota has no room for what was asked for. */
export function exhausted(at: usize): usize {
  return failed(RESOURCE_EXHAUSTED, OUT_OF_MEMORY, at);
}

/** `result<_, status>` of something that ended with `reason`. */
export function outcome(reason: Reason): usize {
  return reason ? failed(codeOf(reason), reason, 1) : none();
}

/** `list<u8>` or `string`: where it is, and its length. The caller's `post` function gives it back. */
export function list(address: usize, length: u32): usize {
  store<u32>(RETURN_AREA, <u32>address);
  store<u32>(RETURN_AREA, length, 4);
  return RETURN_AREA;
}

/** Room in the arena for a list that is returned. */
export function listSpace(bytes: u32): usize {
  return arena.realloc(0, 0, 8, bytes);
}

/** Gives back what the arena holds: lists that were passed in, or a list that was returned and read. */
export function releaseLists(): void {
  arena.releaseAll();
}
