// What a turn of the engine must run, worked out by itself: the higher level first, first in, first out inside of a
// level, at most TURN_CALLS but LOWER_SHARE of each level in any case, and nothing that was given meanwhile.
//
// A closure tells the model when it runs. The first one behind what the turn before had to run begins the next turn:
// between the moment at which the engine looks at its queues and that call nothing else can happen.
import * as assert from "uvu/assert";

export const TURN_CALLS = 1024;
export const LOWER_SHARE = 16;
const LEVELS = 5;

interface Alarm {
  readonly id: number;
  readonly deadlineNs: bigint;
  readonly level: number;
}

export class TurnModel {
  /** What was given and has not run, by level: what a turn has seen already, and what it has not. */
  private readonly queues: number[][] = Array.from({ length: LEVELS }, () => []);
  private readonly given: number[][] = Array.from({ length: LEVELS }, () => []);
  private readonly alarms = new Map<number, Alarm>();
  private readonly cancelled = new Set<number>();
  /** What is left of the turn. */
  private plan: number[] = [];
  /** Turns that had something to run. */
  turns = 0;

  function(id: number, level: number): void {
    this.given[level]!.push(id);
  }

  alarm(id: number, deadlineNs: bigint, level: number): void {
    this.alarms.set(id, { id, deadlineNs, level });
  }

  cancel(id: number): void {
    if (!this.alarms.delete(id)) this.cancelled.add(id);
  }

  ran(id: number, nowNs: bigint, story: string): void {
    let next = this.next();
    if (next === undefined) {
      this.beginTurn(nowNs);
      next = this.next();
    }
    assert.is(id, next, `${story}: another closure runs than should (turn ${this.turns})`);
  }

  private next(): number | undefined {
    for (;;) {
      const id = this.plan.shift();
      if (id === undefined || !this.cancelled.delete(id)) return id;
    }
  }

  private beginTurn(nowNs: bigint): void {
    this.turns++;
    const due = [...this.alarms.values()].filter(({ deadlineNs }) => deadlineNs <= nowNs)
      .sort((one, other) => Number(one.deadlineNs - other.deadlineNs) || one.id - other.id);
    for (const [level, queue] of this.queues.entries()) queue.push(...this.given[level]!.splice(0));
    for (const { id, level } of due) {
      this.alarms.delete(id);
      this.queues[level]!.push(id);
    }
    let rest = TURN_CALLS;
    for (let level = LEVELS - 1; level >= 0; level--) {
      const waiting = this.queues[level]!.filter((id) => !this.cancelled.delete(id));
      const count = Math.min(waiting.length, Math.max(rest, LOWER_SHARE));
      this.plan.push(...waiting.splice(0, count));
      this.queues[level] = waiting;
      rest = Math.max(0, rest - count);
    }
  }
}
