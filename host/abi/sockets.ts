// wasi:sockets over the canonical ABI: network, ip-name-lookup, tcp and its creation. UDP is in udp.ts.

import { ErrorCode, OK } from "../wasi/error-code.js";
import type { IoError } from "../wasi/io-error.js";
import { Kind } from "../wasi/kind.js";
import type { ResolveAddressStream } from "../wasi/ip-name-lookup.js";
import { Network } from "../wasi/network.js";
import type { TcpSocket, TcpStreams } from "../wasi/tcp-socket.js";
import { trap } from "../wasi/trap.js";
import type { ImportObject } from "./webassembly.js";
import { liftAddress, lowerIpAddress } from "./addresses.js";
import { type Face, give, putError, putOutcome, unsigned } from "./face.js";
import { subscribeTo } from "./io.js";
import { addressGetter, socketMaker } from "./socket-calls.js";
import { tcpOptionImports } from "./tcp-options.js";
import { udpImports } from "./udp.js";

export function socketsImports(face: Face): ImportObject {
  const { table } = face;
  return {
    "wasi:sockets/network": {
      // Of the unstable part of WASI 0.2; the code is there, so it is told.
      "network-error-code": (self: number, ret: number) => {
        const { code } = table.get<IoError>(self, Kind.IoError);
        face.memory.check(unsigned(ret), 2, 1);
        face.memory.bytes[unsigned(ret)] = 1;
        face.memory.bytes[unsigned(ret) + 1] = code;
      },
      "[resource-drop]network": (self: number) => table.drop(self, Kind.Network),
    },
    "wasi:sockets/instance-network": { "instance-network": () => give(face, new Network(), null) },
    "wasi:sockets/ip-name-lookup": lookupImports(face),
    "wasi:sockets/tcp-create-socket": createImports(face),
    "wasi:sockets/tcp": {
      ...setupImports(face),
      ...connectedImports(face),
      ...tcpOptionImports(face),
      "[method]tcp-socket.subscribe": (self: number) =>
        subscribeTo(face, table.get<TcpSocket>(self, Kind.TcpSocket)),
      "[resource-drop]tcp-socket": (self: number) => table.drop(self, Kind.TcpSocket),
    },
    ...udpImports(face),
  };
}

function lookupImports(face: Face): ImportObject[string] {
  const { host, memory, table } = face;
  const stream = (self: number): ResolveAddressStream =>
    table.get<ResolveAddressStream>(self, Kind.ResolveAddressStream);
  return {
    "resolve-addresses": (network: number, name: number, length: number, ret: number) => {
      table.get(network, Kind.Network);
      const address = unsigned(ret);
      memory.check(address, 8, 4);
      const result = host.resolveAddresses(memory.readString(unsigned(name), unsigned(length)));
      if (typeof result === "number") return putError(memory, address, 4, result);
      memory.bytes[address] = 0;
      memory.setWord(address + 4, give(face, result, null));
    },
    "[method]resolve-address-stream.resolve-next-address": (self: number, ret: number) => {
      const address = unsigned(ret);
      const target = stream(self);
      memory.check(address, 22, 2);
      const result = target.resolveNextAddress();
      if (typeof result === "number") return putAnswer(face, address, 2, result);
      memory.bytes[address] = 0;
      memory.bytes[address + 2] = result === null ? 0 : 1;
      if (result !== null) lowerIpAddress(memory, address + 4, result);
    },
    "[method]resolve-address-stream.subscribe": (self: number) => subscribeTo(face, stream(self)),
    "[resource-drop]resolve-address-stream": (self: number) => table.drop(self, Kind.ResolveAddressStream),
  };
}

function createImports(face: Face): ImportObject[string] {
  return { "create-tcp-socket": socketMaker(face, (family) => face.host.createTcpSocket(family)) };
}

function setupImports(face: Face): ImportObject[string] {
  const { table, memory } = face;
  const socket = (self: number): TcpSocket => table.get<TcpSocket>(self, Kind.TcpSocket);
  const finish = (operation: (socket: TcpSocket) => typeof OK | ErrorCode) => (self: number, ret: number) => {
    const target = socket(self);
    memory.check(unsigned(ret), 2, 1);
    const outcome = operation(target);
    if (outcome === ErrorCode.WouldBlock) face.waiter.notYet();
    putOutcome(memory, unsigned(ret), outcome);
  };
  /** start-bind and start-connect: (self, network, tag, 11 slots, ret). */
  const withAddress = (start: "startBind" | "startConnect") => (
    self: number, network: number, tag: number, ...rest: number[]
  ) => {
    const target = socket(self);
    table.get(network, Kind.Network);
    const ret = unsigned(rest[11] as number);
    memory.check(ret, 2, 1);
    putOutcome(memory, ret, target[start](liftAddress(tag, rest)));
  };
  // WebAssembly checks nothing about the arity of an import, so rest parameters serve the fifteen flat ones.
  return {
    "[method]tcp-socket.start-bind": withAddress("startBind"),
    "[method]tcp-socket.finish-bind": finish((target) => target.finishBind()),
    "[method]tcp-socket.start-connect": withAddress("startConnect"),
    "[method]tcp-socket.finish-connect": (self: number, ret: number) => {
      const target = socket(self);
      const address = unsigned(ret);
      memory.check(address, 12, 4);
      const result = target.finishConnect();
      if (typeof result === "number") return putAnswer(face, address, 4, result);
      memory.bytes[address] = 0;
      giveStreams(face, address + 4, result);
    },
    "[method]tcp-socket.start-listen": (self: number, ret: number) => {
      const target = socket(self);
      memory.check(unsigned(ret), 2, 1);
      putOutcome(memory, unsigned(ret), target.startListen());
    },
    "[method]tcp-socket.finish-listen": finish((target) => target.finishListen()),
    "[method]tcp-socket.accept": (self: number, ret: number) => {
      const target = socket(self);
      const address = unsigned(ret);
      memory.check(address, 16, 4);
      const result = target.accept();
      if (typeof result === "number") return putAnswer(face, address, 4, result);
      memory.bytes[address] = 0;
      memory.setWord(address + 4, give(face, result.socket, null));
      giveStreams(face, address + 8, result);
    },
  };
}

/** An error which may be "not yet". */
function putAnswer(face: Face, address: number, offset: number, code: ErrorCode): void {
  if (code === ErrorCode.WouldBlock) face.waiter.notYet();
  putError(face.memory, address, offset, code);
}

function giveStreams(face: Face, address: number, { socket, input, output }: TcpStreams): void {
  face.memory.setWord(address, give(face, input, socket));
  face.memory.setWord(address + 4, give(face, output, socket));
}

function connectedImports(face: Face): ImportObject[string] {
  const { table, memory } = face;
  const socket = (self: number): TcpSocket => table.get<TcpSocket>(self, Kind.TcpSocket);
  return {
    "[method]tcp-socket.local-address": addressGetter(face, socket, "localAddress"),
    "[method]tcp-socket.remote-address": addressGetter(face, socket, "remoteAddress"),
    "[method]tcp-socket.is-listening": (self: number) => (socket(self).isListening ? 1 : 0),
    "[method]tcp-socket.address-family": (self: number) => socket(self).family,
    "[method]tcp-socket.shutdown": (self: number, type: number, ret: number) => {
      const target = socket(self);
      memory.check(unsigned(ret), 2, 1);
      if (type !== 0 && type !== 1 && type !== 2) trap(`unknown shutdown-type: ${type}`);
      putOutcome(memory, unsigned(ret), target.shutdown(type !== 1, type !== 0));
    },
  };
}
