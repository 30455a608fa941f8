// Hands finished operations out: takes entries of the completion ring in order and calls what they belong to.
//
// What user code throws ends the call that it was thrown from and nothing else: the entry has left the ring before, so
// the next round goes on behind it.

import type { CoreEngine } from "./core-engine.js";
import { KIND_RUN, KIND_TASK } from "./core-exports.js";
import type { TaskRunner } from "./task-runner.js";

/** Calls in a row; then the platform's other events have their turn first. Where its clock says so, sooner. */
export const CALLS_DEFAULT = 1024;
const HEAD = 2;
const TAIL = 3;

export class Completions {
  private readonly endsEarly: boolean;
  private callsLeft = 0;
  /** Closures that the latest RUN entry still allows. */
  private runsLeft = 0;
  /** The priority of these; in most engines it is always the same. */
  private runsOf = -1;

  constructor(
    private readonly core: CoreEngine,
    private readonly tasks: TaskRunner,
    private readonly uncaught: (error: unknown) => void,
    private readonly callsMax = CALLS_DEFAULT,
  ) {
    this.endsEarly = core.clock.isTurnOver !== undefined;
  }

  /** Begins a new row. */
  refill(): void {
    this.callsLeft = this.callsMax;
    this.core.clock.turnBegins?.();
  }

  /** Ends the row. */
  stop(): void {
    this.callsLeft = 0;
  }

  get isUsedUp(): boolean {
    return this.callsLeft <= 0;
  }

  /** Whether something waits to be handed out. */
  get hasMore(): boolean {
    const words = this.core.words();
    const { stateAt } = this.core;
    return this.runsLeft > 0 || words[stateAt + HEAD] !== words[stateAt + TAIL];
  }

  /** Answers whether anything was called. */
  handOut(): boolean {
    const before = this.callsLeft;
    for (;;) {
      try {
        while (this.next()) this.look();
        break;
      } catch (error) {
        this.uncaught(error);
        this.look();
      }
    }
    const hasCalled = this.callsLeft !== before;
    if (!hasCalled) this.look(); // a turn that called nobody took its time, too
    return hasCalled;
  }

  private look(): void {
    if (this.endsEarly && this.core.clock.isTurnOver?.() === true) this.stop();
  }

  private next(): boolean {
    if (this.callsLeft <= 0) return false;
    if (this.runsLeft > 0) {
      this.runsLeft--;
      this.callsLeft--;
      this.tasks.callRun();
      return true;
    }
    const { core } = this;
    const words = core.words();
    const state = core.stateAt;
    const head = words[state + HEAD] as number;
    if (head === words[state + TAIL]) return false;
    const entry = ((words[state] as number) >>> 2) + ((head & ((words[state + 1] as number) - 1)) << 2);
    const word0 = words[entry] as number;
    const tag = words[entry + 1] as number;
    const a = words[entry + 2] as number;
    words[state + HEAD] = head + 1; // a u32 that wraps around
    const kind = word0 & 0xff;
    if (kind === KIND_RUN) {
      this.runsLeft = a;
      if (tag !== this.runsOf) this.tasks.callFrom(this.runsOf = tag);
      return this.next();
    }
    this.callsLeft--;
    if (kind === KIND_TASK) this.tasks.callBegun(word0);
    else core.receivers.at(tag).completed(kind, word0, a);
    return true;
  }
}
