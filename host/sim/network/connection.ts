// One end of a simulated connection.
//
//               attach               close()       nothing is queued
//   WAITING ------------> OPEN ---------------> CLOSING ------------> GONE
//      |                   |                       |                   ^
//      |                   +-- reset, timed out: `failed`, once -------+
//      +-- close(), abort() -----------------------+-- no progress ----+
//
// What the system holds of an end that was closed still goes out, behind the owner's back, with a FIN after it.
// Bytes that arrived are told before an end, and an end before a failure; a failure overtakes both when bytes of
// ours were lost with it or when the network's conditions say so. Data for an end that is GONE is answered by a
// reset. Bytes that nobody had read when it went are answered so too, and then nothing more goes out: as systems do.

import { ErrorCode } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Connection, ConnectionEvents } from "../../wasi/transport.js";
import type { SimEvent } from "../event-queue.js";
import type { Pair } from "./pair.js";
import type { Pipe } from "./pipe.js";
import type { Station } from "./station.js";

/** What a reader is lent carries this afterwards, so that nobody gets away with keeping it. */
const SCRIBBLE = 0xa5;
/** Bytes lent begin somewhere in here. */
const LENT_START_MAX = 15;
/** A kernel's probes until it believes that a silent peer is gone. */
const KEEP_ALIVE_PROBES_MS = 10_000;
const MILLISECOND_NS = 1e6;

enum State {
  Waiting,
  Open,
  Closing,
  Gone,
}

export class SimConnection implements Connection {
  private state = State.Waiting;
  private events: ConnectionEvents | null = null;
  private isPaused = false;
  private isWakeScheduled = false;
  private isEndTold = false;
  private failure: ErrorCode | null = null;
  /** The failure is told before bytes that arrived. */
  private isFailureUrgent = false;
  /** Where bytes come from and where they go, for those who check the network. */
  incoming!: Pipe;
  outgoing!: Pipe;
  private linger: SimEvent | null = null;
  private timeout: SimEvent | null = null;
  private keepAliveMs: number | null = null;
  /** Gives back what the end holds at its host: a place in the count, perhaps a port. */
  onGone: () => void = () => {};

  constructor(
    private readonly pair: Pair,
    readonly station: Station,
    readonly number: number,
    readonly localAddress: SocketAddress,
    readonly remoteAddress: SocketAddress,
  ) {}

