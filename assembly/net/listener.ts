// A listener: bound addresses (acceptor.ts) that share functions, options and a fate.
//
//   create() --> IDLE -- start() --> STARTED --> closed: `shutDown` runs once, later, as the last function
//                  |  bind() …          |  ^
//                  |                    |  +-- nobody is let in while: paused by the owner (until resume), memory is
//                  |                    |      short or the system is out of descriptors (until ACCEPT_RETRY_NS are
//                  |                    |      over), ENDPOINTS_MAX are open (until one closes)
//                  +--------------------+-- close()
//
// Whoever is not let in waits in the host's queue: that is the backpressure on new connections. Accepted endpoints
// belong to the owner and outlive the listener.

import {
  ACCEPTS_PER_RUN_MAX, ACCEPT_PRESSURE_MAX, ACCEPT_RETRY_NS, ENDPOINTS_MAX, LISTEN_BACKLOG, PORT_TRIES_MAX,
} from "../base/limits";
import { Pool } from "../base/pool";
import * as tasks from "../exec/tasks";
import * as readiness from "../poll/readiness";
import { IDLE as QUIET } from "../poll/source";
import * as quotas from "../quota/memory-quota";
import { MemoryQuota } from "../quota/memory-quota";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import { Timer } from "../time/timer-heap";
import * as errors from "../wasi/error-code";
import { Status } from "../wasi/error-code";
import { IPV4, IPV6, SocketAddress } from "../wasi/network";
import * as tcp from "../wasi/tcp";
import * as acceptors from "./acceptor";
import { Acceptor } from "./acceptor";
import * as endpoints from "./endpoint";
import { Endpoint } from "./endpoint";
import { SOCKET_OPTIONS_BYTES, SocketOptions } from "./socket-options";

const OPTIONS_AT: usize = (offsetof<Listener>() + 7) & ~7;

@unmanaged
export class Listener {
  /** Acceptors, the latest first. */
  acceptors: usize;
  isStarted: bool;
  /** The record lives on until `shutDown` ran. */
  isClosed: bool;
  paused: bool;
  /** Some connection waits until an endpoint is closed, or until all listeners are let go. */
  isFull: bool;
  /** The owner waits for `opened`. */
  isOpening: bool;
  /** Binds and the start may wait for the host. */
  mayBlock: bool;
  /** The first failure of an acceptor. */
  status: Status;
  /** Of the first bind; later binds to port 0 get the same. */
  port: u16;
  retry: Timer;
  /** Whose pressure holds connections back, or 0. Not owned. */
  quota: usize;
  /** Table indexes of `(owner: usize) => void`; `opened` is 0 when binds must be done within their call. */
  accept: u32;
  shutDown: u32;
  opened: u32;
  owner: usize;
  previous: usize;
  next: usize;

  @inline get options(): SocketOptions {
    return changetype<SocketOptions>(changetype<usize>(this) + OPTIONS_AT);
  }
}

/** The connection that the running `accept` function receives and now owns. */
export let accepted: Endpoint = changetype<Endpoint>(0);

const pool = new Pool(OPTIONS_AT + SOCKET_OPTIONS_BYTES, 8);
let first: usize = 0;
let isHeld: bool = false;
const otherFamily = changetype<SocketAddress>(memory.data(28, 4));

/**
 * `accept` runs once per connection and owns `accepted` then; `shutDown` runs once, after `close`, when no other
 * function of the listener will run any more. Both run from the loop. Options are copied; null means none.
 */
export function create(
  accept: (owner: usize) => void, shutDown: (owner: usize) => void, owner: usize, options: SocketOptions | null,
): Listener {
  const listener = changetype<Listener>(pool.take());
  listener.accept = accept.index;
  listener.shutDown = shutDown.index;
  listener.owner = owner;
  listener.retry = timers.create(lookAgain, changetype<usize>(listener));
  if (options) memory.copy(changetype<usize>(listener.options), changetype<usize>(options), SOCKET_OPTIONS_BYTES);
  listener.next = first;
  if (first) changetype<Listener>(first).previous = changetype<usize>(listener);
  first = changetype<usize>(listener);
  endpoints.onClosed(roomMade);
  return listener;
}

/** Nobody is let in while `quota` is under more pressure than ACCEPT_PRESSURE_MAX. It outlives the listener. */
export function setQuota(listener: Listener, quota: MemoryQuota): void {
  listener.quota = changetype<usize>(quota);
}

/**
 * Allows hosts whose binds take their time: `bind` may then return 0, `start` WOULD_BLOCK, and `opened` runs once
 * when every acceptor is open or failed (`status`).
 */
export function allowLater(listener: Listener, opened: (owner: usize) => void): void {
  listener.opened = opened.index;
}

/** The other way for such hosts, for callers that may block: `bind` and `start` wait, and nothing else runs. */
export function allowBlocking(listener: Listener): void {
  listener.mayBlock = true;
}

