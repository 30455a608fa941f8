// wasi:sockets/tcp and tcp-create-socket
//
// Operations return a Status (zero is ok); what they yield is read from the variables below right after.

import { RETURN_AREA } from "../abi/return-area";
import { step } from "../base/steps";
import { countAccepted, countConnected } from "../base/traffic";
import { Status, OK, liftErrorCode } from "./error-code";
import { SocketAddress, flatSlot } from "./network";
import { liftAddress, liftAlignedError, liftUnit } from "./socket-result";

// @ts-ignore: decorator
@external("wasi:sockets/tcp-create-socket@0.2.0", "create-tcp-socket")
declare function createTcpSocket(family: i32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.start-bind")
declare function socketStartBind(self: u32, network: u32, family: i32,
  s0: u32, s1: u32, s2: u32, s3: u32, s4: u32, s5: u32, s6: u32, s7: u32, s8: u32, s9: u32, s10: u32,
  result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.finish-bind")
declare function socketFinishBind(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.start-connect")
declare function socketStartConnect(self: u32, network: u32, family: i32,
  s0: u32, s1: u32, s2: u32, s3: u32, s4: u32, s5: u32, s6: u32, s7: u32, s8: u32, s9: u32, s10: u32,
  result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.finish-connect")
declare function socketFinishConnect(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.start-listen")
declare function socketStartListen(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.finish-listen")
declare function socketFinishListen(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.accept")
declare function socketAccept(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.local-address")
declare function socketLocalAddress(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.remote-address")
declare function socketRemoteAddress(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.is-listening")
declare function socketIsListening(self: u32): i32;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.address-family")
declare function socketAddressFamily(self: u32): i32;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.set-listen-backlog-size")
declare function socketSetListenBacklogSize(self: u32, value: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.keep-alive-enabled")
declare function socketKeepAliveEnabled(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.set-keep-alive-enabled")
declare function socketSetKeepAliveEnabled(self: u32, value: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.keep-alive-idle-time")
declare function socketKeepAliveIdleTime(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.set-keep-alive-idle-time")
declare function socketSetKeepAliveIdleTime(self: u32, value: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.keep-alive-interval")
declare function socketKeepAliveInterval(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.set-keep-alive-interval")
declare function socketSetKeepAliveInterval(self: u32, value: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.keep-alive-count")
declare function socketKeepAliveCount(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.set-keep-alive-count")
declare function socketSetKeepAliveCount(self: u32, value: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.hop-limit")
declare function socketHopLimit(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.set-hop-limit")
declare function socketSetHopLimit(self: u32, value: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.receive-buffer-size")
declare function socketReceiveBufferSize(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.set-receive-buffer-size")
declare function socketSetReceiveBufferSize(self: u32, value: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.send-buffer-size")
declare function socketSendBufferSize(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.set-send-buffer-size")
declare function socketSetSendBufferSize(self: u32, value: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.subscribe")
declare function socketSubscribe(self: u32): u32;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[method]tcp-socket.shutdown")
declare function socketShutdown(self: u32, how: i32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/tcp@0.2.0", "[resource-drop]tcp-socket")
declare function socketDrop(self: u32): void;

export const SHUTDOWN_RECEIVE: i32 = 0;
export const SHUTDOWN_SEND: i32 = 1;
export const SHUTDOWN_BOTH: i32 = 2;

/** What the latest successful `create`, `accept` or `finishConnect` gave; the caller owns them. */
export let socket: u32 = 0;
export let input: u32 = 0;
export let output: u32 = 0;
/** What the latest successful option getter gave. */
export let option: u64 = 0;

export function create(family: u8): Status {
  createTcpSocket(family, RETURN_AREA);
  const status = liftAlignedError();
  if (status) return status;
  socket = load<u32>(RETURN_AREA, 4);
  return OK;
}

export function startBind(self: u32, network: u32, address: SocketAddress): Status {
  socketStartBind(self, network, address.family,
    flatSlot(address, 0), flatSlot(address, 1), flatSlot(address, 2), flatSlot(address, 3),
    flatSlot(address, 4), flatSlot(address, 5), flatSlot(address, 6), flatSlot(address, 7),
    flatSlot(address, 8), flatSlot(address, 9), flatSlot(address, 10), RETURN_AREA);
  return liftUnit();
}

export function finishBind(self: u32): Status {
  socketFinishBind(self, RETURN_AREA);
  return liftUnit();
}

/** After it, poll: some runtimes go on with a connect only when its pollable is polled. */
export function startConnect(self: u32, network: u32, address: SocketAddress): Status {
  socketStartConnect(self, network, address.family,
    flatSlot(address, 0), flatSlot(address, 1), flatSlot(address, 2), flatSlot(address, 3),
    flatSlot(address, 4), flatSlot(address, 5), flatSlot(address, 6), flatSlot(address, 7),
    flatSlot(address, 8), flatSlot(address, 9), flatSlot(address, 10), RETURN_AREA);
  return liftUnit();
}

/** Sets `input` and `output`. */
export function finishConnect(self: u32): Status {
  socketFinishConnect(self, RETURN_AREA);
  const status = liftAlignedError();
  if (status) return status;
  input = load<u32>(RETURN_AREA, 4);
  output = load<u32>(RETURN_AREA, 8);
  countConnected();
  return OK;
}

export function startListen(self: u32): Status {
  socketStartListen(self, RETURN_AREA);
  return liftUnit();
}

export function finishListen(self: u32): Status {
  socketFinishListen(self, RETURN_AREA);
  return liftUnit();
}

/** Sets `socket`, `input` and `output` of the accepted connection. */
export function accept(self: u32): Status {
  step();
  socketAccept(self, RETURN_AREA);
  const status = liftAlignedError();
  if (status) return status;
  socket = load<u32>(RETURN_AREA, 4);
  input = load<u32>(RETURN_AREA, 8);
  output = load<u32>(RETURN_AREA, 12);
  countAccepted();
  return OK;
}

export function localAddress(self: u32, address: SocketAddress): Status {
  socketLocalAddress(self, RETURN_AREA);
  return liftAddress(address);
}

export function remoteAddress(self: u32, address: SocketAddress): Status {
  socketRemoteAddress(self, RETURN_AREA);
  return liftAddress(address);
}

@inline export function isListening(self: u32): bool {
  return socketIsListening(self) != 0;
}

@inline export function addressFamily(self: u32): u8 {
  return <u8>socketAddressFamily(self);
}

export function setListenBacklogSize(self: u32, value: u64): Status {
  socketSetListenBacklogSize(self, value, RETURN_AREA);
  return liftUnit();
}

export function keepAliveEnabled(self: u32): Status {
  socketKeepAliveEnabled(self, RETURN_AREA);
  return liftByteOption();
}

export function setKeepAliveEnabled(self: u32, enabled: bool): Status {
  socketSetKeepAliveEnabled(self, enabled ? 1 : 0, RETURN_AREA);
  return liftUnit();
}

/** Nanoseconds, in `option`. */
export function keepAliveIdleTime(self: u32): Status {
  socketKeepAliveIdleTime(self, RETURN_AREA);
  return liftLongOption();
}

export function setKeepAliveIdleTime(self: u32, value: u64): Status {
  socketSetKeepAliveIdleTime(self, value, RETURN_AREA);
  return liftUnit();
}

/** Nanoseconds, in `option`. */
export function keepAliveInterval(self: u32): Status {
  socketKeepAliveInterval(self, RETURN_AREA);
  return liftLongOption();
}

export function setKeepAliveInterval(self: u32, value: u64): Status {
  socketSetKeepAliveInterval(self, value, RETURN_AREA);
  return liftUnit();
}

export function keepAliveCount(self: u32): Status {
  socketKeepAliveCount(self, RETURN_AREA);
  return liftWordOption();
}

export function setKeepAliveCount(self: u32, value: u32): Status {
  socketSetKeepAliveCount(self, value, RETURN_AREA);
  return liftUnit();
}

export function hopLimit(self: u32): Status {
  socketHopLimit(self, RETURN_AREA);
  return liftByteOption();
}

export function setHopLimit(self: u32, value: u8): Status {
  socketSetHopLimit(self, value, RETURN_AREA);
  return liftUnit();
}

/** Bytes, in `option`. */
export function receiveBufferSize(self: u32): Status {
  socketReceiveBufferSize(self, RETURN_AREA);
  return liftLongOption();
}

export function setReceiveBufferSize(self: u32, value: u64): Status {
  socketSetReceiveBufferSize(self, value, RETURN_AREA);
  return liftUnit();
}

/** Bytes, in `option`. */
export function sendBufferSize(self: u32): Status {
  socketSendBufferSize(self, RETURN_AREA);
  return liftLongOption();
}

export function setSendBufferSize(self: u32, value: u64): Status {
  socketSetSendBufferSize(self, value, RETURN_AREA);
  return liftUnit();
}

@inline export function subscribe(self: u32): u32 {
  return socketSubscribe(self);
}

export function shutdown(self: u32, how: i32): Status {
  socketShutdown(self, how, RETURN_AREA);
  return liftUnit();
}

/** Only after its streams and pollables are dropped: they are its children. */
@inline export function drop(self: u32): void {
  socketDrop(self);
}

function liftByteOption(): Status {
  if (load<u8>(RETURN_AREA)) return liftErrorCode(load<u8>(RETURN_AREA, 1));
  option = load<u8>(RETURN_AREA, 1);
  return OK;
}

function liftWordOption(): Status {
  const status = liftAlignedError();
  if (status) return status;
  option = load<u32>(RETURN_AREA, 4);
  return OK;
}

function liftLongOption(): Status {
  if (load<u8>(RETURN_AREA)) return liftErrorCode(load<u8>(RETURN_AREA, 8));
  option = load<u64>(RETURN_AREA, 8);
  return OK;
}
