// A queue of what is to be called, first in, first out: a ring that grows and never shrinks, so that a steady state
// allocates nothing.

const CAPACITY_MIN = 16;

export class ClosureQueue<T> {
  private ring: (T | null)[] = new Array<T | null>(CAPACITY_MIN).fill(null);
  /** Head and tail count up freely, as 32-bit numbers that wrap around. */
  private head = 0;
  private tail = 0;
  private seen = 0;

  get length(): number {
    return (this.tail - this.head) | 0;
  }

  push(item: T): void {
    if (this.length === this.ring.length) this.grow();
    this.ring[this.tail & (this.ring.length - 1)] = item;
    this.tail = (this.tail + 1) | 0;
  }

  /** How many were pushed since the last call of this. */
  takeNew(): number {
    const count = (this.tail - this.seen) | 0;
    this.seen = this.tail;
    return count;
  }

  /** Takes the oldest out. The queue must not be empty. */
  shift(): T {
    const index = this.head & (this.ring.length - 1);
    const item = this.ring[index] as T;
    this.ring[index] = null;
    this.head = (this.head + 1) | 0;
    return item;
  }

  private grow(): void {
    const old = this.ring;
    this.ring = new Array<T | null>(old.length * 2).fill(null);
    for (let number = this.head; number !== this.tail; number = (number + 1) | 0) {
      this.ring[number & (this.ring.length - 1)] = old[number & (old.length - 1)] as T | null;
    }
  }
}
