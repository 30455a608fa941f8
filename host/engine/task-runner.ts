// Tasks of the TypeScript face: the closures lie here, the queues and the timers are the core's.
//
//   run:    levels[priority] ── run_batch(count, priority) before the next turn ──► RUN entry ──► called in order
//   runAt:  slots[slot] ── TASK entry ──► begun ──► called        (cancel: out of either, silently)
//
// The entries of a turn come in the order in which the core runs it: the higher priority first.
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
import { refuseArgument, type Status } from "./status.js";
import { CANCELLED_STATUS, type Ending, statusFrom } from "./status-table.js";

const MILLISECOND_NS = 1e6;
/** The priority of what names none. */
const MEDIUM = 1;

/** What runs exactly once whatever happens: a callback of the 2021 text, or an alarm (event-manager/keys.ts). */
interface StatusTask {
  callback(status: Status): void;
}

/** Those with a status are of any space but that of silent tasks. */
type Entry = Closure | StatusTask;

export class TaskRunner {
  /** By priority: closures that wait for their turn. */
  private readonly levels = [0, 1, 2, 3, 4].map(() => new ClosureQueue<Closure>());
  private readonly medium = this.levels[MEDIUM] as ClosureQueue<Closure>;
  /** A bit for each level with closures that the core was not told of. */
  untold = 0;
  private readonly space = newSpace();
  /** Handles of the 2021 text mean something else to `cancel`, so they are told apart. */
  private readonly statusSpace = newSpace();
  /** The level that the latest RUN entry is of. */
  private called = this.medium;
  private readonly slots: (TaskHandle | null)[] = [];
  private readonly begun = new ClosureQueue<TaskHandle>();
  /** Up to where `collect` has seen the ring. */
  private collected = 0;
  private waiting = 0;

  constructor(private readonly core: CoreEngine) {}

  /** Closures that wait for their turn, and tasks that wait for their time. */
  get liveCount(): number {
    return this.levels.reduce((count, { length }) => count + length, this.waiting);
  }

  get hasRuns(): boolean {
    return this.levels.some(({ length }) => length > 0);
  }

  run(closure: Closure): void {
    checkClosure(closure);
    this.core.checkOpen("run");
    this.post(closure);
  }

  /** As `run`, for what the engine itself owes somebody: also while it closes. */
  post(closure: Closure): void {
    this.medium.push(closure);
    this.tellOf(MEDIUM);
  }

  /** As `run`, with this priority. */
  runWith(closure: Closure, priority: number): void {
    (this.levels[priority] as ClosureQueue<Closure>).push(closure);
    this.tellOf(priority);
  }

  runAt(when: Date, closure: Closure, slackMs: number): TaskHandle {
    return this.runAfter(this.delayUntil(when), closure, slackMs);
  }

  runAfter(delayMs: number, closure: Closure, slackMs: number): TaskHandle {
    checkClosure(closure);
    this.core.checkOpen("runAfter");
    if (!(slackMs >= 0)) refuseArgument("slackMs must be a number that is not negative");
    return this.keepAs(this.at(delayMs, MODE_SILENT, slackMs), closure, this.space);
  }

  /** True: it was pending, in this space, and is gone without a trace. */
  cancel(task: TaskHandle, space = this.space): boolean {
    if (task.entry === null || task.space !== space) return false;
    // Once its entry is in the ring it is due, but has not begun to run: it is passed over then.
    if (!task.hasBegun) {
      if (!this.core.exports.task_drop(task.slot, task.generation)) return false;
      this.core.touch();
    }
    task.entry = null; // The slot keeps the dead handle until it is used again: to clear it costs a cache miss.
    this.waiting--;
    return true;
  }

  /** 2021 text: `callback` runs exactly once, with CANCELLED when it was cancelled first or the engine is closed. */
  runWithStatus(callback: (status: Status) => void): TaskHandle {
    const task = statusTask(callback);
    if (this.core.isClosing) return this.cancelledNow(task);
    return this.keepAs(this.core.exports.task_run_with_status(), task, this.statusSpace);
  }

  runAtWithStatus(when: Date, callback: (status: Status) => void): TaskHandle {
    const delayMs = this.delayUntil(when);
    const task = statusTask(callback);
    if (this.core.isClosing) return this.cancelledNow(task);
    return this.keepAs(this.at(delayMs, MODE_CALLS), task, this.statusSpace);
  }

