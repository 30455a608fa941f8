// When the next turn runs: after the batch of events that the platform is delivering, or right at the event.
//
// One turn for many ready sockets shares the cost of a turn. One turn per event answers sooner, which is all that
// counts when events come one by one. So: batched turns show which of the two the traffic is like; in eager times a
// batched turn now and then looks again.

/** Batched turns in a row that must have had one event before turns become eager. */
const LONE_TURNS = 4;
/** Eager turns between two looks. */
const EAGER_TURNS = 64;

export class TurnPacing {
  private lone = 0;
  private eagerLeft = 0;

  /** Whether a turn runs right at this event; counts towards the next look. */
  takeEager(): boolean {
    if (this.eagerLeft === 0) return false;
    this.eagerLeft--;
    return true;
  }

  /** Learns from a batched turn that was told of `readyCount` pollables. */
  batchSeen(readyCount: number): void {
    if (readyCount === 0) return;
    this.lone = readyCount === 1 ? this.lone + 1 : 0;
    if (this.lone >= LONE_TURNS) this.eagerLeft = EAGER_TURNS;
  }
}
