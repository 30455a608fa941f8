// A growable array of schedules on raw memory: what both parts of the timers are made of.
//
//   entry: | deadline, 8 bytes | timer, 4 bytes | order, 4 bytes |
//
// Entry 1 begins a cache line, and so does every fourth one after it: in a heap with four children per node those
// are the children of one node.

import { IS_OUT, Timer } from "./timer";

const ENTRY_BYTES: usize = 16;
const LINE_BYTES: usize = 64;
const CAPACITY_MAX: i32 = 1 << 26;
const SAMPLES: i32 = 64;

const samples: usize = memory.data(64 * 8, 8);

@final
export class Schedules {
  length: i32 = 0;
  /** Address of entry 0. Changes when the array grows. */
  private start: usize = 0;
  private block: usize = 0;
  private capacity: i32 = 0;

  @inline deadlineAt(index: i32): u64 {
    return load<u64>(this.at(index));
  }

  @inline timerAt(index: i32): Timer {
    return load<Timer>(this.at(index), 8);
  }

  @inline orderAt(index: i32): u32 {
    return load<u32>(this.at(index), 12);
  }

  @inline set(index: i32, deadlineNs: u64, timer: Timer, order: u32): void {
    const entry = this.at(index);
    store<u64>(entry, deadlineNs);
    store<Timer>(entry, timer, 8);
    store<u32>(entry, order, 12);
  }

  @inline move(from: i32, to: i32): void {
    const source = this.at(from);
    const target = this.at(to);
    store<u64>(target, load<u64>(source));
    store<u64>(target, load<u64>(source, 8), 8);
  }

  /** Whether the record still has the number of the schedule; if not, the entry is dead. */
  @inline isAlive(index: i32): bool {
    return this.timerAt(index).order == this.orderAt(index);
  }

  /** Whether the schedule counts: the timer is to run by it. */
  @inline counts(index: i32): bool {
    return this.isAlive(index) && !(this.timerAt(index).bits & IS_OUT);
  }

  /** Whether entry `index` comes after what is given. Orders wrap, so those that are compared must be near. */
  @inline isAfter(index: i32, deadlineNs: u64, order: u32): bool {
    const otherNs = this.deadlineAt(index);
    return deadlineNs < otherNs || (deadlineNs == otherNs && <i32>(order - this.orderAt(index)) < 0);
  }

  push(deadlineNs: u64, timer: Timer, order: u32): void {
    if (this.length == this.capacity) this.grow();
    this.set(this.length++, deadlineNs, timer, order);
  }

  /** Removes entry `index`; the last one fills the gap. */
  @inline swapRemove(index: i32): void {
    this.move(--this.length, index);
  }

  /** A deadline that about `part` of 64 entries are not after. Looks at 64 of them; the array is not empty. */
  quantile(part: i32): u64 {
    for (let i = 0; i < SAMPLES; i++) {
      const deadlineNs = this.deadlineAt(<i32>(<i64>this.length * i / SAMPLES));
      let place = samples + (<usize>i << 3);
      for (; place > samples && load<u64>(place - 8) > deadlineNs; place -= 8) store<u64>(place, load<u64>(place - 8));
      store<u64>(place, deadlineNs);
    }
    return load<u64>(samples + (<usize>(part - 1) << 3));
  }

  @inline private at(index: i32): usize {
    return this.start + <usize>index * ENTRY_BYTES;
  }

  private grow(): void {
    const capacity = max(this.capacity << 1, 64);
    assert(capacity <= CAPACITY_MAX);
    const block = heap.alloc(<usize>capacity * ENTRY_BYTES + LINE_BYTES);
    const start = ((block + ENTRY_BYTES + LINE_BYTES - 1) & ~(LINE_BYTES - 1)) - ENTRY_BYTES;
    if (this.block) {
      memory.copy(start, this.start, <usize>this.length * ENTRY_BYTES);
      heap.free(this.block);
    }
    this.block = block;
    this.start = start;
    this.capacity = capacity;
  }
}
