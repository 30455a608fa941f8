// The only source of chance in a simulation: sfc32 (Chris Doty-Humphrey), a small generator whose every step is
// 32-bit integer arithmetic, so that a seed means the same on every machine.
//
// Each part of a simulation draws from a stream of its own, named by a label. So one draw more in one part leaves
// all the others as they were. Nothing here uses logarithms or powers, whose last bits engines may choose.

/** The least and the greatest value, both possible. */
export type Range = readonly [min: number, max: number];

const TWO_32 = 0x1_0000_0000;
const WARM_UP_STEPS = 16;

export class SimRandom {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** `seed` is a whole number from 0 to 2^53 - 1. */
  constructor(
    private readonly seed: number,
    private readonly label = "",
  ) {
    if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`a seed is a whole number from 0, not ${seed}`);
    this.a = seed | 0;
    this.b = Math.floor(seed / TWO_32) | 0;
    this.c = hashOf(label);
    for (let step = 0; step < WARM_UP_STEPS; step++) this.next();
  }

  /** A stream of its own; the same label gives the same stream, whatever was drawn before. */
  fork(label: string): SimRandom {
    return new SimRandom(this.seed, `${this.label}/${label}`);
  }

  /** 32 random bits, as a number from 0. */
  next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum | 0;
    return sum >>> 0;
  }

  /** From 0 to 1, without 1: 53 random bits. */
  fraction(): number {
    const high = this.next() >>> 5;
    return (high * 0x400_0000 + (this.next() >>> 6)) / 0x20_0000_0000_0000;
  }

  between([min, max]: Range): number {
    return min === max ? min : min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** Like `between`, but each number of bits is as likely as any other, so sizes near `min` come often. Below 2^31. */
  sizeBetween([min, max]: Range): number {
    if (min === max) return min;
    const bits = this.between([0, 32 - Math.clz32(max - min)]);
    return Math.min(max, min + (this.next() & ((1 << bits) - 1)));
  }

  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability;
  }

  fill(target: Uint8Array): void {
    for (let index = 0; index < target.length; index += 4) {
      const word = this.next();
      for (let byte = 0; byte < 4 && index + byte < target.length; byte++) target[index + byte] = word >>> (byte * 8);
    }
  }
}

/** FNV-1a of the text's UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  return hash;
}
