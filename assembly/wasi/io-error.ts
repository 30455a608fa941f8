// wasi:io/error

import { mark, release } from "../abi/arena";
import { RETURN_AREA } from "../abi/return-area";
import { liftText } from "../abi/text";

// @ts-ignore: decorator
@external("wasi:io/error@0.2.0", "[method]error.to-debug-string")
declare function errorToDebugString(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:io/error@0.2.0", "[resource-drop]error")
declare function errorDrop(self: u32): void;

/** The host's words for a failed stream operation; for people, never for decisions. */
export function toDebugString(error: u32): string {
  const position = mark();
  errorToDebugString(error, RETURN_AREA);
  const text = liftText(load<usize>(RETURN_AREA), load<i32>(RETURN_AREA, 4));
  release(position);
  return text;
}

@inline export function drop(error: u32): void {
  errorDrop(error);
}
