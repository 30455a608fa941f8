// The frames of the gateway protocol and how they are written; docs/gateway-protocol.md says what they mean.
//
// One message of the channel is one frame: u8 type, u32 id, payload. Numbers are little-endian; the bytes of addresses
// are in network order. frame-parser.ts reads them.

import { copyBytes } from "../wasi/byte-queue.js";
import type { ErrorCode } from "../wasi/error-code.js";
import { Family, type SocketAddress } from "../wasi/ip-address.js";
import {
  ACCEPTED, BIND, BIND_UDP, BOUND, CLOSE, CONNECT_UDP, CREDIT, DATA, DATAGRAM, END, FAIL, GOODBYE, HELLO, LISTEN,
  LISTENING, OPEN, OPENED, PING, PONG, RELEASED, RESET, RESOLVE, RESOLVED, UDP_FAILED, WELCOME,
} from "./frame-types.js";
import { HEADER_BYTES, PROTOCOL_VERSION } from "./limits.js";

export * from "./frame-types.js";

/** Why a session ends, as GOODBYE tells. */
export enum Goodbye {
  Version = 0,
  Unauthorised = 1,
  Expired = 2,
  ProtocolError = 3,
  Limit = 4,
  Idle = 5,
  ShuttingDown = 6,
}

interface Typed<T extends number> {
  readonly type: T;
  /** 0 when the frame is about the session. */
  readonly id: number;
}

export interface HelloFrame extends Typed<typeof HELLO> {
  readonly version: number;
  /** Bytes of one stream that may be under way to the client. */
  readonly window: number;
  readonly token: string;
}

/** What the server grants. */
export interface Grants {
  /** Bytes of one stream that may be under way to the server. */
  readonly window: number;
  /** The longest payload of DATA, for both sides. */
  readonly frameMax: number;
  /** Streams, bindings and UDP sockets that may be open at once. */
  readonly streamsMax: number;
  /** The sum of RIGHT_*. */
  readonly rights: number;
}

export interface WelcomeFrame extends Typed<typeof WELCOME>, Grants {
  readonly version: number;
}

export interface GoodbyeFrame extends Typed<typeof GOODBYE> {
  readonly reason: Goodbye;
  readonly text: string;
}

export interface OpenFrame extends Typed<typeof OPEN> {
  readonly remote: SocketAddress;
  readonly local: SocketAddress | null;
}

export interface OpenedFrame extends Typed<typeof OPENED> {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
}

/** The payload is `bytes[start, bytes.length)`, in the message as it came. */
export interface DataFrame extends Typed<typeof DATA> {
  readonly bytes: Uint8Array;
  readonly start: number;
}

export interface CreditFrame extends Typed<typeof CREDIT> {
  readonly bytes: number;
}

export interface AcceptedFrame extends Typed<typeof ACCEPTED> {
  /** The id of the new stream, from SERVER_IDS_FROM. */
  readonly stream: number;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
}

export interface ListenFrame extends Typed<typeof LISTEN> {
  readonly backlog: number;
}

export interface ConnectUdpFrame extends Typed<typeof CONNECT_UDP> {
  readonly remote: SocketAddress | null;
}

/** The datagram is `bytes[start, bytes.length)`, in the message as it came. */
export interface DatagramFrame extends Typed<typeof DATAGRAM> {
  readonly remote: SocketAddress | null;
  readonly bytes: Uint8Array;
  readonly start: number;
}

export interface ResolveFrame extends Typed<typeof RESOLVE> {
  readonly name: string;
}

export interface ResolvedFrame extends Typed<typeof RESOLVED> {
  readonly addresses: SocketAddress[];
}

/** Frames that say all by their type. */
export type PlainType =
  typeof PING | typeof PONG | typeof END | typeof CLOSE | typeof LISTENING | typeof RELEASED;
export interface PlainFrame extends Typed<PlainType> {}

export type CodeType = typeof FAIL | typeof RESET | typeof UDP_FAILED;
export interface CodeFrame extends Typed<CodeType> {
  readonly code: ErrorCode;
}

export type AddressType = typeof BIND | typeof BOUND | typeof BIND_UDP;
export interface AddressFrame extends Typed<AddressType> {
  readonly address: SocketAddress;
}

export type Frame =
  | HelloFrame | WelcomeFrame | GoodbyeFrame | OpenFrame | OpenedFrame | DataFrame | CreditFrame | AcceptedFrame
  | ListenFrame | ConnectUdpFrame | DatagramFrame | ResolveFrame | ResolvedFrame | PlainFrame | CodeFrame
  | AddressFrame;

