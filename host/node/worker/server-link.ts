// The main thread's side of the channel: tells the worker what happens to its objects, and never waits for room.
//
//   flowing --no room--> crowded: frames are kept here, in order, and sources that bring bytes are paused
//      ^                    |
//      +-- all of it fitted-+   the sources go on
//
// What can be kept is bounded: per source one read, since it is paused then; per request one answer; and of connections
// that come in, ARRIVALS_MAX, the others are cut.

import { ACCEPT_QUEUE_MAX } from "../../wasi/limits.js";
import { copyOf } from "../../wasi/byte-queue.js";
import type { MainEnd } from "./channel.js";
import type { Event } from "./messages.js";

interface KeptFrame {
  readonly kind: Event;
  readonly id: number;
  readonly value: number;
  readonly bytes: Uint8Array | null;
}

/** Something that was paused for want of room. */
export interface Crowded {
  roomMade(): void;
}

export class ServerLink {
  private kept: KeptFrame[] = [];
  private keptFirst = 0;
  private readonly waiting = new Set<Crowded>();

  /** `wake` asks for a pump soon. */
  constructor(private readonly end: MainEnd, private readonly wake: () => void) {}

  get isCrowded(): boolean {
    return this.kept.length > 0;
  }

  /** False when so much is kept already that a connection which comes in must be cut. */
  get hasRoomForArrival(): boolean {
    return this.kept.length - this.keptFirst < ACCEPT_QUEUE_MAX;
  }

  tell(kind: Event, id: number, value = 0): void {
    this.send(kind, id, value, null, 0, 0);
  }

  /** The bytes are copied before this returns. */
  send(kind: Event, id: number, value: number, source: Uint8Array | null, start: number, end: number): void {
    if (this.isCrowded || !this.end.write(kind, id, value, source, start, end)) {
      this.kept.push({ kind, id, value, bytes: source === null ? null : copyOf(source, start, end) });
    }
    this.wake();
  }

  /** Answers a command that the worker waits for. */
  reply(value: number, bytes: Uint8Array): void {
    this.end.reply(value, bytes);
  }

  /** `who` hears once that nothing is kept any more. */
  whenClear(who: Crowded): void {
    this.waiting.add(who);
  }

  neverMind(who: Crowded): void {
    this.waiting.delete(who);
  }

  /** Sends what is kept, as far as there is room; the worker pokes when there is more. */
  flush(): void {
    if (!this.isCrowded) return;
    while (this.keptFirst < this.kept.length) {
      const { kind, id, value, bytes } = this.kept[this.keptFirst] as KeptFrame;
      if (!this.end.writeOrWait(kind, id, value, bytes, 0, bytes?.length ?? 0)) return;
      this.keptFirst++;
    }
    this.kept = [];
    this.keptFirst = 0;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const who of waiting) who.roomMade();
  }
}
