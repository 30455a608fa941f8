// Exports of the direct face: endpoints, listeners, connects. Each is its address, except a connect, which has a
// handle; the caller owns it until `…_destroy` or `…_close`. Ends are entries of the completion ring, with a reason
// (net/reason.ts) and its code. Bad states that the face should have refused fail an assertion.

import { SliceBuffer } from "../data/slice-buffer";
import * as ring from "../exec/completion-ring";
import * as connections from "../net/connection";
import * as endpoints from "../net/endpoint";
import { Endpoint } from "../net/endpoint";
import * as listeners from "../net/listener";
import { Listener } from "../net/listener";
import * as reader from "../net/reader";
import { OK, codeOf } from "../net/reason";
import { SocketOptions } from "../net/socket-options";
import * as teardown from "../net/teardown";
import * as writer from "../net/writer";
import { MemoryQuota } from "../quota/memory-quota";
import { SocketAddress } from "../wasi/network";
import { addressArgument, deadlineFrom, optionsArgument } from "./arguments";

/** 1: the bytes are in the buffer and there will be no entry. Otherwise one READ entry with the endpoint's tag. */
export function endpoint_read(endpoint: Endpoint, buffer: SliceBuffer, hintBytes: u32, mayCompleteInline: bool): bool {
  return reader.read(endpoint, buffer, hintBytes, mayCompleteInline, readDone, endpoint.tag);
}

/** 1: the stream took every byte and there will be no entry. Otherwise one WRITE entry with the endpoint's tag. */
export function endpoint_write(
  endpoint: Endpoint, buffer: SliceBuffer, maxFrameBytes: u32, mayCompleteInline: bool,
): bool {
  return writer.write(endpoint, buffer, maxFrameBytes, mayCompleteInline, writeDone, endpoint.tag);
}

/** Ends the sending direction behind what is being written. */
export function endpoint_shutdown_send(endpoint: Endpoint): void {
  writer.end(endpoint);
}

/** Outstanding reads and writes still have their entries. */
export function endpoint_destroy(endpoint: Endpoint): void {
  teardown.destroy(endpoint);
}

/** The word that the endpoint's entries carry, to be set before the first read or write. */
export function endpoint_set_tag(endpoint: Endpoint, tag: u32): void {
  endpoint.tag = tag;
}

/** Who pays for what is read, before the first read; the caller shuts it down after the endpoint's last entry. */
export function endpoint_set_allocator(endpoint: Endpoint, allocator: usize): void {
  endpoint.allocator = allocator;
}

/** Copies the address (28 bytes, wasi/network.ts) to `target`. */
export function endpoint_local(endpoint: Endpoint, target: SocketAddress): void {
  target.copyFrom(endpoints.localAddress(endpoint));
}

export function endpoint_peer(endpoint: Endpoint, target: SocketAddress): void {
  target.copyFrom(endpoints.peerAddress(endpoint));
}

/** A listener with the options in the argument area. `quota` is looked at before anybody is let in; 0 for none. */
export function listener_create(tag: u32, quota: usize): Listener {
  const listener = listeners.create(accepted, shutDown, tag, changetype<SocketOptions>(optionsArgument()));
  if (quota) listeners.setQuota(listener, changetype<MemoryQuota>(quota));
  return listener;
}

/** Binds the first address in the argument area: the port, or a reason below zero. */
export function listener_bind(listener: Listener): i32 {
  return listeners.bind(listener, addressArgument(0));
}

/** From here on there is an ACCEPT entry per connection. A reason, 0 when all is well. */
export function listener_start(listener: Listener): i32 {
  return listeners.start(listener);
}

/** Lets nobody in until `listener_resume`: they wait in the system's queue. */
export function listener_pause(listener: Listener): void {
  listeners.pause(listener);
}

export function listener_resume(listener: Listener): void {
  listeners.resume(listener);
}

/** One LISTENER_SHUTDOWN entry, after the last ACCEPT. */
export function listener_close(listener: Listener): void {
  listeners.close(listener);
}

/**
 * Connects to the first of `count` addresses in the argument area that answers, with the options there. Returns the
 * slot of its handle, result 0 is the generation. One CONNECT entry carries `tag`, unless `connect_cancel` says 1.
 */
export function connect_start(count: i32, deadlineNs: f64, tag: u32): u32 {
  const slot = connections.connect(
    changetype<usize>(addressArgument(0)), count, changetype<SocketOptions>(optionsArgument()),
    deadlineFrom(deadlineNs), connected, tag);
  ring.setResult(0, connections.lastGeneration);
  return slot;
}

export function connect_cancel(slot: u32, generation: u32): bool {
  return connections.cancel(slot, generation);
}

function readDone(tag: usize): void {
  ring.push(ring.READ, codeOf(reader.lastReason), <u8>reader.lastReason, <u32>tag);
}

function writeDone(tag: usize): void {
  ring.push(ring.WRITE, codeOf(writer.lastReason), <u8>writer.lastReason, <u32>tag);
}

function accepted(tag: usize): void {
  const endpoint = listeners.accepted;
  endpoints.keepAddresses(endpoint);
  ring.push(ring.ACCEPT, 0, 0, <u32>tag, <u32>changetype<usize>(endpoint));
}

function shutDown(tag: usize): void {
  ring.push(ring.LISTENER_SHUTDOWN, 0, 0, <u32>tag);
}

function connected(tag: usize): void {
  const reason = connections.lastReason;
  let endpoint: usize = 0;
  if (reason == OK) {
    endpoints.keepAddresses(connections.connected);
    endpoint = changetype<usize>(connections.connected);
  }
  ring.push(ring.CONNECT, codeOf(reason), <u8>reason, <u32>tag, <u32>endpoint);
}
