// A growable array of 32-bit words (handles, addresses) on raw memory: no garbage, no bounds object per slot.

const LENGTH_MAX: i32 = 1 << 28;

/** Words are unordered unless the owner keeps an order; `swapRemove` is how most owners delete. */
@final
export class WordVector {
  /** Address of word 0. Changes when the vector grows, so it is never kept across a push. */
  start: usize;
  length: i32 = 0;
  private capacity: i32;

  constructor(capacity: i32) {
    assert(capacity > 0);
    this.capacity = capacity;
    this.start = heap.alloc(<usize>capacity << 2);
  }

  @inline get(index: i32): u32 {
    assert(<u32>index < <u32>this.length);
    return load<u32>(this.start + (<usize>index << 2));
  }

  @inline set(index: i32, word: u32): void {
    assert(<u32>index < <u32>this.length);
    store<u32>(this.start + (<usize>index << 2), word);
  }

  push(word: u32): void {
    if (this.length == this.capacity) this.grow(this.capacity << 1);
    store<u32>(this.start + (<usize>this.length << 2), word);
    this.length++;
  }

  pop(): u32 {
    assert(this.length > 0);
    return load<u32>(this.start + (<usize>(--this.length) << 2));
  }

  /** Makes `length` at least `length`, new words being zero. */
  extend(length: i32): void {
    if (length <= this.length) return;
    assert(length <= LENGTH_MAX); // a doubled capacity beyond it would wrap
    let capacity = this.capacity;
    while (capacity < length) capacity <<= 1;
    if (capacity != this.capacity) this.grow(capacity);
    memory.fill(this.start + (<usize>this.length << 2), 0, <usize>(length - this.length) << 2);
    this.length = length;
  }

  private grow(capacity: i32): void {
    assert(capacity > this.capacity); // a doubled i32 that wrapped would be smaller
    this.start = heap.realloc(this.start, <usize>capacity << 2);
    this.capacity = capacity;
  }
}
