// The pollables that became ready and have not been told to the guest yet, in order, each at most once.
//
// A ring on a plain array: the cost of a turn follows the number of ready pollables, never the number of idle
// ones. `onFirst` runs when the queue stops being empty; whoever drives the guest schedules one turn there.

import type { Pollable } from "./pollable.js";

export class ReadyQueue {
  onFirst: () => void = () => {};
  private ring: (Pollable | null)[] = new Array<Pollable | null>(1024).fill(null);
  private head = 0;
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(pollable: Pollable): void {
    if (this.count === this.ring.length) this.grow();
    const slot = (this.head + this.count) & (this.ring.length - 1);
    this.ring[slot] = pollable;
    pollable.queueSlot = slot;
    this.count++;
    if (this.count === 1) this.onFirst();
  }

  /** Takes the oldest out; null when there is none. */
  shift(): Pollable | null {
    while (this.count > 0) {
      const pollable = this.ring[this.head] ?? null;
      this.ring[this.head] = null;
      this.head = (this.head + 1) & (this.ring.length - 1);
      this.count--;
      if (pollable === null) continue;
      pollable.queueSlot = -1;
      return pollable;
    }
    return null;
  }

  /** Moves the handles of up to `capacity` ready pollables to `target` (from `offset`); returns how many. */
  drain(target: Uint32Array, offset: number, capacity: number): number {
    let moved = 0;
    while (moved < capacity) {
      const pollable = this.shift();
      if (pollable === null) break;
      target[offset + moved] = pollable.handle;
      moved++;
    }
    return moved;
  }

  /** Forgets a dropped pollable. Its slot stays as a hole until its turn, which keeps the order of the rest. */
  remove(pollable: Pollable): void {
    if (pollable.queueSlot < 0) return;
    this.ring[pollable.queueSlot] = null;
    pollable.queueSlot = -1;
  }

  private grow(): void {
    const grown = new Array<Pollable | null>(this.ring.length * 2).fill(null);
    for (let index = 0; index < this.count; index++) {
      const pollable = this.ring[(this.head + index) & (this.ring.length - 1)] ?? null;
      grown[index] = pollable;
      if (pollable !== null) pollable.queueSlot = index;
    }
    this.ring = grown;
    this.head = 0;
  }
}
