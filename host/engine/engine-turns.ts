// One turn of the engine behind the TypeScript face, for the reactor:
//
//   tell the core what was given to `run`  ->  the core's turn  ->  collect what began  ->  call the callbacks
//   ->  steps of closing, if it closes  ->  when is the next turn wanted?
//
// Callbacks run here and only here, so nothing that they call can run another callback before it returns. What they
// cause is often ready at once (a write that the transport took, a task), so a few turns follow each other before the
// platform's other events have their turn.

import type { WasiHost } from "../wasi/wasi-host.js";
import type { Completions } from "./completions.js";
import type { CoreEngine } from "./core-engine.js";
import { StartResult } from "./core-program.js";
import type { Turnable } from "./reactor.js";
import type { TaskRunner } from "./task-runner.js";

/** Turns in a row while there is more to do. */
const TURNS_MAX = 16;

/** Runs one turn of the core: `CoreProgram`, or a stand-in of the tests. */
export interface CoreTurn {
  turn(host: WasiHost): number;
}

export class EngineTurns implements Turnable {
  /** Called when the callbacks of a turn have run. */
  afterCallbacks: () => void = () => {};
  failed: (error: unknown) => void = () => {};

  constructor(
    private readonly core: CoreEngine,
    private readonly program: CoreTurn,
    private readonly tasks: TaskRunner,
    private readonly completions: Completions,
  ) {}

  start(): StartResult {
    this.core.exports.engine_start();
    return StartResult.Running;
  }

  /** The engine ends by `close`, not by a stop of its reactor. */
  stop(): void {}

  turn(host: WasiHost): number {
    const { core } = this;
    core.isInTurn = true;
    try {
      this.completions.refill();
      // What the turn before left comes first, so that the ring holds little more than one turn can put into it.
      if (this.completions.hasMore) this.completions.handOut();
      let answer = 0;
      for (let turn = 0; turn < TURNS_MAX && answer === 0 && !this.completions.isUsedUp; turn++) {
        answer = this.turnOnce(host);
      }
      return answer;
    } finally {
      core.isInTurn = false;
    }
  }

  private turnOnce(host: WasiHost): number {
    this.tasks.tell();
    this.core.isTouched = false;
    const answer = this.program.turn(host);
    this.tasks.collect();
    const hasCalled = this.completions.handOut();
    this.afterCallbacks();
    if (this.tasks.untold > 0 || this.completions.hasMore) return 0;
    const { core } = this;
    // That an engine which closes is at its end is what only a turn can tell.
    if (core.isTouched && core.isClosing) return 0;
    // What the callbacks asked for may be due before what the core knew of, and they took their time: so long a wait
    // for a deadline would be longer than what is left. Only the core can tell.
    return core.isTouched || (hasCalled && answer > 0) ? core.exports.next_turn() : answer;
  }
}
