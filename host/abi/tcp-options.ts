// The options of wasi:sockets/tcp over the canonical ABI: getters and setters of one shape each.

import { OK, type Outcome } from "../wasi/error-code.js";
import { Kind } from "../wasi/kind.js";
import type { TcpOptions } from "../wasi/tcp-options.js";
import type { TcpSocket } from "../wasi/tcp-socket.js";
import type { ImportFunction, ImportObject } from "./webassembly.js";
import { type Face, putOutcome, unsigned } from "./face.js";

const asU64 = (value: bigint): bigint => BigInt.asUintN(64, value);

export function tcpOptionImports({ table, memory }: Face): ImportObject[string] {
  const socket = (self: number): TcpSocket => table.get<TcpSocket>(self, Kind.TcpSocket);
  /** `result<bool>` and `result<u8>`: 2 bytes. */
  const byteOf = (get: (options: TcpOptions) => number): ImportFunction => (self: number, ret: number) => {
    const value = get(socket(self).currentOptions);
    memory.check(unsigned(ret), 2, 1);
    putOutcome(memory, unsigned(ret), OK);
    memory.bytes[unsigned(ret) + 1] = value;
  };
  /** `result<u32>`: 8 bytes. */
  const wordOf = (get: (options: TcpOptions) => number): ImportFunction => (self: number, ret: number) => {
    const value = get(socket(self).currentOptions);
    memory.check(unsigned(ret), 8, 4);
    memory.bytes[unsigned(ret)] = 0;
    memory.setWord(unsigned(ret) + 4, value);
  };
  /** `result<u64>`: 16 bytes. */
  const longOf = (get: (options: TcpOptions) => bigint): ImportFunction => (self: number, ret: number) => {
    const value = get(socket(self).currentOptions);
    memory.check(unsigned(ret), 16, 8);
    memory.bytes[unsigned(ret)] = 0;
    memory.setBigU64(unsigned(ret) + 8, value);
  };
  const setter = <T extends number | bigint>(set: (socket: TcpSocket, value: T) => Outcome): ImportFunction =>
    (self: number, value: T, ret: number) => {
      const target = socket(self);
      memory.check(unsigned(ret), 2, 1);
      putOutcome(memory, unsigned(ret), set(target, value));
    };
  const m = "[method]tcp-socket.";
  return {
    [`${m}set-listen-backlog-size`]: setter<bigint>((s, v) => s.setListenBacklogSize(asU64(v))),
    [`${m}keep-alive-enabled`]: byteOf((o) => (o.keepAliveEnabled ? 1 : 0)),
    [`${m}set-keep-alive-enabled`]: setter<number>((s, v) => s.setKeepAliveEnabled(v !== 0)),
    [`${m}keep-alive-idle-time`]: longOf((o) => o.keepAliveIdleNs),
    [`${m}set-keep-alive-idle-time`]: setter<bigint>((s, v) => s.setKeepAliveIdle(asU64(v))),
    [`${m}keep-alive-interval`]: longOf((o) => o.keepAliveIntervalNs),
    [`${m}set-keep-alive-interval`]: setter<bigint>((s, v) => s.currentOptions.setKeepAliveInterval(asU64(v))),
    [`${m}keep-alive-count`]: wordOf((o) => o.keepAliveCount),
    [`${m}set-keep-alive-count`]: setter<number>((s, v) => s.currentOptions.setKeepAliveCount(unsigned(v))),
    [`${m}hop-limit`]: byteOf((o) => o.hopLimit),
    [`${m}set-hop-limit`]: setter<number>((s, v) => s.currentOptions.setHopLimit(v & 0xff)),
    [`${m}receive-buffer-size`]: longOf((o) => o.receiveBufferBytes),
    [`${m}set-receive-buffer-size`]: setter<bigint>((s, v) => s.currentOptions.setReceiveBuffer(asU64(v))),
    [`${m}send-buffer-size`]: longOf((o) => o.sendBufferBytes),
    [`${m}set-send-buffer-size`]: setter<bigint>((s, v) => s.currentOptions.setSendBuffer(asU64(v))),
  };
}
