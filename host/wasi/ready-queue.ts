// The pollables that became ready and have not been told to the guest yet, in order, each at most once.
//
// A ring on a plain array: the cost of a turn follows the number of ready pollables, never the number of idle
// ones. Whoever drives the guest listens: `onFirst` runs when the queue stops being empty, to schedule a turn;
// `onArrival` runs at the end of an arrival of bytes, to take a turn right there where that is better than to wait.

import type { Pollable } from "./pollable.js";

export class ReadyQueue {
  onFirst: () => void = () => {};
  /** `isUrgent`: bytes that are not taken now must be copied. Returns whether a turn was taken. */
  onArrival: (isUrgent: boolean) => boolean = () => false;
  private isHeld = false;
  private ring: (Pollable | null)[] = new Array<Pollable | null>(1024).fill(null);
  private head = 0;
  /** Slots in use, holes among them. */
  private count = 0;
  private waiting = 0;

  get length(): number {
    return this.waiting;
  }

  push(pollable: Pollable): void {
    if (this.count === this.ring.length) this.grow();
    const slot = (this.head + this.count) & (this.ring.length - 1);
    this.ring[slot] = pollable;
    pollable.queueSlot = slot;
    this.count++;
    this.waiting++;
    if (this.waiting === 1 && !this.isHeld) this.onFirst();
  }

  /** Begins an arrival: nobody is told what it makes ready before `letGo`. Returns whether nothing was waiting. */
  hold(): boolean {
    this.isHeld = true;
    return this.waiting === 0;
  }

  /** Ends an arrival. The guest may run before this returns. */
  letGo(wasEmpty: boolean, isUrgent: boolean): void {
    this.isHeld = false;
    if (this.waiting === 0 || this.onArrival(isUrgent)) return;
    if (wasEmpty) this.onFirst();
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
      this.waiting--;
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
    this.waiting--;
    // Nothing but holes is left: without this, a guest that subscribes and drops would pile them up.
    if (this.waiting === 0) this.count = 0;
  }

  /** Makes room: the holes go, and the ring doubles when that is not enough. */
  private grow(): void {
    const size = this.ring.length;
    const packed = new Array<Pollable | null>(this.waiting > size / 2 ? size * 2 : size).fill(null);
    let next = 0;
    for (let index = 0; index < this.count; index++) {
      const pollable = this.ring[(this.head + index) & (size - 1)] ?? null;
      if (pollable === null) continue;
      packed[next] = pollable;
      pollable.queueSlot = next;
      next++;
    }
    this.ring = packed;
    this.head = 0;
    this.count = next;
  }
}