/**
 * Takes an address, and returns its port, or minus the reason why not (after start: INVALID_STATE).
 * Port 0 is the port of the first bind (filled into `address`), or one that the system picks. [::] takes 0.0.0.0 as
 * well where that is possible, with the same port; one of the two is enough.
 */
export function bind(listener: Listener, address: SocketAddress): i32 {
  if (listener.isStarted) return -errors.INVALID_STATE;
  const isAnyPort = address.port == 0 && listener.port == 0;
  if (address.port == 0) address.port = listener.port;
  if (address.family == IPV4 || !isWildcard(address)) return bindOne(listener, address);
  let port = bindBoth(listener, address);
  for (let tries = PORT_TRIES_MAX; isAnyPort && isHalf && tries > 1; tries--) {
    drop(listener); // somebody else has that port of IPv4: another one, please
    listener.port = 0;
    port = bindBoth(listener, address);
  }
  return port;
}

/** Where the first bind is. Only after one succeeded. */
export function firstAddress(listener: Listener): SocketAddress {
  let at = listener.acceptors;
  assert(at != 0);
  while (changetype<Acceptor>(at).next) at = changetype<Acceptor>(at).next;
  return changetype<Acceptor>(at).address;
}

/**
 * Lets connections in. Nothing is half done: when one acceptor cannot listen, that is the answer, all addresses are
 * given back, and only `close` is left. WOULD_BLOCK: see `allowLater`.
 */
export function start(listener: Listener): Status {
  if (listener.isStarted || !listener.acceptors) return errors.INVALID_STATE;
  listener.isStarted = true;
  let isLater = false;
  for (let at = listener.acceptors; at; at = changetype<Acceptor>(at).next) {
    const acceptor = changetype<Acceptor>(at);
    if (acceptor.state == acceptors.BOUND) acceptors.listen(acceptor);
    if (listener.mayBlock) acceptors.finish(acceptor);
    if (acceptor.state == acceptors.FAILED) return fail(listener, acceptor.status);
    if (acceptor.state < acceptors.OPEN) isLater = true;
  }
  lookAgain(changetype<usize>(listener));
  if (!isLater) return errors.OK;
  if (!listener.opened) return fail(listener, errors.NOT_SUPPORTED);
  listener.isOpening = true;
  return errors.WOULD_BLOCK;
}

/** Gives every address back. The caller forgets the listener; `shutDown` runs once, in a later turn. */
export function close(listener: Listener): void {
  assert(!listener.isClosed, "a listener was closed twice");
  listener.isClosed = true;
  while (listener.acceptors) drop(listener);
  timers.free(listener.retry);
  if (listener.previous) changetype<Listener>(listener.previous).next = listener.next;
  else first = listener.next;
  if (listener.next) changetype<Listener>(listener.next).previous = listener.previous;
  tasks.run(lastFunction, changetype<usize>(listener));
}

/** Accepts what already waits, and closes: whoever was let in before is still served. */
export function closeAfterRest(listener: Listener): void {
  for (let at = listener.acceptors; at; at = changetype<Acceptor>(at).next) {
    const acceptor = changetype<Acceptor>(at);
    if (acceptor.state != acceptors.OPEN) continue;
    for (let left = <i32>LISTEN_BACKLOG; left > 0 && !listener.paused; left--) {
      const status = acceptOne(listener, acceptor);
      if (listener.isClosed) return;
      if (status != errors.OK && !isOfOneConnection(status)) break;
    }
  }
  close(listener);
}

/** Takes no more connections until `resume`. */
export function pause(listener: Listener): void {
  listener.paused = true;
  for (let at = listener.acceptors; at; at = changetype<Acceptor>(at).next) {
    const acceptor = changetype<Acceptor>(at);
    if (acceptor.state == acceptors.OPEN) readiness.rest(acceptor.acceptable);
  }
}

export function resume(listener: Listener): void {
  if (!listener.paused) return;
  listener.paused = false;
  lookAgain(changetype<usize>(listener));
}

/** No listener lets anybody in until `letGo`; nothing is lost meanwhile. Idempotent. */
export function hold(): void {
  isHeld = true;
}

export function letGo(): void {
  if (!isHeld) return;
  isHeld = false;
  roomMade();
}

/** Listeners whose `shutDown` did not run yet. */
export function liveCount(): i32 {
  return pool.live;
}

/** The port of [::] was not free for 0.0.0.0 in the latest `bindBoth`. */
let isHalf: bool = false;

function bindBoth(listener: Listener, address: SocketAddress): i32 {
  isHalf = false;
  const port = bindOne(listener, address);
  if (port == 0) return 0; // which one is not known yet
  otherFamily.family = IPV4;
  otherFamily.port = port > 0 ? <u16>port : address.port;
  const other = bindOne(listener, otherFamily);
  isHalf = port > 0 && other == -errors.ADDRESS_IN_USE;
  return port < 0 && other >= 0 ? other : port;
}

