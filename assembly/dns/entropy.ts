// Random bytes for identifiers, ports and case: asked for many at a time, used once each.

import { mark, release } from "../abi/arena";
import * as random from "../wasi/random";

const BYTES: u32 = 1024;

const bytes: usize = memory.data(1024, 8);
let left: u32 = 0;

/** Address of `count` (at most 64) bytes that nobody saw before; good until the next call. */
export function take(count: u32): usize {
  if (left < count) refill();
  left -= count;
  return bytes + left;
}

/** A number below `bound`, which is at most 65,536. */
export function below(bound: u32): u32 {
  return load<u32>(take(4)) % bound;
}

function refill(): void {
  const position = mark();
  memory.copy(bytes, random.bytes(BYTES), BYTES);
  release(position);
  left = BYTES;
}
