// wasi:sockets/udp over the canonical ABI. No UDP transport exists yet, so creating a socket is refused with
// not-supported: a typed answer the guest can act on. Without a socket no other function has a valid handle, and
// calling one traps as any call with an unknown handle does.

import { ErrorCode } from "../wasi/error-code.js";
import { Kind } from "../wasi/kind.js";
import type { ImportFunction, ImportObject } from "./webassembly.js";
import { type Face, putError, unsigned } from "./face.js";

const SOCKET_METHODS = [
  "start-bind", "finish-bind", "stream", "local-address", "remote-address", "address-family",
  "unicast-hop-limit", "set-unicast-hop-limit", "receive-buffer-size", "set-receive-buffer-size",
  "send-buffer-size", "set-send-buffer-size", "subscribe",
];

export function udpImports({ table, memory }: Face): ImportObject {
  const needs = (kind: Kind): ImportFunction => (self: number) => {
    table.get(self, kind);
  };
  const methods = (resource: string, names: readonly string[], kind: Kind): ImportObject[string] =>
    Object.fromEntries([
      ...names.map((name) => [`[method]${resource}.${name}`, needs(kind)]),
      [`[resource-drop]${resource}`, needs(kind)],
    ]);
  return {
    "wasi:sockets/udp-create-socket": {
      "create-udp-socket": (_family: number, ret: number) => {
        memory.check(unsigned(ret), 8, 4);
        putError(memory, unsigned(ret), 4, ErrorCode.NotSupported);
      },
    },
    "wasi:sockets/udp": {
      ...methods("udp-socket", SOCKET_METHODS, Kind.UdpSocket),
      ...methods("incoming-datagram-stream", ["receive", "subscribe"], Kind.IncomingDatagramStream),
      ...methods("outgoing-datagram-stream", ["check-send", "send", "subscribe"], Kind.OutgoingDatagramStream),
    },
  };
}
