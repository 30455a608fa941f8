// Tasks of the TypeScript face: the closures lie here, the queue and the timers are the core's.
//
//   run:    runs ── run_batch(count) before the next turn ──► RUN entry ──► called in order
//   runAt:  slots[slot] ── TASK entry ──► begun ──► called        (cancel: out of either, silently)
//
// The core may give a slot to another task as soon as its TASK entry is in the ring. So `collect` moves the tasks of
// new entries out of their slots right after the core's turn, before any closure runs and can ask for a slot.
//
// A task is its handle: one object, found by one look at `slots`, because a million of them do not fit the caches.

import { ClosureQueue } from "./closure-queue.js";
import type { CoreEngine } from "./core-engine.js";
import { KIND_TASK, MODE_CALLS, MODE_SILENT } from "./core-exports.js";
import { newSpace, TaskHandle } from "./handles.js";
import type { Closure } from "./interfaces.js";
import { refuse, refuseArgument, type Status } from "./status.js";
import { CANCELLED_STATUS, statusFrom } from "./status-table.js";

const MILLISECOND_NS = 1e6;
/** The priority of what names none. */
const MEDIUM = 1;

/** A callback of the 2021 text, which runs exactly once whatever happens. */
class StatusTask {
  constructor(readonly callback: (status: Status) => void) {}
}

type Entry = Closure | StatusTask;

export class TaskRunner {
  private readonly space = newSpace();
  /** Handles of the 2021 text mean something else to `cancel`, so they are told apart. */
  private readonly statusSpace = newSpace();
  private readonly runs = new ClosureQueue<Closure>();
  /** How many at the end of `runs` the core was not told of yet. */
  private untold = 0;
  private readonly slots: (TaskHandle | null)[] = [];
  private readonly begun = new ClosureQueue<TaskHandle>();
  /** Up to where `collect` has seen the ring. */
  private collected = 0;
  private waiting = 0;

  constructor(private readonly core: CoreEngine) {}

  /** Closures that wait for their turn, and tasks that wait for their time. */
  get liveCount(): number {
    return this.runs.length + this.waiting;
  }

  get hasUntold(): boolean {
    return this.untold !== 0;
  }

  get hasRuns(): boolean {
    return this.runs.length !== 0;
  }

  run(closure: Closure): void {
    checkClosure(closure);
    if (this.core.isClosing) refuse("run after close: the event engine is closed");
    this.post(closure);
  }

  /** As `run`, for what the engine itself owes somebody: also while it closes. */
  post(closure: Closure): void {
    this.runs.push(closure);
    if (this.untold++ === 0) this.core.touch();
  }

  runAt(when: Date, closure: Closure, slackMs: number): TaskHandle {
    return this.runAfter(this.delayUntil(when), closure, slackMs);
  }

  runAfter(delayMs: number, closure: Closure, slackMs: number): TaskHandle {
    checkClosure(closure);
    if (this.core.isClosing) refuse("runAfter after close: the event engine is closed");
    if (!(slackMs >= 0)) refuseArgument("slackMs must be a number that is not negative");
    return this.schedule(delayMs, closure, MODE_SILENT, this.space, slackMs);
  }

  /** True: it was pending, and is gone. */
  cancel(task: TaskHandle): boolean {
    if (task.entry === null || task.space !== this.space) return false;
    // Once its entry is in the ring it is due, but has not begun to run: it is passed over then.
    if (!task.hasBegun) {
      if (!this.core.exports.task_cancel(task.slot, task.generation)) return false;
      this.core.touch();
    }
    task.entry = null; // The slot keeps the dead handle until it is used again: to clear it costs a cache miss.
    this.waiting--;
    return true;
  }

  /** 2021 text: `callback` runs exactly once, with CANCELLED when it was cancelled first or the engine is closed. */
  runWithStatus(callback: (status: Status) => void): TaskHandle {
    const task = statusTask(callback);
    if (this.core.isClosing) return cancelledNow(task);
    return this.keep(this.core.exports.task_run_with_status(), task, this.statusSpace);
  }

