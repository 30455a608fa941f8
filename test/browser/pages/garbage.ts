// The garbage collector of a page, as far as each browser lets tests have it.

interface Collectors {
  /** Chromium, which was started with it. */
  gc?(): void;
  /** Firefox, by a preference. */
  TestUtils?: { gc(): Promise<void> };
}

/** WebKit cannot be asked: rubbish makes it look through all it has, sooner or later. */
const RUBBISH_BYTES = 64 << 20;
const ROUNDS_MAX = 200;

export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  const { gc, TestUtils } = globalThis as Collectors;
  if (gc !== undefined) gc();
  else if (TestUtils !== undefined) await TestUtils.gc();
  else await pileUntilCollected(reference);
  return reference.deref() === undefined;
}

async function pileUntilCollected(reference: WeakRef<object>): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX && reference.deref() !== undefined; round++) {
    new Uint8Array(RUBBISH_BYTES).fill(round);
    await new Promise<void>((resolve) => { setTimeout(resolve); });
  }
}
