// wasi:io/streams
//
// An operation returns a count (zero or more), CLOSED or FAILED. The error resource behind FAILED is dropped
// at once: its text is for people, and no decision may depend on it.

import { RETURN_AREA } from "../abi/return-area";
import { step } from "../base/steps";
import { countRead, countWritten } from "../base/traffic";
import * as ioError from "./io-error";

// @ts-ignore: decorator
@external("wasi:io/streams@0.2.0", "[method]input-stream.read")
declare function inputRead(self: u32, length: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:io/streams@0.2.0", "[method]input-stream.subscribe")
declare function inputSubscribe(self: u32): u32;
// @ts-ignore: decorator
@external("wasi:io/streams@0.2.0", "[resource-drop]input-stream")
declare function inputDrop(self: u32): void;
// @ts-ignore: decorator
@external("wasi:io/streams@0.2.0", "[method]output-stream.check-write")
declare function outputCheckWrite(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:io/streams@0.2.0", "[method]output-stream.write")
declare function outputWrite(self: u32, data: usize, length: i32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:io/streams@0.2.0", "[method]output-stream.blocking-write-and-flush")
declare function outputBlockingWriteAndFlush(self: u32, data: usize, length: i32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:io/streams@0.2.0", "[method]output-stream.flush")
declare function outputFlush(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:io/streams@0.2.0", "[method]output-stream.subscribe")
declare function outputSubscribe(self: u32): u32;
// @ts-ignore: decorator
@external("wasi:io/streams@0.2.0", "[resource-drop]output-stream")
declare function outputDrop(self: u32): void;

/** The stream ended in order: no more bytes will come, or none will be taken. */
export const CLOSED: i32 = -1;
/** The last operation failed; the stream is of no more use. */
export const FAILED: i32 = -2;

/** Most bytes that one blocking-write-and-flush takes, by the WIT text. */
export const BLOCKING_WRITE_MAX: i32 = 4096;

/** Where the latest `read` put its bytes: in the arena, until the caller releases its mark. */
export let readAddress: usize = 0;

/** Bytes read, at most `length`. Zero is not the end: nothing was there yet. */
export function read(input: u32, length: i32): i32 {
  inputRead(input, <u64>length, RETURN_AREA);
  if (load<u8>(RETURN_AREA)) return liftError(4);
  readAddress = load<usize>(RETURN_AREA, 4);
  const count = load<i32>(RETURN_AREA, 8);
  assert(count >= 0 && count <= length);
  countRead(count);
  return count;
}

@inline export function subscribeInput(input: u32): u32 {
  return inputSubscribe(input);
}

@inline export function dropInput(input: u32): void {
  inputDrop(input);
}

/** Bytes that the next `write` may take; zero means wait. Each permit is good for one write. */
export function checkWrite(output: u32): i32 {
  step();
  outputCheckWrite(output, RETURN_AREA);
  if (load<u8>(RETURN_AREA)) return liftError(8);
  return <i32>min<u64>(load<u64>(RETURN_AREA, 8), <u64>i32.MAX_VALUE);
}

/** Hands `length` bytes over, at most the permit (more would trap). Zero when taken. */
export function write(output: u32, data: usize, length: i32): i32 {
  step();
  outputWrite(output, data, length, RETURN_AREA);
  if (load<u8>(RETURN_AREA)) return liftError(4);
  countWritten(length);
  return 0;
}

/** Asks for what was written to be handed on; `checkWrite` gives zero until it is. */
export function flush(output: u32): i32 {
  outputFlush(output, RETURN_AREA);
  return load<u8>(RETURN_AREA) ? liftError(4) : 0;
}

/** Writes at most BLOCKING_WRITE_MAX bytes and waits for them. For start-up lines and errors only. */
export function blockingWriteAndFlush(output: u32, data: usize, length: i32): i32 {
  assert(length <= BLOCKING_WRITE_MAX);
  outputBlockingWriteAndFlush(output, data, length, RETURN_AREA);
  return load<u8>(RETURN_AREA) ? liftError(4) : 0;
}

@inline export function subscribeOutput(output: u32): u32 {
  return outputSubscribe(output);
}

/** Dropping waits in some runtimes until what was written is sent: drain first. */
@inline export function dropOutput(output: u32): void {
  outputDrop(output);
}

/** `stream-error` at `offset` of the return area: tag 0 last-operation-failed(own<error>), 1 closed. */
function liftError(offset: usize): i32 {
  if (load<u8>(RETURN_AREA + offset)) return CLOSED;
  ioError.drop(load<u32>(RETURN_AREA + offset + 4));
  return FAILED;
}
