// A datagram socket that reaches the virtual nameserver and nobody else. What is sent elsewhere is lost; so is what
// no answer comes for in time. Who is connected hears that the server cannot be reached.

import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import { ErrorCode, OK, type Outcome } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Request } from "../../wasi/transport.js";
import { isNameserver, NAMESERVER } from "../../wasi/virtual-nameserver.js";
import type { Exchanges } from "./exchanges.js";

export class DohDatagrams implements DatagramSocket {
  readonly queuedCount = 0;
  private readonly requests = new Set<Request>();
  private isConnected = false;

  constructor(
    readonly localAddress: SocketAddress,
    private readonly events: DatagramEvents,
    private readonly exchanges: Exchanges,
    private readonly closed: () => void,
  ) {}

  send(source: Uint8Array, remote: SocketAddress | null, start = 0, end = source.length): void {
    if (remote === null ? !this.isConnected : !isNameserver(remote)) return;
    const request = this.exchanges.begin(source, start, end, (result) => {
      this.requests.delete(request);
      if (typeof result !== "number") this.events.datagramArrived(result, NAMESERVER);
      else if (result === ErrorCode.RemoteUnreachable && this.isConnected) this.events.failed(result);
    });
    this.requests.add(request);
  }

  connect(remote: SocketAddress | null): Outcome {
    this.isConnected = remote !== null && isNameserver(remote);
    return remote === null || this.isConnected ? OK : ErrorCode.RemoteUnreachable;
  }

  setHopLimit(): void {}
  setReceiveBuffer(): void {}
  setSendBuffer(): void {}

  close(): void {
    for (const request of this.requests) request.cancel();
    this.requests.clear();
    this.closed();
  }
}
