// A datagram socket that reaches the virtual nameserver and nobody else. What is sent elsewhere is lost; so is what
// no answer comes for in time. Who is connected hears that the server cannot be reached.

import type { DatagramEvents, DatagramSocket } from "../../wasi/datagram-transport.js";
import { ErrorCode, OK } from "../../wasi/error-code.js";
import type { SocketAddress } from "../../wasi/ip-address.js";
import type { Request } from "../../wasi/transport.js";
import { isNameserver, NAMESERVER } from "../../wasi/virtual-nameserver.js";
import type { Exchanges } from "./exchanges.js";

export function dohDatagrams(
  localAddress: SocketAddress, events: DatagramEvents, exchanges: Exchanges, closed: () => void,
): DatagramSocket {
  const requests = new Set<Request>();
  let isConnected = false;
  const nothing = (): void => {};
  return {
    localAddress, queuedCount: 0, setHopLimit: nothing, setReceiveBuffer: nothing, setSendBuffer: nothing,
    send: (source, remote, start = 0, end = source.length) => {
      if (remote === null ? !isConnected : !isNameserver(remote)) return;
      const request = exchanges.begin(source, start, end, (result) => {
        requests.delete(request);
        if (typeof result !== "number") events.datagramArrived(result, NAMESERVER);
        else if (result === ErrorCode.RemoteUnreachable && isConnected) events.failed(result);
      });
      requests.add(request);
    },
    connect: (remote) => {
      isConnected = remote !== null && isNameserver(remote);
      return remote === null || isConnected ? OK : ErrorCode.RemoteUnreachable;
    },
    close: () => {
      for (const request of requests) request.cancel();
      closed();
    },
  };
}
