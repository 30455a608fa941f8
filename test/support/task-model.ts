// Tasks in plain arrays, sorted when asked: slow, and plainly right. The random tests compare it with the core.
import { BATCH, CALLS, CANCELLED, NEVER, OK, PER_TURN, RUN, TASK } from "./task-probe.js";

export interface ModelTask {
  kind: number;
  owner: number;
  mode: number;
  code: number;
  /** What is left of a batch; 1 for others. */
  count: number;
  state: "waiting" | "queued" | "gone";
  deadlineNs: bigint;
  order: number;
}

export interface Expected {
  kind: number;
  owner: number;
  code: number;
  count: number;
}

export class TaskModel {
  isShutDown = false;
  readonly #waiting = new Set<ModelTask>();
  readonly #queue: ModelTask[] = [];
  #head = 0;
  #turnEnd = 0;
  #turnRest = 0;
  #order = 0;
  #floorNs = 0n;

  run(owner: number): void {
    this.#enqueue(this.#create(RUN, owner, 0, 1));
  }

  runMany(owner: number, count: number): void {
    if (count > 0) this.#enqueue(this.#create(BATCH, owner, 0, count));
  }

  runAt(deadlineNs: bigint, owner: number, mode: number): ModelTask {
    const task = this.#create(TASK, owner, mode, 1);
    task.deadlineNs = deadlineNs > this.#floorNs ? deadlineNs : this.#floorNs;
    this.#waiting.add(task);
    return task;
  }

  runWithStatus(owner: number): ModelTask {
    const task = this.#create(TASK, owner, CALLS, 1);
    this.#enqueue(task);
    return task;
  }

  cancel(task: ModelTask): boolean {
    if (task.state === "gone" || task.code === CANCELLED) return false;
    this.#waiting.delete(task);
    if (task.mode === CALLS) {
      task.code = CANCELLED;
      if (task.state === "waiting") this.#enqueue(task);
    } else {
      task.state = "gone";
    }
    return true;
  }

  beginTurn(nowNs: bigint): void {
    if (this.#earliest() !== NEVER) {
      this.#floorNs = nowNs;
      const due = [...this.#waiting].filter(({ deadlineNs }) => deadlineNs <= nowNs && deadlineNs !== NEVER);
      due.sort((one, other) => Number(one.deadlineNs - other.deadlineNs) || one.order - other.order);
      for (const task of due.slice(0, PER_TURN)) {
        this.#waiting.delete(task);
        this.#enqueue(task);
      }
    }
    this.#turnEnd = this.#queue.length;
    this.#turnRest = PER_TURN;
  }

  /** What runs next in this turn. */
  next(): Expected | undefined {
    while (this.#head < this.#turnEnd && this.#turnRest > 0) {
      const task = this.#queue[this.#head]!;
      const count = Math.min(task.count, this.#turnRest);
      if (task.state !== "gone") {
        task.count -= count;
        this.#turnRest -= count;
      }
      const wasGone = task.state === "gone";
      if (wasGone || task.count === 0) {
        this.#head++;
        task.state = "gone";
      }
      if (!wasGone) return { kind: task.kind, owner: task.owner, code: task.code, count };
    }
    return undefined;
  }

  queuedCount(): number {
    return this.#queue.slice(this.#head).reduce((sum, { state, count }) => sum + (state === "gone" ? 0 : count), 0);
  }

  liveCount(): number {
    return this.queuedCount() + this.#waiting.size;
  }

  nextTurnNs(nowNs: bigint): number {
    if (this.queuedCount() > 0) return 0;
    const earliest = this.#earliest();
    if (earliest === NEVER) return -1;
    return earliest <= nowNs ? 0 : Number(earliest - nowNs);
  }

  #earliest(): bigint {
    let earliest = NEVER;
    for (const { deadlineNs } of this.#waiting) if (deadlineNs < earliest) earliest = deadlineNs;
    return earliest;
  }

  #create(kind: number, owner: number, mode: number, count: number): ModelTask {
    return { kind, owner, mode, count, code: OK, state: "waiting", deadlineNs: 0n, order: this.#order++ };
  }

  #enqueue(task: ModelTask): void {
    task.state = "queued";
    this.#queue.push(task);
  }
}
