// wasi:sockets/udp and udp-create-socket
//
// Operations return a Status (zero is ok); what they yield is read from the variables below right after.

import { RETURN_AREA } from "../abi/return-area";
import { step } from "../base/steps";
import { Status, OK, liftErrorCode } from "./error-code";
import { SocketAddress, flatSlot } from "./network";
import { liftAddress, liftAlignedError, liftUnit } from "./socket-result";

// @ts-ignore: decorator
@external("wasi:sockets/udp-create-socket@0.2.0", "create-udp-socket")
declare function createUdpSocket(family: i32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.start-bind")
declare function socketStartBind(self: u32, network: u32, family: i32,
  s0: u32, s1: u32, s2: u32, s3: u32, s4: u32, s5: u32, s6: u32, s7: u32, s8: u32, s9: u32, s10: u32,
  result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.finish-bind")
declare function socketFinishBind(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.stream")
declare function socketStream(self: u32, some: i32, family: i32,
  s0: u32, s1: u32, s2: u32, s3: u32, s4: u32, s5: u32, s6: u32, s7: u32, s8: u32, s9: u32, s10: u32,
  result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.local-address")
declare function socketLocalAddress(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.remote-address")
declare function socketRemoteAddress(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.address-family")
declare function socketAddressFamily(self: u32): i32;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.unicast-hop-limit")
declare function socketUnicastHopLimit(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.set-unicast-hop-limit")
declare function socketSetUnicastHopLimit(self: u32, value: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.receive-buffer-size")
declare function socketReceiveBufferSize(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.set-receive-buffer-size")
declare function socketSetReceiveBufferSize(self: u32, value: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.send-buffer-size")
declare function socketSendBufferSize(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.set-send-buffer-size")
declare function socketSetSendBufferSize(self: u32, value: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]udp-socket.subscribe")
declare function socketSubscribe(self: u32): u32;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[resource-drop]udp-socket")
declare function socketDrop(self: u32): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]incoming-datagram-stream.receive")
declare function incomingReceive(self: u32, max: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]incoming-datagram-stream.subscribe")
declare function incomingSubscribe(self: u32): u32;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[resource-drop]incoming-datagram-stream")
declare function incomingDrop(self: u32): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]outgoing-datagram-stream.check-send")
declare function outgoingCheckSend(self: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]outgoing-datagram-stream.send")
declare function outgoingSend(self: u32, list: usize, length: i32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[method]outgoing-datagram-stream.subscribe")
declare function outgoingSubscribe(self: u32): u32;
// @ts-ignore: decorator
@external("wasi:sockets/udp@0.2.0", "[resource-drop]outgoing-datagram-stream")
declare function outgoingDrop(self: u32): void;

/** What the latest successful `create` or `stream` gave; the caller owns them. */
export let socket: u32 = 0;
export let incoming: u32 = 0;
export let outgoing: u32 = 0;
/** What the latest successful option getter, `receive`, `checkSend` or `send` gave. */
export let value: u64 = 0;
/** Address of the incoming datagrams of the latest `receive` (`value` many), in the arena. */
export let datagrams: usize = 0;

/** `incoming-datagram`: data pointer at 0, data length at 4, sender (ip-socket-address) at 8. */
export const INCOMING_BYTES: usize = 40;
/** `outgoing-datagram`: data pointer at 0, data length at 4, option<ip-socket-address> at 8. */
export const OUTGOING_BYTES: usize = 44;

export function create(family: u8): Status {
  createUdpSocket(family, RETURN_AREA);
  const status = liftAlignedError();
  if (status) return status;
  socket = load<u32>(RETURN_AREA, 4);
  return OK;
}

export function startBind(self: u32, network: u32, address: SocketAddress): Status {
  step();
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

/** Sets `incoming` and `outgoing`; with `remote` only datagrams of that peer pass. */
export function stream(self: u32, remote: SocketAddress | null): Status {
  if (!remote) {
    socketStream(self, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, RETURN_AREA);
  } else {
    const address = remote;
    socketStream(self, 1, address.family,
      flatSlot(address, 0), flatSlot(address, 1), flatSlot(address, 2), flatSlot(address, 3),
      flatSlot(address, 4), flatSlot(address, 5), flatSlot(address, 6), flatSlot(address, 7),
      flatSlot(address, 8), flatSlot(address, 9), flatSlot(address, 10), RETURN_AREA);
  }
  const status = liftAlignedError();
  if (status) return status;
  incoming = load<u32>(RETURN_AREA, 4);
  outgoing = load<u32>(RETURN_AREA, 8);
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

@inline export function addressFamily(self: u32): u8 {
  return <u8>socketAddressFamily(self);
}

export function unicastHopLimit(self: u32): Status {
  socketUnicastHopLimit(self, RETURN_AREA);
  if (load<u8>(RETURN_AREA)) return liftErrorCode(load<u8>(RETURN_AREA, 1));
  value = load<u8>(RETURN_AREA, 1);
  return OK;
}

export function setUnicastHopLimit(self: u32, limit: u8): Status {
  socketSetUnicastHopLimit(self, limit, RETURN_AREA);
  return liftUnit();
}

/** Bytes, in `value`. */
export function receiveBufferSize(self: u32): Status {
  socketReceiveBufferSize(self, RETURN_AREA);
  return liftLong();
}

export function setReceiveBufferSize(self: u32, bytes: u64): Status {
  socketSetReceiveBufferSize(self, bytes, RETURN_AREA);
  return liftUnit();
}

/** Bytes, in `value`. */
export function sendBufferSize(self: u32): Status {
  socketSendBufferSize(self, RETURN_AREA);
  return liftLong();
}

export function setSendBufferSize(self: u32, bytes: u64): Status {
  socketSetSendBufferSize(self, bytes, RETURN_AREA);
  return liftUnit();
}

@inline export function subscribe(self: u32): u32 {
  return socketSubscribe(self);
}

/** Only after its datagram streams and pollables are dropped. */
@inline export function drop(self: u32): void {
  socketDrop(self);
}

/** At most `max` datagrams; `value` is how many, `datagrams` where. None is not an error. */
export function receive(self: u32, max: u64): Status {
  step();
  incomingReceive(self, max, RETURN_AREA);
  const status = liftAlignedError();
  if (status) return status;
  datagrams = load<usize>(RETURN_AREA, 4);
  value = load<u32>(RETURN_AREA, 8);
  return OK;
}

@inline export function subscribeIncoming(self: u32): u32 {
  return incomingSubscribe(self);
}

@inline export function dropIncoming(self: u32): void {
  incomingDrop(self);
}

/** How many datagrams the next `send` may take, in `value`. */
export function checkSend(self: u32): Status {
  step();
  outgoingCheckSend(self, RETURN_AREA);
  return liftLong();
}

/** Sends `length` outgoing-datagram records at `list`; `value` is how many were taken. */
export function send(self: u32, list: usize, length: i32): Status {
  step();
  outgoingSend(self, list, length, RETURN_AREA);
  return liftLong();
}

@inline export function subscribeOutgoing(self: u32): u32 {
  return outgoingSubscribe(self);
}

@inline export function dropOutgoing(self: u32): void {
  outgoingDrop(self);
}

function liftLong(): Status {
  if (load<u8>(RETURN_AREA)) return liftErrorCode(load<u8>(RETURN_AREA, 8));
  value = load<u64>(RETURN_AREA, 8);
  return OK;
}
