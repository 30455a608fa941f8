// One direction of a connection: a byte stream with a bounded window.
//
//   written --> unsent --(window, link)--> in flight --(latency)--> arrived --(a read)--> delivered
//                 ^                                                                          |
//                 +------------------------- credit, one latency later ----------------------+
//
// All bytes lie in one queue in the order in which they were written; the counters say how far each got. So bytes
// can neither overtake each other nor get lost, except by a reset or by silence, which drop all that is behind.
//
// Credit is given for half a window at once: crumbs of it would make crumbs of segments for ever after. Whoever waits
// for credit gets it, because once everything was read, half a window is either free or owed.

import { ByteQueue } from "../../wasi/byte-queue.js";
import type { SimConnection } from "./connection.js";
import type { Pair } from "./pair.js";

export class Pipe {
  unsentBytes = 0;
  inFlightBytes = 0;
  arrivedBytes = 0;
  /** Totals; at any time written = unsent + in flight + arrived + delivered + dropped. */
  writtenTotal = 0;
  deliveredTotal = 0;
  droppedTotal = 0;
  /** The FIN arrived, behind all bytes. */
  hasFinArrived = false;
  private readonly bytes: ByteQueue;
  private readonly sendBufferBytes: number;
  private readonly windowBytes: number;
  private windowRoom: number;
  /** Read, and not confirmed yet. */
  private uncreditedBytes = 0;
  private sentTotal = 0;
  private latestArrivalNs = 0;
  private isEnding = false;
  private isFinSent = false;
  private isResetSent = false;
  /** Nobody reads at the other end any more. */
  private isDiscarding = false;
  /** Nobody writes any more either. */
  private isCut = false;
  /** The bytes behind which a rule breaks this direction. */
  breakAt = Infinity;

  constructor(
    private readonly pair: Pair,
    readonly sender: SimConnection,
    readonly receiver: SimConnection,
  ) {
    this.bytes = new ByteQueue(pair.network.pool);
    this.windowBytes = pair.random.sizeBetween(receiver.station.conditions.windowBytes);
    this.windowRoom = this.windowBytes;
    this.sendBufferBytes = pair.random.sizeBetween(sender.station.conditions.sendBufferBytes);
  }

  /** What the writer's transport still holds. */
  get queuedBytes(): number {
    return Math.max(0, this.unsentBytes - this.sendBufferBytes);
  }

  /** Nothing after `end`. */
  write(source: Uint8Array, start: number, end: number): void {
    if (this.isEnding) return;
    const count = end - start;
    this.writtenTotal += count;
    this.unsentBytes += count;
    if (!this.isDiscarding) this.bytes.appendCopy(source, start, end);
    this.pump();
    const { network } = this.pair;
    network.queuedPeak = Math.max(network.queuedPeak, this.queuedBytes);
  }

  /** FIN after what is unsent. */
  end(): void {
    this.isEnding = true;
    this.pump();
  }

  /** Moves arrived bytes to the reader. */
  takeInto(target: Uint8Array, offset: number, count: number): void {
    this.bytes.takeInto(target, offset, count);
    this.arrivedBytes -= count;
    this.deliveredTotal += count;
    this.uncreditedBytes += count;
    if (this.uncreditedBytes * 2 >= this.windowBytes) this.confirm();
  }

  /** The receiver reads no more: what arrived is dropped, and so is what comes. */
  discard(): void {
    this.drop(this.arrivedBytes);
    this.arrivedBytes = 0;
    if (this.isDiscarding) return;
    this.isDiscarding = true;
    this.bytes.clear();
  }

  /** The sender writes no more; what is unsent is dropped, what is in flight still arrives. */
  cut(): void {
    this.drop(this.unsentBytes);
    this.unsentBytes = 0;
    this.isCut = true;
  }

  /** Tells the receiver, behind what is in flight, that the connection is broken. Once. */
  sendReset(): void {
    if (this.isResetSent) return;
    this.isResetSent = true;
    this.control("reset", () => this.receiver.resetArrived());
  }

  private pump(): void {
    while (this.unsentBytes > 0 && this.windowRoom > 0) {
      const wanted = this.pair.random.sizeBetween(this.sender.station.conditions.segmentBytes);
      this.send(Math.min(wanted, this.unsentBytes, this.windowRoom, this.breakAt - this.sentTotal));
    }
    if (!this.isEnding || this.isFinSent || this.isCut || this.unsentBytes > 0) return;
    this.isFinSent = true;
    this.control("fin", () => {
      this.hasFinArrived = true;
      this.receiver.wake();
    });
  }

  private send(count: number): void {
    const { pair, sender } = this;
    const { conditions } = sender.station;
    this.unsentBytes -= count;
    this.windowRoom -= count;
    this.sentTotal += count;
    this.inFlightBytes += count;
    if (pair.isSilent) {
      sender.expectTimeout();
      return;
    }
    let atNs = sender.station.departure(count, pair.isLoopback) + pair.latency(sender.station);
    if (pair.random.chance(conditions.stall)) atNs += pair.random.between(conditions.stallNs);
    atNs = Math.max(atNs, this.latestArrivalNs);
    this.latestArrivalNs = atNs;
    pair.network.queue.at(atNs, "segment", this.receiver.number, () => this.arrive(count));
    if (this.sentTotal >= this.breakAt) this.reachBreak();
    if (pair.random.chance(conditions.reset)) pair.breakBoth();
    if (pair.random.chance(conditions.silence)) pair.fallSilent();
  }

  private reachBreak(): void {
    this.breakAt = Infinity;
    this.pair.scriptedBreak();
  }

  private arrive(count: number): void {
    this.inFlightBytes -= count;
    if (this.isDiscarding) {
      this.drop(count);
      this.receiver.answerReset();
      return;
    }
    this.arrivedBytes += count;
    this.receiver.wake();
  }

  private confirm(): void {
    const count = this.uncreditedBytes;
    this.uncreditedBytes = 0;
    if (this.pair.isSilent) return;
    const { queue } = this.pair.network;
    queue.after(this.pair.latency(this.receiver.station), "credit", this.sender.number, () => {
      if (this.isCut) return;
      const queuedBefore = this.queuedBytes;
      this.windowRoom += count;
      this.pump();
      if (this.queuedBytes < queuedBefore) this.sender.roomMade();
    });
  }

  private control(kind: "fin" | "reset", arrived: () => void): void {
    const { pair, sender } = this;
    if (pair.isSilent) return;
    const { queue } = pair.network;
    const atNs = Math.max(queue.nowNs + pair.latency(sender.station), this.latestArrivalNs);
    this.latestArrivalNs = atNs;
    queue.at(atNs, kind, this.receiver.number, arrived);
  }

  private drop(count: number): void {
    this.droppedTotal += count;
  }
}
