// A guest of doubles that can be suspended, and the event loop that it waits in.
import { LoopWaiter } from "#host/abi/loop-waiter.js";
import { Guest } from "./harness.js";

const waiters = new WeakMap<Guest, LoopWaiter>();

export function waitingGuest(): Guest {
  let waiter: LoopWaiter | undefined;
  const guest = new Guest({ tcp: true, nameLookup: true }, (host) => (waiter = new LoopWaiter(host)));
  waiters.set(guest, waiter as LoopWaiter);
  return guest;
}

export const waiterOf = (guest: Guest): LoopWaiter => waiters.get(guest) as LoopWaiter;

/** Runs the event loop of the doubles until the answer is there. */
export async function settled(guest: Guest, answer: unknown): Promise<unknown> {
  let isOver = false;
  const over = Promise.resolve(answer).finally(() => { isOver = true; });
  over.catch(() => {});
  for (let step = 0; step < 50 && !isOver; step++) {
    guest.platform.clock.runSoon();
    await Promise.resolve();
  }
  if (!isOver) throw new Error("the call still waits");
  return over;
}

export async function isWaiting(guest: Guest, answer: unknown): Promise<boolean> {
  return settled(guest, answer).then(() => false, (error: Error) => error.message === "the call still waits");
}
