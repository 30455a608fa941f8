// What the two threads say to each other: kinds of frames, numbers of objects, and how addresses and text are written.
//
// Connections, bindings and the standard streams are objects. Their numbers are the main thread's to give, and it gives
// one again when it was told CLOSE or ABORT (a binding: when it said RELEASED). What was under way to the object
// before lies in the ring before its successor, so neither side ever mistakes one for the other.
//
// A request (bind, connect, look-up) has a number of the worker's. It is answered exactly once, by its result, REFUSED
// or CANCELLED, and until then the number is taken.

import { copyBytes } from "../../wasi/byte-queue.js";
import { Family, type SocketAddress } from "../../wasi/ip-address.js";
import { PAYLOAD_BYTES_MAX } from "./ring.js";

/** Worker to main thread. The number in the comment's brackets is the frame's value. */
export enum Command {
  /** A request: the address [backlog]. */
  Bind = 1,
  /** A request: the remote address and the local one. */
  Connect,
  /** A request: the name. */
  Lookup,
  /** A request: the address. */
  BindDatagrams,
  /** Of a request: nobody waits any more. */
  Cancel,
  /** Of a binding [backlog]. */
  Listen,
  /** Begins to deliver. */
  Attach,
  Write,
  /** FIN, after what was written. */
  End,
  /** So many bytes were taken by the guest's side, and as many more may come [count]. */
  Credit,
  /** Somebody waits for room: TAKEN is to be told promptly until nothing is queued. */
  WantRoom,
  /** [idle milliseconds, or -1 to switch it off]. */
  KeepAlive,
  /** Of a datagram socket: the address or none, and the bytes. */
  SendDatagram,
  /** Of a datagram socket, a call: the address or none. Answered by the outcome and the local address. */
  ConnectDatagrams,
  /** Of a datagram socket [value]. */
  HopLimit,
  ReceiveBuffer,
  SendBuffer,
  /** [linger milliseconds]. */
  Close,
  Abort,
  /** The guest is over [exit code]: the last command. */
  Finish,
  /** The guest trapped, or could not be run [1]: the message. The last command. */
  Trap,
}

/** Main thread to worker. */
export enum Event {
  /** Of a request: the local address [binding or datagram socket]. */
  Bound = 1,
  /** Of a request: both addresses [connection]. */
  Connected,
  /** Of a request: the addresses. */
  Found,
  /** Of a request [error code]. */
  Refused,
  /** Of a request. */
  Cancelled,
  /** Of a binding [outcome]. */
  Listening,
  /** Of a binding: both addresses [connection]. */
  Arrived,
  /** Of a binding that was closed: the last of it. */
  Released,
  Data,
  /** The address it came from, and the bytes. */
  Datagram,
  /** No more data. */
  Ended,
  /** [error code]. */
  Failed,
  /** The system took so many bytes, or datagrams, more [count]. */
  Taken,
}

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;
/** Numbers of objects that are there from the start. */
export const STANDARD_STREAMS = 3;

/** Bytes that may be under way to the guest on one connection: the window that CREDIT opens again. */
export const WINDOW_BYTES = 256 * 1024;

/** Bytes taken on either side from which on it is told without being asked for. */
export const STEP_BYTES = 64 * 1024;

/** Bytes of one address: family, port, flow information, scope, and 8 groups of 16 bits. */
export const ADDRESS_BYTES = 28;
const NO_ADDRESS = 255;
const GROUPS_AT = 12;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** As much of it as fits into a frame. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text).subarray(0, PAYLOAD_BYTES_MAX);
}

export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(new Uint8Array(bytes.subarray(start, end))); // a decoder takes no shared memory
}

/** The addresses one after the other. */
export function encodeAddresses(addresses: readonly (SocketAddress | null)[]): Uint8Array {
  const bytes = new Uint8Array(addresses.length * ADDRESS_BYTES);
  for (const [index, address] of addresses.entries()) encodeAddress(bytes, index * ADDRESS_BYTES, address);
  return bytes;
}

function encodeAddress(bytes: Uint8Array, at: number, address: SocketAddress | null): void {
  bytes[at] = address === null ? NO_ADDRESS : address.family;
  if (address === null) return;
  setHalf(bytes, at + 2, address.port);
  setHalf(bytes, at + 4, address.flowInfo >>> 16);
  setHalf(bytes, at + 6, address.flowInfo);
  setHalf(bytes, at + 8, address.scopeId >>> 16);
  setHalf(bytes, at + 10, address.scopeId);
  const { parts } = address;
  for (let group = 0; group < parts.length; group++) setHalf(bytes, at + GROUPS_AT + 2 * group, parts[group] as number);
}

/** The address at `start`, or null where there is none. */
export function decodeAddress(bytes: Uint8Array, start: number): SocketAddress | null {
  const family = bytes[start] as number;
  if (family === NO_ADDRESS) return null;
  const groups = family === Family.Ipv6 ? 8 : 4;
  const parts: number[] = [];
  for (let group = 0; group < groups; group++) parts.push(half(bytes, start + GROUPS_AT + 2 * group));
  const word = (at: number): number => half(bytes, at) * 65_536 + half(bytes, at + 2);
  return { family, port: half(bytes, start + 2), parts, flowInfo: word(start + 4), scopeId: word(start + 8) };
}

function setHalf(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function half(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) << 8 | (bytes[at + 1] as number);
}

/** Whatever was encoded before is overwritten. */
const datagramFrame = new Uint8Array(PAYLOAD_BYTES_MAX);

/** The address and `source[start, end)`, at the start of what is answered: to be sent before the next one. */
export function encodeDatagram(
  remote: SocketAddress | null, source: Uint8Array, start: number, end: number,
): Uint8Array {
  encodeAddress(datagramFrame, 0, remote);
  copyBytes(source, start, datagramFrame, ADDRESS_BYTES, end - start);
  return datagramFrame;
}

/** As `decodeAddress`, where one must be. */
export function mustDecodeAddress(bytes: Uint8Array, start: number): SocketAddress {
  const address = decodeAddress(bytes, start);
  if (address === null) throw new Error("channel: an address is missing");
  return address;
}
