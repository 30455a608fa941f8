// Moves a string from one memory to another, between the encodings of the two sides. A string is a pair: address and
// length, counted in units of its encoding; latin1+utf16 says with the uppermost bit which of the two it is.

import { trap } from "../wasi/trap.js";
import { putPair } from "./move-pair.js";
import type { Path, Side } from "./side.js";

const UTF16_TAG = 0x8000_0000;
/** Short strings are looked at byte by byte: most are ASCII, which needs no decoder. */
const SCAN_BYTES_MAX = 128;

/** Letters that are made into a string at once; arguments of a call are not without limit. */
const LATIN1_STEP = 4096;

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true });

/** Leaves the new pair in `putPair`. */
export function moveString({ from, to }: Path, address: number, length: number): void {
  if (from.encoding === "utf8" && to.encoding === "utf8") {
    const { memory } = from;
    memory.check(address, length, 1);
    if (!isAscii(memory.bytes, address, length)) decode(utf8, memory.bytes.subarray(address, address + length));
    const target = to.memory.allocate(1, length);
    to.memory.bytes.set(memory.bytes.subarray(address, address + length), target);
    return putPair(target, length);
  }
  write(to, read(from, address, length));
}

function isAscii(bytes: Uint8Array, address: number, length: number): boolean {
  if (length > SCAN_BYTES_MAX) return false;
  for (let at = address; at < address + length; at++) if ((bytes[at] as number) >= 0x80) return false;
  return true;
}

function read({ memory, encoding }: Side, address: number, length: number): string {
  if (encoding === "utf8") {
    memory.check(address, length, 1);
    return decode(utf8, memory.bytes.subarray(address, address + length));
  }
  const isUtf16 = encoding === "utf16" || length >= UTF16_TAG;
  const units = encoding === "utf16" ? length : length % UTF16_TAG;
  const size = isUtf16 ? units * 2 : units;
  memory.check(address, size, 2);
  const bytes = memory.bytes.subarray(address, address + size);
  return isUtf16 ? decode(utf16, bytes) : latin1(bytes);
}

/** By hand: what the platform calls latin1 is another encoding for 32 of its letters. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += LATIN1_STEP) {
    text += String.fromCharCode(...bytes.subarray(at, at + LATIN1_STEP));
  }
  return text;
}

function decode(decoder: typeof utf8, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return trap("a string is not well-formed in its encoding");
  }
}

function write({ memory, encoding }: Side, text: string): void {
  if (encoding === "utf8") {
    const bytes = encoder.encode(text);
    const target = memory.allocate(1, bytes.length);
    memory.bytes.set(bytes, target);
    return putPair(target, bytes.length);
  }
  const isNarrow = encoding === "latin1+utf16" && isLatin1(text);
  const target = memory.allocate(2, isNarrow ? text.length : text.length * 2);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (isNarrow) memory.bytes[target + index] = unit;
    else memory.halves[(target >>> 1) + index] = unit;
  }
  putPair(target, encoding === "latin1+utf16" && !isNarrow ? text.length + UTF16_TAG : text.length);
}

function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return false;
  return true;
}
