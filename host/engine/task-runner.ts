// Tasks of the TypeScript face: the closures lie here, the queue and the timers are the core's.
//
//   run:    runs ── run_batch(count) before the next turn ──► RUN entry ──► called in order
//   runAt:  slots[slot] ── TASK entry ──► begun ──► called        (cancel: out of either, silently)
//
// The core may give a slot to another task as soon as its TASK entry is in the ring. So `collect` moves the closures
// of new entries out of their slots right after the core's turn, before any closure runs and can ask for a slot.

import { ClosureQueue } from "./closure-queue.js";
import type { CoreEngine } from "./core-engine.js";
import { KIND_TASK, MODE_CALLS, MODE_SILENT } from "./core-exports.js";
import { newSpace, TaskHandle } from "./handles.js";
import type { Closure } from "./interfaces.js";
import { refuse, refuseArgument, type Status } from "./status.js";
import { CANCELLED_STATUS, statusFrom } from "./status-table.js";

const MILLISECOND_NS = 1e6;
const SLOTS_MIN = 1024;

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
  private readonly slots: (Entry | null)[] = [];
  private generations = new Uint32Array(SLOTS_MIN);
  private readonly begun = new ClosureQueue<Entry>();
  /** By slot: the latest entry of it in `begun`, and the generation that it had. */
  private begunNumbers = new Int32Array(SLOTS_MIN);
  private begunGenerations = new Uint32Array(SLOTS_MIN);
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

  runAt(when: Date, closure: Closure): TaskHandle {
    return this.runAfter(this.delayUntil(when), closure);
  }

  runAfter(delayMs: number, closure: Closure): TaskHandle {
    checkClosure(closure);
    if (this.core.isClosing) refuse("runAfter after close: the event engine is closed");
    return this.schedule(delayMs, closure, MODE_SILENT, this.space);
  }

  /** True: it was pending, and is gone. */
  cancel(handle: TaskHandle): boolean {
    const { slot, generation } = handle;
    if (handle.space !== this.space) return false;
    if (this.generations[slot] === generation && this.slots[slot] !== null) {
      if (!this.core.exports.task_cancel(slot, generation)) return false;
      this.slots[slot] = null;
      this.waiting--;
      this.core.touch();
      return true;
    }
    if (this.begunGenerations[slot] !== generation) return false;
    // Its entry is in the ring: it is due, but has not begun to run.
    if (!this.begun.remove(this.begunNumbers[slot] as number)) return false;
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
  tryCancel(handle: TaskHandle): void {
    if (handle.space !== this.statusSpace) return;
    if (this.core.exports.task_cancel(handle.slot, handle.generation)) this.core.touch();
  }

  /** Before a turn: tells the core of the closures given to `run` since the last one. */
  tell(): void {
    if (this.untold === 0) return;
    const count = this.untold;
    this.untold = 0;
    this.core.exports.run_batch(count);
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
    const closure = this.runs.shift() as Closure;
    if (typeof closure === "function") closure();
    else closure.run();
  }

  /** Calls the oldest that began. */
  callBegun(word0: number): void {
    const entry = this.begun.shift();
    if (entry === null) return;
    this.waiting--;
    if (typeof entry === "function") entry();
    else if (entry instanceof StatusTask) entry.callback(statusFrom(word0));
    else entry.run();
  }

  /** The core dropped every silent task: lets go of their closures. Answers how many. */
  dropSilent(): number {
    let dropped = 0;
    for (const [slot, entry] of this.slots.entries()) {
      if (entry === null || entry instanceof StatusTask) continue;
      this.slots[slot] = null;
      dropped++;
    }
    this.waiting -= dropped;
    return dropped;
  }

  private schedule(delayMs: number, entry: Entry, mode: number, space: number): TaskHandle {
    if (typeof delayMs !== "number" || Number.isNaN(delayMs)) {
      refuseArgument("the time of a task must be a number or a valid date");
    }
    const delayNs = delayMs > 0 ? delayMs * MILLISECOND_NS : 0;
    const deadlineNs = Math.ceil(this.core.clock.monotonicNow() + delayNs);
    return this.keep(this.core.exports.task_at(deadlineNs, mode), entry, space);
  }

  private keep(slotNumber: number, entry: Entry, space: number): TaskHandle {
    const slot = slotNumber >>> 0;
    const generation = this.core.result(0);
    if (slot >= this.generations.length) this.grow(slot);
    while (this.slots.length <= slot) this.slots.push(null);
    this.slots[slot] = entry;
    this.generations[slot] = generation;
    this.waiting++;
    this.core.touch();
    return new TaskHandle(slot, generation, space);
  }

  private begin(slot: number): void {
    const entry = this.slots[slot] ?? null;
    if (entry === null) throw new Error(`task slot ${slot} is empty`);
    this.slots[slot] = null;
    const number = this.begun.push(entry);
    // What runs exactly once cannot be taken out again.
    if (entry instanceof StatusTask) return;
    this.begunNumbers[slot] = number;
    this.begunGenerations[slot] = this.generations[slot] as number;
  }

  private delayUntil(when: Date): number {
    return when.getTime() - Number(this.core.clock.wallNowNs()) / MILLISECOND_NS;
  }

  private grow(slot: number): void {
    const size = Math.max(this.generations.length * 2, slot + 1);
    this.generations = extended(this.generations, new Uint32Array(size));
    this.begunNumbers = extended(this.begunNumbers, new Int32Array(size));
    this.begunGenerations = extended(this.begunGenerations, new Uint32Array(size));
  }
}

function extended<T extends Int32Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
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
