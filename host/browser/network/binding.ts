// A bound address of the page, and the accept queue once it listens.
//
//   BOUND --listen()--> LISTENING --close()--> CLOSED     connections that wait are reset, connects that wait refused
//     |                                           ^
//     +-------------------close()-----------------+
//
// A connection that came is told soon. While `backlog` of them wait to be told, connects wait too, in their order; so
// with a backlog of 0 nobody ever gets in.

import type { Clock } from "../../wasi/clock.js";
import { OK, type Outcome } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Binding, ListenerEvents } from "../../wasi/transport.js";
import type { PageConnection } from "./connection.js";

/** A connect that came to a listener. */
export interface Caller {
  /** There is room: makes the end that is to be accepted. */
  admitted(): PageConnection;
  /** That end waits to be accepted. */
  connected(): void;
  refused(): void;
}

/** What a binding stands on. */
export interface BindingHome {
  readonly clock: Clock;
  /** An accepted connection is handed out. */
  handedOut(connection: PageConnection): void;
  closed(binding: PageBinding): void;
}

export class PageBinding implements Binding {
  private events: ListenerEvents | null = null;
  private isClosed = false;
  private backlog = 0;
  private queue: PageConnection[] = [];
  private callers: Caller[] = [];

  constructor(
    private readonly home: BindingHome,
    readonly boundAddress: SocketAddress,
  ) {}

  get localAddress(): SocketAddress {
    return this.boundAddress;
  }

  listen(events: ListenerEvents, backlog: number, done: (outcome: Outcome) => void): void {
    this.events = events;
    this.backlog = backlog;
    done(OK);
  }

  close(released?: () => void): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.events = null;
    this.home.closed(this);
    for (const waiting of this.queue.splice(0)) waiting.abort();
    for (const caller of this.callers.splice(0)) caller.refused();
    if (released !== undefined) this.home.clock.soon(released);
  }

  get isListening(): boolean {
    return this.events !== null;
  }

  call(caller: Caller): void {
    if (this.queue.length < this.backlog) this.admit(caller);
    else this.callers.push(caller);
  }

  /** It was given up. */
  forget(caller: Caller): void {
    this.callers = this.callers.filter((other) => other !== caller);
  }

  private admit(caller: Caller): void {
    this.queue.push(caller.admitted());
    this.home.clock.soon(this.tell);
    caller.connected();
  }

  private readonly tell = (): void => {
    const connection = this.queue.shift();
    if (connection === undefined) return;
    this.home.handedOut(connection);
    this.events?.connectionArrived(connection);
    const caller = this.callers.shift();
    if (caller !== undefined) this.admit(caller);
  };
}
