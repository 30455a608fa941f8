// Handles of records that come and go: a slot, and how often that slot was used. A handle that is stale, foreign or
// made up finds nothing, and costs no more to refuse than a good one to find.

import { WordVector } from "./word-vector";

@final
export class Slots {
  /** The second word of the handle that `take` gave last. */
  generation: u32 = 0;
  /** By slot: the record, or 0; and the generation of the latest one. */
  private records: WordVector = new WordVector(16);
  private generations: WordVector = new WordVector(16);
  private free: WordVector = new WordVector(16);

  /** A handle for `record`, which is not 0: returns its slot, and sets `generation`. */
  take(record: usize): u32 {
    if (!this.free.length) {
      this.records.push(0);
      this.generations.push(0);
      this.free.push(this.records.length - 1);
    }
    const slot = this.free.pop();
    this.generation = this.generations.get(slot) + 1;
    this.generations.set(slot, this.generation);
    this.records.set(slot, <u32>record);
    return slot;
  }

  /** The handle means nothing from here on. */
  forget(slot: u32): void {
    assert(this.records.get(slot) != 0);
    this.records.set(slot, 0);
    this.free.push(slot);
  }

  /** The record of a handle, or 0. */
  find(slot: u32, generation: u32): usize {
    if (slot >= <u32>this.records.length || this.generations.get(slot) != generation) return 0;
    return this.records.get(slot);
  }
}
