// wasi:sockets/udp and its creation over the canonical ABI.
//
//   record incoming-datagram, 40 bytes, align 4: data@0 (address, length)  remote-address@8
//   record outgoing-datagram, 44 bytes, align 4: data@0 (address, length)  option tag@8, remote-address@12

import type { Datagram } from "../wasi/datagram-queue.js";
import type { IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream } from "../wasi/datagram-streams.js";
import { ErrorCode, OK, type Outcome } from "../wasi/error-code.js";
import type { SocketAddress } from "../wasi/ip-address.js";
import { Kind } from "../wasi/kind.js";
import { trap } from "../wasi/trap.js";
import type { UdpSocket } from "../wasi/udp-socket.js";
import { liftAddress, lowerSocketAddress, readSocketAddress } from "./addresses.js";
import { type Face, give, lengthOf, putError, putOutcome, unsigned } from "./face.js";
import { subscribeTo } from "./io.js";
import { addressGetter, socketMaker } from "./socket-calls.js";
import { udpOptionImports } from "./udp-options.js";
import type { ImportObject } from "./webassembly.js";

const INCOMING_BYTES = 40;
const OUTGOING_BYTES = 44;

export function udpImports(face: Face): ImportObject {
  return {
    "wasi:sockets/udp-create-socket": createImports(face),
    "wasi:sockets/udp": {
      ...socketImports(face),
      ...addressImports(face),
      ...udpOptionImports(face),
      ...receiveImports(face),
      ...sendImports(face),
    },
  };
}

function createImports(face: Face): ImportObject[string] {
  return { "create-udp-socket": socketMaker(face, (family) => face.host.createUdpSocket(family)) };
}

function socketImports(face: Face): ImportObject[string] {
  const { table, memory, waiter } = face;
  const socket = (self: number): UdpSocket => table.get<UdpSocket>(self, Kind.UdpSocket);
  return {
    // (self, network, tag, 11 slots, ret)
    "[method]udp-socket.start-bind": (self: number, network: number, tag: number, ...rest: number[]) => {
      const target = socket(self);
      table.get(network, Kind.Network);
      const ret = unsigned(rest[11] as number);
      memory.check(ret, 2, 1);
      putOutcome(memory, ret, target.startBind(liftAddress(tag, rest)));
    },
    "[method]udp-socket.finish-bind": (self: number, ret: number) => {
      const target = socket(self);
      memory.check(unsigned(ret), 2, 1);
      const outcome = target.finishBind();
      if (outcome === ErrorCode.WouldBlock) waiter.notYet();
      putOutcome(memory, unsigned(ret), outcome);
    },
    // (self, option tag, tag, 11 slots, ret)
    "[method]udp-socket.stream": (self: number, isSome: number, tag: number, ...rest: number[]) => {
      const target = socket(self);
      const ret = unsigned(rest[11] as number);
      memory.check(ret, 12, 4);
      if (isSome !== 0 && isSome !== 1) trap(`unknown option case: ${isSome}`);
      const result = target.stream(isSome === 1 ? liftAddress(tag, rest) : null);
      if (typeof result === "number") return putError(memory, ret, 4, result);
      memory.bytes[ret] = 0;
      memory.setWord(ret + 4, give(face, result.incoming, target));
      memory.setWord(ret + 8, give(face, result.outgoing, target));
    },
    "[method]udp-socket.subscribe": (self: number) => subscribeTo(face, socket(self)),
    "[resource-drop]udp-socket": (self: number) => table.drop(self, Kind.UdpSocket),
  };
}

function addressImports(face: Face): ImportObject[string] {
  const { table } = face;
  const socket = (self: number): UdpSocket => table.get<UdpSocket>(self, Kind.UdpSocket);
  return {
    "[method]udp-socket.local-address": addressGetter(face, socket, "localAddress"),
    "[method]udp-socket.remote-address": addressGetter(face, socket, "remoteAddress"),
    "[method]udp-socket.address-family": (self: number) => socket(self).family,
  };
}

