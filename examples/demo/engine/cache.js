// Something that may be forgotten when memory is short: as a cache of pictures would be, it is charged to the quota,
// and says so to the quota, which asks for it back.

const CACHE_BYTES = 3 << 20;

export class Cache {
  #allocator;
  #reservation = null;
  onGiven = () => {};
  /** How much was given back since the last `fill`. */
  givenBytes = 0;

  constructor(lab) {
    this.#allocator = lab.engine.memoryQuota.createAllocator("cache");
    this.fill();
  }

  get bytes() {
    return this.#reservation?.bytes ?? 0;
  }

  fill() {
    if (this.#reservation !== null) return;
    this.givenBytes = 0;
    this.#reservation = this.#allocator.makeReservation(CACHE_BYTES);
    this.#allocator.postReclaimer("benign", (sweep) => {
      if (sweep === null) return;
      this.givenBytes = this.bytes;
      this.#reservation.destroy();
      this.#reservation = null;
      sweep.finish();
      this.onGiven(this.givenBytes);
    });
  }
}
