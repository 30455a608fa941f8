// Canaries: bodies that must not pass. Every arm asserts that it sees them fail, so an arm that has gone blind fails.

import * as timers from "../../../assembly/time/timer-heap";
import { FAILS, TRAPS, body, expect } from "./harness";

export function add(): void {
  body("canary-expectation", "should be seen to fail when an expectation does not hold", FAILS)
    .then((): void => expect(1 == 2, "one to be two"));

  body("canary-leak", "should be seen to fail when something is left behind", FAILS)
    .patient(10_000_000)
    .then((): void => { timers.create((owner: usize): void => {}, 0); });

  body("canary-trap", "should be seen to trap when an assertion fails", TRAPS + "the canary sings")
    .then((): void => assert(false, "the canary sings"));
}
