// Who an operation belongs to: small dense numbers that the core carries as tags, and the objects behind them.
//
// A tag is given back only when no completion for it can come any more, so a tag in the ring is never stale.

export class TagTable<T extends object> {
  private readonly entries: (T | null)[] = [];
  private readonly free: number[] = [];

  get liveCount(): number {
    return this.entries.length - this.free.length;
  }

  add(entry: T): number {
    const tag = this.free.pop();
    if (tag === undefined) return this.entries.push(entry) - 1;
    this.entries[tag] = entry;
    return tag;
  }

  at(tag: number): T {
    const entry = this.entries[tag];
    if (entry === null || entry === undefined) throw new Error(`no operation has the tag ${tag}`);
    return entry;
  }

  remove(tag: number): void {
    this.at(tag);
    this.entries[tag] = null;
    this.free.push(tag);
  }

  /** Those that are there now, in no particular order. */
  all(): T[] {
    return this.entries.filter((entry) => entry !== null);
  }
}
