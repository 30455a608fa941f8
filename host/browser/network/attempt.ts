// One connect in the page.
//
//   ASKING --soon--> nobody listens: connection-refused -------------------------> OVER
//      |                                                                            ^
//      +--> the accept queue is full --> WAITING --there is room: connected --------+
//      |                                    |                                       |
//      +--> connected ----------------------+--the listener goes: refused ----------+
//                                           +--CONNECT_MS: timeout -----------------+
//
//   cancel() in any state: `done` does not run; what was made already is reset.

import type { TimerId } from "../../wasi/clock.js";
import { ErrorCode } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Connection, Request } from "../../wasi/transport.js";
import type { Caller, PageBinding } from "./binding.js";
import { PageConnection } from "./connection.js";
import type { PageNetwork } from "./network.js";

/** When kernels give up. */
const CONNECT_MS = 127_000;

export class Attempt implements Request, Caller {
  private isOver = false;
  private listener: PageBinding | undefined;
  private timer: TimerId | null = null;
  private client!: PageConnection;

  /** The port of `local` is taken already, and the attempt's to give back. */
  constructor(
    private readonly network: PageNetwork,
    private readonly local: SocketAddress,
    private readonly remote: SocketAddress,
    private readonly done: (result: Connection | ErrorCode) => void,
  ) {
    network.clock.soon(() => {
      if (!this.isOver) this.ask();
    });
  }

  cancel(): void {
    if (this.isOver) return;
    this.settle();
    this.network.ports.giveOutgoing(this.local.port);
  }

  admitted(): PageConnection {
    const { network, local, remote } = this;
    const [client, server] = PageConnection.pair(network.clock, network.pool, local, remote);
    this.settle();
    this.client = client;
    return server;
  }

  connected(): void {
    this.network.handedOut(this.client, this.local.port);
    this.done(this.client);
  }

  refused(): void {
    this.network.clock.soon(() => this.fail(ErrorCode.ConnectionRefused));
  }

  private ask(): void {
    const listener = this.network.ports.find(this.remote);
    if (listener?.isListening !== true) return this.fail(ErrorCode.ConnectionRefused);
    this.listener = listener;
    listener.call(this);
    if (!this.isOver) this.timer = this.network.clock.setTimer(CONNECT_MS, () => this.fail(ErrorCode.Timeout));
  }

  private fail(code: ErrorCode): void {
    if (this.isOver) return;
    this.cancel();
    this.done(code);
  }

  private settle(): void {
    this.isOver = true;
    this.listener?.forget(this);
    if (this.timer !== null) this.network.clock.clearTimer(this.timer);
  }
}
