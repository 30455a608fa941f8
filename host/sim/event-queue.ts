// Virtual time: a queue of events ordered by time, then by the order in which they were asked for. Time moves only
// from one event to the next, so hours without events pass at once.

import { Trace, type TraceKind } from "./trace.js";

/** As far as whole nanoseconds go in a number: 104 days. What is asked for later happens then. */
const LAST_NS = Number.MAX_SAFE_INTEGER;
/** Cancelled events may stay in the heap up to this count, or up to half of it. */
const CANCELLED_KEPT = 64;

export interface SimEvent {
  readonly atNs: number;
  readonly sequence: number;
  readonly kind: TraceKind;
  readonly subject: number;
  /** Null once it ran or was cancelled. */
  run: (() => void) | null;
}

export class EventQueue {
  nowNs = 0;
  /** Events that ran so far. */
  executed = 0;
  private heap: SimEvent[] = [];
  private sequence = 0;
  private live = 0;

  constructor(readonly trace: Trace) {}

  /** Events that are still to come. */
  get length(): number {
    return this.live;
  }

  /** `run` is called once, `delayNs` from now, after everything that was asked for earlier for that time. */
  after(delayNs: number, kind: TraceKind, subject: number, run: () => void): SimEvent {
    return this.at(this.nowNs + delayNs, kind, subject, run);
  }

  at(atNs: number, kind: TraceKind, subject: number, run: () => void): SimEvent {
    const when = Math.min(Math.max(Math.ceil(atNs), this.nowNs), LAST_NS);
    const event: SimEvent = { atNs: when, sequence: this.sequence++, kind, subject, run };
    this.live++;
    this.heap.push(event);
    this.siftUp(this.heap.length - 1);
    return event;
  }

  /** The event does not happen; nothing if it happened or was cancelled before. */
  cancel(event: SimEvent | null): void {
    if (event === null || event.run === null) return;
    event.run = null;
    this.live--;
    const cancelled = this.heap.length - this.live;
    if (cancelled > CANCELLED_KEPT && cancelled > this.live) this.compact();
  }

  /** The time of the next event; null when there is none. */
  get nextNs(): number | null {
    while (this.heap.length > 0) {
      const first = this.heap[0] as SimEvent;
      if (first.run !== null) return first.atNs;
      this.takeFirst();
    }
    return null;
  }

  /** Runs the next event unless it comes after `untilNs`; false when nothing ran. */
  runNext(untilNs: number): boolean {
    const atNs = this.nextNs;
    if (atNs === null || atNs > untilNs) return false;
    const event = this.takeFirst();
    const run = event.run as () => void;
    event.run = null;
    this.live--;
    this.executed++;
    this.nowNs = atNs;
    this.trace.add(atNs, event.kind, event.subject, 0);
    run();
    return true;
  }

  /** Time moves on with nothing happening. */
  passUntil(untilNs: number): void {
    if (untilNs > this.nowNs) this.nowNs = untilNs;
  }

  private takeFirst(): SimEvent {
    const { heap } = this;
    const first = heap[0] as SimEvent;
    const last = heap.pop() as SimEvent;
    if (heap.length > 0) {
      heap[0] = last;
      this.siftDown(0);
    }
    return first;
  }

  private compact(): void {
    this.heap = this.heap.filter((event) => event.run !== null);
    for (let index = (this.heap.length >> 1) - 1; index >= 0; index--) this.siftDown(index);
  }

  private siftUp(start: number): void {
    const { heap } = this;
    const event = heap[start] as SimEvent;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(heap[parent] as SimEvent, event)) break;
      heap[index] = heap[parent] as SimEvent;
      index = parent;
    }
    heap[index] = event;
  }

  private siftDown(start: number): void {
    const { heap } = this;
    const event = heap[start] as SimEvent;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as SimEvent, heap[child] as SimEvent)) child++;
      if (isBefore(event, heap[child] as SimEvent)) break;
      heap[index] = heap[child] as SimEvent;
      index = child;
    }
    heap[index] = event;
  }
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  return a.atNs < b.atNs || (a.atNs === b.atNs && a.sequence < b.sequence);
}
