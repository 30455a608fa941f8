// Domain names in wire form: labels with their length before them, and the root's zero byte; at most 255 bytes.
//
//   a.example.  =  01 'a' 07 'e' 'x' 'a' 'm' 'p' 'l' 'e' 00
//
// A length is below 64, and so no letter: case can be folded over all bytes without looking where labels begin.

/** Bytes of the longest name, and of the longest label (RFC 1035 §2.3.4). */
export const NAME_MAX: u32 = 255;
export const LABEL_MAX: u32 = 63;

/** Room that the text of any name fits in: every byte may become four. */
export const TEXT_MAX: u32 = 1016;

/** A bit for each byte from 0x20 on, see `isSpecial`. */
const SPECIAL: u64 = 1 << 2 | 1 << 4 | 1 << 8 | 1 << 9 | 1 << 14 | 1 << 27 | 1 << 32 | 1 << 60;

const LOCALHOST = memory.data<u8>([9, 108, 111, 99, 97, 108, 104, 111, 115, 116, 0]);
const LOCALHOST_BYTES: u32 = 11;

/** Two names are different, the same but for their case, which means nothing (RFC 4343), or the same byte for byte. */
export const DIFFERENT: i32 = 0;
export const SAME_NAME: i32 = 1;
export const SAME_BYTES: i32 = 2;

/**
 * Reads a name as people write it: `a.example`, with or without a dot at its end; `\.` and `\DDD` as in zone files.
 * Writes at most NAME_MAX bytes to `target` and returns how many, 0 when it is no name: an empty label, a label or a
 * name that is too long, a bad escape, or a byte that is not printable ASCII. `.` alone is the root.
 */
export function fromText(text: usize, length: u32, target: usize): u32 {
  const end = text + length;
  if (length == 1 && load<u8>(text) == 0x2e) {
    store<u8>(target, 0);
    return 1;
  }
  let labelAt = target;
  let to = target + 1;
  const last = target + NAME_MAX - 1; // where the root's byte can stand at the latest
  while (text < end) {
    let byte = load<u8>(text++);
    if (byte == 0x2e) {
      if (!endLabel(labelAt, to)) return 0;
      labelAt = to++;
      continue;
    }
    if (byte <= 0x20 || byte > 0x7e) return 0;
    if (byte == 0x5c) {
      if (text == end) return 0;
      const first = load<u8>(text);
      if (<u32>(first - 0x30) > 9) {
        if (first <= 0x20 || first > 0x7e) return 0;
        byte = first;
        text++;
      } else {
        const code = text + 3 <= end ? decimal(text) : 256;
        if (code > 255) return 0;
        byte = <u8>code;
        text += 3;
      }
    }
    if (to >= last) return 0;
    store<u8>(to++, byte);
  }
  if (to == labelAt + 1) { // after a dot at the end, or nothing at all
    to = labelAt;
    if (to == target) return 0;
  } else if (!endLabel(labelAt, to)) {
    return 0;
  }
  store<u8>(to, 0);
  return <u32>(to - target) + 1;
}

/** Writes the length before a label that goes up to `to`; false when it is empty or too long. */
function endLabel(labelAt: usize, to: usize): bool {
  const length = <u32>(to - labelAt) - 1;
  if (length - 1 >= LABEL_MAX) return false;
  store<u8>(labelAt, <u8>length);
  return true;
}

