// A TCP connection that the gateway holds.
//
//            attach()             RESET came, session lost: `failed`, once
//   WAITING ---------> ATTACHED ------------------------------------------> BROKEN
//      |                  |                                                    |
//      |                  | close()                                            | close(), abort()
//      |                  v              nothing waits: CLOSE                  v
//      +-- close() --> CLOSING --------------------------------------------> GONE
//      |                  +-- no progress: RESET; RESET came, session lost -----^
//      +-- abort(): RESET, from WAITING, ATTACHED and CLOSING ------------------+
//
// What broke while it was WAITING is told after `attach`, behind the bytes that came before.

import type { TimerId } from "../../wasi/clock.js";
import { ErrorCode } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Connection, ConnectionEvents } from "../../wasi/transport.js";
import { CLOSE, codeFrame, CREDIT, DATA, END, type Frame, plainFrame, RESET } from "../frames.js";
import { Incoming } from "./incoming.js";
import { Outgoing } from "./outgoing.js";
import type { Session, SessionObject } from "./session.js";

enum State {
  Waiting,
  Attached,
  Broken,
  Closing,
  Gone,
}

export class GatewayConnection implements Connection, SessionObject {
  private state = State.Waiting;
  private events: ConnectionEvents | null = null;
  private failure: ErrorCode | null = null;
  private readonly incoming: Incoming;
  private readonly outgoing: Outgoing;
  private linger: TimerId | null = null;

  constructor(
    private readonly session: Session,
    private readonly id: number,
    readonly localAddress: SocketAddress,
    readonly remoteAddress: SocketAddress,
  ) {
    this.incoming = new Incoming(session, id);
    this.outgoing = new Outgoing(session, id);
    session.stands(id, this);
    session.shared.openCount++;
  }

  get queuedBytes(): number {
    return this.outgoing.queuedBytes;
  }

  attach(events: ConnectionEvents): void {
    if (this.state !== State.Waiting) return;
    this.state = State.Attached;
    this.events = events;
    this.incoming.open(events);
    const { failure } = this;
    if (failure !== null) this.session.shared.clock.soon(() => this.fail(failure));
  }

  resume(): void {
    this.incoming.resume();
  }

  pause(): void {
    this.incoming.pause();
  }

  /** The gateway's own business. */
  setKeepAlive(): void {}

  write(source: Uint8Array, start: number, end: number): void {
    this.outgoing.write(source, start, end);
  }

  end(): void {
    this.outgoing.end();
  }

  close(lingerMs: number): void {
    if (this.state >= State.Closing) return;
    const { isBroken } = this;
    this.state = State.Closing;
    this.events = null;
    this.incoming.close();
    if (isBroken) this.go();
    else if (this.queuedBytes > 0) this.lingerOn(lingerMs);
    else this.leave();
  }

  abort(): void {
    if (this.state === State.Gone) return;
    if (!this.isBroken) this.session.send(codeFrame(RESET, this.id, ErrorCode.ConnectionReset));
    this.go();
  }

  frameArrived(frame: Frame): boolean {
    switch (frame.type) {
      case DATA:
        return this.incoming.arrived(frame);
      case CREDIT:
        return this.credited(frame.bytes);
      case END:
        return this.incoming.ended();
      case RESET:
        this.session.forget(this.id);
        this.fail(frame.code);
        return true;
      default:
        return false;
    }
  }

  sessionLost(): void {
    this.fail(ErrorCode.ConnectionReset);
  }

  /** The server knows nothing of it any more. */
  private get isBroken(): boolean {
    return this.failure !== null;
  }

  private credited(bytes: number): boolean {
    const before = this.queuedBytes;
    if (!this.outgoing.credited(bytes)) return false;
    if (this.queuedBytes === before) return true;
    if (this.state === State.Closing && this.queuedBytes === 0) this.leave();
    else this.events?.roomMade();
    return true;
  }

  private fail(code: ErrorCode): void {
    this.outgoing.cut();
    if (this.state === State.Closing) return this.go();
    this.failure = code;
    if (this.state !== State.Attached) return;
    this.incoming.flush();
    // The owner may have given it back meanwhile.
    if (this.state !== State.Attached) return;
    this.state = State.Broken;
    this.events?.failed(code);
  }

  /** Cuts the connection once the peer has taken nothing for so long. */
  private lingerOn(lingerMs: number): void {
    const before = this.queuedBytes;
    this.linger = this.session.shared.clock.setTimer(lingerMs, () => {
      this.linger = null;
      if (this.queuedBytes < before) this.lingerOn(lingerMs);
      else this.abort();
    });
  }

  /** CLOSE says END too. */
  private leave(): void {
    this.session.send(plainFrame(CLOSE, this.id));
    this.go();
  }

  private go(): void {
    const { session } = this;
    this.state = State.Gone;
    this.events = null;
    this.incoming.close();
    this.outgoing.cut();
    session.forget(this.id);
    session.shared.openCount--;
    if (this.linger !== null) session.shared.clock.clearTimer(this.linger);
    this.linger = null;
  }
}
