// What the bodies about connections share: one listener, both ends of its connections, and streams of bytes that
// can be checked at any place.

import * as buffers from "../../../assembly/data/slice-buffer";
import { SliceBuffer } from "../../../assembly/data/slice-buffer";
import * as connections from "../../../assembly/net/connection";
import * as endpoints from "../../../assembly/net/endpoint";
import { Endpoint } from "../../../assembly/net/endpoint";
import { parseIp } from "../../../assembly/net/ip-address";
import * as listeners from "../../../assembly/net/listener";
import { Listener } from "../../../assembly/net/listener";
import { destroy } from "../../../assembly/net/teardown";
import { NEVER } from "../../../assembly/time/timer-heap";
import { SocketAddress } from "../../../assembly/wasi/network";
import { Body, body, equal, expect, fail } from "./harness";

const LOOPBACK: string = "127.0.0.1";
const NOTHING: Endpoint = changetype<Endpoint>(0);

/** Where `listen` listens, with the real port. */
export const target = changetype<SocketAddress>(memory.data(28, 4));
export let listener: Listener = changetype<Listener>(0);
export const accepted: Endpoint[] = [];
/** Times that a listener told its shutdown. */
export let shutdowns: i32 = 0;

/** The latest connection of `dial`, and how it ended; -1: not yet. */
export let client: Endpoint = NOTHING;
export let connectReason: i32 = -1;
export let connects: i32 = 0;
/** True while a call is made that must not call back. */
export let isInCall: bool = false;

export function setAddress(address: SocketAddress, text: string, port: u16): void {
  memory.fill(changetype<usize>(address), 0, offsetof<SocketAddress>());
  expect(parseIp(text, address), "an address: " + text);
  address.port = port;
}

export function newListener(accept: (owner: usize) => void): Listener {
  return listeners.create(accept, noteShutdown, 0, null);
}

/** Listens at a free port of `text`, which `target` then has. */
export function listen(text: string = LOOPBACK, accept: (owner: usize) => void = noteAccept): void {
  listener = newListener(accept);
  setAddress(target, text, 0);
  const port = listeners.bind(listener, target);
  if (port <= 0) return fail("cannot bind " + text + ": reason " + (-port).toString());
  setAddress(target, text, <u16>port);
  equal(listeners.start(listener), 0, "as the reason of a start");
}

export function closeListener(): void {
  listeners.close(listener);
}

export function noteAccept(owner: usize): void {
  expect(!isInCall, "no accept inside of a call");
  endpoints.keepAddresses(listeners.accepted);
  accepted.push(listeners.accepted);
}

export function noteShutdown(owner: usize): void {
  shutdowns++;
}

/** Connects to `target`; the slot of the handle. */
export function dial(deadlineNs: u64 = NEVER): u32 {
  connectReason = -1;
  isInCall = true;
  const slot = connections.connect(changetype<usize>(target), 1, null, deadlineNs, noteConnect, 0);
  isInCall = false;
  return slot;
}

export function noteConnect(owner: usize): void {
  expect(!isInCall, "no end of a connect inside of a call");
  connects++;
  connectReason = connections.lastReason;
  client = connections.lastReason ? NOTHING : connections.connected;
  if (connections.lastReason) return;
  endpoints.keepAddresses(client);
}

/** Accepted and dialled ends, so that a body can end in one line. */
export function destroyAll(): void {
  if (client) destroy(client);
  for (let i = 0; i < accepted.length; i++) destroy(accepted[i]);
}

/** A body that begins with a connection, `client` to `accepted[0]`, whose listener is gone already. */
export function pairBody(name: string, title: string, host: () => void = listenLoopback): Body {
  return withPair(body(name, title), host);
}

export function withPair(pair: Body, host: () => void = listenLoopback): Body {
  return pair
    .then(host)
    .then((): void => { dial(); })
    .until((): bool => connectReason >= 0 && accepted.length > 0)
    .then((): void => {
      equal(connectReason, 0, "as the reason of a connect");
      closeListener();
    })
    .until((): bool => shutdowns > 0);
}

export function listenLoopback(): void {
  listen();
}

// Bytes by their place in a stream

/** No period that a buffer could have. */
@inline export function byteAt(place: u32): u8 {
  return <u8>(place ^ (place >> 8) * 31 ^ (place >> 16) * 17);
}

/** Appends `length` bytes of the stream from `place` on, in pieces of at most 64 KiB. */
export function appendStream(buffer: SliceBuffer, place: u32, length: u32): void {
  while (length) {
    const part = min<u32>(length, 65536);
    const address = buffers.appendSpace(buffer, part);
    for (let i: u32 = 0; i < part; i++) store<u8>(address + i, byteAt(place + i));
    place += part;
    length -= part;
  }
}

/** The buffer holds what stands at `place`. */
export function expectStream(buffer: SliceBuffer, place: u32): void {
  for (let i: u32 = 0; i < buffer.count; i++) {
    const address = buffers.addressAt(buffer, i);
    const length = buffers.lengthAt(buffer, i);
    for (let at: u32 = 0; at < length; at++) {
      if (load<u8>(address + at) != byteAt(place + at)) return fail("byte " + (place + at).toString() + " differs");
    }
    place += length;
  }
}
