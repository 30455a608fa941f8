// Event loops that are none of ours, for what says that an engine can be turned by any: one that somebody turns by
// hand, and the same one turned by Node's own timers.
import { performance } from "node:perf_hooks";
import type { AlarmKey, BaseEventManager, Task, TaskKey } from "#host/engine/event-manager/interfaces.js";
import { NUM_PRIORITIES, type Priority } from "#host/engine/event-manager/priority.js";

class Key<K extends "alarm" | "task"> {
  constructor(readonly keyOf: K, private readonly number: number) {}

  equals(other: unknown): boolean {
    return other === this;
  }

  toString(): string {
    return `${this.keyOf} ${this.number}`;
  }
}

interface Alarm {
  readonly key: AlarmKey;
  readonly atMs: number;
  readonly closure: (fired: boolean) => void;
  readonly priority: Priority;
}

export class ForeignLoop implements BaseEventManager {
  /** How often `shutdownRef` was called more than `shutdownUnref`. */
  refs = 0;
  private readonly queues: (() => void)[][] = Array.from({ length: NUM_PRIORITIES }, () => []);
  private alarms: Alarm[] = [];
  private keys = 0;

  /** `changed` hears of everything that may need an earlier turn than was known before. */
  constructor(private readonly changed: () => void = () => {}, readonly nowMs = (): number => performance.now()) {}

  scheduleAlarmIn(deadline: Date | number, closure: (fired: boolean) => void, priority: Priority): AlarmKey {
    const delayMs = typeof deadline === "number" ? deadline : deadline.getTime() - Date.now();
    const key = new Key("alarm", this.keys++);
    this.alarms.push({ key, atMs: this.nowMs() + delayMs, closure, priority });
    this.changed();
    return key;
  }

  runFunction(handler: () => void, priority: Priority): TaskKey {
    this.queues[priority]?.push(handler);
    this.changed();
    return new Key("task", this.keys++);
  }

  runFunctions(tasks: readonly Task[]): TaskKey[] {
    return tasks.map(({ handler, priority }) => this.runFunction(handler, priority));
  }

  consistentCancel(key: AlarmKey): boolean {
    const alarm = this.alarms.find((each) => each.key === key);
    if (alarm === undefined) return false;
    this.alarms = this.alarms.filter((each) => each !== alarm);
    alarm.closure(false);
    return true;
  }

  blockingConsistentCancel(key: AlarmKey): boolean {
    return this.consistentCancel(key);
  }

  shutdownRef(): void {
    this.refs++;
  }

  shutdownUnref(): void {
    if (this.refs === 0) throw new Error("one shutdownUnref too many");
    this.refs--;
  }

  /** As a manager that ends does with what waits. */
  endAlarms(): void {
    for (const { closure } of this.alarms.splice(0)) closure(false);
  }

  get isIdle(): boolean {
    return this.alarms.length === 0 && this.queues.every((queue) => queue.length === 0);
  }

  /** Milliseconds until a turn is wanted; Infinity when only something new can make one. */
  get delayMs(): number {
    if (this.queues.some((queue) => queue.length > 0)) return 0;
    return Math.max(0, Math.min(...this.alarms.map(({ atMs }) => atMs)) - this.nowMs());
  }

  /** One round: what is due, then what was queued before, the highest level first. */
  turn(): void {
    const now = this.nowMs();
    const due = this.alarms.filter(({ atMs }) => atMs <= now).sort((a, b) => a.atMs - b.atMs);
    this.alarms = this.alarms.filter(({ atMs }) => atMs > now);
    for (const { closure, priority } of due) this.queues[priority]?.push(() => closure(true));
    const batches = this.queues.map((queue) => queue.splice(0)).reverse();
    for (const handler of batches.flat()) handler();
  }
}

/** Turned by `setImmediate` and `setTimeout`, as long as it has something to do. */
export class TimersLoop extends ForeignLoop {
  private immediate: NodeJS.Immediate | null = null;
  private timeout: NodeJS.Timeout | undefined;

  constructor() {
    super(() => this.schedule());
  }

  private schedule(): void {
    if (this.immediate !== null) return;
    clearTimeout(this.timeout);
    const { delayMs } = this;
    if (delayMs === 0) this.immediate = setImmediate(this.go);
    else if (delayMs < Infinity) this.timeout = setTimeout(this.go, Math.min(Math.ceil(delayMs), 0x7fff_ffff));
  }

  private readonly go = (): void => {
    this.immediate = null;
    try {
      this.turn();
    } finally {
      this.schedule();
    }
  };
}
