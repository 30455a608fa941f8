// One of each frame as it is written, beside what must be read, and frames made at random.
import { ErrorCode } from "#host/wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "#host/wasi/ip-address.js";
import * as frames from "#host/gateway/frames.js";
import type { Frame } from "#host/gateway/frames.js";
import type { Random } from "../../support/bytes.js";

export interface Sample {
  readonly written: Uint8Array;
  readonly frame: Frame;
}

/** Text of one to `max` characters, some of them outside ASCII. */
function textOf(random: Random, max: number): string {
  const letters = ["a", "z", ".", "-", "ü", "字", "😀", "\u0000"];
  return Array.from({ length: 1 + random.below(max) }, () => letters[random.below(letters.length)]).join("");
}

export function addressOf(random: Random): SocketAddress {
  const port = random.below(65_536);
  if (random.below(2) === 0) return makeAddress(Family.Ipv4, Array.from({ length: 4 }, () => random.below(256)), port);
  const parts = Array.from({ length: 8 }, () => random.below(65_536));
  return { ...makeAddress(Family.Ipv6, parts, port), scopeId: random.next() };
}

function bytesOf(random: Random, max: number): Uint8Array {
  return Uint8Array.from({ length: 1 + random.below(max) }, () => random.next());
}

/** Frames whose payload is read in place: the reader sees it in the message. */
function inPlace(written: Uint8Array, start: number): { bytes: Uint8Array; start: number } {
  return { bytes: written, start };
}

function aboutSession(random: Random): Sample[] {
  const window = 1024 + random.below(1 << 30);
  const token = textOf(random, 50);
  const grants = {
    window, frameMax: 1024 + random.below((1 << 20) - 1023), streamsMax: random.next(), rights: random.below(32),
  };
  const reason = random.below(7);
  return [
    { written: frames.helloFrame(window, token), frame: { type: frames.HELLO, id: 0, version: 1, window, token } },
    { written: frames.welcomeFrame(grants), frame: { type: frames.WELCOME, id: 0, version: 1, ...grants } },
    { written: frames.goodbyeFrame(reason, token), frame: { type: frames.GOODBYE, id: 0, reason, text: token } },
    ...[frames.PING, frames.PONG].map((type): Sample => (
      { written: frames.plainFrame(type as 4, 0), frame: { type: type as 4, id: 0 } })),
  ];
}

function aboutStreams(random: Random, id: number): Sample[] {
  const [local, remote] = [addressOf(random), addressOf(random)];
  const from = random.below(2) === 0 ? null : local;
  const bytes = bytesOf(random, 200);
  const data = frames.dataFrame(id, bytes, 0, bytes.length);
  const credit = 1 + random.below(0x7fff_ffff);
  const stream = (0x8000_0000 | random.next()) >>> 0;
  const backlog = random.next();
  return [
    { written: frames.openFrame(id, remote, from), frame: { type: frames.OPEN, id, remote, local: from } },
    { written: frames.openedFrame(id, local, remote), frame: { type: frames.OPENED, id, local, remote } },
    { written: data, frame: { type: frames.DATA, id, ...inPlace(data, 5) } },
    { written: frames.creditFrame(id, credit), frame: { type: frames.CREDIT, id, bytes: credit } },
    { written: frames.listenFrame(id, backlog), frame: { type: frames.LISTEN, id, backlog } },
    {
      written: frames.acceptedFrame(id, stream, local, remote),
      frame: { type: frames.ACCEPTED, id, stream, local, remote },
    },
  ];
}

function aboutAnything(random: Random, id: number): Sample[] {
  const plain = [frames.END, frames.CLOSE, frames.LISTENING, frames.RELEASED] as const;
  const codes = [frames.FAIL, frames.RESET, frames.UDP_FAILED] as const;
  const places = [frames.BIND, frames.BOUND, frames.BIND_UDP] as const;
  const code: ErrorCode = random.below(21);
  const address = addressOf(random);
  return [
    ...plain.map((type): Sample => ({ written: frames.plainFrame(type, id), frame: { type, id } })),
    ...codes.map((type): Sample => ({ written: frames.codeFrame(type, id, code), frame: { type, id, code } })),
    ...places.map((type): Sample => (
      { written: frames.addressFrame(type, id, address), frame: { type, id, address } })),
  ];
}

function aboutNamesAndDatagrams(random: Random, id: number): Sample[] {
  const remote = random.below(2) === 0 ? null : addressOf(random);
  const bytes = bytesOf(random, 100);
  const datagram = frames.datagramFrame(id, remote, bytes, 0, bytes.length);
  const name = textOf(random, 60);
  const addresses = Array.from({ length: random.below(4) }, () => addressOf(random));
  return [
    { written: frames.connectUdpFrame(id, remote), frame: { type: frames.CONNECT_UDP, id, remote } },
    {
      written: datagram,
      frame: { type: frames.DATAGRAM, id, remote, ...inPlace(datagram, datagram.length - bytes.length) },
    },
    { written: frames.resolveFrame(id, name), frame: { type: frames.RESOLVE, id, name } },
    { written: frames.resolvedFrame(id, addresses), frame: { type: frames.RESOLVED, id, addresses } },
  ];
}

/** One of each, with contents made at random. */
export function sampleFrames(random: Random): Sample[] {
  const id = (random.next() | 1) >>> 0;
  return [
    ...aboutSession(random), ...aboutStreams(random, id), ...aboutAnything(random, id),
    ...aboutNamesAndDatagrams(random, id),
  ];
}
