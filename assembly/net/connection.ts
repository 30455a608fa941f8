// Client connections in the making: the addresses are tried in order until one answers.
//
//   connect() --> CONNECTING(i) --finish-connect ok--> done: OK, `connected` is the connection
//                  |      ^
//                  |      +-- refused, unreachable, its time is over: address i + 1
//                  +-- no address left: done, reason of the last one; the deadline is over: DEADLINE_EXCEEDED
//
//   cancel() before that: everything is dropped and `done` never runs.
//
// With a deadline, the time that is left is shared evenly by the addresses that are left, so that a first one that
// never answers leaves time for the others. Without one, each has CONNECT_TIMEOUT_NS.

import { ADDRESSES_MAX, CONNECT_TIMEOUT_NS } from "../base/limits";
import { Pool } from "../base/pool";
import { Slots } from "../base/slots";
import * as readiness from "../poll/readiness";
import { Source } from "../poll/source";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import { NEVER, Timer } from "../time/timer-heap";
import * as errors from "../wasi/error-code";
import { SocketAddress, instanceNetwork } from "../wasi/network";
import * as tcp from "../wasi/tcp";
import * as endpoints from "./endpoint";
import { Endpoint } from "./endpoint";
import { DEADLINE_EXCEEDED, OK, Reason } from "./reason";
import * as socketOptions from "./socket-options";
import { SOCKET_OPTIONS_BYTES, SocketOptions } from "./socket-options";

@unmanaged
class Connection {
  /** First word of its handle. */
  slot: u32;
  /** 0 between two attempts. */
  socket: u32;
  index: i32;
  /** Copies of the addresses on the heap. */
  addresses: usize;
  addressCount: i32;
  source: Source;
  limit: Timer;
  /** When all is over, NEVER without a deadline. */
  deadlineNs: u64;
  /** A copy of the options on the heap, or 0. */
  options: usize;
  /** Table index of a `(owner: usize) => void`, run once. */
  done: u32;
  owner: usize;
}

const ADDRESS_BYTES: usize = offsetof<SocketAddress>();

/** How the connect whose `done` runs now ended. */
export let lastReason: Reason = OK;
/** On OK: the connection, which that function now owns. */
export let connected: Endpoint = changetype<Endpoint>(0);
/** The second word of the handle that `connect` returned. Read it right after the call. */
export let lastGeneration: u32 = 0;

const pool = new Pool(offsetof<Connection>());
const slots = new Slots();

/**
 * Connects to the first of `count` addresses (one after the other in memory; they are copied, and so are the
 * options) that answers. `done` runs exactly once, in a later turn, unless `cancel` was in time. Returns the slot of
 * its handle; the generation is `lastGeneration`. `deadlineNs` is a time of the monotonic clock, or NEVER.
 */
export function connect(
  addresses: usize, count: i32, options: SocketOptions | null, deadlineNs: u64,
  done: (owner: usize) => void, owner: usize,
): u32 {
  assert(count > 0 && count <= ADDRESSES_MAX);
  const connection = changetype<Connection>(pool.take());
  connection.slot = slots.take(changetype<usize>(connection));
  lastGeneration = slots.generation;
  connection.addresses = copyOf(addresses, <usize>count * ADDRESS_BYTES);
  connection.addressCount = count;
  connection.options = options ? copyOf(changetype<usize>(options), SOCKET_OPTIONS_BYTES) : 0;
  connection.deadlineNs = deadlineNs;
  connection.done = done.index;
  connection.owner = owner;
  connection.source = readiness.create(run, changetype<usize>(connection));
  connection.source.pinned = true;
  connection.limit = timers.create(limitReached, changetype<usize>(connection));
  readiness.hurry(connection.source);
  return connection.slot;
}

/** True: `done` will never run. False: it ran already, or the handle is not one of `connect`'s. */
export function cancel(slot: u32, generation: u32): bool {
  const connection = find(slot, generation);
  if (!connection) return false;
  free(connection);
  return true;
}

/** The owner of a connect that is under way; 0 for every other handle. */
export function ownerOf(slot: u32, generation: u32): usize {
  const connection = find(slot, generation);
  return connection ? connection.owner : 0;
}

function find(slot: u32, generation: u32): Connection | null {
  return changetype<Connection | null>(slots.find(slot, generation));
}

/** Connects that are under way. */
export function liveCount(): i32 {
  return pool.live;
}

function run(owner: usize): void {
  const connection = changetype<Connection>(owner);
  if (!connection.socket && !attempt(connection)) return;
  const status = tcp.finishConnect(connection.socket);
  if (status == errors.WOULD_BLOCK) {
    readiness.wait(connection.source);
  } else if (status) {
    giveUpAttempt(connection, status);
  } else {
    const endpoint = endpoints.create(connection.socket, tcp.input, tcp.output);
    connection.socket = 0;
    finish(connection, OK, endpoint);
  }
}

/** Begins with the address at `index`. False when that failed at once. */
function attempt(connection: Connection): bool {
  const address = changetype<SocketAddress>(connection.addresses + <usize>connection.index * ADDRESS_BYTES);
  const limitNs = limitOfAttempt(connection);
  if (limitNs <= clock.now()) {
    finish(connection, DEADLINE_EXCEEDED, changetype<Endpoint>(0));
    return false;
  }
  let status = tcp.create(address.family);
  if (!status) {
    connection.socket = tcp.socket;
    if (connection.options) socketOptions.apply(changetype<SocketOptions>(connection.options), connection.socket);
    status = tcp.startConnect(connection.socket, instanceNetwork(), address);
  }
  if (status) {
    giveUpAttempt(connection, status);
    return false;
  }
  readiness.subscribe(connection.source, tcp.subscribe(connection.socket));
  timers.schedule(connection.limit, limitNs);
  return true;
}

function limitOfAttempt(connection: Connection): u64 {
  const deadlineNs = connection.deadlineNs;
  if (deadlineNs == NEVER) return clock.after(CONNECT_TIMEOUT_NS);
  const nowNs = clock.now();
  if (deadlineNs <= nowNs) return 0;
  return nowNs + (deadlineNs - nowNs) / <u64>(connection.addressCount - connection.index);
}

function limitReached(owner: usize): void {
  const connection = changetype<Connection>(owner);
  giveUpAttempt(connection, connection.deadlineNs == NEVER ? errors.TIMEOUT : DEADLINE_EXCEEDED);
}

function giveUpAttempt(connection: Connection, reason: Reason): void {
  timers.cancel(connection.limit);
  readiness.unsubscribe(connection.source);
  if (connection.socket) tcp.drop(connection.socket);
  connection.socket = 0;
  if (++connection.index < connection.addressCount) readiness.hurry(connection.source);
  else finish(connection, reason, changetype<Endpoint>(0));
}

function finish(connection: Connection, reason: Reason, endpoint: Endpoint): void {
  const done = connection.done;
  const owner = connection.owner;
  free(connection);
  lastReason = reason;
  connected = endpoint;
  call_indirect<void>(done, owner);
}

function free(connection: Connection): void {
  slots.forget(connection.slot);
  readiness.free(connection.source);
  timers.free(connection.limit);
  if (connection.socket) tcp.drop(connection.socket);
  heap.free(connection.addresses);
  if (connection.options) heap.free(connection.options);
  pool.give(changetype<usize>(connection));
}

function copyOf(source: usize, length: usize): usize {
  const copy = heap.alloc(length);
  memory.copy(copy, source, length);
  return copy;
}
