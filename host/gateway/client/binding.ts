// An address bound at the gateway, for TCP. A listener outlives sessions: it asks for the same address again.
//
//            listen()            LISTENING                  session lost                  RELISTEN_MS_*
//   BOUND -------------> ASKED ------------> LISTENING -------------------> WAITING <----------------------+
//     |                  ^   |                   ^                             |  FAIL, session lost       |
//     | session lost     |   | FAIL, session     +-- LISTENING -- RELISTENING <+---------------------------+
//     v     listen():    |   | lost: told
//   ADRIFT --------------+   +----------> USELESS
//            BIND first
//
//   close(): from anywhere to CLOSED; where the server has the address, its RELEASED comes before `released` runs
//
// A reserved address listens ahead of its owner (`listen(null)`), so that `listen` is answered at once. What comes
// before its owner does is held.

import type { TimerId } from "../../wasi/clock.js";
import { ErrorCode, OK, type Outcome } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Binding, ListenerEvents } from "../../wasi/transport.js";
import { ACCEPT_QUEUE_MAX } from "../../wasi/limits.js";
import {
  ACCEPTED, type AcceptedFrame, addressFrame, BIND, BOUND, CLOSE, FAIL, type Frame, LISTENING, listenFrame, plainFrame,
  RELEASED,
} from "../frames.js";
import { RELISTEN_MS_MAX, RELISTEN_MS_MIN } from "../limits.js";
import { GatewayConnection } from "./connection.js";
import type { Session, SessionObject } from "./session.js";

enum State {
  Bound,
  Adrift,
  Asked,
  Listening,
  Waiting,
  Relistening,
  Useless,
  Closed,
}

export class GatewayBinding implements Binding, SessionObject {
  private state = State.Bound;
  private events: ListenerEvents | null = null;
  /** Came before there was an owner. */
  private held: GatewayConnection[] = [];
  private backlog = 0;
  private listening: (outcome: Outcome) => void = () => {};
  private released: () => void = () => {};
  private delayMs = RELISTEN_MS_MIN;
  private timer: TimerId | null = null;

  constructor(private session: Session, private id: number, readonly localAddress: SocketAddress) {
    session.stands(id, this);
    session.shared.openCount++;
  }

  /** Null for the events: ahead of the owner. */
  listen(events: ListenerEvents | null, backlog: number, done: (outcome: Outcome) => void): void {
    const isAdrift = this.state === State.Adrift;
    this.events = events;
    if (!isAdrift && this.state !== State.Bound) {
      this.session.shared.clock.soon(() => {
        // The owner may close it meanwhile, which ends those that it was not told of.
        while (this.events !== null && this.held.length > 0) {
          this.events.connectionArrived(this.held.shift() as GatewayConnection);
        }
      });
      return done(OK);
    }
    this.backlog = backlog;
    this.listening = done;
    this.state = State.Asked;
    if (isAdrift) this.bindAgain();
    else this.session.send(listenFrame(this.id, backlog));
  }

  close(released?: () => void): void {
    const { state, session } = this;
    const { shared } = session;
    if (state === State.Closed) return;
    this.state = State.Closed;
    this.events = null;
    this.released = released ?? this.released;
    for (const connection of this.held.splice(0)) connection.abort();
    shared.openCount--;
    if (this.timer !== null) shared.clock.clearTimer(this.timer);
    if (state === State.Adrift || state === State.Waiting || state === State.Useless) shared.clock.soon(this.released);
    else session.send(plainFrame(CLOSE, this.id));
  }

  frameArrived(frame: Frame): boolean {
    if (this.state === State.Closed) return this.heardAfterClose(frame);
    const isAsked = this.state === State.Asked || this.state === State.Relistening;
    switch (frame.type) {
      case ACCEPTED:
        return this.state === State.Listening && this.accept(frame);
      case BOUND:
        if (isAsked) this.session.send(listenFrame(this.id, this.backlog));
        return isAsked;
      case LISTENING:
        if (isAsked) this.nowListening();
        return isAsked;
      case FAIL:
        this.session.forget(this.id);
        if (isAsked) this.gone(frame.code);
        return isAsked;
      default:
        return false;
    }
  }

  sessionLost(code: ErrorCode): void {
    if (this.state === State.Closed) this.released();
    else this.gone(code);
  }

  private accept({ stream, local, remote }: AcceptedFrame): boolean {
    const { session, events, held } = this;
    if (!session.takeServerId(stream)) return false;
    const connection = new GatewayConnection(session, stream, local, remote);
    if (events !== null && held.length === 0) events.connectionArrived(connection);
    else if (held.push(connection) > ACCEPT_QUEUE_MAX) held.pop()?.abort();
    return true;
  }

  private nowListening(): void {
    const isFirst = this.state === State.Asked;
    this.state = State.Listening;
    this.delayMs = RELISTEN_MS_MIN;
    if (isFirst) this.listening(OK);
  }

  /** The server does not have the address any more. */
  private gone(code: ErrorCode): void {
    const { clock, isOver } = this.session.shared;
    switch (this.state) {
      case State.Bound:
        this.state = State.Adrift;
        return;
      case State.Asked:
        this.state = State.Useless;
        return this.listening(code);
      default:
        this.state = State.Waiting;
        if (isOver) return;
        this.timer = clock.setTimer(this.delayMs, () => {
          this.timer = null;
          this.state = State.Relistening;
          this.bindAgain();
        });
        this.delayMs = Math.min(this.delayMs * 2, RELISTEN_MS_MAX);
    }
  }

  private bindAgain(): void {
    this.session = this.session.shared.session();
    this.id = this.session.begin(this, (id) => addressFrame(BIND, id, this.localAddress));
  }

  /** What was asked before may be answered before RELEASED comes, or in place of it. */
  private heardAfterClose(frame: Frame): boolean {
    if (frame.type === ACCEPTED) return this.session.refuse(frame.stream);
    if (frame.type === RELEASED || frame.type === FAIL) {
      this.session.forget(this.id);
      this.released();
    }
    return true;
  }
}
