// IP addresses as bytes of text: parsing (RFC 4291 §2.2, dotted quads as inet_pton takes them) and writing (RFC 5952).

import { IPV4, IPV6, SocketAddress } from "../wasi/network";

/** Bytes that `write` needs at most. */
export const ADDRESS_TEXT_MAX: u32 = 48;

const COLON: u8 = 58;
const DOT: u8 = 46;
const ZERO: u8 = 48;

/** Makes `target` a literal without brackets, with port 0; false when the text is none. Zones are refused. */
export function parse(text: usize, length: u32, target: SocketAddress): bool {
  memory.fill(changetype<usize>(target), 0, offsetof<SocketAddress>());
  const end = text + length;
  if (indexOf(text, end, COLON) == end) {
    target.family = IPV4;
    return parseQuad(text, end, target, 0, 1);
  }
  target.family = IPV6;
  return parseSegments(text, end, target);
}

/** A port in decimal without needless zeros; -1 when it is none. */
export function parsePort(text: usize, length: u32): i32 {
  return parseDecimal(text, text + length, 65535);
}

/** `127.0.0.1:53`, `[::1]:53`. Returns how many bytes that is. */
export function write(address: SocketAddress, target: usize): u32 {
  let at = target;
  if (address.family == IPV4) {
    at = writeIp(address, at);
  } else {
    store<u8>(at++, 91);
    at = writeIp(address, at);
    store<u8>(at++, 93);
  }
  store<u8>(at++, COLON);
  return <u32>(writeDecimal(address.port, at) - target);
}

/** The same without port and brackets. Returns where the next byte goes. */
export function writeIp(address: SocketAddress, at: usize): usize {
  if (address.family != IPV4) return writeSegments(address, at);
  for (let i = 0; i < 4; i++) {
    if (i) store<u8>(at++, DOT);
    at = writeDecimal(address.part(i), at);
  }
  return at;
}

/** Returns where the next byte goes. */
export function writeDecimal(value: u32, at: usize): usize {
  if (value > 9) at = writeDecimal(value / 10, at);
  store<u8>(at, ZERO + <u8>(value % 10));
  return at + 1;
}

/** A decimal at most `most` and without needless zeros; -1 when the bytes are none. */
export function parseDecimal(from: usize, end: usize, most: i32): i32 {
  if (from >= end || (end - from > 1 && load<u8>(from) == ZERO)) return -1;
  let value = 0;
  for (; from < end; from++) {
    const digit = <i32>load<u8>(from) - <i32>ZERO;
    if (<u32>digit > 9) return -1;
    value = value * 10 + digit;
    if (value > most) return -1;
  }
  return value;
}

/** Four octets: one per part from `part` on, or two per part. */
function parseQuad(from: usize, end: usize, target: SocketAddress, part: i32, perPart: i32): bool {
  for (let i = 0; i < 4; i++) {
    const stop = indexOf(from, end, DOT);
    if ((stop == end) != (i == 3)) return false;
    const octet = parseDecimal(from, stop, 255);
    if (octet < 0) return false;
    if (perPart == 1) target.setPart(i, <u16>octet);
    else if (i & 1) target.setPart(part + (i >> 1), <u16>(target.part(part + (i >> 1)) << 8 | octet));
    else target.setPart(part + (i >> 1), <u16>octet);
    from = stop + 1;
  }
  return true;
}

function parseSegments(from: usize, end: usize, target: SocketAddress): bool {
  let count = 0;
  let gap = -1; // where `::` stands
  if (startsWithGap(from, end)) {
    gap = 0;
    from += 2;
  }
  while (from < end) {
    if (count == 8) return false;
    const stop = indexOf(from, end, COLON);
    if (stop == end && indexOf(from, end, DOT) != end) {
      if (count > 6 || !parseQuad(from, end, target, count, 2)) return false;
      count += 2;
      break;
    }
    const segment = parseHex(from, stop);
    if (segment < 0) return false;
    target.setPart(count++, <u16>segment);
    if (stop == end) break;
    from = stop + 1;
    if (from == end) return false; // one colon at the end
    if (load<u8>(from) != COLON) continue;
    if (gap >= 0) return false;
    gap = count;
    from++;
  }
  if (gap < 0) return count == 8;
  if (count > 7) return false;
  const tail = count - gap;
  for (let i = 0; i < tail; i++) target.setPart(7 - i, target.part(count - 1 - i));
  for (let i = gap; i < 8 - tail; i++) target.setPart(i, 0);
  return true;
}

function parseHex(from: usize, end: usize): i32 {
  if (from >= end || end - from > 4) return -1;
  let value = 0;
  for (; from < end; from++) {
    const code = <i32>load<u8>(from);
    let digit = code - <i32>ZERO;
    if (<u32>digit > 9) {
      digit = (code | 32) - 87;
      if (digit < 10 || digit > 15) return -1;
    }
    value = value << 4 | digit;
  }
  return value;
}

function writeSegments(address: SocketAddress, at: usize): usize {
  let gapStart = -1;
  let gapLength = 1; // one zero alone is not shortened
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && !address.part(i + length)) length++;
    if (length > gapLength) {
      gapStart = i;
      gapLength = length;
    }
    if (length) i += length - 1;
  }
  for (let i = 0; i < 8; i++) {
    if (i == gapStart) {
      store<u8>(at++, COLON);
      i += gapLength - 1;
      if (i == 7) store<u8>(at++, COLON);
      continue;
    }
    if (i) store<u8>(at++, COLON);
    at = writeHex(address.part(i), at);
  }
  return at;
}

function writeHex(value: u32, at: usize): usize {
  if (value > 15) at = writeHex(value >> 4, at);
  const digit = <u8>(value & 15);
  store<u8>(at, digit < 10 ? ZERO + digit : digit + 87);
  return at + 1;
}

function startsWithGap(from: usize, end: usize): bool {
  return end - from >= 2 && load<u8>(from) == COLON && load<u8>(from, 1) == COLON;
}

/** Where `byte` stands first, or `end`. */
function indexOf(from: usize, end: usize, byte: u8): usize {
  while (from < end && load<u8>(from) != byte) from++;
  return from;
}
