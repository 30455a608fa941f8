// An event manager that wraps another one: it passes everything on, keeps books, and knows whether anything of it is
// running.
import * as assert from "uvu/assert";
import type { AlarmKey, BaseEventManager, Task, TaskKey } from "#host/engine/event-manager/interfaces.js";
import { NUM_PRIORITIES, type Priority } from "#host/engine/event-manager/priority.js";

export class CountingManager implements BaseEventManager {
  /** Functions and alarms that were asked for, by level. */
  readonly functions = new Array<number>(NUM_PRIORITIES).fill(0);
  readonly alarms = new Array<number>(NUM_PRIORITIES).fill(0);
  ran = 0;
  fired = 0;
  /** Alarms that ended with false: cancelled, or at the end of the manager. */
  cancelled = 0;
  opened = 0;
  closed = 0;
  private depth = 0;

  constructor(private readonly inner: BaseEventManager) {}

  /** A function or an alarm of it is running. */
  get isInside(): boolean {
    return this.depth > 0;
  }

  scheduleAlarmIn(deadline: Date | number, closure: (fired: boolean) => void, priority: Priority): AlarmKey {
    const key = this.inner.scheduleAlarmIn(deadline, (fired) => {
      if (!fired) {
        this.cancelled++;
        return closure(false);
      }
      this.fired++;
      this.inside(() => closure(true));
    }, priority);
    this.alarms[priority]!++;
    return key;
  }

  runFunction(handler: () => void, priority: Priority): TaskKey {
    const key = this.inner.runFunction(this.counted(handler), priority);
    this.functions[priority]!++;
    return key;
  }

  runFunctions(tasks: readonly Task[]): TaskKey[] {
    const keys = this.inner.runFunctions(tasks.map(({ handler, priority }) => {
      return { handler: this.counted(handler), priority };
    }));
    for (const { priority } of tasks) this.functions[priority]!++;
    return keys;
  }

  consistentCancel(key: AlarmKey): boolean {
    return this.inner.consistentCancel(key);
  }

  blockingConsistentCancel(key: AlarmKey): boolean {
    return this.inner.blockingConsistentCancel(key);
  }

  shutdownRef(): void {
    this.inner.shutdownRef();
    this.opened++;
  }

  shutdownUnref(): void {
    this.inner.shutdownUnref();
    this.closed++;
  }

  /** When all engines on it are closed: nothing waits, and nothing holds it. */
  checkBooks(): void {
    const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
    assert.is(this.ran, total(this.functions), "each function ran once");
    assert.is(this.fired + this.cancelled, total(this.alarms), "each alarm ended once");
    assert.is(this.closed, this.opened, "nothing holds it");
    assert.not(this.isInside);
  }

  private counted(handler: () => void): () => void {
    return () => {
      this.ran++;
      this.inside(handler);
    };
  }

  private inside(run: () => void): void {
    this.depth++;
    try {
      run();
    } finally {
      this.depth--;
    }
  }
}
