// The probe of the bindings: every function of assembly/wasi under one name each, and getters for what they leave in
// variables. Texts go in as UTF-16 at `input`; one address record serves all address parameters and results.

import { mark, realloc, release, usedBytes } from "../../../assembly/abi/arena";
import * as cli from "../../../assembly/wasi/cli";
import * as errorCode from "../../../assembly/wasi/error-code";
import * as ioError from "../../../assembly/wasi/io-error";
import * as lookup from "../../../assembly/wasi/ip-name-lookup";
import * as network from "../../../assembly/wasi/network";
import { SocketAddress } from "../../../assembly/wasi/network";
import * as poll from "../../../assembly/wasi/poll";
import * as streams from "../../../assembly/wasi/streams";
import * as tcp from "../../../assembly/wasi/tcp";
import * as udp from "../../../assembly/wasi/udp";
import "../../../assembly/wasi/abort";

export { realloc as cabi_realloc, mark, release, usedBytes };
export { now as monotonicNow, resolution as monotonicResolution, subscribeDuration, subscribeInstant }
  from "../../../assembly/wasi/monotonic-clock";
export { now as wallNow, resolution as wallResolution } from "../../../assembly/wasi/wall-clock";
export { instanceNetwork, dropInstanceNetwork } from "../../../assembly/wasi/network";
export { drop as pollDrop, ready as pollReady, block as pollBlock, poll as pollPoll }
  from "../../../assembly/wasi/poll";
export { drop as errorDrop } from "../../../assembly/wasi/io-error";
export {
  read, checkWrite, write, flush, blockingWriteAndFlush, subscribeInput, subscribeOutput, dropInput, dropOutput,
} from "../../../assembly/wasi/streams";
export { getStdin, getStdout, getStderr, exit } from "../../../assembly/wasi/cli";
export { resolveNextAddress, subscribe as lookupSubscribe, drop as lookupDrop }
  from "../../../assembly/wasi/ip-name-lookup";
export {
  create as tcpCreate, startBind as tcpStartBind, finishBind as tcpFinishBind, startConnect, finishConnect,
  startListen, finishListen, accept, localAddress as tcpLocalAddress, remoteAddress as tcpRemoteAddress,
  isListening, addressFamily as tcpAddressFamily, setListenBacklogSize, keepAliveEnabled, setKeepAliveEnabled,
  keepAliveIdleTime, setKeepAliveIdleTime, keepAliveInterval, setKeepAliveInterval, keepAliveCount,
  setKeepAliveCount, hopLimit, setHopLimit, receiveBufferSize as tcpReceiveBufferSize,
  setReceiveBufferSize as tcpSetReceiveBufferSize, sendBufferSize as tcpSendBufferSize,
  setSendBufferSize as tcpSetSendBufferSize, subscribe as tcpSubscribe, shutdown, drop as tcpDrop,
} from "../../../assembly/wasi/tcp";
export {
  create as udpCreate, startBind as udpStartBind, finishBind as udpFinishBind, stream as udpStream,
  localAddress as udpLocalAddress, remoteAddress as udpRemoteAddress, addressFamily as udpAddressFamily,
  unicastHopLimit, setUnicastHopLimit, receiveBufferSize as udpReceiveBufferSize,
  setReceiveBufferSize as udpSetReceiveBufferSize, sendBufferSize as udpSendBufferSize,
  setSendBufferSize as udpSetSendBufferSize, subscribe as udpSubscribe, drop as udpDrop, receive,
  subscribeIncoming, dropIncoming, checkSend, send, subscribeOutgoing, dropOutgoing,
} from "../../../assembly/wasi/udp";

const input: usize = memory.data(65536, 8);
const address = changetype<SocketAddress>(memory.data(28, 4));

export function inputAddress(): usize {
  return input;
}

export function socketAddress(): SocketAddress {
  return address;
}

export function resolveAddresses(networkHandle: u32, length: i32): i32 {
  return lookup.resolveAddresses(networkHandle, String.UTF16.decodeUnsafe(input, <usize>length << 1));
}

export function print(output: u32, length: i32): bool {
  return cli.print(output, String.UTF16.decodeUnsafe(input, <usize>length << 1));
}

export function getArguments(): string {
  return cli.getArguments().join("|");
}

export function getEnvironment(): string {
  return cli.getEnvironment().join("|");
}

export function initialCwd(): string | null {
  return cli.initialCwd();
}

export function toDebugString(error: u32): string {
  return ioError.toDebugString(error);
}

export function errorText(status: i32): string {
  return errorCode.errorText(status);
}

export function copyAddress(source: SocketAddress, target: SocketAddress): void {
  target.copyFrom(source);
}

export function readAddress(): usize {
  return streams.readAddress;
}

export function readyIndexes(): usize {
  return poll.readyIndexes;
}

export function lookupAddresses(): u32 {
  return lookup.addresses;
}

export function lookupFound(): bool {
  return lookup.found;
}

export function tcpSocket(): u32 {
  return tcp.socket;
}

export function tcpInput(): u32 {
  return tcp.input;
}

export function tcpOutput(): u32 {
  return tcp.output;
}

export function tcpOption(): u64 {
  return tcp.option;
}

export function udpSocket(): u32 {
  return udp.socket;
}

export function udpIncoming(): u32 {
  return udp.incoming;
}

export function udpOutgoing(): u32 {
  return udp.outgoing;
}

export function udpValue(): u64 {
  return udp.value;
}

export function udpDatagrams(): usize {
  return udp.datagrams;
}
