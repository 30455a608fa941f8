// One end of an open connection: a socket and its two streams, or the process's stdin and stdout.
//
//   create --> OPEN -- close() --> CLOSED (everything dropped)
//               |                    ^
//               +-- finish() --> DRAINING: written bytes are still on their way
//
// Dropping an output stream may wait, in some runtimes, until the peer has taken what was written. A peer that
// never reads would then hold the whole engine, so an endpoint with bytes on their way is only dropped when its
// output says that they are gone.
//
// Bytes go through an endpoint in one of three ways: a pump moves them from stream to stream, reader.ts and writer.ts
// move them between streams and slice buffers, or a descriptor (descriptor.ts) has adopted the endpoint: it tells when
// something can be read or written, and moves no byte by itself. `destroy` in teardown.ts is how the second way ends.
//
// What was learned of the streams stays with the endpoint, whoever has it next: how they ended, and a piece of the
// input that a descriptor had to read to learn that. The piece comes before what the stream gives.

import { Pool } from "../base/pool";
import * as buffers from "../data/slice-buffer";
import { SliceBuffer } from "../data/slice-buffer";
import { moveFirst } from "../data/slice-moves";
import * as readiness from "../poll/readiness";
import { IDLE, Source } from "../poll/source";
import { SocketAddress } from "../wasi/network";
import * as poll from "../wasi/poll";
import * as streams from "../wasi/streams";
import * as tcp from "../wasi/tcp";
import { OK, Reason } from "./reason";

@unmanaged
export class Endpoint {
  /** 0 for stdin and stdout. */
  socket: u32;
  input: u32;
  output: u32;
  readable: Source;
  writable: Source;
  /** Records of reader.ts and writer.ts, or 0 before the first read and write. */
  reader: usize;
  writer: usize;
  /** Why there will be no more bytes, and why no more are taken; OK while it is otherwise. A first reason stays. */
  inputEnding: Reason;
  outputEnding: Reason;
  /** A slice buffer with what was read ahead, or 0. While there is one, the input has not ended. */
  ahead: usize;
  /** The MemoryAllocator that pays for what is read, or 0. Its owner shuts it down after the endpoint. */
  allocator: usize;
  /** Two socket addresses, local and peer, or 0 before `keepAddresses`. */
  addresses: usize;
  /** The owner's own word. */
  tag: u32;
}

const ADDRESS_BYTES: usize = offsetof<SocketAddress>();

const pool = new Pool(offsetof<Endpoint>());
const addressPool = new Pool(2 * ADDRESS_BYTES);

/** Table index of a `() => void`. */
let closed: u32 = nobody.index;

/** `run` runs after each endpoint that is closed: there is room for one more. */
export function onClosed(run: () => void): void {
  closed = run.index;
}

/** Takes ownership of the three handles. */
export function create(socket: u32, input: u32, output: u32): Endpoint {
  const endpoint = changetype<Endpoint>(pool.take());
  endpoint.socket = socket;
  endpoint.input = input;
  endpoint.output = output;
  endpoint.readable = readiness.create(unowned, 0);
  endpoint.writable = readiness.create(unowned, 0);
  return endpoint;
}

/** Endpoints that are not yet closed, draining ones included. */
export function liveCount(): i32 {
  return pool.live;
}

/**
 * Asks for both addresses and keeps them for the endpoint's life: once the peer is gone, nobody could ask any more.
 * To be called right after the connection was made. What the host does not know is all zero.
 */
export function keepAddresses(endpoint: Endpoint): void {
  if (endpoint.addresses || !endpoint.socket) return;
  endpoint.addresses = addressPool.take();
  tcp.localAddress(endpoint.socket, localAddress(endpoint));
  tcp.remoteAddress(endpoint.socket, peerAddress(endpoint));
}

/** Good until the endpoint is finished; only after `keepAddresses`. */
export function localAddress(endpoint: Endpoint): SocketAddress {
  assert(endpoint.addresses != 0, "nobody kept the addresses of this endpoint");
  return changetype<SocketAddress>(endpoint.addresses);
}

/** Good until the endpoint is finished; only after `keepAddresses`. */
export function peerAddress(endpoint: Endpoint): SocketAddress {
  assert(endpoint.addresses != 0, "nobody kept the addresses of this endpoint");
  return changetype<SocketAddress>(endpoint.addresses + ADDRESS_BYTES);
}

/** Who hears when the input has something. One reader at a time. */
export function setReader(endpoint: Endpoint, run: (owner: usize) => void, owner: usize): void {
  endpoint.readable.run = run.index;
  endpoint.readable.owner = owner;
}

/** Who hears when the output takes something. One writer at a time. */
export function setWriter(endpoint: Endpoint, run: (owner: usize) => void, owner: usize): void {
  endpoint.writable.run = run.index;
  endpoint.writable.owner = owner;
}

/** Whether the input has something, or has ended. Asks the host. */
export function isReadable(endpoint: Endpoint): bool {
  subscribeReadable(endpoint);
  return poll.ready(endpoint.readable.pollable);
}

