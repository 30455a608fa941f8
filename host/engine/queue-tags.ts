// Tags of completion queues: values of any kind, each with a number that the core carries in its place.

import type { CompletionFunctor } from "./queue-interfaces.js";
import { refuseArgument } from "./status.js";

interface Entry {
  readonly tag: unknown;
  readonly number: number;
  uses: number;
}

/** Equal values (as keys of a Map) have one number, as long as one of its uses is left. Numbers begin at 1. */
export class QueueTags {
  private readonly byTag = new Map<unknown, Entry>();
  private readonly entries: (Entry | null)[] = [null];
  private readonly free: number[] = [];

  get liveCount(): number {
    return this.byTag.size;
  }

  /** The number of `tag`, with one more use. */
  take(tag: unknown): number {
    let entry = this.byTag.get(tag);
    if (entry === undefined) {
      entry = { tag, number: this.free.pop() ?? this.entries.length, uses: 0 };
      this.byTag.set(tag, entry);
      this.entries[entry.number] = entry;
    }
    entry.uses++;
    return entry.number;
  }

  /** The number of `tag`, 0 when it has none. */
  find(tag: unknown): number {
    return this.byTag.get(tag)?.number ?? 0;
  }

  /** The tag of a number, with one use less. */
  release(number: number): unknown {
    const entry = this.entries[number];
    if (entry === null || entry === undefined) throw new Error(`no tag has the number ${number}`);
    if (--entry.uses === 0) {
      this.byTag.delete(entry.tag);
      this.entries[number] = null;
      this.free.push(number);
    }
    return entry.tag;
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
