// When the next turn runs: after the batch of events that the platform is delivering, or right after this event.
//
// One turn for many ready sockets shares the cost of a turn. One turn per event answers sooner, which is all that
// counts when events come one by one, and finds large data still in the cache. So: batched turns show which of the
// two the traffic is like; in eager times a batched turn now and then looks again.

/** From here on the bytes of an event cost more than its turn. */
const BULK_BYTES = 8192;
/** Batched turns in a row that must agree before turns become eager. */
const AGREEING_TURNS = 4;
/** Eager turns between two looks. */
const EAGER_TURNS = 64;

export class TurnPacing {
  private agreeing = 0;
  private eagerLeft = 0;

  /** Whether the next turn runs right after the event; counts towards the next look. */
  takeEager(): boolean {
    if (this.eagerLeft === 0) return false;
    this.eagerLeft--;
    return true;
  }

  /** Learns from a batched turn that was told of `readyCount` pollables after `bytes` arrived. */
  batchSeen(readyCount: number, bytes: number): void {
    if (readyCount === 0) return;
    const isEagerBetter = readyCount === 1 || bytes >= readyCount * BULK_BYTES;
    this.agreeing = isEagerBetter ? this.agreeing + 1 : 0;
    if (this.agreeing >= AGREEING_TURNS) this.eagerLeft = EAGER_TURNS;
  }
}