  runAtWithStatus(when: Date, callback: (status: Status) => void): TaskHandle {
    const delayMs = this.delayUntil(when);
    const task = statusTask(callback);
    if (this.core.isClosing) return cancelledNow(task);
    return this.schedule(delayMs, task, MODE_CALLS, this.statusSpace);
  }

  /** 2021 text: the callback of a task that has not begun runs soon, with CANCELLED. */
  tryCancel(task: TaskHandle): void {
    if (task.space !== this.statusSpace || task.hasBegun) return;
    if (this.core.exports.task_cancel(task.slot, task.generation)) this.core.touch();
  }

  /** Before a turn: tells the core of the closures given to `run` since the last one. */
  tell(): void {
    if (this.untold === 0) return;
    const count = this.untold;
    this.untold = 0;
    this.core.exports.run_batch(count, MEDIUM);
  }

  /** After the core's turn: moves the closures of new TASK entries out of their slots. */
  collect(): void {
    const { core } = this;
    const words = core.words();
    const entries = (words[core.stateAt] as number) >>> 2;
    const mask = (words[core.stateAt + 1] as number) - 1;
    const tail = words[core.stateAt + 3] as number;
    for (let number = this.collected; number !== tail; number = (number + 1) >>> 0) {
      const at = entries + ((number & mask) << 2);
      if (((words[at] as number) & 0xff) === KIND_TASK) this.begin(words[at + 1] as number);
    }
    this.collected = tail;
  }

  /** Calls the oldest of `run`. */
  callRun(): void {
    const closure = this.runs.shift();
    if (typeof closure === "function") closure();
    else closure.run();
  }

  /** Calls the oldest that began. */
  callBegun(word0: number): void {
    const task = this.begun.shift();
    const entry = task.entry as Entry | null;
    if (entry === null) return;
    task.entry = null;
    this.waiting--;
    if (typeof entry === "function") entry();
    else if (entry instanceof StatusTask) entry.callback(statusFrom(word0));
    else entry.run();
  }

  /** The core dropped every silent task: lets go of their closures. Answers how many. */
  dropSilent(): number {
    let dropped = 0;
    for (const [slot, task] of this.slots.entries()) {
      if (task === null || task.space !== this.space) continue;
      this.slots[slot] = null;
      if (task.entry === null) continue; // cancelled
      task.entry = null;
      dropped++;
    }
    this.waiting -= dropped;
    return dropped;
  }

  private schedule(delayMs: number, entry: Entry, mode: number, space: number, slackMs = 0): TaskHandle {
    if (typeof delayMs !== "number" || Number.isNaN(delayMs)) {
      refuseArgument("the time of a task must be a number or a valid date");
    }
    const delayNs = delayMs > 0 ? delayMs * MILLISECOND_NS : 0;
    const deadlineNs = Math.ceil(this.core.clock.monotonicNow() + delayNs);
    return this.keep(this.core.exports.task_at(deadlineNs, mode, slackMs * MILLISECOND_NS, MEDIUM), entry, space);
  }

  private keep(slotNumber: number, entry: Entry, space: number): TaskHandle {
    const slot = slotNumber >>> 0;
    const task = new TaskHandle(slot, this.core.result(0), space);
    task.entry = entry;
    while (this.slots.length <= slot) this.slots.push(null);
    this.slots[slot] = task;
    this.waiting++;
    this.core.touch();
    return task;
  }

  private begin(slot: number): void {
    const task = this.slots[slot] ?? null;
    if (task === null || task.entry === null) throw new Error(`task slot ${slot} is empty`);
    this.slots[slot] = null;
    task.hasBegun = true;
    this.begun.push(task);
  }

  private delayUntil(when: Date): number {
    return when.getTime() - Number(this.core.clock.wallNowNs()) / MILLISECOND_NS;
  }
}

function checkClosure(closure: Closure): void {
  if (typeof closure === "function" || typeof (closure as { run?: unknown } | null)?.run === "function") return;
  refuseArgument("a closure must be a function or an object with a method run");
}

function statusTask(callback: (status: Status) => void): StatusTask {
  if (typeof callback !== "function") refuseArgument("a callback must be a function");
  return new StatusTask(callback);
}

function cancelledNow(task: StatusTask): TaskHandle {
  task.callback(CANCELLED_STATUS);
  return TaskHandle.invalid;
}
