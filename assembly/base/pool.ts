// A pool of records of one size on raw memory.
//
//   chunk: | record 0 | record 1 | … | record n-1 |      a free record's first word links to the next free one
//
// Chunks are never given back: after warm-up the engine allocates nothing, so the memory size stays flat.

@final
export class Pool {
  /** Records in use. The leak law of the tests: zero when everything is closed. */
  live: i32 = 0;
  private free: usize = 0;
  private readonly recordBytes: usize;
  private readonly chunkRecords: usize;

  constructor(recordBytes: usize, chunkRecords: usize = 64) {
    assert(recordBytes >= 4);
    this.recordBytes = (recordBytes + 7) & ~7;
    this.chunkRecords = chunkRecords;
  }

  /** A zeroed record. The caller owns it until `give`. */
  take(): usize {
    if (!this.free) this.refill();
    const record = this.free;
    this.free = load<usize>(record);
    this.live++;
    // Not memory.fill, which is a call of the runtime: most records are a few words.
    for (let at = record, end = record + this.recordBytes; at < end; at += 8) store<u64>(at, 0);
    return record;
  }

  give(record: usize): void {
    assert(record != 0);
    assert(this.live > 0);
    store<usize>(record, this.free);
    this.free = record;
    this.live--;
  }

  private refill(): void {
    const bytes = this.recordBytes;
    const chunk = heap.alloc(bytes * this.chunkRecords);
    for (let i = this.chunkRecords; i > 0; i--) {
      const record = chunk + (i - 1) * bytes;
      store<usize>(record, this.free);
      this.free = record;
    }
  }
}
