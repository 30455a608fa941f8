// Tasks of the 2021 text over the interface of 2022, for engines that are not ours (ours has them in its core):
//
//   run:    QUEUED -- the engine's turn --> called: OK, or CANCELLED when tryCancel came first
//   runAt:  WAITING -- its time, the engine's turn --> called: OK
//              +------ tryCancel, shutdown --> QUEUED, to be called with CANCELLED
//              +------ somebody else closes the engine --> called with CANCELLED when it is closed: until then it runs
//              +------ it fails --> called with why        nothing new

import { newSpace, TaskHandle } from "./handles.js";
import type { EventEngine } from "./interfaces.js";
import { OK_STATUS, refuseArgument, type Status, StatusError } from "./status.js";
import { CANCELLED_STATUS } from "./status-table.js";

export type StatusCallback = (status: Status) => void;

/** What the 2021 text does with tasks. */
export interface TasksWithStatus {
  /** `callback` runs exactly once; once the engine is closed that is at once, with CANCELLED. */
  runWithStatus(callback: StatusCallback): TaskHandle;
  runAtWithStatus(when: Date, callback: StatusCallback): TaskHandle;
  /** The callback of a task that has not begun runs soon, with CANCELLED. */
  tryCancel(task: TaskHandle): void;
}

interface Task {
  readonly callback: StatusCallback;
  status: Status;
  /** The engine's handle while it waits for its time. */
  timer: TaskHandle | null;
}

export class StatusTasks implements TasksWithStatus {
  private readonly space = newSpace();
  private readonly tasks = new Map<number, Task>();
  private nextSlot = 0;
  private isWatching = false;

  constructor(private readonly engine: EventEngine) {}

  runWithStatus(callback: StatusCallback): TaskHandle {
    checkCallback(callback);
    if (this.engine.isClosed) return cancelledNow(callback, this.engine);
    const slot = this.nextSlot++;
    this.queue(slot);
    return this.keep(slot, { callback, status: OK_STATUS, timer: null });
  }

  runAtWithStatus(when: Date, callback: StatusCallback): TaskHandle {
    checkCallback(callback);
    if (this.engine.isClosed) return cancelledNow(callback, this.engine);
    const slot = this.nextSlot++;
    const timer = this.engine.runAt(when, () => this.call(slot));
    this.watch();
    return this.keep(slot, { callback, status: OK_STATUS, timer });
  }

  tryCancel({ space, slot }: TaskHandle): void {
    if (space === this.space && !this.engine.isClosed) this.cancel(slot);
  }

  /** Before a close by the same hand: whoever waits for a time is told in the engine's last turns. */
  cancelTimers(): void {
    if (this.engine.isClosed) return;
    for (const [slot, { timer }] of [...this.tasks]) if (timer !== null) this.cancel(slot);
  }

  private keep(slot: number, task: Task): TaskHandle {
    this.tasks.set(slot, task);
    return new TaskHandle(slot, 0, this.space);
  }

  private queue(slot: number): void {
    this.engine.run(() => this.call(slot));
  }

  private cancel(slot: number): void {
    const task = this.tasks.get(slot);
    if (task === undefined) return;
    const { timer } = task;
    if (timer === null) {
      task.status = CANCELLED_STATUS;
    } else if (this.engine.cancel(timer)) {
      task.timer = null;
      task.status = CANCELLED_STATUS;
      this.queue(slot);
    }
  }

  private call(slot: number): void {
    const task = this.tasks.get(slot);
    if (task === undefined) return;
    this.tasks.delete(slot);
    task.callback(task.status);
  }

  /** An engine that closes drops its timers; what was given to its `run` still runs. */
  private watch(): void {
    if (this.isWatching) return;
    this.isWatching = true;
    const { engine } = this;
    engine.closing.addEventListener("abort", () => {
      const closed = engine.close();
      // One by one: what a callback throws is the platform's to report, and keeps nobody else from hearing.
      for (const [slot, task] of this.tasks) {
        void closed.then(() => {
          task.status = closedStatus(engine);
          this.call(slot);
        });
      }
    }, { once: true });
  }
}

function checkCallback(callback: StatusCallback): void {
  if (typeof callback !== "function") refuseArgument("a callback must be a function");
}

function cancelledNow(callback: StatusCallback, engine: EventEngine): TaskHandle {
  callback(closedStatus(engine));
  return TaskHandle.invalid;
}

/** CANCELLED, unless the engine was aborted for another reason: then it failed. */
function closedStatus({ closing: { reason } }: EventEngine): Status {
  return reason instanceof StatusError && reason.code !== "CANCELLED" ? reason.status : CANCELLED_STATUS;
}