function bindOne(listener: Listener, address: SocketAddress): i32 {
  const acceptor = acceptors.bind(address, listener.options, changed, changetype<usize>(listener));
  if (listener.mayBlock) acceptors.finish(acceptor);
  const status = acceptor.state == acceptors.BINDING && !listener.opened ? errors.NOT_SUPPORTED : acceptor.status;
  if (status) {
    acceptors.free(acceptor);
    return -status;
  }
  acceptor.next = listener.acceptors;
  listener.acceptors = changetype<usize>(acceptor);
  if (acceptor.state == acceptors.BINDING) return 0;
  if (!listener.port) listener.port = acceptor.address.port;
  return acceptor.address.port;
}

/** Gives the latest address back. */
function drop(listener: Listener): void {
  const acceptor = changetype<Acceptor>(listener.acceptors);
  listener.acceptors = acceptor.next;
  acceptors.free(acceptor);
}

function fail(listener: Listener, status: Status): Status {
  while (listener.acceptors) drop(listener);
  listener.status = status;
  return status;
}

/** An acceptor came to its end of BINDING or STARTING, or connections may wait. */
function changed(at: usize): void {
  const acceptor = changetype<Acceptor>(at);
  const listener = changetype<Listener>(acceptor.owner);
  if (acceptor.state == acceptors.BOUND && listener.isStarted) acceptors.listen(acceptor);
  if (acceptor.state == acceptors.FAILED && !listener.status) listener.status = acceptor.status;
  if (listener.isOpening && isEveryOneOpen(listener)) {
    listener.isOpening = false;
    call_indirect<void>(listener.opened, listener.owner);
    if (listener.isClosed) return;
  }
  if (acceptor.state == acceptors.OPEN) acceptSome(listener, acceptor);
}

function isEveryOneOpen(listener: Listener): bool {
  for (let at = listener.acceptors; at; at = changetype<Acceptor>(at).next) {
    if (changetype<Acceptor>(at).state < acceptors.OPEN) return false;
  }
  return true;
}

function acceptSome(listener: Listener, acceptor: Acceptor): void {
  for (let i = 0; i < ACCEPTS_PER_RUN_MAX; i++) {
    if (listener.paused) return;
    if (isHeld || endpoints.liveCount() >= ENDPOINTS_MAX) {
      listener.isFull = true;
      return;
    }
    const status = isUnderPressure(listener) ? errors.OUT_OF_MEMORY : acceptOne(listener, acceptor);
    if (listener.isClosed) return; // by the function that accepted
    if (status == errors.WOULD_BLOCK) { // a `resume` from within may have queued it already
      if (acceptor.acceptable.state == QUIET) readiness.wait(acceptor.acceptable);
      return;
    }
    if (status != errors.OK && !isOfOneConnection(status)) {
      timers.schedule(listener.retry, clock.after(ACCEPT_RETRY_NS));
      return;
    }
  }
  if (!listener.paused) readiness.hurry(acceptor.acceptable);
}

function acceptOne(listener: Listener, acceptor: Acceptor): Status {
  const status = tcp.accept(acceptor.socket);
  if (status == errors.OK) {
    accepted = endpoints.create(tcp.socket, tcp.input, tcp.output);
    call_indirect<void>(listener.accept, listener.owner);
  }
  return status;
}

function isUnderPressure(listener: Listener): bool {
  return listener.quota != 0 && quotas.pressureOf(changetype<MemoryQuota>(listener.quota)) > ACCEPT_PRESSURE_MAX;
}

function lookAgain(owner: usize): void {
  const listener = changetype<Listener>(owner);
  if (listener.paused) return;
  for (let at = listener.acceptors; at; at = changetype<Acceptor>(at).next) {
    const acceptor = changetype<Acceptor>(at);
    if (acceptor.state == acceptors.OPEN && acceptor.acceptable.state == QUIET) readiness.hurry(acceptor.acceptable);
  }
}

/** An endpoint was closed, or the listeners were let go. */
function roomMade(): void {
  for (let at = first; at; at = changetype<Listener>(at).next) {
    const listener = changetype<Listener>(at);
    if (!listener.isFull) continue;
    listener.isFull = false;
    lookAgain(at);
  }
}

function lastFunction(at: usize): void {
  const listener = changetype<Listener>(at);
  const shutDown = listener.shutDown;
  const owner = listener.owner;
  pool.give(at);
  call_indirect<void>(shutDown, owner);
}

function isWildcard(address: SocketAddress): bool {
  assert(address.family == IPV6);
  for (let i = 0; i < 8; i++) {
    if (address.part(i)) return false;
  }
  return true;
}

/** An error of the connection that was to be accepted, not of the listener: the next one may be well. */
function isOfOneConnection(status: Status): bool {
  return status == errors.CONNECTION_ABORTED || status == errors.CONNECTION_RESET;
}
