// A seeded source of random words (xoshiro128**), so that a run can be repeated from the seed it printed.

export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** The four words of state are spread from the seed by splitmix32, so near seeds give unlike streams. */
  constructor(seed: number) {
    let state = seed >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  /** The next 32 random bits, as a signed number. */
  nextWord(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotate(this.#d, 11);
    return result;
  }

  /** A whole number from low to high, both included. */
  nextBetween(low: number, high: number): number {
    return low + ((this.nextWord() >>> 0) % (high - low + 1));
  }

  /** A fresh buffer of random bytes. */
  nextBytes(length: number): Buffer {
    const words = new Int32Array((length + 3) >> 2);
    for (let i = 0; i < words.length; i++) words[i] = this.nextWord();
    return Buffer.from(words.buffer, 0, length);
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
