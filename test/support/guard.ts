// Hang guards: every wait of an e2e test has a limit, so that a hang is a failure that names what it awaited.
import { setTimeout as sleep } from "node:timers/promises";

/** Generous on purpose: it guards against hanging and measures nothing. */
export const GUARD_MS = 60_000;

export async function within<T>(what: string, promise: Promise<T>, limitMs: number = GUARD_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const guard = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`still waiting for ${what} after ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, guard]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until the condition holds. The description is asked for only when it never did. */
export async function until(
  describe: () => string, condition: () => boolean, limitMs: number = GUARD_MS,
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`after ${limitMs} ms: ${describe()}`);
    await sleep(20);
  }
}
