// The TCP connection to one nameserver: questions in a row, answers in any order (RFC 7766), two bytes of length before
// each message.
//
//   ask() --> CONNECTING --> OPEN -- nothing asked for DNS_STREAM_IDLE_NS --> closed
//                 |           |
//                 |           +-- it ends, breaks, says nothing, or says too much that is wrong:
//                 |                    closed; its questions begin again on a fresh one, once, then they are lost
//                 +-- no connection: closed; its questions are lost
//
// Nothing is copied while whole messages come; of one that comes in pieces, the pieces are kept in a block of the size
// that its length says.

import { mark, release } from "../abi/arena";
import {
  DNS_STREAM_IDLE_NS, DNS_STREAM_OUT_BYTES, DNS_WRONG_MAX, READ_BYTES_MIN, ROUNDS_PER_RUN_MAX,
} from "../base/limits";
import { Pool } from "../base/pool";
import * as connections from "../net/connection";
import * as endpoints from "../net/endpoint";
import { Endpoint } from "../net/endpoint";
import { OK, Reason, STREAM_FAILED } from "../net/reason";
import * as readiness from "../poll/readiness";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import { NEVER, Timer } from "../time/timer-heap";
import * as errors from "../wasi/error-code";
import * as streams from "../wasi/streams";
import { Carrier, Exchange, add, find, lost, received, remove, removeAll } from "./in-flight";
import { QUERY_BYTES_MAX, word, writeQuery } from "./message";
import { Server } from "./server";

@unmanaged
class StreamChannel extends Carrier {
  isClosed: bool;
  /** 0 while CONNECTING; then the slot and generation are those of the connect. */
  endpoint: usize;
  slot: u32;
  generation: u32;
  idle: Timer;
  /** When something came latest. */
  heardNs: u64;
  /** The first question that is not among the bytes below yet, or 0. */
  unsent: usize;
  /** Questions that the stream has not taken: DNS_STREAM_OUT_BYTES on the heap. */
  out: usize;
  outLength: u32;
  /** Bytes of the length and the message that came so far, and what the length says. */
  have: u32;
  messageLength: u32;
  /** The message, on the heap while it is in pieces, or 0. */
  message: usize;
}

const PREFIX_BYTES: u32 = 2;

const pool = new Pool(offsetof<StreamChannel>(), 8);

/** Connections that are open or in the making. */
export function liveCount(): i32 {
  return pool.live;
}

/** Sends the question of `exchange` over the connection to `server`, which is made if there is none. */
export function ask(server: Server, exchange: Exchange): void {
  const channel = server.stream ? changetype<StreamChannel>(server.stream) : create(server);
  timers.cancel(channel.idle);
  add(channel, exchange);
  exchange.isStream = true;
  exchange.sentNs = clock.now();
  if (!channel.unsent) channel.unsent = changetype<usize>(exchange);
  if (channel.endpoint) push(channel);
}

/** `exchange` is not to be answered any more by its connection. */
export function leave(exchange: Exchange): void {
  const channel = changetype<StreamChannel>(exchange.carrier);
  if (channel.unsent == changetype<usize>(exchange)) channel.unsent = exchange.next;
  remove(exchange);
  if (!channel.count) timers.schedule(channel.idle, clock.after(DNS_STREAM_IDLE_NS));
}

/** The same, as its time is over. When nothing came meanwhile, the connection is given up. */
export function leaveSilent(exchange: Exchange): void {
  const channel = changetype<StreamChannel>(exchange.carrier);
  const isSilent = channel.heardNs < exchange.sentNs;
  leave(exchange);
  if (isSilent) giveUp(channel, errors.TIMEOUT);
}

/** Closes the connection to `server`, if there is one; it carries nothing any more. */
export function detach(server: Server): void {
  if (server.stream) close(changetype<StreamChannel>(server.stream));
}

function create(server: Server): StreamChannel {
  const channel = changetype<StreamChannel>(pool.take());
  server.stream = changetype<usize>(channel);
  channel.server = server;
  channel.out = heap.alloc(DNS_STREAM_OUT_BYTES);
  channel.idle = timers.create(idleIsOver, changetype<usize>(channel));
  channel.slot = connections.connect(
    changetype<usize>(server.address), 1, null, NEVER, connected, changetype<usize>(channel),
  );
  channel.generation = connections.lastGeneration;
  return channel;
}

function connected(owner: usize): void {
  const channel = changetype<StreamChannel>(owner);
  channel.generation = 0;
  if (connections.lastReason) return giveUp(channel, connections.lastReason);
  const endpoint = connections.connected;
  channel.endpoint = changetype<usize>(endpoint);
  endpoints.setReader(endpoint, run, owner);
  endpoints.setWriter(endpoint, run, owner);
  endpoints.waitReadable(endpoint);
  push(channel);
}

function idleIsOver(owner: usize): void {
  close(changetype<StreamChannel>(owner));
}

