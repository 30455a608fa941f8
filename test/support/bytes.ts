// Seeded bytes: content that can be made again from (seed, offset), so it need not be kept to be checked.
//
// The seed is printed by each test process; TEST_SEED repeats a run.

export const SEED = Number(process.env.TEST_SEED ?? (Date.now() & 0x7fffffff));

/** A small generator of 32-bit numbers (a Weyl sequence through an integer hash). */
export class Random {
  #state: number;

  constructor(seed: number = SEED) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }
}

/** Fits no buffer size in use, so that a lost, doubled or moved buffer shows as a difference. */
const PERIOD_BYTES = (1 << 20) + 4093;

/** An endless stream of bytes, repeating after a period that fits no buffer. */
export class Pattern {
  /** Two periods, so that any chunk of up to one period is a slice of it. */
  #block: Buffer;

  constructor(seed: number = SEED) {
    const random = new Random(seed);
    const period = Buffer.alloc(PERIOD_BYTES);
    for (let index = 0; index < PERIOD_BYTES; index += 1) period[index] = random.next();
    this.#block = Buffer.concat([period, period]);
  }

  /** The bytes at an offset; at most one period of them. */
  at(offset: number, length: number): Buffer {
    if (length > PERIOD_BYTES) throw new RangeError(`a pattern gives at most ${PERIOD_BYTES} bytes at once`);
    const from = offset % PERIOD_BYTES;
    return this.#block.subarray(from, from + length);
  }

  /** Throws when the chunk is not what stands at the offset. */
  check(offset: number, chunk: Buffer): void {
    for (let done = 0; done < chunk.length;) {
      const length = Math.min(PERIOD_BYTES, chunk.length - done);
      const part = chunk.subarray(done, done + length);
      const expected = this.at(offset + done, length);
      if (!part.equals(expected)) {
        const index = part.findIndex((byte, at) => byte !== expected[at]);
        throw new Error(`byte ${offset + done + index} differs: ${part[index]} for ${expected[index]}`);
      }
      done += length;
    }
  }
}
