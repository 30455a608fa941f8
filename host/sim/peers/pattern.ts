// Bytes that tell where they belong: each stream has its own, and each place of a stream. A byte that is missing,
// twice there, swapped or of another stream is seen at once.

export function patternByte(stream: number, offset: number): number {
  return Math.imul(offset + Math.imul(stream + 1, 0x9e37_79b1), 0x85eb_ca6b) >>> 24;
}

export function fillPattern(target: Uint8Array, stream: number, offset: number): void {
  for (let index = 0; index < target.length; index++) target[index] = patternByte(stream, offset + index);
}

/** The first place of `bytes[start, end)` that is not as it should be when `start` is at `offset`; -1 for none. */
export function patternMismatch(
  bytes: Uint8Array, start: number, end: number, stream: number, offset: number,
): number {
  for (let index = start; index < end; index++) {
    if (bytes[index] !== patternByte(stream, offset + index - start)) return index;
  }
  return -1;
}
