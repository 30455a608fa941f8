// A queue of what is to be called, first in, first out: a ring that grows and never shrinks, so that a steady state
// allocates nothing. Every entry has a number, by which it can be taken out before its turn; a hole stays.

const CAPACITY_MIN = 256;

export class ClosureQueue<T> {
  private ring: (T | null)[] = new Array<T | null>(CAPACITY_MIN).fill(null);
  /** Head and tail count up freely, as 32-bit numbers that wrap around. */
  private head = 0;
  private tail = 0;

  /** Entries, holes among them. */
  get length(): number {
    return (this.tail - this.head) | 0;
  }

  /** Answers the number of the entry. */
  push(item: T): number {
    if (this.length === this.ring.length) this.grow();
    const number = this.tail;
    this.ring[number & (this.ring.length - 1)] = item;
    this.tail = (number + 1) | 0;
    return number;
  }

  /** The oldest entry, or null when that is a hole. The queue must not be empty. */
  shift(): T | null {
    const index = this.head & (this.ring.length - 1);
    const item = this.ring[index] as T | null;
    this.ring[index] = null;
    this.head = (this.head + 1) | 0;
    return item;
  }

  /** Takes an entry out. False: it had its turn, or was taken out before. */
  remove(number: number): boolean {
    if (((number - this.head) | 0) < 0 || ((this.tail - number) | 0) <= 0) return false;
    const index = number & (this.ring.length - 1);
    if (this.ring[index] === null) return false;
    this.ring[index] = null;
    return true;
  }

  private grow(): void {
    const old = this.ring;
    this.ring = new Array<T | null>(old.length * 2).fill(null);
    for (let number = this.head; number !== this.tail; number = (number + 1) | 0) {
      this.ring[number & (this.ring.length - 1)] = old[number & (old.length - 1)] as T | null;
    }
  }
}