/** Writes what the stream takes; it is asked again when it takes more. */
function push(channel: StreamChannel): void {
  const endpoint = changetype<Endpoint>(channel.endpoint);
  while (true) {
    fill(channel);
    if (!channel.outLength) return;
    const permit = streams.checkWrite(endpoint.output);
    if (!permit) return endpoints.waitWritable(endpoint);
    const count = min<u32>(permit, channel.outLength);
    if (permit < 0 || streams.write(endpoint.output, channel.out, count) < 0) {
      channel.failure = STREAM_FAILED;
      return readiness.hurry(endpoint.readable);
    }
    channel.outLength -= count;
    memory.copy(channel.out, channel.out + count, channel.outLength);
  }
}

/** Encodes questions as far as there is room. */
function fill(channel: StreamChannel): void {
  while (channel.unsent && channel.outLength + PREFIX_BYTES + QUERY_BYTES_MAX <= DNS_STREAM_OUT_BYTES) {
    const exchange = changetype<Exchange>(channel.unsent);
    const at = channel.out + channel.outLength;
    const length = writeQuery(at + PREFIX_BYTES, exchange.id, exchange.question, exchange.type, exchange.hasEdns);
    store<u16>(at, bswap(<u16>length));
    channel.outLength += PREFIX_BYTES + length;
    channel.unsent = exchange.next;
  }
}

/** Something is to be read, or written, or has failed. */
function run(owner: usize): void {
  const channel = changetype<StreamChannel>(owner);
  if (channel.failure) return giveUp(channel, channel.failure);
  channel.isRunning = true;
  push(channel);
  const reason = read(channel);
  channel.isRunning = false;
  if (channel.isClosed) pool.give(owner);
  else if (reason) giveUp(channel, reason);
  else if (channel.wrong >= DNS_WRONG_MAX) giveUp(channel, errors.TEMPORARY_RESOLVER_FAILURE);
}

/** Hears what came, and waits for more. Owners run in here, who may close the connection. */
function read(channel: StreamChannel): Reason {
  const endpoint = changetype<Endpoint>(channel.endpoint);
  for (let round = 0; round < ROUNDS_PER_RUN_MAX; round++) {
    const position = mark();
    const asked = max<i32>(READ_BYTES_MIN, channel.messageLength + PREFIX_BYTES - channel.have);
    const count = streams.read(endpoint.input, asked);
    if (count > 0) {
      channel.heardNs = clock.now();
      take(channel, streams.readAddress, count);
    }
    release(position);
    if (count < 0) return STREAM_FAILED;
    if (channel.isClosed) return OK;
    if (count < asked) {
      endpoints.waitReadable(endpoint);
      return OK;
    }
  }
  readiness.hurry(endpoint.readable);
  return OK;
}

/** Cuts bytes that came into messages. */
function take(channel: StreamChannel, bytes: usize, count: u32): void {
  for (const end = bytes + count; bytes < end && !channel.isClosed;) {
    if (channel.have < PREFIX_BYTES) {
      channel.messageLength = channel.messageLength << 8 | load<u8>(bytes++);
      if (++channel.have < PREFIX_BYTES) continue;
    }
    const length = channel.messageLength;
    const missing = length + PREFIX_BYTES - channel.have;
    const part = min<u32>(missing, <u32>(end - bytes));
    if (part == length) {
      forgetMessage(channel);
      hear(channel, bytes, length);
    } else if (part) {
      if (!channel.message) channel.message = heap.alloc(length);
      memory.copy(channel.message + channel.have - PREFIX_BYTES, bytes, part);
      channel.have += part;
      if (part == missing) {
        const message = channel.message;
        forgetMessage(channel);
        hear(channel, message, length);
        heap.free(message);
      }
    }
    bytes += part;
  }
}

function forgetMessage(channel: StreamChannel): void {
  channel.have = 0;
  channel.messageLength = 0;
  channel.message = 0;
}

function hear(channel: StreamChannel, message: usize, length: u32): void {
  const exchange = length >= 12 ? find(channel, word(message)) : null;
  if (!exchange || !received(exchange, message, length)) channel.wrong++;
}

/** The connection is of no more use. Questions that had an open one begin again, once each. */
function giveUp(channel: StreamChannel, reason: Reason): void {
  const server = channel.server;
  const wasOpen = channel.endpoint != 0;
  let at = removeAll(channel);
  close(channel);
  while (at) {
    const exchange = changetype<Exchange>(at);
    at = exchange.next;
    if (wasOpen && !exchange.wasCutOff) {
      exchange.wasCutOff = true;
      ask(server, exchange);
    } else {
      lost(exchange, reason);
    }
  }
}

function close(channel: StreamChannel): void {
  assert(!channel.count);
  channel.server.stream = 0;
  channel.isClosed = true;
  timers.free(channel.idle);
  heap.free(channel.out);
  if (channel.message) heap.free(channel.message);
  if (channel.endpoint) endpoints.finish(changetype<Endpoint>(channel.endpoint));
  else if (channel.generation) connections.cancel(channel.slot, channel.generation);
  if (!channel.isRunning) pool.give(changetype<usize>(channel));
}
