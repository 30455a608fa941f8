// A rate with room for bursts: a bucket that fills by time and is emptied by use.

import { BURST_SECONDS } from "./session-limits.js";

export class Rate {
  private readonly most: number;
  private level: number;
  private atNs: number;

  /** Infinity: no bound. `nowNs` is a clock that goes on. */
  constructor(private readonly perSecond: number, private readonly nowNs: () => number) {
    this.most = Math.max(1, perSecond * BURST_SECONDS);
    this.level = this.most;
    this.atNs = perSecond === Infinity ? 0 : nowNs();
  }

  /** Takes one; false when there is none. */
  take(): boolean {
    if (this.waitMs() > 0 || this.level < 1) return false;
    this.level--;
    return true;
  }

  /** Takes as many, also more than there are: then it is a while until there is one again. */
  use(count: number): void {
    this.refill();
    this.level -= count;
  }

  /** Milliseconds until there is something to take; 0 when there is. */
  waitMs(): number {
    if (this.perSecond === Infinity) return 0;
    this.refill();
    return this.level >= 1 ? 0 : Math.ceil((1 - this.level) * 1000 / this.perSecond);
  }

  private refill(): void {
    if (this.perSecond === Infinity) return;
    const now = this.nowNs();
    this.level = Math.min(this.most, this.level + (now - this.atNs) / 1e9 * this.perSecond);
    this.atNs = now;
  }
}