const encoder = new TextEncoder();

export function helloFrame(window: number, token: string): Uint8Array {
  return frame(HELLO, 0, [...half(PROTOCOL_VERSION), ...word(window), ...encoder.encode(token)]);
}

export function welcomeFrame({ window, frameMax, streamsMax, rights }: Grants): Uint8Array {
  return frame(WELCOME, 0, [...half(PROTOCOL_VERSION), ...[window, frameMax, streamsMax].flatMap(word), rights]);
}

/** The text is cut where it would be too long. */
export function goodbyeFrame(reason: Goodbye, text: string): Uint8Array {
  return frame(GOODBYE, 0, [reason, ...encoder.encode(text.slice(0, 300))]); // at most 3 bytes for each
}

/** `id` is 0 for PING and PONG. */
export function plainFrame(type: PlainType, id: number): Uint8Array {
  return frame(type, id, []);
}

export function codeFrame(type: CodeType, id: number, code: ErrorCode): Uint8Array {
  return frame(type, id, [code]);
}

export function addressFrame(type: AddressType, id: number, address: SocketAddress): Uint8Array {
  return frame(type, id, place(address));
}

export function openFrame(id: number, remote: SocketAddress, local: SocketAddress | null): Uint8Array {
  return frame(OPEN, id, [...place(remote), ...optional(local)]);
}

export function openedFrame(id: number, local: SocketAddress, remote: SocketAddress): Uint8Array {
  return frame(OPENED, id, [...place(local), ...place(remote)]);
}

export function creditFrame(id: number, bytes: number): Uint8Array {
  return frame(CREDIT, id, word(bytes));
}

/** Copies `source[start, end)`; into `memory` if that is given. */
export function dataFrame(
  id: number, source: Uint8Array, start: number, end: number, memory?: Uint8Array,
): Uint8Array {
  const count = end - start;
  const bytes = emptyDataFrame(id, count, memory?.subarray(0, HEADER_BYTES + count));
  copyBytes(source, start, bytes, HEADER_BYTES, count);
  return bytes;
}

/** The header, and room for that many bytes after it. What is not used is cut off by `subarray`. */
export function emptyDataFrame(
  id: number, room: number, bytes: Uint8Array = new Uint8Array(HEADER_BYTES + room),
): Uint8Array {
  bytes[0] = DATA;
  bytes[1] = id;
  bytes[2] = id >>> 8;
  bytes[3] = id >>> 16;
  bytes[4] = id >>> 24;
  return bytes;
}

export function listenFrame(id: number, backlog: number): Uint8Array {
  return frame(LISTEN, id, word(backlog));
}

export function acceptedFrame(
  id: number, stream: number, local: SocketAddress, remote: SocketAddress,
): Uint8Array {
  return frame(ACCEPTED, id, [...word(stream), ...place(local), ...place(remote)]);
}

export function connectUdpFrame(id: number, remote: SocketAddress | null): Uint8Array {
  return frame(CONNECT_UDP, id, optional(remote));
}

/** Copies `source[start, end)`. */
export function datagramFrame(
  id: number, remote: SocketAddress | null, source: Uint8Array, start: number, end: number,
): Uint8Array {
  const head = [DATAGRAM, ...word(id), ...optional(remote)];
  const bytes = new Uint8Array(head.length + end - start);
  bytes.set(head);
  copyBytes(source, start, bytes, head.length, end - start);
  return bytes;
}

export function resolveFrame(id: number, name: string): Uint8Array {
  return frame(RESOLVE, id, [...encoder.encode(name)]);
}

/** At most RESOLVED_ADDRESSES_MAX. */
export function resolvedFrame(id: number, addresses: readonly SocketAddress[]): Uint8Array {
  return frame(RESOLVED, id, [addresses.length, ...addresses.flatMap(place)]);
}

function frame(type: number, id: number, payload: readonly number[]): Uint8Array {
  return Uint8Array.of(type, ...word(id), ...payload);
}

function half(value: number): number[] {
  return [value & 0xff, value >>> 8];
}

function word(value: number): number[] {
  return [...half(value & 0xffff), ...half(value >>> 16)];
}

function place({ family, port, parts, scopeId }: SocketAddress): number[] {
  if (family === Family.Ipv4) return [4, ...half(port), ...parts];
  return [6, ...half(port), ...parts.flatMap((part) => [part >>> 8, part & 0xff]), ...word(scopeId)];
}

function optional(address: SocketAddress | null): number[] {
  return address === null ? [0] : [1, ...place(address)];
}
