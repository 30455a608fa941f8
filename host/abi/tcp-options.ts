// The options of wasi:sockets/tcp over the canonical ABI.

import { Kind } from "../wasi/kind.js";
import type { TcpSocket } from "../wasi/tcp-socket.js";
import type { Face } from "./face.js";
import { asU64, optionShapes } from "./option-imports.js";
import type { ImportObject } from "./webassembly.js";

export function tcpOptionImports(face: Face): ImportObject[string] {
  const { byteOf, wordOf, longOf, setter } = optionShapes<TcpSocket>(face, Kind.TcpSocket);
  const m = "[method]tcp-socket.";
  return {
    [`${m}set-listen-backlog-size`]: setter<bigint>((s, v) => s.setListenBacklogSize(asU64(v))),
    [`${m}keep-alive-enabled`]: byteOf((s) => (s.currentOptions.keepAliveEnabled ? 1 : 0)),
    [`${m}set-keep-alive-enabled`]: setter<number>((s, v) => s.setKeepAliveEnabled(v !== 0)),
    [`${m}keep-alive-idle-time`]: longOf((s) => s.currentOptions.keepAliveIdleNs),
    [`${m}set-keep-alive-idle-time`]: setter<bigint>((s, v) => s.setKeepAliveIdle(asU64(v))),
    [`${m}keep-alive-interval`]: longOf((s) => s.currentOptions.keepAliveIntervalNs),
    [`${m}set-keep-alive-interval`]: setter<bigint>((s, v) => s.currentOptions.setKeepAliveInterval(asU64(v))),
    [`${m}keep-alive-count`]: wordOf((s) => s.currentOptions.keepAliveCount),
    [`${m}set-keep-alive-count`]: setter<number>((s, v) => s.currentOptions.setKeepAliveCount(v >>> 0)),
    [`${m}hop-limit`]: byteOf((s) => s.currentOptions.hopLimit),
    [`${m}set-hop-limit`]: setter<number>((s, v) => s.currentOptions.setHopLimit(v & 0xff)),
    [`${m}receive-buffer-size`]: longOf((s) => s.currentOptions.receiveBufferBytes),
    [`${m}set-receive-buffer-size`]: setter<bigint>((s, v) => s.currentOptions.setReceiveBuffer(asU64(v))),
    [`${m}send-buffer-size`]: longOf((s) => s.currentOptions.sendBufferBytes),
    [`${m}set-send-buffer-size`]: setter<bigint>((s, v) => s.currentOptions.setSendBuffer(asU64(v))),
  };
}
