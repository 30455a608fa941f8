// A bound address, and the accept queue once it listens.
//
//   BOUND --listen()--> LISTENING --close()--> CLOSED        connections that still wait are reset
//     |                                           ^
//     +-------------------close()-----------------+
//
// A connection that came waits for `acceptDelayNs`, and for a free socket of the host. While the queue is full, the
// system takes no notice of new ones, whose peers try again a second later and so on.

import { OK, type Outcome } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Binding, ListenerEvents } from "../../wasi/transport.js";
import type { SimConnection } from "./connection.js";
import type { Station } from "./station.js";

export class SimBinding implements Binding {
  private events: ListenerEvents | null = null;
  private isClosed = false;
  private queueMax = 0;
  private queue: SimConnection[] = [];
  private isAcceptScheduled = false;

  constructor(
    private readonly station: Station,
    readonly localAddress: SocketAddress,
  ) {
    station.opened();
    station.ports.take(localAddress.port);
    station.addBinding(this);
  }

  listen(events: ListenerEvents, backlog: number, done: (outcome: Outcome) => void): void {
    this.events = events;
    this.queueMax = Math.min(backlog, this.station.conditions.acceptQueueMax);
    done(OK);
  }

  close(released?: () => void): void {
    if (this.isClosed) return;
    const { station } = this;
    this.isClosed = true;
    this.events = null;
    for (const waiting of this.queue) waiting.abort();
    this.queue = [];
    station.removeBinding(this);
    station.ports.give(this.localAddress.port);
    station.closed();
    if (released !== undefined) station.network.queue.after(0, "released", station.number, released);
  }

  get isListening(): boolean {
    return this.events !== null;
  }

  get hasRoom(): boolean {
    return this.queue.length < this.queueMax;
  }

  /** A connection came; it stays in the queue until it is accepted. */
  enqueue(connection: SimConnection): void {
    this.queue.push(connection);
    this.scheduleAccept();
  }

  /** The host has a free socket. */
  roomMade(): void {
    if (this.queue.length > 0) this.scheduleAccept();
  }

  private scheduleAccept(): void {
    const { network, random, conditions, number } = this.station;
    if (this.isAcceptScheduled) return;
    this.isAcceptScheduled = true;
    network.queue.after(random.between(conditions.acceptDelayNs), "accept", number, () => {
      this.isAcceptScheduled = false;
      this.acceptOne();
    });
  }

  private acceptOne(): void {
    const { station, events } = this;
    if (events === null || !station.hasRoomForSocket()) return;
    const connection = this.queue.shift();
    if (connection === undefined) return;
    station.opened();
    connection.onGone = () => station.closed();
    if (this.queue.length > 0) this.scheduleAccept();
    events.connectionArrived(connection);
  }
}
