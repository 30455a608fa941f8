// A queue of two-word entries on raw memory, first in, first out, whose entries can be taken back.
//
//   place:   … | head | head + 1 | … | tail - 1 |          at start + (place & (capacity - 1)) * 8
//
// A place is a number that counts up and wraps. It stays true while the ring grows, so whoever waits in the queue
// keeps it, and taking back needs no search. What was taken back stays as an empty entry until the head passes it.

const ENTRY_BYTES: usize = 8;
const CAPACITY_MAX: u32 = 1 << 27;
/** The first word of an entry that was taken back. */
const EMPTY: u32 = 0;

@final
export class TaskQueue {
  /** Place of the first entry and of the next one. */
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

  /** Adds an entry and returns its place. `kind` is not zero. */
  push(kind: u32, word: usize): u32 {
    assert(kind != EMPTY);
    if (this.tail - this.head == this.capacity) this.grow();
    const place = this.tail++;
    const entry = this.at(place);
    store<u32>(entry, kind);
    store<usize>(entry, word, 4);
    return place;
  }

  /** Takes back what was pushed at `place` and is still queued. */
  remove(place: u32): void {
    assert(place - this.head < this.tail - this.head);
    store<u32>(this.at(place), EMPTY);
  }

  /** Makes `head` the first entry before `end` that was not taken back. False: there is none. */
  skip(end: u32): bool {
    while (this.head != end) {
      if (this.kindAt(this.head) != EMPTY) return true;
      this.head++;
    }
    return false;
  }

  pop(): void {
    assert(this.head != this.tail);
    this.head++;
  }

  @inline kindAt(place: u32): u32 {
    return load<u32>(this.at(place));
  }

  @inline wordAt(place: u32): usize {
    return load<usize>(this.at(place), 4);
  }

  @inline private at(place: u32): usize {
    return this.start + <usize>(place & (this.capacity - 1)) * ENTRY_BYTES;
  }

  private grow(): void {
    const capacity = this.capacity << 1;
    assert(capacity <= CAPACITY_MAX);
    const start = heap.alloc(<usize>capacity * ENTRY_BYTES);
    for (let place = this.head; place != this.tail; place++) {
      store<u64>(start + <usize>(place & (capacity - 1)) * ENTRY_BYTES, load<u64>(this.at(place)));
    }
    heap.free(this.start);
    this.start = start;
    this.capacity = capacity;
  }
}
