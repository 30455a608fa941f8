// Timers of a thread that has no event loop while a guest runs: a binary heap by time, then by the order of asking.
// Each timer knows its place, so that one which is cleared leaves at once.

export interface HeapTimer {
  readonly atNs: number;
  readonly order: number;
  readonly callback: () => void;
  /** Its index in the heap, -1 once it ran or was cleared. */
  place: number;
}

export class TimerHeap {
  private readonly timers: HeapTimer[] = [];
  private latestOrder = 0;

  get size(): number {
    return this.timers.length;
  }

  /** When the earliest is due; Infinity when there is none. */
  get nextNs(): number {
    return this.timers[0]?.atNs ?? Infinity;
  }

  add(atNs: number, callback: () => void): HeapTimer {
    const timer = { atNs, order: this.latestOrder++, callback, place: this.timers.length };
    this.timers.push(timer);
    this.rise(timer);
    return timer;
  }

  /** Nothing when it ran or was cleared before. */
  remove(timer: HeapTimer): void {
    const { place } = timer;
    if (place < 0) return;
    timer.place = -1;
    const last = this.timers.pop() as HeapTimer;
    if (last === timer) return;
    this.put(last, place);
    this.rise(last);
    this.sink(last);
  }

  /** Runs what is due at `nowNs`, in order; what is added meanwhile waits for the next call. */
  run(nowNs: number): void {
    const end = this.latestOrder;
    for (;;) {
      const first = this.timers[0];
      if (first === undefined || first.atNs > nowNs || first.order >= end) return;
      this.remove(first);
      first.callback();
    }
  }

  private rise(timer: HeapTimer): void {
    while (timer.place > 0) {
      const parent = this.timers[(timer.place - 1) >> 1] as HeapTimer;
      if (!isBefore(timer, parent)) return;
      this.swap(parent, timer);
    }
  }

  private sink(timer: HeapTimer): void {
    for (;;) {
      let child = this.timers[2 * timer.place + 1];
      const other = this.timers[2 * timer.place + 2];
      if (child === undefined) return;
      if (other !== undefined && isBefore(other, child)) child = other;
      if (!isBefore(child, timer)) return;
      this.swap(timer, child);
    }
  }

  private swap(upper: HeapTimer, lower: HeapTimer): void {
    const { place } = upper;
    this.put(upper, lower.place);
    this.put(lower, place);
  }

  private put(timer: HeapTimer, place: number): void {
    this.timers[place] = timer;
    timer.place = place;
  }
}

function isBefore(a: HeapTimer, b: HeapTimer): boolean {
  return a.atNs < b.atNs || (a.atNs === b.atNs && a.order < b.order);
}
