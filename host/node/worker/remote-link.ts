// The worker's side of the channel: sends commands, and hands each event to the object or request that it is about.

import type { WorkerEnd } from "./channel.js";
import { Command, Event } from "./messages.js";

/** What stands in the worker for something of the main thread. `bytes[start, end)` is valid during the call. */
export interface RemoteObject {
  event(kind: Event, value: number, bytes: Uint8Array, start: number, end: number): void;
}

/** Told once how a request ended. */
export type RequestEnd = (kind: Event, value: number, bytes: Uint8Array, start: number, end: number) => void;

/** Bytes of events after which their room is given back, so that the main thread need not wait for a whole batch. */
const RELEASE_BYTES = 128 * 1024;

export class RemoteLink {
  /** By their numbers. What was closed is null: events that were under way to it are dropped. */
  private readonly objects: (RemoteObject | null)[] = [];
  private readonly requests = new Map<number, RequestEnd>();
  private latestRequest = 0;

  /** `soon` runs a callback at the next waiting point, when nothing of the guest is on the stack. */
  constructor(private readonly end: WorkerEnd, readonly soon: (callback: () => void) => void) {}

  add(id: number, object: RemoteObject): void {
    this.objects[id] = object;
  }

  forget(id: number): void {
    this.objects[id] = null;
  }

  tell(command: Command, id: number, value = 0): void {
    this.end.send(command, id, value, null, 0, 0);
  }

  tellBytes(command: Command, id: number, value: number, bytes: Uint8Array, start: number, end: number): void {
    this.end.send(command, id, value, bytes, start, end);
  }

  /** A command that is answered while the caller waits. */
  call(command: Command, id: number, bytes: Uint8Array): { value: number; bytes: Uint8Array } {
    return this.end.call(command, id, bytes, bytes.length);
  }

  /** Begins a request; its number is for `cancel`. */
  request(command: Command, value: number, bytes: Uint8Array, end: RequestEnd): number {
    do this.latestRequest = (this.latestRequest + 1) | 0; while (this.requests.has(this.latestRequest));
    this.requests.set(this.latestRequest, end);
    this.end.send(command, this.latestRequest, value, bytes, 0, bytes.length);
    return this.latestRequest;
  }

  /** What a cancelled request brings nevertheless is given back. */
  cancel(request: number): void {
    if (!this.requests.has(request)) return;
    this.requests.set(request, this.giveBack);
    this.tell(Command.Cancel, request);
  }

  /** Hands out every event that is there. */
  dispatch(): void {
    const { events } = this.end;
    if (!events.hasMore) return;
    while (events.next()) {
      this.hand(events.kind, events.id, events.value, events.bytes, events.start, events.end);
      if (events.heldBytes >= RELEASE_BYTES) this.end.release();
    }
    this.end.release();
  }

  private hand(kind: Event, id: number, value: number, bytes: Uint8Array, start: number, end: number): void {
    if (kind > Event.Cancelled) {
      this.objects[id]?.event(kind, value, bytes, start, end);
      return;
    }
    const request = this.requests.get(id);
    this.requests.delete(id);
    request?.(kind, value, bytes, start, end);
  }

  private readonly giveBack = (kind: Event, value: number): void => {
    if (kind === Event.Bound || kind === Event.Connected) this.tell(Command.Abort, value);
  };
}
