// Records that arrive as flat values.

import { SocketOptions } from "../net/socket-options";
import { IPV4, SocketAddress } from "../wasi/network";

const options = changetype<SocketOptions>(memory.data(40, 8));
const address = changetype<SocketAddress>(memory.data(28, 4));

/** A record of the type `socket-options`, until the next call. */
export function socketOptions(
  keepAlive: bool, idleNs: u64, intervalNs: u64, keepAliveCount: u32, receiveBuffer: u32, sendBuffer: u32,
  hopLimit: u32, backlog: u32,
): SocketOptions {
  options.keepAlive = keepAlive;
  options.keepAliveIdleNs = idleNs;
  options.keepAliveIntervalNs = intervalNs;
  options.keepAliveCount = keepAliveCount;
  options.receiveBufferBytes = receiveBuffer;
  options.sendBufferBytes = sendBuffer;
  options.hopLimit = <u8>hopLimit;
  options.backlog = backlog;
  return options;
}

/** An `ip-socket-address`, until the next call: the counterpart of `flatSlot` in wasi/network.ts. */
export function socketAddress(
  family: u32, s0: u32, s1: u32, s2: u32, s3: u32, s4: u32, s5: u32, s6: u32, s7: u32, s8: u32, s9: u32, s10: u32,
): SocketAddress {
  memory.fill(changetype<usize>(address), 0, offsetof<SocketAddress>());
  address.family = <u8>family;
  address.port = <u16>s0;
  if (family == IPV4) {
    address.setPart(0, <u16>s1);
    address.setPart(1, <u16>s2);
    address.setPart(2, <u16>s3);
    address.setPart(3, <u16>s4);
    return address;
  }
  address.flowInfo = s1;
  address.setPart(0, <u16>s2);
  address.setPart(1, <u16>s3);
  address.setPart(2, <u16>s4);
  address.setPart(3, <u16>s5);
  address.setPart(4, <u16>s6);
  address.setPart(5, <u16>s7);
  address.setPart(6, <u16>s8);
  address.setPart(7, <u16>s9);
  address.scopeId = s10;
  return address;
}
