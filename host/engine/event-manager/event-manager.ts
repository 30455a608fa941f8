// The event manager of the 2020 text over an event engine: priorities, alarms and holds on its scheduler, its timers
// and its loop. It has none of its own, so what is given to the engine and what is given to the manager keep one order.
//
// An alarm is a task that the core calls back whatever happens (the mode of the 2021 text): at its time, or soon after
// the engine closes. A cancel takes it out of the core without a trace, and calls the closure itself.

import { MODE_CALLS } from "../core-exports.js";
import { EventEngine } from "../event-engine.js";
import { newSpace } from "../handles.js";
import type { Endpoint } from "../interfaces.js";
import { RUN_FUNCTIONS_MAX } from "../limits.js";
import { refuse, refuseArgument } from "../status.js";
import type { Descriptor } from "./descriptor-interfaces.js";
import { deleteDescriptor, registerDescriptor } from "./descriptor.js";
import { Holds } from "./holds.js";
import type { AlarmClosure, AlarmKey, EpollEventManager, Task, TaskKey } from "./interfaces.js";
import { CoreAlarmKey, CoreTaskKey } from "./keys.js";
import { checkPriority, isPriority, type Priority } from "./priority.js";

const NO_TASK: Partial<Task> = {};

/** Any number of managers may share an engine; each has its own keys and its own count of holds. */
export class EventManager implements EpollEventManager {
  private readonly space = newSpace();
  private readonly holds: Holds;
  private refs = 0;

  /** Does not own the engine: whoever made that closes it, and with it everything that the manager was given. */
  constructor(readonly engine: EventEngine) {
    if (!(engine instanceof EventEngine)) refuseArgument("an event manager wants an EventEngine of this package");
    this.holds = Holds.of(engine);
  }

  scheduleAlarmIn(deadline: Date | number, closure: AlarmClosure, priority: Priority): AlarmKey {
    return this.schedule("scheduleAlarmIn", deadline, closure, priority, 0);
  }

  scheduleAlarmInWithSlack(
    deadline: Date | number, closure: AlarmClosure, priority: Priority, slackMs: number,
  ): AlarmKey {
    if (typeof slackMs !== "number" || !(slackMs >= 0)) {
      refuseArgument("the slack of an alarm must be a number of milliseconds that is not negative");
    }
    return this.schedule("scheduleAlarmInWithSlack", deadline, closure, priority, slackMs);
  }

  runFunction(handler: () => void, priority: Priority): TaskKey {
    this.engine.core.checkOpen("runFunction");
    checkTask(handler, priority, "a task");
    const key = new CoreTaskKey(handler);
    this.engine.tasks.runWith(key, priority);
    return key;
  }

  runFunctions(tasks: readonly Task[]): TaskKey[] {
    this.engine.core.checkOpen("runFunctions");
    if (!Array.isArray(tasks)) refuseArgument("runFunctions wants an array of tasks");
    const count = tasks.length;
    if (count > RUN_FUNCTIONS_MAX) refuseArgument(`runFunctions takes ${RUN_FUNCTIONS_MAX} tasks at most`);
    const keys = new Array<CoreTaskKey>(count);
    const priorities = new Uint8Array(count);
    // The list is the caller's, and may say something else when it is asked again.
    for (let index = 0; index < count; index++) {
      const { handler, priority } = tasks[index] as Task | undefined ?? NO_TASK;
      checkTask(handler, priority, index);
      keys[index] = new CoreTaskKey(handler as () => void);
      priorities[index] = priority as Priority;
    }
    for (let index = 0; index < count; index++) {
      this.engine.tasks.runWith(keys[index] as CoreTaskKey, priorities[index] as Priority);
    }
    return keys;
  }

  consistentCancel(key: AlarmKey): boolean {
    if (key instanceof CoreTaskKey) refuseArgument("a task cannot be cancelled: this is the key of one, no alarm's");
    if (!(key instanceof CoreAlarmKey) || !this.engine.tasks.cancel(key, this.space)) return false;
    key.finish(false);
    return true;
  }

  blockingConsistentCancel(key: AlarmKey): boolean {
    return this.consistentCancel(key);
  }

  registerFileDescriptor(endpoint: Endpoint): Descriptor {
    this.engine.core.checkOpen("registerFileDescriptor");
    return registerDescriptor(this, this.engine.core, endpoint);
  }

  deleteDescriptor(descriptor: Descriptor): void {
    deleteDescriptor(this, descriptor);
  }

  shutdownRef(): void {
    this.engine.core.checkOpen("shutdownRef");
    this.refs++;
    this.holds.begin();
  }

  shutdownUnref(): void {
    if (this.refs === 0) refuse("shutdownUnref without a shutdownRef");
    this.refs--;
    this.holds.end();
  }

  private schedule(
    what: string, deadline: Date | number, closure: AlarmClosure, priority: Priority, slackMs: number,
  ): AlarmKey {
    this.engine.core.checkOpen(what);
    if (typeof closure !== "function") refuseArgument("the closure of an alarm must be a function");
    checkPriority(priority, "an alarm");
    const { tasks, core } = this.engine;
    const delayMs = deadline instanceof Date ? tasks.delayUntil(deadline) : deadline;
    if (typeof delayMs !== "number" || Number.isNaN(delayMs)) {
      refuseArgument("the deadline of an alarm must be a number of milliseconds or a valid date");
    }
    const slot = tasks.at(delayMs, MODE_CALLS, slackMs, priority);
    const key = new CoreAlarmKey(slot >>> 0, core.result(0), this.space, closure);
    tasks.keep(key);
    return key;
  }
}

/** `which`: the index in a list. */
function checkTask(handler: unknown, priority: unknown, which: number | "a task"): void {
  if (typeof handler === "function" && isPriority(priority)) return;
  const whose = which === "a task" ? which : `task ${which}`;
  if (typeof handler !== "function") refuseArgument(`the handler of ${whose} must be a function`);
  checkPriority(priority as Priority, whose);
}