  join(incoming: Pipe, outgoing: Pipe): void {
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  get isGone(): boolean {
    return this.state === State.Gone;
  }

  get queuedBytes(): number {
    return this.outgoing.queuedBytes;
  }

  attach(events: ConnectionEvents): void {
    if (this.state !== State.Waiting) return;
    this.state = State.Open;
    this.events = events;
    this.wakeSoon();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.wakeSoon();
  }

  setKeepAlive(enabled: boolean, idleMs: number): void {
    this.keepAliveMs = enabled ? idleMs : null;
    if (this.pair.isSilent) this.silenceFell();
  }

  write(source: Uint8Array, start: number, end: number): void {
    if (this.state !== State.Open) return;
    if (this.failure === null) {
      this.outgoing.write(source, start, end);
      return;
    }
    this.isFailureUrgent = true; // the system says now what it knew before
    this.wakeSoon();
  }

  end(): void {
    if (this.state === State.Open && this.failure === null) this.outgoing.end();
  }

  close(lingerMs: number): void {
    if (this.state === State.Gone || this.state === State.Closing) return;
    this.events = null;
    if (this.failure !== null) {
      this.go();
      return;
    }
    this.state = State.Closing;
    this.outgoing.end();
    if (this.outgoing.queuedBytes === 0) this.leave();
    else this.lingerOn(lingerMs);
  }

  abort(): void {
    if (this.state === State.Gone) return;
    this.cutOff();
  }

  // What the pipes tell.

  /** Something arrived: as much of it is told as one read gives. */
  wake(): void {
    const { events, incoming } = this;
    if (this.state !== State.Open || events === null) return;
    const canTell = !this.isPaused && !this.isFailureUrgent;
    if (canTell && incoming.arrivedBytes > 0) this.deliver(events);
    else if (canTell && incoming.hasFinArrived && !this.isEndTold) this.tellEnd(events);
    else if (this.isFailureUrgent || (this.failure !== null && incoming.arrivedBytes === 0)) this.fail();
    if (this.hasMoreToTell()) this.wakeSoon();
  }

  resetArrived(): void {
    if (this.state === State.Closing) this.go();
    if (this.state === State.Gone) this.outgoing.cut();
    if (this.state === State.Gone || this.failure !== null) return;
    const { resetDropsUnread } = this.station.conditions;
    this.isFailureUrgent = this.outgoing.unsentBytes > 0 || this.pair.random.chance(resetDropsUnread);
    this.failWith(ErrorCode.ConnectionReset);
  }

  roomMade(): void {
    if (this.state === State.Open) this.events?.roomMade();
    else if (this.state === State.Closing && this.outgoing.queuedBytes === 0) this.leave();
  }

  /** Data came for an end that is gone. */
  answerReset(): void {
    this.outgoing.sendReset();
  }

  silenceFell(): void {
    if (this.isGone) return;
    const { unsentBytes, inFlightBytes } = this.outgoing;
    if (unsentBytes > 0 || inFlightBytes > 0) this.expectTimeout();
    if (this.keepAliveMs !== null) this.timeOutAfter((this.keepAliveMs + KEEP_ALIVE_PROBES_MS) * MILLISECOND_NS);
  }

  /** Bytes were sent that nobody will confirm. */
  expectTimeout(): void {
    this.timeOutAfter(this.station.conditions.retransmitTimeoutNs);
  }

  private timeOutAfter(delayNs: number): void {
    const { queue } = this.pair.network;
    if (this.timeout !== null) {
      if (this.timeout.atNs <= queue.nowNs + delayNs) return;
      queue.cancel(this.timeout);
    }
    this.timeout = this.after(delayNs, "timeout", () => {
      if (this.state === State.Closing) this.go();
      if (this.isGone) return;
      this.isFailureUrgent = true;
      this.failWith(ErrorCode.Timeout);
    });
  }

  private failWith(code: ErrorCode): void {
    this.failure = code;
    this.outgoing.cut();
    this.wake();
  }

  private deliver(events: ConnectionEvents): void {
    const { network, random } = this.pair;
    const { conditions } = this.station;
    const count = Math.min(random.sizeBetween(conditions.readBytes), this.incoming.arrivedBytes);
    const isGift = random.chance(conditions.givesBuffer);
    const buffer = isGift ? new Uint8Array(count) : network.readBuffer;
    const start = isGift ? 0 : random.between([0, LENT_START_MAX]);
    this.incoming.takeInto(buffer, start, count);
    network.trace.add(network.queue.nowNs, "deliver", this.number, count);
    network.trace.addBytes(buffer, start, start + count);
    const wantsMore = isGift
      ? events.bytesGiven(buffer, start, start + count)
      : events.bytesArrived(buffer, start, start + count);
    if (!isGift) buffer.fill(SCRIBBLE, start, start + count);
    if (!wantsMore) this.isPaused = true;
  }

  private tellEnd(events: ConnectionEvents): void {
    const { network } = this.pair;
    this.isEndTold = true;
    network.trace.add(network.queue.nowNs, "end-told", this.number, 0);
    events.endArrived();
  }

  private fail(): void {
    const { events } = this;
    const code = this.failure as ErrorCode;
    const { network } = this.pair;
    network.trace.add(network.queue.nowNs, "failed", this.number, code);
    this.go();
    events?.failed(code);
  }

  private hasMoreToTell(): boolean {
    if (this.state !== State.Open) return false;
    if (this.failure !== null && (this.isFailureUrgent || this.incoming.arrivedBytes === 0)) return true;
    if (this.isPaused) return false;
    return this.incoming.arrivedBytes > 0 || (this.incoming.hasFinArrived && !this.isEndTold);
  }

  private wakeSoon(): void {
    if (this.isWakeScheduled || this.state !== State.Open) return;
    this.isWakeScheduled = true;
    this.after(0, "deliver", () => {
      this.isWakeScheduled = false;
      this.wake();
    });
  }

  /** Cuts the connection once the peer has taken nothing for so long. */
  private lingerOn(lingerMs: number): void {
    const before = this.outgoing.queuedBytes;
    this.linger = this.after(lingerMs * MILLISECOND_NS, "linger", () => {
      if (this.outgoing.queuedBytes < before) this.lingerOn(lingerMs);
      else this.abort();
    });
  }

  /** The system has everything of ours. */
  private leave(): void {
    if (this.incoming.arrivedBytes > 0) this.cutOff();
    else this.goQuietly();
  }

  private cutOff(): void {
    this.outgoing.sendReset();
    this.go();
  }

  private go(): void {
    this.outgoing.cut();
    this.goQuietly();
  }

  private goQuietly(): void {
    const { queue } = this.pair.network;
    this.events = null;
    this.state = State.Gone;
    this.incoming.discard();
    queue.cancel(this.linger);
    queue.cancel(this.timeout);
    this.onGone();
  }

  private after(delayNs: number, kind: "linger" | "timeout" | "deliver", run: () => void): SimEvent {
    return this.pair.network.queue.after(delayNs, kind, this.number, run);
  }
}
