// Schedules the turns of a program: when a pollable became ready, when a deadline comes, or at once when the last
// turn left work. Nothing else wakes it, so an idle engine costs nothing.
//
// (1) ready: one turn per batch, when the platform has delivered its events.
//     A turn is taken right at an arrival of bytes instead when these would have to be copied to wait, when the batch
//     is full, and in times in which events come one by one (turn-pacing.ts).
// (2) the answer of a turn: 0 -> again soon; > 0 -> one timer; -1 -> wait for (1); -2, -3 -> over.
// (3) a deadline that moves later keeps the timer that is set, as long as that would fire early by less than a quarter
//     of what is left: traffic that moves it all the time sets few timers, and hardly one fires in vain.
//
// Where the clock belongs to somebody else's loop, turns run in what that loop calls and nowhere else: there are none
// right at an arrival. A loop that refuses to call ends the program, since nothing would ever turn it again; so does a
// trap. One that a callback of ours turns (a dialog does that) takes no turn inside of ours.

import { READY_BATCH } from "../wasi/limits.js";
import type { TimerId } from "../wasi/clock.js";
import { GuestExit } from "../wasi/trap.js";
import type { WasiHost } from "../wasi/wasi-host.js";
import { TurnPacing } from "./turn-pacing.js";
import { StartResult, TURN_FAILED, TURN_FINISHED, TURN_NO_DEADLINE } from "./core-program.js";

const MILLISECOND_NS = 1_000_000;
const TIMER_MS_MAX = 0x7fff_ffff;
/** A timer may fire early by one part in so many of what is left then. */
const EARLY_PARTS = 4;

/** What a reactor turns: a program of the component, or the engine behind the TypeScript face. */
export interface Turnable {
  start(): StartResult;
  /** One round, with what is in `host.ready`; answers as the core's `turn` does. */
  turn(host: WasiHost): number;
  stop(): void;
  /** It is over before its time, and why. Called within whatever went wrong, and perhaps again for what follows. */
  failed?(error: unknown): void;
}

export class Reactor {
  private readonly pacing = new TurnPacing();
  private isScheduled = false;
  private isInGuest = false;
  private timer: TimerId | null = null;
  /** When the timer fires, on the monotonic clock in milliseconds. */
  private timerAtMs = 0;
  private isOver = false;
  private resolve: (exitCode: number) => void = () => {};
  private reject: (error: unknown) => void = () => {};

  constructor(
    private readonly program: Turnable,
    private readonly host: WasiHost,
  ) {
    host.platform.clock.loop?.hold();
  }

  /** Runs the program to its end: its exit code, or the trap that ended it. */
  run(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.host.ready.onFirst = this.ready;
      if (this.host.platform.clock.loop === undefined) this.host.ready.onArrival = this.arrival;
      this.guarded(() => {
        const result = this.program.start();
        if (result === StartResult.Running) this.soon();
        else this.finish(result === StartResult.Finished ? 0 : 1);
      });
    });
  }

  /** Asks for a graceful end; `run` resolves when the program has finished what is in flight. */
  stop(): void {
    if (this.isOver) return;
    this.guarded(() => this.program.stop());
    this.soon();
  }

  /** Asks for a turn soon, because something was given to the program outside of one. */
  wake(): void {
    // A turn that runs asks for the next one itself.
    if (!this.isInGuest && !this.isScheduled) this.guarded(this.soonStep);
  }

  private readonly ready = (): void => this.wake(); // (1)

  private readonly arrival = (isUrgent: boolean): boolean => { // (1)
    if (this.isInGuest || this.isOver) return false;
    if (!isUrgent && this.host.ready.length < READY_BATCH && !this.pacing.takeEager()) return false;
    this.turn();
    return true;
  };

  private readonly soonStep = (): void => this.soon();

  private soon(): void {
    if (this.isScheduled || this.isOver) return;
    this.isScheduled = true;
    this.host.platform.clock.soon(this.turnBatched);
  }

  private readonly turnBatched = (): void => {
    this.isScheduled = false;
    this.pacing.batchSeen(this.host.ready.length);
    this.turn();
  };

  private readonly turnOnTimer = (): void => {
    this.timer = null;
    this.turn();
  };

  private turn(): void {
    // Inside of a turn nothing is lost: at its end that asks for what is wanted then.
    if (!this.isOver && !this.isInGuest) this.guarded(this.turnStep);
  }

  private readonly turnStep = (): void => this.schedule(this.program.turn(this.host));

  private schedule(answer: number): void { // (2)
    if (answer === TURN_FINISHED) return this.finish(0);
    if (answer === TURN_FAILED) return this.finish(1);
    // More was ready than one turn could be told of.
    if (answer === 0 || this.host.ready.length > 0) this.soon();
    if (answer > 0) this.setTimer(Math.ceil(answer / MILLISECOND_NS));
    else if (answer !== 0 && answer !== TURN_NO_DEADLINE) {
      throw new Error(`turn answered ${answer}, which means nothing`);
    } else this.clearTimer();
  }

  private setTimer(delayMs: number): void {
    const { clock } = this.host.platform;
    const delay = Math.min(delayMs, TIMER_MS_MAX);
    const atMs = clock.monotonicNow() / MILLISECOND_NS + delay;
    const earlyMs = atMs - this.timerAtMs;
    if (this.timer !== null && earlyMs >= 0 && earlyMs * EARLY_PARTS <= delay) return; // (3)
    this.clearTimer();
    this.timerAtMs = atMs;
    this.timer = clock.setTimer(delay, this.turnOnTimer);
  }

  private clearTimer(): void {
    if (this.timer !== null) this.host.platform.clock.clearTimer(this.timer);
    this.timer = null;
  }

  private guarded(step: () => void): void {
    const wasInGuest = this.isInGuest;
    this.isInGuest = true;
    try {
      step();
    } catch (error) {
      this.fail(error);
    } finally {
      this.isInGuest = wasInGuest;
    }
  }

  private finish(exitCode: number): void {
    this.end();
    this.resolve(exitCode);
  }

  /** Ends it: nothing turns it any more, and `run` tells why. */
  fail(error: unknown): void {
    this.program.failed?.(error);
    try {
      this.end();
    } catch {
      // A loop that failed may fail in this, too: the first failure is the one to tell.
    }
    try {
      if (error instanceof GuestExit) this.resolve(error.exitCode);
    } catch {
      // Whoever threw it may run code of his own here.
    }
    this.reject(error); // nothing, after a resolve
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    try {
      this.clearTimer();
    } finally {
      this.host.close();
      this.host.platform.clock.loop?.letGo();
    }
  }
}
