// A UDP socket of the gateway.
//
//   BOUND --session lost: `failed`--> LOST, where every send fails         close(): from either to CLOSED
//
// Datagrams are not under credit: those that find the channel full are dropped, as those are that find the queue of
// their reader full. Only the server knows whether it can connect, so `connect` is answered before it does; when it
// cannot, `failed` tells.

import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import { ErrorCode, OK, type Outcome } from "../../wasi/error-code.js";
import { isSameEndpoint, type SocketAddress } from "../../wasi/ip-address.js";
import {
  BOUND, CLOSE, connectUdpFrame, DATAGRAM, type DatagramFrame, datagramFrame, FAIL, type Frame, plainFrame, UDP_FAILED,
} from "../frames.js";
import { DATAGRAM_BUFFER_BYTES_MAX } from "../limits.js";
import type { Session, SessionObject } from "./session.js";

enum State {
  Bound,
  Lost,
  Closed,
}

export class GatewayDatagrams implements DatagramSocket, SessionObject {
  readonly queuedCount = 0;
  private state = State.Bound;
  private peer: SocketAddress | null = null;

  constructor(
    private readonly session: Session,
    private readonly id: number,
    public localAddress: SocketAddress,
    private readonly events: DatagramEvents,
  ) {
    session.stands(id, this);
    session.shared.openCount++;
  }

  send(source: Uint8Array, remote: SocketAddress | null, start = 0, end = source.length): void {
    const { session } = this;
    if (this.state === State.Lost) session.shared.clock.soon(() => this.fail(ErrorCode.RemoteUnreachable));
    else if (session.bufferedBytes <= DATAGRAM_BUFFER_BYTES_MAX) {
      session.send(datagramFrame(this.id, remote, source, start, end));
    }
  }

  connect(remote: SocketAddress | null): Outcome {
    this.peer = remote;
    if (this.state === State.Lost) return ErrorCode.RemoteUnreachable;
    this.session.send(connectUdpFrame(this.id, remote));
    return OK;
  }

  // The gateway's own business.
  setHopLimit(): void {}
  setReceiveBuffer(): void {}
  setSendBuffer(): void {}

  close(): void {
    if (this.state === State.Closed) return;
    const { session, id } = this;
    this.state = State.Closed;
    session.send(plainFrame(CLOSE, id));
    session.forget(id);
    session.shared.openCount--;
  }

  frameArrived(frame: Frame): boolean {
    switch (frame.type) {
      case DATAGRAM:
        return this.arrived(frame);
      case BOUND:
        this.localAddress = frame.address;
        return true;
      case FAIL:
      case UDP_FAILED:
        this.fail(frame.code);
        return true;
      default:
        return false;
    }
  }

  sessionLost(code: ErrorCode): void {
    this.state = State.Lost;
    this.fail(code);
  }

  private arrived({ bytes, start, remote }: DatagramFrame): boolean {
    if (remote === null) return false;
    const isHeard = this.peer === null || isSameEndpoint(this.peer, remote);
    if (isHeard) this.events.datagramArrived(bytes.subarray(start), remote);
    return true;
  }

  private fail(code: ErrorCode): void {
    if (this.state !== State.Closed) this.events.failed(code);
  }
}
