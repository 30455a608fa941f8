// The decoder against a million messages that nobody would send: random ones, and frames that were bent. It must not
// throw, not read beyond the message, and what it takes for a frame must be one: bounded, and written again the same.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseFrame } from "#host/gateway/frame-parser.js";
import * as frames from "#host/gateway/frames.js";
import type { AddressFrame, CodeFrame, Frame, PlainFrame } from "#host/gateway/frames.js";
import { CREDIT_BYTES_MAX, SERVER_IDS_FROM, TOKEN_BYTES_MAX } from "#host/gateway/limits.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Family, type SocketAddress } from "#host/wasi/ip-address.js";
import { Random, SEED } from "../../support/bytes.js";
import { type Sample, sampleFrames } from "./frame-samples.js";

const MESSAGES = 1_000_000;
const GUARD_BYTES = 16;
const EDGES = [0, 1, 127, 128, 255];

/** The frame once more, as its encoder writes it. */
function written(frame: Frame): Uint8Array {
  const { id } = frame;
  switch (frame.type) {
    case frames.HELLO:
      return frames.helloFrame(frame.window, frame.token);
    case frames.WELCOME:
      return frames.welcomeFrame(frame);
    case frames.GOODBYE:
      return frames.goodbyeFrame(frame.reason, frame.text);
    case frames.OPEN:
      return frames.openFrame(id, frame.remote, frame.local);
    case frames.OPENED:
      return frames.openedFrame(id, frame.local, frame.remote);
    case frames.DATA:
      return frames.dataFrame(id, frame.bytes, frame.start, frame.bytes.length);
    case frames.CREDIT:
      return frames.creditFrame(id, frame.bytes);
    case frames.ACCEPTED:
      return frames.acceptedFrame(id, frame.stream, frame.local, frame.remote);
    case frames.LISTEN:
      return frames.listenFrame(id, frame.backlog);
    case frames.CONNECT_UDP:
      return frames.connectUdpFrame(id, frame.remote);
    case frames.DATAGRAM:
      return frames.datagramFrame(id, frame.remote, frame.bytes, frame.start, frame.bytes.length);
    case frames.RESOLVE:
      return frames.resolveFrame(id, frame.name);
    case frames.RESOLVED:
      return frames.resolvedFrame(id, frame.addresses);
    default:
      return writtenByFamily(frame);
  }
}

function writtenByFamily(frame: PlainFrame | CodeFrame | AddressFrame): Uint8Array {
  if ("code" in frame) return frames.codeFrame(frame.type, frame.id, frame.code);
  if ("address" in frame) return frames.addressFrame(frame.type, frame.id, frame.address);
  return frames.plainFrame(frame.type, frame.id);
}

function isAddress({ family, port, parts, scopeId, flowInfo }: SocketAddress): boolean {
  const [count, most] = family === Family.Ipv4 ? [4, 255] : [8, 65_535];
  return parts.length === count && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= most)
    && port >= 0 && port <= 65_535 && scopeId >= 0 && scopeId <= 0xffff_ffff && flowInfo === 0;
}

/** What the types cannot say of a frame. */
function isBounded(frame: Frame): boolean {
  const places: unknown[] = ["remote", "local", "address"].map((key) => (frame as never)[key] ?? null);
  if (!places.every((place) => place === null || isAddress(place as SocketAddress))) return false;
  if ("code" in frame) return ErrorCode[frame.code] !== undefined;
  if (frame.type === frames.CREDIT) return frame.bytes >= 1 && frame.bytes <= CREDIT_BYTES_MAX;
  if (frame.type === frames.ACCEPTED) return frame.stream >= SERVER_IDS_FROM;
  if (frame.type === frames.RESOLVED) return frame.addresses.every(isAddress);
  if (frame.type === frames.HELLO) return frame.token.length <= TOKEN_BYTES_MAX;
  return true;
}

/** A message of random bytes; the first is more often than not a type that exists. */
function noise(random: Random): Uint8Array {
  const bytes = Uint8Array.from({ length: random.below(40) }, () => random.next() >>> random.below(32));
  if (bytes.length > 0 && random.below(8) > 0) bytes[0] = 1 + random.below(25);
  return bytes;
}

/** One byte or a few changed, cut off, added or moved. */
function bent(source: Uint8Array, random: Random): Uint8Array {
  const bytes = Uint8Array.from(source);
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, random.below(bytes.length));
    case 1:
      return Uint8Array.from([...bytes, ...noise(random)]);
    case 2: {
      const at = random.below(bytes.length);
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + random.below(4))]);
    }
    default:
      for (let count = 1 + random.below(3); count > 0; count--) {
        const value = random.below(2) === 0 ? random.next() : EDGES[random.below(EDGES.length)] as number;
        bytes[random.below(Math.min(bytes.length, 24))] = value;
      }
      return bytes;
  }
}

/** The message in the middle of a buffer, whose other bytes must not matter. */
function parseWithin(message: Uint8Array, filler: number): Frame | null {
  const buffer = new Uint8Array(message.length + 2 * GUARD_BYTES).fill(filler);
  buffer.set(message, GUARD_BYTES);
  return parseFrame(buffer.subarray(GUARD_BYTES, GUARD_BYTES + message.length));
}

const fuzz = suite("a million messages");

fuzz("should each be a whole frame or none", () => {
  console.log(`seed ${SEED}`);
  const random = new Random();
  let samples: Sample[] = [];
  const taken = new Map<number, number>();
  for (let count = 0; count < MESSAGES; count++) {
    if (count % 5000 === 0) samples = sampleFrames(random);
    const sample = samples[random.below(samples.length)] as Sample;
    const message = random.below(3) === 0 ? noise(random) : bent(sample.written, random);
    const frame = parseFrame(message);
    const about = (): string => `seed ${SEED}, message ${count}: ${message}`;
    const isOther = count % 8 === 0 && (frame === null) !== (parseWithin(message, count >>> 3) === null);
    if (isOther) assert.unreachable(`what is around it matters: ${about()}`);
    if (frame === null) continue;
    taken.set(frame.type, (taken.get(frame.type) ?? 0) + 1);
    if (!isBounded(frame)) assert.unreachable(`beyond its bounds: ${about()}`);
    const version = "version" in frame ? frame.version : 1;
    if (version === 1 && !Buffer.from(message).equals(written(frame))) assert.unreachable(`read otherwise: ${about()}`);
  }
  assert.is(taken.size, 25, "some type of frame never came through");
});

fuzz.run();
