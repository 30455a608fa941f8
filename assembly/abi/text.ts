// Strings cross the boundary as UTF-8. Only start-up and error paths use these: both allocate.

/** Text from lifted bytes; invalid UTF-8 becomes U+FFFD. */
export function liftText(address: usize, length: i32): string {
  return String.UTF8.decodeUnsafe(address, <usize>length);
}

/** UTF-8 bytes of `text`, not terminated. The caller keeps the reference while the address is in use. */
export function lowerText(text: string): ArrayBuffer {
  return String.UTF8.encode(text);
}
