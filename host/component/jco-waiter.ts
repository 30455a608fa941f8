// How a call of the jco face waits: a promise that is looked at again whenever something became ready.

import type { Watchable } from "../wasi/resource.js";
import type { WasiHost } from "../wasi/wasi-host.js";

export class JcoWaiter {
  private waiting: (() => void)[] = [];
  private isScheduled = false;

  constructor(private readonly host: WasiHost) {
    host.ready.onFirst = () => this.wake();
  }

  /**
   * Waits until the condition holds. Even when it holds already, the platform's events get their turn first: a
   * guest that polls in a loop would otherwise starve the sockets that it polls.
   */
  async until(condition: () => boolean): Promise<void> {
    const { clock } = this.host.platform;
    await new Promise<void>((resolve) => { clock.soon(resolve); });
    while (!condition()) await new Promise<void>((resolve) => { this.waiting.push(resolve); });
  }

  /** Waits until the resource is ready. Watched by a pollable of its own: without one nothing would tell of it. */
  async untilReady(source: Watchable): Promise<void> {
    const watch = this.host.subscribe(source);
    try {
      await this.until(() => source.isReady());
    } finally {
      watch.release();
    }
  }

  private wake(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.host.platform.clock.soon(() => {
      this.isScheduled = false;
      while (this.host.ready.shift() !== null);
      const { waiting } = this;
      this.waiting = [];
      for (const resolve of waiting) resolve();
    });
  }
}
