// Tasks in plain arrays, sorted when asked: slow, and plainly right. The random tests compare it with the core.
import { BATCH, CALLS, CANCELLED, LEVELS, LOWER_SHARE, MED, NEVER, OK, PER_TURN, RUN, TASK } from "./task-probe.js";

export interface ModelTask {
  kind: number;
  owner: number;
  mode: number;
  priority: number;
  code: number;
  /** What is left of a batch; 1 for others. */
  count: number;
  state: "waiting" | "queued" | "gone";
  deadlineNs: bigint;
  latestNs: bigint;
  order: number;
}

export interface Expected {
  kind: number;
  owner: number;
  code: number;
  count: number;
}

interface Level {
  queue: ModelTask[];
  head: number;
  /** What is before it is of this turn. */
  end: number;
}

export class TaskModel {
  readonly #bound: number;
  readonly #waiting = new Set<ModelTask>();
  readonly #levels: Level[] = Array.from({ length: LEVELS }, () => ({ queue: [], head: 0, end: 0 }));
  /** The level that the turn is at, how many calls it may have made when it leaves it, and how many it has made. */
  #level = 0;
  #allowed = 0;
  #made = 0;
  #order = 0;
  #floorNs = 0n;
  /** The turn left some that were due. */
  #isCut = false;

  constructor(bound = PER_TURN) {
    this.#bound = bound;
  }

  run(owner: number, priority = MED): void {
    this.#enqueue(this.#create(RUN, owner, 0, priority, 1));
  }

  runMany(owner: number, count: number, priority = MED): void {
    if (count > 0) this.#enqueue(this.#create(BATCH, owner, 0, priority, count));
  }

  runAt(deadlineNs: bigint, owner: number, mode: number, priority = MED, slackNs = 0n): ModelTask {
    const task = this.#create(TASK, owner, mode, priority, 1);
    const lift = (timeNs: bigint): bigint => (timeNs > this.#floorNs ? timeNs : this.#floorNs);
    task.deadlineNs = lift(deadlineNs);
    task.latestNs = lift(deadlineNs + slackNs > NEVER ? NEVER : deadlineNs + slackNs);
    this.#waiting.add(task);
    return task;
  }

  runWithStatus(owner: number, priority = MED): ModelTask {
    const task = this.#create(TASK, owner, CALLS, priority, 1);
    this.#enqueue(task);
    return task;
  }

  cancel(task: ModelTask): boolean {
    if (task.state === "gone" || task.code === CANCELLED) return false;
    if (task.mode !== CALLS) return this.drop(task);
    task.code = CANCELLED;
    if (this.#waiting.delete(task)) this.#enqueue(task);
    return true;
  }

  drop(task: ModelTask): boolean {
    if (task.state === "gone") return false;
    this.#waiting.delete(task);
    task.state = "gone";
    return true;
  }

  beginTurn(nowNs: bigint): void {
    if (this.#waiting.size > 0) this.#queueDue(nowNs);
    for (const level of this.#levels) level.end = level.queue.length;
    this.#made = 0;
    this.#enter(LEVELS - 1);
  }

  /** What runs next in this turn. */
  next(): Expected | undefined {
    for (; this.#level >= 0; this.#enter(this.#level - 1)) {
      const level = this.#levels[this.#level]!;
      while (level.head < level.end && this.#made < this.#allowed) {
        const task = level.queue[level.head]!;
        const count = task.state === "gone" ? 0 : Math.min(task.count, this.#allowed - this.#made);
        task.count -= count;
        this.#made += count;
        if (count === 0 || task.count === 0) {
          level.head++;
          task.state = "gone";
        }
        if (count > 0) return { kind: task.kind, owner: task.owner, code: task.code, count };
      }
    }
    return undefined;
  }

  queuedCount(): number {
    const left = this.#levels.flatMap(({ queue, head }) => queue.slice(head));
    return left.reduce((sum, { state, count }) => sum + (state === "gone" ? 0 : count), 0);
  }

  liveCount(): number {
    return this.queuedCount() + this.#waiting.size;
  }

  nextTurnNs(nowNs: bigint): number {
    if (this.queuedCount() > 0) return 0;
    let earliest = NEVER;
    for (const { deadlineNs, latestNs } of this.#waiting) {
      const wanted = this.#isCut && deadlineNs <= this.#floorNs ? this.#floorNs : latestNs;
      if (wanted < earliest) earliest = wanted;
    }
    if (earliest === NEVER) return -1;
    return earliest <= nowNs ? 0 : Number(earliest - nowNs);
  }

  #queueDue(nowNs: bigint): void {
    this.#floorNs = nowNs;
    const due = [...this.#waiting].filter(({ deadlineNs }) => deadlineNs <= nowNs && deadlineNs !== NEVER);
    due.sort((one, other) => Number(one.deadlineNs - other.deadlineNs) || one.order - other.order);
    this.#isCut = due.length > this.#bound;
    for (const task of due.slice(0, this.#bound)) {
      this.#waiting.delete(task);
      this.#enqueue(task);
    }
  }

  /** However many calls the higher levels made, this one may make a few. */
  #enter(level: number): void {
    this.#level = level;
    this.#allowed = Math.max(this.#bound, this.#made + Math.min(LOWER_SHARE, this.#bound));
  }

  #create(kind: number, owner: number, mode: number, priority: number, count: number): ModelTask {
    const times = { deadlineNs: 0n, latestNs: 0n };
    return { kind, owner, mode, priority, count, code: OK, state: "waiting", ...times, order: this.#order++ };
  }

  #enqueue(task: ModelTask): void {
    task.state = "queued";
    this.#levels[task.priority]!.queue.push(task);
  }
}
