// The base of everything a guest holds a handle to, and of everything that a pollable can watch.
//
// A resource counts its children because WASI forbids to drop a parent first: a socket outlives its streams,
// and whatever is watched outlives its pollables.

import { Kind } from "./kind.js";
import type { Pollable } from "./pollable.js";

export abstract class Resource {
  /** Index in the resource table; 0 while the resource has no handle. */
  handle = 0;
  parent: Resource | null = null;
  childCount = 0;

  abstract readonly kind: Kind;

  /** Gives back what the resource holds. Called exactly once, when its handle is dropped. */
  abstract release(): void;
}

/** A resource with a readiness that pollables watch. */
export abstract class Watchable extends Resource {
  /** Head of the list of pollables; nearly always there is one. */
  firstWatcher: Pollable | null = null;

  abstract isReady(): boolean;

  /** Tells the watchers that this went from not ready to ready. Being called too often is harmless. */
  protected wakeWatchers(): void {
    for (let watcher = this.firstWatcher; watcher !== null; watcher = watcher.nextWatcher) watcher.wake();
  }
}
