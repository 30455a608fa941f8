// A waiter that never suspends, over a platform of doubles: while the guest waits, time goes on and what was asked for
// happens. What a worker does with a real platform.
import type { Waiter } from "#host/abi/blocking.js";
import type { FakePlatform } from "../support/fake-platform.js";

const STEPS_MAX = 1000;
const STEP_MS = 10;

export function threadWaiter({ transport, clock }: FakePlatform): Waiter {
  return {
    canWait: true,
    notYet: () => transport.settle(),
    until: (isReady, rest) => {
      for (let step = 0; !isReady(); step++) {
        if (step === STEPS_MAX) throw new Error("the guest waits for what never comes");
        transport.settle();
        clock.runSoon();
        clock.advanceMs(STEP_MS);
      }
      return rest();
    },
  };
}
