// Where a failed assertion ends: one line on stderr that says what and where, then a trap.
//
// It allocates nothing, because the heap itself may be what is broken.

import { getStderr } from "./cli";
import { blockingWriteAndFlush } from "./streams";

const LINE_MAX: i32 = 256;
const line: usize = memory.data(LINE_MAX);
let length: i32 = 0;
let aborting: bool = false;

/** The compiler calls this; see `use` in asconfig.json. Does not return. */
export function abort(message: string | null, file: string | null, row: u32, column: u32): void {
  if (!aborting) {
    aborting = true; // writing may itself fail an assertion
    append("event-engine: assertion failed: ");
    append(message === null ? "no message" : message);
    append(" at ");
    append(file === null ? "unknown" : file);
    appendByte(58 /* : */);
    appendNumber(row);
    appendByte(10);
    blockingWriteAndFlush(getStderr(), line, length);
  }
  unreachable();
}

function append(text: string): void {
  for (let i = 0; i < text.length; i++) appendByte(text.charCodeAt(i));
}

function appendNumber(value: u32): void {
  if (value >= 10) appendNumber(value / 10);
  appendByte(48 + (value % 10));
}

function appendByte(byte: i32): void {
  if (length < LINE_MAX) store<u8>(line + <usize>(length++), byte < 128 ? byte : 63);
}