/** Runs the reader when the input has something. Nothing changes when it waits or is queued already. */
export function waitReadable(endpoint: Endpoint): void {
  if (endpoint.readable.state != IDLE) return;
  subscribeReadable(endpoint);
  readiness.wait(endpoint.readable);
}

/** Runs the writer when the output takes something. Nothing changes when it waits or is queued already. */
export function waitWritable(endpoint: Endpoint): void {
  const source = endpoint.writable;
  if (source.state != IDLE) return;
  if (!source.pollable) readiness.subscribe(source, streams.subscribeOutput(endpoint.output));
  readiness.wait(source);
}

/**
 * A descriptor takes the endpoint over: its functions run when there is something, before the tasks of the turn. Nobody
 * else reads or writes until `handBack`.
 */
export function adopt(
  endpoint: Endpoint, readable: (owner: usize) => void, writable: (owner: usize) => void, owner: usize,
): void {
  endpoint.readable = renewed(endpoint.readable);
  endpoint.writable = renewed(endpoint.writable);
  endpoint.readable.prompt = true;
  endpoint.writable.prompt = true;
  setReader(endpoint, readable, owner);
  setWriter(endpoint, writable, owner);
}

export function handBack(endpoint: Endpoint): void {
  adopt(endpoint, unowned, unowned, 0);
  endpoint.readable.prompt = false;
  endpoint.writable.prompt = false;
}

/** Not to be asked for an endpoint that was finished. */
@inline export function isAdopted(endpoint: Endpoint): bool {
  return endpoint.readable.prompt;
}

/** Moves up to `most` bytes of what was read ahead to the end of `buffer`. Returns how many; 0 when there is none. */
export function takeAhead(endpoint: Endpoint, buffer: SliceBuffer, most: u32): u32 {
  if (!endpoint.ahead) return 0;
  const piece = changetype<SliceBuffer>(endpoint.ahead);
  const count = min(most, piece.length);
  moveFirst(piece, count, buffer);
  if (!piece.length) dropAhead(endpoint);
  return count;
}

/** Ends the output after the bytes that it took; it takes no more. The other direction stays as it is. */
export function endOutput(endpoint: Endpoint): void {
  if (endpoint.socket) tcp.shutdown(endpoint.socket, tcp.SHUTDOWN_SEND);
  else streams.flush(endpoint.output);
}

/** Closes both directions and drops everything once written bytes are gone. The caller forgets it. */
export function finish(endpoint: Endpoint): void {
  assert(!endpoint.reader && !endpoint.writer, "finished with a reader or writer");
  assert(!isAdopted(endpoint), "the endpoint is a descriptor's");
  if (endpoint.ahead) dropAhead(endpoint);
  // Either way there is no permit from here on until every byte has left.
  if (endpoint.socket) tcp.shutdown(endpoint.socket, tcp.SHUTDOWN_BOTH);
  else streams.flush(endpoint.output);
  readiness.free(endpoint.readable);
  endpoint.writable = renewed(endpoint.writable);
  endpoint.readable = changetype<Source>(0);
  setWriter(endpoint, drain, changetype<usize>(endpoint));
  drain(changetype<usize>(endpoint));
}

/** Only the record goes: the three handles are the caller's again, and what was read ahead was taken. */
export function dissolve(endpoint: Endpoint): void {
  assert(!endpoint.reader && !endpoint.writer && !endpoint.ahead && !isAdopted(endpoint));
  readiness.free(endpoint.readable);
  readiness.free(endpoint.writable);
  give(endpoint);
}

function subscribeReadable(endpoint: Endpoint): void {
  const source = endpoint.readable;
  if (!source.pollable) readiness.subscribe(source, streams.subscribeInput(endpoint.input));
}

/** The same source, IDLE; another one when it is queued for the owner that is leaving. */
function renewed(source: Source): Source {
  readiness.rest(source);
  if (source.state == IDLE) return source;
  readiness.free(source);
  return readiness.create(unowned, 0);
}

function dropAhead(endpoint: Endpoint): void {
  buffers.destroy(changetype<SliceBuffer>(endpoint.ahead));
  endpoint.ahead = 0;
}

function drain(owner: usize): void {
  const endpoint = changetype<Endpoint>(owner);
  if (streams.checkWrite(endpoint.output) == 0) waitWritable(endpoint);
  else close(endpoint);
}

/** Drops children before parents: pollables, streams, socket. */
function close(endpoint: Endpoint): void {
  readiness.free(endpoint.writable);
  streams.dropInput(endpoint.input);
  streams.dropOutput(endpoint.output);
  if (endpoint.socket) tcp.drop(endpoint.socket);
  give(endpoint);
}

function give(endpoint: Endpoint): void {
  if (endpoint.addresses) addressPool.give(endpoint.addresses);
  pool.give(changetype<usize>(endpoint));
  call_indirect<void>(closed);
}

function nobody(): void {}

function unowned(owner: usize): void {
  assert(false, "an event for an endpoint that nobody reads or writes");
}
