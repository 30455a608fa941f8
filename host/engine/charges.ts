// What is charged to an allocator while it lives: reservations, values and vectors.

import type { MemoryVector, Owned, Reservation } from "./memory-interfaces.js";
import { refuse } from "./status.js";

/** Takes and gives back bytes. */
export interface Charger {
  reserve(bytes: number): number;
  release(bytes: number): void;
}

interface Counts {
  reservations: number;
}

export class Charge implements Reservation {
  private isDestroyed = false;

  constructor(
    private readonly charger: Charger,
    private readonly live: Counts,
    readonly bytes: number,
  ) {
    live.reservations++;
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.live.reservations--;
    this.charger.release(this.bytes);
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}

export class OwnedValue<T> implements Owned<T> {
  private isDestroyed = false;

  constructor(
    private readonly charge: Reservation,
    private readonly held: T,
  ) {}

  get value(): T {
    if (this.isDestroyed) refuse("use of a destroyed value");
    return this.held;
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    try {
      (this.held as Partial<Disposable> | null | undefined)?.[Symbol.dispose]?.();
    } finally {
      this.charge.destroy();
    }
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}

/** Doubles like any array would; what is charged is the capacity, as a std::vector's allocator would see it. */
export class ChargedVector<T> implements MemoryVector<T> {
  private items: T[] = [];
  private room = 0;
  private isDestroyed = false;

  constructor(
    private readonly charger: Charger,
    private readonly live: Counts,
    private readonly elementBytes: number,
  ) {
    live.reservations++;
  }

  get length(): number {
    return this.items.length;
  }

  get capacity(): number {
    return this.room;
  }

  push(value: T): void {
    if (this.isDestroyed) refuse("use of a destroyed vector");
    if (this.items.length === this.room) {
      const room = this.room === 0 ? 1 : this.room * 2;
      this.charger.reserve(room * this.elementBytes);
      this.charger.release(this.room * this.elementBytes);
      this.room = room;
    }
    this.items.push(value);
  }

  pop(): T | undefined {
    return this.items.pop();
  }

  at(index: number): T | undefined {
    return this.items.at(index);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.items[Symbol.iterator]();
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.live.reservations--;
    this.charger.release(this.room * this.elementBytes);
    this.items = [];
    this.room = 0;
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}
