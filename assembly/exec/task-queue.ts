// One level's queue: two words per entry on raw memory, first in, first out.
//
//   | head | … | end | … | tail - 1 |    all count up and wrap; entry n is at start + (n & (capacity - 1)) * 8
//
// What is before `end` is of this turn, the rest came later. A record of zeroes is an empty queue. Entries of tasks
// that were cancelled stay where they are; they are counted, and removed when they are the most (tasks.ts).

const ENTRY_BYTES: usize = 8;
const CAPACITY_MIN: u32 = 256;
const CAPACITY_MAX: u32 = 1 << 27;

@unmanaged
export class TaskQueue {
  /** Calls that were made from here. */
  ran: u64;
  /** Numbers of the first entry, of the first that is not of this turn, and of the next one. */
  head: u32;
  end: u32;
  tail: u32;
  private capacity: u32;
  private start: usize;
  dead: u32;

  @inline push(what: u32, detail: u32): void {
    if (this.tail - this.head == this.capacity) this.grow();
    const entry = this.at(this.tail++);
    store<u32>(entry, what);
    store<u32>(entry, detail, 4);
  }

  @inline pop(): void {
    assert(this.head != this.tail);
    this.head++;
  }

  @inline whatAt(number: u32): u32 {
    return load<u32>(this.at(number));
  }

  @inline detailAt(number: u32): u32 {
    return load<u32>(this.at(number), 4);
  }

  copy(from: u32, to: u32): void {
    store<u64>(this.at(to), load<u64>(this.at(from)));
  }

  @inline private at(number: u32): usize {
    return this.start + <usize>(number & (this.capacity - 1)) * ENTRY_BYTES;
  }

  private grow(): void {
    const capacity = max(this.capacity << 1, CAPACITY_MIN);
    assert(capacity <= CAPACITY_MAX);
    const start = heap.alloc(<usize>capacity * ENTRY_BYTES);
    for (let number = this.head; number != this.tail; number++) {
      store<u64>(start + <usize>(number & (capacity - 1)) * ENTRY_BYTES, load<u64>(this.at(number)));
    }
    if (this.start) heap.free(this.start);
    this.start = start;
    this.capacity = capacity;
  }
}
