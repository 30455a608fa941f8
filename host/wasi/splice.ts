// Moving bytes from an input stream to an output stream inside the host: what splice is made of.

import type { InputStream } from "./input-stream.js";
import { READ_BYTES_MAX } from "./limits.js";
import type { OutputStream } from "./output-stream.js";
import { DONE, type StreamStatus } from "./stream-status.js";

/** One buffer is enough: a move is finished before the next one begins. */
let scratch: Uint8Array | null = null;

/** Moves `count` bytes that the input promised and the output permitted. A status is the output's, broken meanwhile. */
export function moveBytes(input: InputStream, output: OutputStream, count: number): typeof DONE | StreamStatus {
  if (count === 0) return DONE;
  scratch ??= new Uint8Array(READ_BYTES_MAX);
  input.takeInto(scratch, 0, count);
  return output.write(scratch, 0, count);
}
