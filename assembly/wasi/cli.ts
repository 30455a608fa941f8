// wasi:cli: environment, stdin, stdout, stderr, exit

import { RETURN_AREA } from "../abi/return-area";
import { mark, release } from "../abi/arena";
import { liftText, lowerText } from "../abi/text";
import * as streams from "./streams";

// @ts-ignore: decorator
@external("wasi:cli/environment@0.2.0", "get-arguments")
declare function environmentGetArguments(result: usize): void;
// @ts-ignore: decorator
@external("wasi:cli/environment@0.2.0", "get-environment")
declare function environmentGetEnvironment(result: usize): void;
// @ts-ignore: decorator
@external("wasi:cli/environment@0.2.0", "initial-cwd")
declare function environmentInitialCwd(result: usize): void;
// @ts-ignore: decorator
@external("wasi:cli/stdin@0.2.0", "get-stdin")
declare function stdinGet(): u32;
// @ts-ignore: decorator
@external("wasi:cli/stdout@0.2.0", "get-stdout")
declare function stdoutGet(): u32;
// @ts-ignore: decorator
@external("wasi:cli/stderr@0.2.0", "get-stderr")
declare function stderrGet(): u32;
// @ts-ignore: decorator
@external("wasi:cli/exit@0.2.0", "exit")
declare function exitWith(status: i32): void;

/** The program's name and what follows it. */
export function getArguments(): string[] {
  const position = mark();
  environmentGetArguments(RETURN_AREA);
  const list = load<usize>(RETURN_AREA);
  const length = load<i32>(RETURN_AREA, 4);
  const words = new Array<string>(length);
  for (let i = 0; i < length; i++) words[i] = liftTextAt(list + (<usize>i << 3));
  release(position);
  return words;
}

/** Names at even places, their values at odd ones. */
export function getEnvironment(): string[] {
  const position = mark();
  environmentGetEnvironment(RETURN_AREA);
  const list = load<usize>(RETURN_AREA);
  const length = load<i32>(RETURN_AREA, 4) << 1;
  const words = new Array<string>(length);
  for (let i = 0; i < length; i++) words[i] = liftTextAt(list + (<usize>i << 3));
  release(position);
  return words;
}

/** Bytes of the value that the latest `findVariable` found. */
export let valueLength: u32 = 0;

/**
 * Where the value of a variable lies in the arena, for the caller to release; 0 when it is not set. Makes no strings.
 */
export function findVariable(name: string): usize {
  environmentGetEnvironment(RETURN_AREA);
  let pair = load<usize>(RETURN_AREA);
  for (let left = load<i32>(RETURN_AREA, 4); left > 0; left--, pair += 16) {
    if (!isText(load<usize>(pair), load<i32>(pair, 4), name)) continue;
    valueLength = load<u32>(pair, 12);
    return load<usize>(pair, 8);
  }
  return 0;
}

/** Whether the bytes are the letters of ASCII in `text`. */
function isText(bytes: usize, length: i32, text: string): bool {
  if (length != text.length) return false;
  for (let i = 0; i < length; i++) if (<i32>load<u8>(bytes + i) != text.charCodeAt(i)) return false;
  return true;
}

/** The folder the command was started in, where the host tells. */
export function initialCwd(): string | null {
  const position = mark();
  environmentInitialCwd(RETURN_AREA);
  const text = load<u8>(RETURN_AREA) ? liftTextAt(RETURN_AREA + 4) : null;
  release(position);
  return text;
}

/** Each call makes a new handle, which the caller owns. */
@inline export function getStdin(): u32 {
  return stdinGet();
}

@inline export function getStdout(): u32 {
  return stdoutGet();
}

@inline export function getStderr(): u32 {
  return stderrGet();
}

/** Ends the instance. Does not return. */
export function exit(failed: bool): void {
  exitWith(failed ? 1 : 0);
}

/** Writes `text` whole and waits for it: for first lines, help and errors. False when the stream failed. */
export function print(output: u32, text: string): bool {
  const bytes = lowerText(text);
  const length = bytes.byteLength;
  for (let offset = 0; offset < length; offset += streams.BLOCKING_WRITE_MAX) {
    const part = min(length - offset, streams.BLOCKING_WRITE_MAX);
    const written = streams.blockingWriteAndFlush(output, changetype<usize>(bytes) + <usize>offset, part);
    if (written < 0) return false;
  }
  return true;
}

/** A string or list field: pointer at 0, length at 4. */
function liftTextAt(field: usize): string {
  return liftText(load<usize>(field), load<i32>(field, 4));
}
