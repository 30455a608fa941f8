// A UDP port that questions leave by: the record, and how its socket gets a random port and its one peer. What may
// happen to it is in ports.ts.

import { DNS_PORT_FIRST, DNS_PORT_TRIES_MAX } from "../base/limits";
import * as readiness from "../poll/readiness";
import { Source } from "../poll/source";
import * as errors from "../wasi/error-code";
import { Status } from "../wasi/error-code";
import { SocketAddress, instanceNetwork } from "../wasi/network";
import * as udp from "../wasi/udp";
import * as entropy from "./entropy";
import { Carrier } from "./in-flight";

@unmanaged
export class Port extends Carrier {
  /** 0 when it is closed. */
  socket: u32;
  /** 0 while it is opening. */
  incoming: u32;
  outgoing: u32;
  /** Of the socket while it is opening, then of the incoming stream. */
  source: Source;
  /** Of the outgoing stream, or 0 while that never had to wait. */
  writable: usize;
  /** The first question that the outgoing stream has not taken, or 0: all after it in the list are not sent either. */
  unsent: usize;
  /** Where it stands among the ports of its server: below `freshCount` while it may take another question. */
  index: i32;
  uses: i32;
  bindTries: u8;
  isBinding: bool;
}

const wildcard = changetype<SocketAddress>(memory.data(28, 4));

/** Goes on with the bind: a few random ports, then any. WOULD_BLOCK: the host wants time. */
export function bind(port: Port): Status {
  while (true) {
    let status: Status = errors.OK;
    if (!port.isBinding) {
      wildcard.family = port.server.address.family;
      wildcard.port = port.bindTries < DNS_PORT_TRIES_MAX
        ? <u16>(DNS_PORT_FIRST + entropy.below(0x10000 - DNS_PORT_FIRST)) : 0;
      status = udp.startBind(port.socket, instanceNetwork(), wildcard);
    }
    if (!status) {
      status = udp.finishBind(port.socket);
      port.isBinding = status == errors.WOULD_BLOCK;
      if (port.isBinding) return status;
      if (!status) return connect(port);
    }
    if (port.bindTries++ >= DNS_PORT_TRIES_MAX) return status;
  }
}

function connect(port: Port): Status {
  readiness.unsubscribe(port.source);
  const status = udp.stream(port.socket, port.server.address);
  if (status) return status;
  port.incoming = udp.incoming;
  port.outgoing = udp.outgoing;
  readiness.subscribe(port.source, udp.subscribeIncoming(port.incoming));
  readiness.wait(port.source);
  return status;
}
