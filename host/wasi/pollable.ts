// wasi:io/poll pollable: watches one resource and, when that becomes ready, asks for the guest's attention.
//
// Wake-ups are edge-triggered hints: a pollable is queued when its resource goes from not ready to ready, or at
// subscription when it is ready already. A hint may be spurious and is never lost.

import { Kind } from "./kind.js";
import type { ReadyQueue } from "./ready-queue.js";
import { Resource, type Watchable } from "./resource.js";

export class Pollable extends Resource {
  readonly kind = Kind.Pollable;
  nextWatcher: Pollable | null = null;
  /** Its place in the ready queue, -1 while it does not wait there. */
  queueSlot = -1;

  constructor(
    readonly source: Watchable,
    private readonly queue: ReadyQueue,
  ) {
    super();
    this.nextWatcher = source.firstWatcher;
    source.firstWatcher = this;
  }

  isReady(): boolean {
    return this.source.isReady();
  }

  wake(): void {
    if (this.queueSlot < 0) this.queue.push(this);
  }

  release(): void {
    this.queue.remove(this);
    const { source } = this;
    if (source.firstWatcher === this) {
      source.firstWatcher = this.nextWatcher;
    } else {
      let before = source.firstWatcher;
      while (before !== null && before.nextWatcher !== this) before = before.nextWatcher;
      if (before !== null) before.nextWatcher = this.nextWatcher;
    }
    this.nextWatcher = null;
    // A clock's watch has no handle of its own: it ends with its pollable.
    if (source.kind === Kind.Free) source.release();
  }
}