function receiveImports(face: Face): ImportObject[string] {
  const { table, memory, waiter } = face;
  const incoming = (self: number): IncomingDatagramStream =>
    table.get<IncomingDatagramStream>(self, Kind.IncomingDatagramStream);
  return {
    "[method]incoming-datagram-stream.receive": (self: number, max: bigint, ret: number) => {
      const stream = incoming(self);
      const address = unsigned(ret);
      memory.check(address, 12, 4);
      const result = stream.receive(lengthOf(max));
      if (typeof result === "number") return putError(memory, address, 4, result);
      if (result.length === 0) waiter.notYet();
      const list = writeDatagrams(face, result);
      memory.bytes[address] = 0;
      memory.setWord(address + 4, list);
      memory.setWord(address + 8, result.length);
    },
    "[method]incoming-datagram-stream.subscribe": (self: number) => subscribeTo(face, incoming(self)),
    "[resource-drop]incoming-datagram-stream": (self: number) => table.drop(self, Kind.IncomingDatagramStream),
  };
}

/** The records first, then the bytes of each; every allocation may move the views. */
function writeDatagrams({ memory }: Face, datagrams: readonly Datagram[]): number {
  const list = memory.allocate(4, datagrams.length * INCOMING_BYTES);
  let record = list;
  for (const { bytes, remote } of datagrams) {
    memory.writeList(record, bytes);
    lowerSocketAddress(memory, record + 8, remote);
    record += INCOMING_BYTES;
  }
  return list;
}

function sendImports(face: Face): ImportObject[string] {
  const { table, memory, waiter } = face;
  const outgoing = (self: number): OutgoingDatagramStream =>
    table.get<OutgoingDatagramStream>(self, Kind.OutgoingDatagramStream);
  /** `result<u64, error-code>`: 16 bytes. */
  const putCount = (address: number, outcome: Outcome, count: number): void => {
    if (outcome !== OK) return putError(memory, address, 8, outcome);
    memory.bytes[address] = 0;
    memory.setU64(address + 8, count);
  };
  return {
    "[method]outgoing-datagram-stream.check-send": (self: number, ret: number) => {
      const stream = outgoing(self);
      memory.check(unsigned(ret), 16, 8);
      const outcome = stream.checkSend();
      if (outcome === OK && stream.permit === 0) waiter.notYet();
      putCount(unsigned(ret), outcome, stream.permit);
    },
    "[method]outgoing-datagram-stream.send": (self: number, list: number, length: number, ret: number) => {
      const stream = outgoing(self);
      memory.check(unsigned(ret), 16, 8);
      stream.checkPermit(unsigned(length)); // before a long list is looked at
      putCount(unsigned(ret), stream.send(readDatagrams(face, unsigned(list), unsigned(length))), stream.sentCount);
    },
    "[method]outgoing-datagram-stream.subscribe": (self: number) => subscribeTo(face, outgoing(self)),
    "[resource-drop]outgoing-datagram-stream": (self: number) => table.drop(self, Kind.OutgoingDatagramStream),
  };
}

function readDatagrams({ memory }: Face, list: number, length: number): OutgoingDatagram[] {
  memory.check(list, length * OUTGOING_BYTES, 4);
  const datagrams: OutgoingDatagram[] = [];
  for (let record = list; datagrams.length < length; record += OUTGOING_BYTES) {
    const start = memory.words[record >>> 2] as number;
    const end = start + (memory.words[(record + 4) >>> 2] as number);
    memory.check(start, end - start, 1);
    datagrams.push({ source: memory.bytes, start, end, remote: readRemote(memory, record + 8) });
  }
  return datagrams;
}

function readRemote(memory: Face["memory"], at: number): SocketAddress | null {
  const tag = memory.bytes[at];
  if (tag !== 0 && tag !== 1) trap(`unknown option case: ${tag}`);
  return tag === 0 ? null : readSocketAddress(memory, at + 4);
}