/** Three digits; over 255 when they are none. */
function decimal(text: usize): u32 {
  let value: u32 = 0;
  for (let i: usize = 0; i < 3; i++) {
    const digit = <u32>load<u8>(text + i) - 0x30;
    if (digit > 9) return 256;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * Writes the text of a name to `target`, which has room for TEXT_MAX bytes, and returns its length. No dot at the end,
 * so the root has no text at all; what zone files must escape is escaped, so `fromText` reads the same name again.
 */
export function toText(wire: usize, target: usize): u32 {
  let to = target;
  for (let length = <usize>load<u8>(wire); length; length = load<u8>(wire)) {
    if (to != target) store<u8>(to++, 0x2e);
    for (const end = wire + length; wire < end;) {
      const byte = <u32>load<u8>(++wire);
      if (byte > 0x20 && byte < 0x7f) {
        if (isSpecial(byte)) store<u8>(to++, 0x5c);
        store<u8>(to++, byte);
      } else {
        store<u8>(to, 0x5c);
        store<u8>(to, 0x30 + byte / 100, 1);
        store<u8>(to, 0x30 + byte / 10 % 10, 2);
        store<u8>(to, 0x30 + byte % 10, 3);
        to += 4;
      }
    }
    wire++;
  }
  return <u32>(to - target);
}

/** Bytes that `toText` writes for a name. */
export function textLength(wire: usize): u32 {
  let sum: u32 = 0;
  for (let length = <usize>load<u8>(wire); length; length = load<u8>(wire)) {
    sum += 1 + <u32>length;
    for (const end = wire + length; wire < end;) {
      const byte = <u32>load<u8>(++wire);
      if (byte <= 0x20 || byte >= 0x7f) sum += 3;
      else if (isSpecial(byte)) sum++;
    }
    wire++;
  }
  return sum ? sum - 1 : 0;
}

/** Of a printable byte: `"` `$` `(` `)` `.` `;` `@` `\` mean something in a zone file. */
@inline function isSpecial(byte: u32): bool {
  return byte < 0x60 && (SPECIAL >> (byte - 0x20) & 1) != 0;
}

/** Bytes of a name, the root's included. */
export function wireLength(wire: usize): u32 {
  let at = wire;
  for (let length = load<u8>(at); length; length = load<u8>(at)) at += 1 + <usize>length;
  return <u32>(at - wire) + 1;
}

/** How the first `length` bytes of two names compare. */
export function compare(a: usize, b: usize, length: u32): i32 {
  let result = SAME_BYTES;
  for (const end = a + length; a < end; a++, b++) {
    const byte = load<u8>(a);
    const other = load<u8>(b);
    if (byte == other) continue;
    if (fold(byte) != fold(other)) return DIFFERENT;
    result = SAME_NAME;
  }
  return result;
}

/** Whether two names are the same, whatever their case. */
export function equals(a: usize, b: usize): bool {
  return compare(a, b, wireLength(a)) != DIFFERENT;
}

/** Whether two names are the same byte for byte. */
export function equalsExactly(a: usize, b: usize): bool {
  return compare(a, b, wireLength(a)) == SAME_BYTES;
}

/** The same for names that differ in case only. */
export function hash(wire: usize): u32 {
  let value: u32 = 0x811c9dc5;
  for (const end = wire + wireLength(wire); wire < end; wire++) value = (value ^ fold(load<u8>(wire))) * 0x01000193;
  return value;
}

/** Makes the capital letters of a name small ones. */
export function lower(wire: usize): void {
  for (const end = wire + wireLength(wire); wire < end; wire++) store<u8>(wire, fold(load<u8>(wire)));
}

/** Whether a name is `localhost` or ends in `.localhost`, which never leave this machine (RFC 6761 §6.3). */
export function isLocalhost(wire: usize): bool {
  const length = wireLength(wire);
  for (const end = wire + length; wire < end; wire += 1 + <usize>load<u8>(wire)) {
    if (<u32>(end - wire) == LOCALHOST_BYTES) return equals(wire, LOCALHOST);
  }
  return false;
}

/** Gives every letter of a name the case that a bit of the 32 bytes at `random` says ("0x20"). */
export function randomizeCase(wire: usize, random: usize): void {
  const length = wireLength(wire);
  for (let i: u32 = 0; i < length; i++) {
    const byte = fold(load<u8>(wire + i));
    if (<u32>(byte - 0x61) > 25) continue;
    const bit = (load<u8>(random + (i >> 3)) >> <u8>(i & 7)) & 1;
    store<u8>(wire + i, byte ^ (bit << 5));
  }
}

/** The small letter of a capital one. */
@inline export function fold(byte: u8): u8 {
  return <u32>byte - 0x41 < 26 ? byte | 0x20 : byte;
}