  /** 2021 text: the callback of a task that has not begun runs soon, with CANCELLED. */
  tryCancel(task: TaskHandle): void {
    if (task.space !== this.statusSpace || task.hasBegun) return;
    if (this.core.exports.task_cancel(task.slot, task.generation)) this.core.touch();
  }

  /** Before a turn: tells the core of the closures given to `run` since the last one. */
  tell(): void {
    for (let priority = 0; this.untold > 0; priority++, this.untold >>= 1) {
      const level = this.levels[priority] as ClosureQueue<Closure>;
      if ((this.untold & 1) > 0) this.core.exports.run_batch(level.takeNew(), priority);
    }
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

  /** A RUN entry: the next closures are of this priority. */
  callFrom(priority: number): void {
    this.called = this.levels[priority] as ClosureQueue<Closure>;
  }

  /** Calls the oldest of its priority. */
  callRun(): void {
    const closure = this.called.shift();
    if (typeof closure === "function") closure();
    else closure.run();
  }

  /** Calls the oldest that began. */
  callBegun(ending: Ending): void {
    const task = this.begun.shift();
    const entry = task.entry as Entry | null;
    if (entry === null) return;
    task.entry = null;
    this.waiting--;
    if (task.space !== this.space) (entry as StatusTask).callback(statusFrom(ending));
    else if (typeof entry === "function") entry();
    else (entry as Exclude<Closure, () => void>).run();
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

  /** The engine failed: calls, each by `tell`, what runs whatever happens. Answers how many tasks it dropped. */
  giveUp(status: Status, tell: (call: () => void) => void): number {
    const dropped = this.dropSilent();
    for (const [slot, task] of this.slots.entries()) if (task?.entry) this.begin(slot);
    for (let priority = this.levels.length; priority-- > 0;) {
      this.callFrom(priority);
      while (this.called.length > 0) tell(() => this.callRun());
    }
    while (this.begun.length > 0) tell(() => this.callBegun(status));
    return dropped;
  }

  /** Asks the core for a task, which `keep` must follow. Answers its slot, signed; result 0 is the generation. */
  at(delayMs: number, mode: number, slackMs = 0, priority = MEDIUM): number {
    if (typeof delayMs !== "number" || Number.isNaN(delayMs)) {
      refuseArgument("the time of a task must be a number or a valid date");
    }
    const delayNs = delayMs > 0 ? delayMs * MILLISECOND_NS : 0;
    const deadlineNs = Math.ceil(this.core.clock.monotonicNow() + delayNs);
    return this.core.exports.task_at(deadlineNs, mode, slackMs * MILLISECOND_NS, priority);
  }

  /** Begins to hold a task, with its entry, for the core. */
  keep(task: TaskHandle): void {
    const { slot } = task;
    while (this.slots.length <= slot) this.slots.push(null);
    this.slots[slot] = task;
    this.waiting++;
    this.core.touch();
  }

  delayUntil(when: Date): number {
    return when.getTime() - Number(this.core.clock.wallNowNs()) / MILLISECOND_NS;
  }

  private tellOf(priority: number): void {
    const bit = 1 << priority;
    if ((this.untold & bit) > 0) return;
    this.untold |= bit;
    this.core.touch();
  }

  private keepAs(slot: number, entry: Entry, space: number): TaskHandle {
    const task = new TaskHandle(slot >>> 0, this.core.result(0), space);
    task.entry = entry;
    this.keep(task);
    return task;
  }

  private cancelledNow(task: StatusTask): TaskHandle {
    task.callback(this.core.failure?.status ?? CANCELLED_STATUS);
    return TaskHandle.invalid;
  }

  private begin(slot: number): void {
    const task = this.slots[slot] ?? null;
    if (task === null || task.entry === null) throw new Error(`task slot ${slot} is empty`);
    this.slots[slot] = null;
    task.hasBegun = true;
    this.begun.push(task);
  }
}

function checkClosure(closure: Closure): void {
  if (typeof closure === "function" || typeof (closure as { run?: unknown } | null)?.run === "function") return;
  refuseArgument("a closure must be a function or an object with a method run");
}

function statusTask(callback: (status: Status) => void): StatusTask {
  if (typeof callback !== "function") refuseArgument("a callback must be a function");
  return { callback };
}
