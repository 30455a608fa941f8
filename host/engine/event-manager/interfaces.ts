// The contract of an event manager, after the EventManager text of 2020-06 with names in camelCase. Any object that
// keeps BaseEventManager can stand for an application's own event loop; `EventManager` in event-manager.ts is ours.
//
// Rules for all closures: none runs before the call that it was given to has returned, except the closure of an alarm
// that is being cancelled; each runs exactly once, on the one thread there is. A call that breaks a rule throws a
// StatusError that names the rule, and changes nothing.

import type { Endpoint } from "../interfaces.js";
import type { Descriptor } from "./descriptor-interfaces.js";
import type { Priority } from "./priority.js";

export { NUM_PRIORITIES, Priority } from "./priority.js";

/**
 * Names an alarm, for the two cancels. A value: holding it keeps neither the alarm nor its closure alive, and it may
 * be given to a cancel at any time, and often. It never names a later alarm.
 */
export interface AlarmKey {
  readonly keyOf: "alarm";
  equals(other: AlarmKey): boolean;
  toString(): string;
}

/** Names a task, which cannot be cancelled. A value: holding it does not keep the handler alive once that ran. */
export interface TaskKey {
  readonly keyOf: "task";
  equals(other: TaskKey): boolean;
  toString(): string;
}

/** One of several tasks for `runFunctions`. */
export interface Task {
  readonly handler: () => void;
  readonly priority: Priority;
}

/**
 * What an alarm runs, exactly once: with true when its time came; with false when it was cancelled, or when the
 * engine closed before.
 */
export type AlarmClosure = (fired: boolean) => void;

/**
 * What every event manager has. Within a turn what has the higher priority runs first; what has the same runs in the
 * order in which it was given, or became due.
 */
export interface BaseEventManager {
  /**
   * Runs `closure` with true at `deadline`, never earlier: a date, or milliseconds from now. The past means soon,
   * never inside this call; Infinity never. Refused: NaN, an invalid date, a closed engine.
   */
  scheduleAlarmIn(deadline: Date | number, closure: AlarmClosure, priority: Priority): AlarmKey;
  /** Runs `handler` soon, exactly once. It should be short: nothing else runs meanwhile. */
  runFunction(handler: () => void, priority: Priority): TaskKey;
  /** As `runFunction` for each, in this order; 1,048,576 at most. When one is refused, none is taken. */
  runFunctions(tasks: readonly Task[]): TaskKey[];
  /**
   * True: the alarm had not begun; its closure ran with false inside this call, on the caller's stack, and what it
   * threw came out of here. It may call anything. False, and nothing happened: the alarm ran or was cancelled before,
   * its closure is running (so also from inside of that), or the key is another manager's. Also what is due already
   * and only waits for its turn can be cancelled. The key of a task is refused.
   */
  consistentCancel(key: AlarmKey): boolean;
  /**
   * As `consistentCancel`, but while the closure is running on another thread this waits for its end: when it has
   * returned, the closure is not running and never will. On one thread who calls while the closure is running stands
   * inside of it, or of what it called; to wait there would never end, so it answers false at once, and only then the
   * closure still goes on after the return.
   */
  blockingConsistentCancel(key: AlarmKey): boolean;
  /**
   * Holds the shutdown until `shutdownUnref` was called as often: whoever closes meanwhile waits, and everything goes
   * on as if nobody had. It does not keep a process alive. Refused once the shutdown has begun.
   */
  shutdownRef(): void;
  /** The last one begins the shutdown that somebody waits for. One more than there were refs is refused. */
  shutdownUnref(): void;
}

/** Beyond that: alarms that may share wake-ups, and descriptors. */
export interface EpollEventManager extends BaseEventManager {
  /**
   * As `scheduleAlarmIn`, but the alarm may come anywhere in [deadline, deadline + slackMs]: it comes with whatever
   * wakes the engine in that time, and wakes it by itself only at the end. Infinity: it wakes nobody.
   */
  scheduleAlarmInWithSlack(
    deadline: Date | number, closure: AlarmClosure, priority: Priority, slackMs: number,
  ): AlarmKey;
  /**
   * A descriptor that takes `endpoint` over: until `release` gives it back the endpoint is as if it were destroyed, and
   * what is still to be read is the descriptor's. Refused: an endpoint of another engine, one that is destroyed or
   * has been taken over, and one with an outstanding read or write. There may be any number of descriptors.
   */
  registerFileDescriptor(endpoint: Endpoint): Descriptor;
  /** As `descriptor.close()`, unless it was closed or released before. Another manager's is refused. */
  deleteDescriptor(descriptor: Descriptor): void;
}
