// The options of sockets that an owner may set: of a listener (accepted sockets inherit them) or of a connect.

import * as tcp from "../wasi/tcp";

/**
 * 40 bytes; zero leaves an option as the system has it.
 *
 *   0 keep-alive idle u64 ns | 8 keep-alive interval u64 ns | 16 keep-alive count u32 | 20 receive buffer u32 bytes
 *   24 send buffer u32 bytes | 28 backlog u32 (listeners) | 32 hop limit u8 | 33 keep-alive on u8
 *
 * Idle, interval and count are remembered by the system also while keep-alive is off.
 */
@unmanaged
export class SocketOptions {
  keepAliveIdleNs: u64;
  keepAliveIntervalNs: u64;
  keepAliveCount: u32;
  receiveBufferBytes: u32;
  sendBufferBytes: u32;
  backlog: u32;
  hopLimit: u8;
  keepAlive: bool;
}

export const SOCKET_OPTIONS_BYTES: usize = 40;

/**
 * Sets what is not zero on a socket that is not bound or connected yet. What the host refuses stays as it was: the
 * options are wishes, and no text makes a connection depend on one.
 */
export function apply(options: SocketOptions, socket: u32): void {
  if (options.keepAliveIdleNs) tcp.setKeepAliveIdleTime(socket, options.keepAliveIdleNs);
  if (options.keepAliveIntervalNs) tcp.setKeepAliveInterval(socket, options.keepAliveIntervalNs);
  if (options.keepAliveCount) tcp.setKeepAliveCount(socket, options.keepAliveCount);
  if (options.keepAlive) tcp.setKeepAliveEnabled(socket, true);
  if (options.receiveBufferBytes) tcp.setReceiveBufferSize(socket, options.receiveBufferBytes);
  if (options.sendBufferBytes) tcp.setSendBufferSize(socket, options.sendBufferBytes);
  if (options.hopLimit) tcp.setHopLimit(socket, options.hopLimit);
}
