// The options of wasi:sockets/udp over the canonical ABI.

import { Kind } from "../wasi/kind.js";
import type { UdpSocket } from "../wasi/udp-socket.js";
import type { Face } from "./face.js";
import { asU64, optionShapes } from "./option-imports.js";
import type { ImportObject } from "./webassembly.js";

export function udpOptionImports(face: Face): ImportObject[string] {
  const { byteOf, longOf, setter } = optionShapes<UdpSocket>(face, Kind.UdpSocket);
  const m = "[method]udp-socket.";
  return {
    [`${m}unicast-hop-limit`]: byteOf((s) => s.options.hopLimit),
    [`${m}set-unicast-hop-limit`]: setter<number>((s, v) => s.setHopLimit(v & 0xff)),
    [`${m}receive-buffer-size`]: longOf((s) => s.options.receiveBufferBytes),
    [`${m}set-receive-buffer-size`]: setter<bigint>((s, v) => s.setReceiveBuffer(asU64(v))),
    [`${m}send-buffer-size`]: longOf((s) => s.options.sendBufferBytes),
    [`${m}set-send-buffer-size`]: setter<bigint>((s, v) => s.setSendBuffer(asU64(v))),
  };
}
