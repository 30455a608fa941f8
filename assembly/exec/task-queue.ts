// A queue of two words per entry on raw memory, first in, first out.
//
//   | head | … | tail - 1 |       both count up and wrap; entry n is at start + (n & (capacity - 1)) * 8

const ENTRY_BYTES: usize = 8;
const CAPACITY_MAX: u32 = 1 << 27;

@final
export class TaskQueue {
  /** Numbers of the first entry and of the next one. */
  head: u32 = 0;
  tail: u32 = 0;
  private start: usize;
  private capacity: u32;

  /** `capacity` is a power of two. */
  constructor(capacity: u32) {
    assert(capacity > 0 && (capacity & (capacity - 1)) == 0);
    this.capacity = capacity;
    this.start = heap.alloc(<usize>capacity * ENTRY_BYTES);
  }

  push(what: u32, detail: u32): void {
    if (this.tail - this.head == this.capacity) this.grow();
    const entry = this.at(this.tail++);
    store<u32>(entry, what);
    store<u32>(entry, detail, 4);
  }

  pop(): void {
    assert(this.head != this.tail);
    this.head++;
  }

  @inline whatAt(number: u32): u32 {
    return load<u32>(this.at(number));
  }

  @inline detailAt(number: u32): u32 {
    return load<u32>(this.at(number), 4);
  }

  @inline private at(number: u32): usize {
    return this.start + <usize>(number & (this.capacity - 1)) * ENTRY_BYTES;
  }

  private grow(): void {
    const capacity = this.capacity << 1;
    assert(capacity <= CAPACITY_MAX);
    const start = heap.alloc(<usize>capacity * ENTRY_BYTES);
    for (let number = this.head; number != this.tail; number++) {
      store<u64>(start + <usize>(number & (capacity - 1)) * ENTRY_BYTES, load<u64>(this.at(number)));
    }
    heap.free(this.start);
    this.start = start;
    this.capacity = capacity;
  }
}
