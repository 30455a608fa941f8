// A listening socket.
//
//   open() --> BINDING --> STARTING --> OPEN <--resume()/pause()--> paused
//                 |           |          |  ^
//                 +-----------+          v  | ACCEPT_RETRY_NS
//                 v                    out of descriptors: waits, because to try at once would spin
//              FAILED (`status` says why)
//
//   close() from any state: everything is dropped and no function runs any more.
//
// Accepted sockets wait in the host's queue while paused: that is the backpressure on new connections.

import { ACCEPTS_PER_RUN_MAX, ACCEPT_RETRY_NS, LISTEN_BACKLOG } from "../base/limits";
import * as readiness from "../poll/readiness";
import { IDLE, Source } from "../poll/source";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import { Timer } from "../time/timer-heap";
import * as errors from "../wasi/error-code";
import { Status } from "../wasi/error-code";
import { SocketAddress, instanceNetwork } from "../wasi/network";
import * as tcp from "../wasi/tcp";

const BINDING: u8 = 0;
const STARTING: u8 = 1;
const OPEN: u8 = 2;
const FAILED: u8 = 3;

@unmanaged
export class Listener {
  /** 0 when even the socket could not be made. */
  socket: u32;
  state: u8;
  paused: bool;
  /** Why it FAILED; `OK` otherwise. */
  status: Status;
  /** Where it listens; the port is the real one once OPEN. Owned by the caller, who outlives the listener. */
  address: SocketAddress;
  acceptable: Source;
  retry: Timer;
  /** Table index of a `(owner: usize) => void`, run once when it is OPEN or FAILED. */
  opened: u32;
  /** Table index of a `(owner: usize) => void`, run per connection; see `accepted*`. */
  accept: u32;
  owner: usize;
}

/** The connection that the running `accept` function receives and now owns. */
export let acceptedSocket: u32 = 0;
export let acceptedInput: u32 = 0;
export let acceptedOutput: u32 = 0;

/** Begins to listen at `address`. `opened` runs once, in a later turn; then `accept` per connection. */
export function open(
  address: SocketAddress, opened: (owner: usize) => void, accept: (owner: usize) => void, owner: usize,
): Listener {
  const listener = changetype<Listener>(heap.alloc(offsetof<Listener>()));
  memory.fill(changetype<usize>(listener), 0, offsetof<Listener>());
  listener.address = address;
  listener.opened = opened.index;
  listener.accept = accept.index;
  listener.owner = owner;
  listener.retry = timers.create(retry, changetype<usize>(listener));
  listener.acceptable = readiness.create(run, changetype<usize>(listener));
  listener.acceptable.pinned = true;
  listener.status = tcp.create(address.family);
  if (!listener.status) {
    listener.socket = tcp.socket;
    readiness.subscribe(listener.acceptable, tcp.subscribe(listener.socket));
    // Before the bind, because some hosts listen from then on; one that refuses keeps its own size.
    tcp.setListenBacklogSize(listener.socket, LISTEN_BACKLOG);
    listener.status = tcp.startBind(listener.socket, instanceNetwork(), address);
  }
  if (listener.status) listener.state = FAILED;
  readiness.hurry(listener.acceptable);
  return listener;
}

export function close(listener: Listener): void {
  timers.free(listener.retry);
  readiness.free(listener.acceptable);
  if (listener.socket) tcp.drop(listener.socket);
  heap.free(changetype<usize>(listener));
}

/** Accepts what already waits, and closes: whoever was let in before is still served. */
export function closeAfterRest(listener: Listener): void {
  if (listener.state == OPEN) {
    for (let left = <i32>LISTEN_BACKLOG; left > 0 && !listener.paused; left--) {
      const status = acceptOne(listener);
      if (status != errors.OK && !isOfOneConnection(status)) break;
    }
  }
  close(listener);
}

/** Takes no more connections until `resume`. */
export function pause(listener: Listener): void {
  listener.paused = true;
  readiness.rest(listener.acceptable);
}

export function resume(listener: Listener): void {
  if (!listener.paused) return;
  listener.paused = false;
  if (listener.state != FAILED) readiness.hurry(listener.acceptable);
}

function run(owner: usize): void {
  const listener = changetype<Listener>(owner);
  if (listener.state == OPEN) acceptSome(listener);
  else start(listener);
}

/** BINDING and STARTING: start-x was called, finish-x until it no longer would block. */
function start(listener: Listener): void {
  let status = listener.status;
  if (!status && listener.state == BINDING) {
    status = tcp.finishBind(listener.socket);
    if (!status) {
      listener.state = STARTING;
      status = tcp.startListen(listener.socket);
    }
  }
  if (!status && listener.state == STARTING) {
    status = tcp.finishListen(listener.socket);
    if (!status) status = tcp.localAddress(listener.socket, listener.address);
  }
  if (status == errors.WOULD_BLOCK) {
    readiness.wait(listener.acceptable);
    return;
  }
  listener.status = status;
  listener.state = status ? FAILED : OPEN;
  if (!status) readiness.wait(listener.acceptable);
  call_indirect<void>(listener.opened, listener.owner);
}

function acceptSome(listener: Listener): void {
  for (let i = 0; i < ACCEPTS_PER_RUN_MAX; i++) {
    if (listener.paused) return;
    const status = acceptOne(listener);
    if (status == errors.WOULD_BLOCK) {
      readiness.wait(listener.acceptable);
      return;
    }
    if (status != errors.OK && !isOfOneConnection(status)) {
      timers.schedule(listener.retry, clock.after(ACCEPT_RETRY_NS));
      return;
    }
  }
  if (!listener.paused) readiness.hurry(listener.acceptable);
}

function acceptOne(listener: Listener): Status {
  const status = tcp.accept(listener.socket);
  if (status == errors.OK) {
    acceptedSocket = tcp.socket;
    acceptedInput = tcp.input;
    acceptedOutput = tcp.output;
    call_indirect<void>(listener.accept, listener.owner);
  }
  return status;
}

function retry(owner: usize): void {
  const listener = changetype<Listener>(owner);
  if (!listener.paused && listener.acceptable.state == IDLE) readiness.hurry(listener.acceptable);
}

/** An error of the connection that was to be accepted, not of the listener: the next one may be well. */
function isOfOneConnection(status: Status): bool {
  return status == errors.CONNECTION_ABORTED || status == errors.CONNECTION_RESET;
}
