// The part of WASI that the example needs: its arguments and its output.
import { results, takeString } from "./memory";

@external("wasi:cli/environment@0.2.0", "get-arguments")
declare function environment_get_arguments(result: usize): void;
@external("wasi:cli/stdout@0.2.0", "get-stdout")
declare function stdout_get(): i32;
@external("wasi:cli/stderr@0.2.0", "get-stderr")
declare function stderr_get(): i32;
@external("wasi:io/streams@0.2.0", "[method]output-stream.blocking-write-and-flush")
declare function output_stream_blocking_write_and_flush(self: i32, bytes: usize, length: usize, result: usize): void;
@external("wasi:io/streams@0.2.0", "[resource-drop]output-stream")
declare function output_stream_drop(self: i32): void;

/** The name of the program and what follows it. */
export function getArguments(): string[] {
  environment_get_arguments(results);
  const list = load<usize>(results);
  const length = load<i32>(results, 4);
  const words = new Array<string>();
  for (let index = 0; index < length; index++) words.push(takeString(list + (<usize>index << 3)));
  if (length) heap.free(list);
  return words;
}

/** Writes a short text: at most 4,096 bytes go at once. */
function write(stream: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  output_stream_blocking_write_and_flush(stream, changetype<usize>(bytes), bytes.byteLength, results);
  output_stream_drop(stream);
}

export function print(text: string): void {
  write(stdout_get(), text);
}

export function printError(text: string): void {
  write(stderr_get(), text);
}
