// Strings cross the boundary as UTF-8. Only start-up and error paths use these: both allocate.

/** Text from lifted bytes; invalid UTF-8 becomes U+FFFD. */
export function liftText(address: usize, length: i32): string {
  return String.UTF8.decodeUnsafe(address, <usize>length);
}

/** UTF-8 bytes of `text`, not terminated. The caller keeps the reference while the address is in use. */
export function lowerText(text: string): ArrayBuffer {
  return String.UTF8.encode(text);
}

const HEX_DIGITS = "0123456789abcdef";

/** `value` in hexadecimal digits, at least `count` of them. The compiler's own way brings every other radix along. */
export function hexText(value: u32, count: i32): string {
  let text = HEX_DIGITS.charAt(value & 15);
  for (let rest = value >> 4; rest || text.length < count; rest >>= 4) text = HEX_DIGITS.charAt(rest & 15) + text;
  return text;
}
