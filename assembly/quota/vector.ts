// A growable array of numbers that an allocator pays for, its record included.

import * as containers from "./container";
import { MemoryAllocator } from "./memory-allocator";
import * as records from "./record";

const FIRST_CAPACITY: u32 = 8;

@unmanaged
export class Vector<T> {
  allocator: MemoryAllocator;
  /** Address of value 0; changes when the vector grows. 0 before the first value. */
  start: usize;
  length: u32;
  capacity: u32;

  /** An empty vector. The caller owns it until `destroy`; it may outlive its allocator but not grow after it. */
  static create<T>(allocator: MemoryAllocator): Vector<T> {
    const vector = records.create<Vector<T>>(allocator);
    vector.allocator = allocator;
    return vector;
  }

  destroy(): void {
    if (this.capacity) containers.deallocate<T>(this.allocator, this.start, this.capacity);
    records.destroy(changetype<usize>(this));
  }

  get(index: u32): T {
    assert(index < this.length, "no such value");
    return load<T>(this.start + <usize>index * sizeof<T>());
  }

  set(index: u32, value: T): void {
    assert(index < this.length, "no such value");
    store<T>(this.start + <usize>index * sizeof<T>(), value);
  }

  push(value: T): void {
    if (this.length == this.capacity) this.grow();
    store<T>(this.start + <usize>this.length * sizeof<T>(), value);
    this.length++;
  }

  pop(): T {
    assert(this.length != 0, "the vector is empty");
    this.length--;
    return load<T>(this.start + <usize>this.length * sizeof<T>());
  }

  /** Both arrays are charged while the values are copied, as they exist then. */
  grow(): void {
    const capacity = this.capacity ? this.capacity << 1 : FIRST_CAPACITY;
    const start = containers.allocate<T>(this.allocator, capacity);
    if (this.capacity) {
      memory.copy(start, this.start, <usize>this.length * sizeof<T>());
      containers.deallocate<T>(this.allocator, this.start, this.capacity);
    }
    this.start = start;
    this.capacity = capacity;
  }
}
