// Bytes of one remote object, seen from the guest: what arrives, by credit, and what is written, counted.
//
// The main thread sends at most WINDOW_BYTES beyond what it was given credit for. Credit is for bytes that the sink
// took, so that a sink which asked for a pause has at most a window of bytes held here for it, and none in its way.

import { ByteQueue, type ByteQueuePool } from "../../wasi/byte-queue.js";
import type { ByteSink, ByteSource } from "../../wasi/transport.js";
import { Command, STEP_BYTES } from "./messages.js";
import { PAYLOAD_BYTES_MAX } from "./ring.js";
import type { RemoteLink } from "./remote-link.js";

export class RemoteIncoming implements ByteSource {
  private sink: ByteSink | null = null;
  private isPaused = false;
  private hasEnded = false;
  /** Taken by the sink, and no credit given for it yet. */
  private owed = 0;
  private readonly held: ByteQueue;

  constructor(private readonly link: RemoteLink, private readonly id: number, pool: ByteQueuePool) {
    this.held = new ByteQueue(pool);
  }

  open(sink: ByteSink): void {
    this.sink = sink;
    this.link.tell(Command.Attach, this.id);
  }

  /** Nothing reaches the sink any more. */
  close(): void {
    this.sink = null;
    this.held.clear();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    if (this.held.length > 0 || this.hasEnded) this.link.soon(this.deliver);
  }

  arrived(bytes: Uint8Array, start: number, end: number): void {
    if (this.sink === null) return;
    if (this.isPaused || this.held.length > 0) this.held.appendCopy(bytes, start, end);
    else this.taken(end - start, this.sink.bytesArrived(bytes, start, end));
  }

  ended(): void {
    this.hasEnded = true;
    if (!this.isPaused) this.deliver();
  }

  /** Gives the sink what is held although it paused: nothing can come after it. */
  flush(): void {
    this.isPaused = false;
    while (this.held.length > 0) this.deliverSome();
  }

  private readonly deliver = (): void => {
    while (!this.isPaused && this.held.length > 0) this.deliverSome();
    if (this.isPaused || !this.hasEnded || this.held.length > 0) return;
    this.hasEnded = false;
    this.sink?.endArrived();
  };

  private deliverSome(): void {
    const bytes = new Uint8Array(Math.min(this.held.length, PAYLOAD_BYTES_MAX));
    this.held.takeInto(bytes, 0, bytes.length);
    if (this.sink !== null) this.taken(bytes.length, this.sink.bytesGiven(bytes, 0, bytes.length));
  }

  private taken(count: number, wantsMore: boolean): void {
    if (!wantsMore) this.isPaused = true;
    this.owed += count;
    if (this.owed < STEP_BYTES) return;
    this.link.tell(Command.Credit, this.id, this.owed);
    this.owed = 0;
  }
}

export class RemoteOutgoing {
  /** As far as was told: up to STEP_BYTES of it may have left, unless somebody wants room. */
  queuedBytes = 0;
  private isRoomWanted = false;

  constructor(private readonly link: RemoteLink, private readonly id: number) {}

  write(source: Uint8Array, start: number, end: number): void {
    this.queuedBytes += end - start;
    for (let at = start; at < end; at += PAYLOAD_BYTES_MAX) {
      this.link.tellBytes(Command.Write, this.id, 0, source, at, Math.min(end, at + PAYLOAD_BYTES_MAX));
    }
  }

  wantRoom(): void {
    if (this.isRoomWanted || this.queuedBytes === 0) return;
    this.isRoomWanted = true;
    this.link.tell(Command.WantRoom, this.id);
  }

  taken(count: number): void {
    this.queuedBytes -= count;
    if (!this.isRoomWanted) return;
    // The main thread may have answered before it saw what was written since.
    this.isRoomWanted = false;
    this.wantRoom();
  }

  broke(): void {
    this.queuedBytes = 0;
    this.isRoomWanted = false;
  }
}
