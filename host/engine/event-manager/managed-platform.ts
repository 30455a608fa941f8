// A platform whose engines are turned by an event manager, the application's own or ours:
//
//   Clock.soon ------> runFunction(..., SYSTEM)        a turn because of work, or of something that became ready
//   Clock.setTimer --> scheduleAlarmIn(..., SYSTEM)    the one wake-up of an engine
//   an engine opens, and is closed --> shutdownRef, shutdownUnref
//
// Callbacks run in turns, so each of them runs inside a function or an alarm of the manager. Sockets and time stay the
// platform's: what arrives there is only noted until the manager calls.
//
// A timer:   SET -- the manager calls it, with true or false --> OVER       it may be called late, early or too often:
//             +---- clearTimer: a cancel, in which it is called -+          an engine looks at the time itself

import type { Clock, HeldLoop, TimerId } from "../../wasi/clock.js";
import type { Platform } from "../../wasi/wasi-host.js";
import { platformDefaults } from "../platform-defaults.js";
import { refuse, refuseArgument } from "../status.js";
import { type AlarmKey, type BaseEventManager, Priority } from "./interfaces.js";

const METHODS = [
  "scheduleAlarmIn", "runFunction", "runFunctions", "consistentCancel", "blockingConsistentCancel", "shutdownRef",
  "shutdownUnref",
] as const satisfies readonly (keyof BaseEventManager)[];

/** Refuses what is no event manager, by the name of what it lacks. */
export function checkManager(manager: BaseEventManager): void {
  const given = manager as Partial<BaseEventManager> | null | undefined;
  for (const name of METHODS) {
    if (typeof given?.[name] !== "function") refuseArgument(`want an event manager: it lacks the method ${name}`);
  }
}

/**
 * A platform for `EventEngine.create`, with the sockets, the time and the random bytes of `platform` (by default those
 * of an engine that is given none) and the loop of `manager`. Any number of engines may stand on it. The manager stays
 * its owner's, and must go on until the last of them is closed: `shutdownRef` says so to it once for each.
 *
 * When it refuses a function or an alarm all the same, or runs one inside of the call, nothing could turn the engine
 * any more: then the engine is over at once, and `onUncaught` is told why.
 */
export function managedPlatform(manager: BaseEventManager, platform?: Platform): Platform {
  checkManager(manager);
  const base = platform ?? platformDefaults().makePlatform();
  return {
    transport: base.transport,
    clock: new ManagedClock(manager, base.clock),
    streams: base.streams,
    fillRandom: (target) => base.fillRandom(target),
    environment: platform === undefined ? platformDefaults().environment() : platform.environment ?? {},
  };
}

/** An alarm of the manager. */
class Timer {
  key: AlarmKey | null = null;
  isOver = false;
}

class ManagedClock implements Clock {
  readonly resolutionNs: bigint;
  readonly wallResolutionNs: bigint;
  readonly loop: HeldLoop;
  readonly turnBegins?: () => void;
  readonly isTurnOver?: () => boolean;
  /** The manager is being asked; what it runs before it answers is not to run. */
  private isAsking = false;
  private ranInside = false;

  constructor(
    private readonly manager: BaseEventManager,
    private readonly base: Clock,
  ) {
    this.resolutionNs = base.resolutionNs;
    this.wallResolutionNs = base.wallResolutionNs;
    this.loop = { hold: () => manager.shutdownRef(), letGo: () => manager.shutdownUnref() };
    // Turns stay as short as the platform wants them.
    if (base.turnBegins !== undefined) this.turnBegins = () => base.turnBegins?.();
    if (base.isTurnOver !== undefined) this.isTurnOver = () => base.isTurnOver?.() === true;
  }

  monotonicNowNs(): bigint {
    return this.base.monotonicNowNs();
  }

  monotonicNow(): number {
    return this.base.monotonicNow();
  }

  wallNowNs(): bigint {
    return this.base.wallNowNs();
  }

  soon(callback: () => void): void {
    this.ask("runFunction", () => {
      this.manager.runFunction(() => {
        if (this.isLater()) callback();
      }, Priority.SYSTEM);
    });
  }

  setTimer(delayMs: number, callback: () => void): TimerId {
    const timer = new Timer();
    const closure = (): void => {
      if (timer.isOver || !this.isLater()) return;
      // False without a cancel of ours: the manager is at its end, and the engine that asks for the next one hears it.
      timer.isOver = true;
      callback();
    };
    this.ask("scheduleAlarmIn", () => {
      timer.key = this.manager.scheduleAlarmIn(delayMs, closure, Priority.SYSTEM);
    });
    return timer;
  }

  clearTimer(id: TimerId): void {
    const timer = id as Timer;
    if (timer.isOver) return;
    timer.isOver = true;
    if (timer.key !== null) this.manager.consistentCancel(timer.key);
  }

  private isLater(): boolean {
    if (this.isAsking) this.ranInside = true;
    return !this.isAsking;
  }

  private ask(method: string, call: () => void): void {
    this.isAsking = true;
    this.ranInside = false;
    try {
      call();
    } finally {
      this.isAsking = false;
    }
    if (this.ranInside) refuse(`the event manager ran something inside of ${method}: it has to run later`);
  }
}
