// wasi:clocks/wall-clock

import { RETURN_AREA } from "../abi/return-area";

// @ts-ignore: decorator
@external("wasi:clocks/wall-clock@0.2.0", "now")
declare function wallNow(result: usize): void;
// @ts-ignore: decorator
@external("wasi:clocks/wall-clock@0.2.0", "resolution")
declare function wallResolution(result: usize): void;

/** Nanoseconds since 1970-01-01T00:00:00Z; enough for the next five centuries. */
export function now(): u64 {
  wallNow(RETURN_AREA);
  return liftDatetime();
}

/** Nanoseconds between two ticks. */
export function resolution(): u64 {
  wallResolution(RETURN_AREA);
  return liftDatetime();
}

/** `datetime`: seconds u64 at 0, nanoseconds u32 at 8. */
function liftDatetime(): u64 {
  return load<u64>(RETURN_AREA) * 1_000_000_000 + load<u32>(RETURN_AREA, 8);
}
