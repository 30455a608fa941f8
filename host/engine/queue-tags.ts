// Tags of completion queues: values of any kind, each with a number that the core carries in its place.

import type { CompletionFunctor } from "./queue-interfaces.js";
import { refuseArgument } from "./status.js";

interface Entry {
  readonly tag: unknown;
  /** Operations that share the number. */
  uses: number;
  readonly isShared: boolean;
}

/** Numbers begin at 1. */
export class QueueTags {
  private readonly shared = new Map<unknown, number>();
  private readonly entries: (Entry | null)[] = [null];
  private readonly free: number[] = [];

  /** Numbers in use. */
  get liveCount(): number {
    return this.entries.length - 1 - this.free.length;
  }

  /** A number for one use of `tag`. */
  add(tag: unknown): number {
    return this.put({ tag, uses: 1, isShared: false });
  }

  /** The number of `tag`, with one more use: equal values (as keys of a Map) share one, so they can be looked for. */
  share(tag: unknown): number {
    const known = this.shared.get(tag);
    if (known !== undefined) {
      (this.entries[known] as Entry).uses++;
      return known;
    }
    const number = this.put({ tag, uses: 1, isShared: true });
    this.shared.set(tag, number);
    return number;
  }

  /** The number that `share` gave to `tag`, 0 when no use is left. */
  find(tag: unknown): number {
    return this.shared.get(tag) ?? 0;
  }

  /** The tag of a number, with one use less. */
  release(number: number): unknown {
    const entry = this.entries[number];
    if (entry === null || entry === undefined) throw new Error(`no tag has the number ${number}`);
    if (--entry.uses === 0) {
      if (entry.isShared) this.shared.delete(entry.tag);
      this.entries[number] = null;
      this.free.push(number);
    }
    return entry.tag;
  }

  private put(entry: Entry): number {
    const number = this.free.pop() ?? this.entries.length;
    this.entries[number] = entry;
    return number;
  }
}

/** The tags of a "callback" queue are functors. */
export function checkFunctor(tag: unknown): void {
  if (typeof tag === "function") return;
  if (typeof (tag as { functorRun?: unknown } | null)?.functorRun === "function") return;
  refuseArgument("a functor must be a function or an object with a method functorRun");
}

export function runFunctor(functor: CompletionFunctor, ok: boolean): void {
  if (typeof functor === "function") functor(ok);
  else functor.functorRun(ok);
}
