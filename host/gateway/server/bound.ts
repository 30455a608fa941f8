// A TCP address that a client bound at the gateway's side.
//
//   BIND --> BINDING --BOUND--> BOUND --LISTEN--> STARTING --LISTENING--> LISTENING => ACCEPTED, a stream each time
//               |                 |                  |                       |
//               +--FAIL           |                  +--FAIL                 |
//               +-----------------+--CLOSE: RELEASED-+-----------------------+

import { ErrorCode, OK, type Outcome } from "../../wasi/error-code.js";
import { addressText, type SocketAddress } from "../../wasi/ip-address.js";
import { LISTEN_BACKLOG_DEFAULT, LISTEN_BACKLOG_MAX } from "../../wasi/limits.js";
import type { Binding, Connection, ListenerEvents, Request } from "../../wasi/transport.js";
import {
  acceptedFrame, addressFrame, BOUND, CLOSE, type Frame, LISTEN, LISTENING, plainFrame, RELEASED,
} from "../frames.js";
import { verdict } from "./audit.js";
import type { Item, SessionCore } from "./session-core.js";
import { Stream } from "./stream.js";

export class Bound implements Item, ListenerEvents {
  readonly isHeld = true;
  private binding: Binding | null = null;
  private request: Request | null = null;
  private isStarted = false;
  private isOver = false;

  /** `asked` may have port 0; accepted streams begin with `credit`. */
  constructor(
    private readonly core: SessionCore,
    private readonly id: number,
    private readonly asked: SocketAddress,
    private readonly credit: number,
  ) {}

  bind(): void {
    const { core, id, asked } = this;
    core.add(id, this);
    const request = core.transport.bind({ address: asked, backlog: LISTEN_BACKLOG_DEFAULT }, (result) => {
      this.request = null;
      if (typeof result === "number") return this.refused(result);
      this.binding = result;
      core.rememberPort(result.localAddress.port);
      core.outlet.send(addressFrame(BOUND, id, result.localAddress));
    });
    if (this.binding === null && !this.isOver) this.request = request;
  }

  frameArrived(frame: Frame): boolean {
    if (frame.type === CLOSE) {
      this.close();
      return true;
    }
    if (frame.type !== LISTEN || this.binding === null || this.isStarted) return false;
    this.isStarted = true;
    this.listen(this.binding, Math.min(frame.backlog, LISTEN_BACKLOG_MAX));
    return true;
  }

  abandon(): void {
    this.request?.cancel();
    this.binding?.close();
    this.finish();
  }

  connectionArrived(connection: Connection): void {
    const { core, id } = this;
    const { localAddress: local, remoteAddress: remote } = connection;
    const stream = core.hasRoom() && !this.isOver && local !== null && remote !== null ? core.nextId() : null;
    const address = remote === null ? "" : addressText(remote);
    if (stream === null || local === null || remote === null) {
      core.audit({ event: "accept", id, allowed: false, reason: "too many are open", address });
      connection.abort();
      return;
    }
    core.audit({ event: "accept", id: stream, allowed: true, reason: `by ${addressText(local)}`, address });
    core.outlet.send(acceptedFrame(id, stream, local, remote));
    if (this.isOver) connection.abort(); // the session ended while the client was told
    else new Stream(core, stream, this.credit).accepted(connection);
  }

  private listen(binding: Binding, backlog: number): void {
    const { core, id, asked } = this;
    const { localAddress } = binding;
    // A rule for port 0 is one for whatever the system chooses.
    const wished = asked.port === 0 ? core.policy.listen({ ...localAddress, port: 0 }) : null;
    const decision = wished?.allowed === true ? wished : core.policy.listen(localAddress);
    core.audit({ event: "listen", id, ...verdict(decision), address: addressText(localAddress) });
    if (!decision.allowed) {
      binding.close();
      this.refused(ErrorCode.AccessDenied);
      return;
    }
    binding.listen(this, backlog, (outcome: Outcome) => {
      if (this.isOver) return;
      if (outcome === OK) {
        core.outlet.send(plainFrame(LISTENING, id));
      } else {
        binding.close();
        this.refused(outcome);
      }
    });
  }

  private close(): void {
    const { binding, core, id } = this;
    this.request?.cancel();
    this.finish();
    const released = (): void => core.outlet.send(plainFrame(RELEASED, id));
    if (binding === null) released();
    else binding.close(released);
  }

  private refused(code: ErrorCode): void {
    this.finish();
    this.core.fail(this.id, code);
  }

  private finish(): void {
    this.isOver = true;
    this.core.remove(this.id);
  }
}
