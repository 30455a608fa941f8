// An acceptor: one bound address of a listener.
//
//   bind() --> BINDING --> BOUND -- listen() --> STARTING --> OPEN: connections may wait
//                 |                                 |
//                 +---------------------------------+--> FAILED (`status` says why)
//
// Most hosts go through BINDING and STARTING within the call. Where one does not, `changed` runs once when the
// state is BOUND, OPEN or FAILED, unless `finish` waits for that. Then it runs whenever connections may wait to be
// accepted.

import { LISTEN_BACKLOG } from "../base/limits";
import { Pool } from "../base/pool";
import * as readiness from "../poll/readiness";
import { Source } from "../poll/source";
import * as errors from "../wasi/error-code";
import { Status } from "../wasi/error-code";
import { SocketAddress, instanceNetwork } from "../wasi/network";
import * as poll from "../wasi/poll";
import * as tcp from "../wasi/tcp";
import * as socketOptions from "./socket-options";
import { SocketOptions } from "./socket-options";

export const BINDING: u8 = 0;
export const BOUND: u8 = 1;
export const STARTING: u8 = 2;
export const OPEN: u8 = 3;
export const FAILED: u8 = 4;

const ADDRESS_AT: usize = offsetof<Acceptor>();

@unmanaged
export class Acceptor {
  /** 0 when even the socket could not be made. */
  socket: u32;
  state: u8;
  /** Why it FAILED; OK otherwise. */
  status: Status;
  acceptable: Source;
  /** Table index of a `(acceptor: usize) => void`. */
  changed: u32;
  owner: usize;
  /** Next acceptor of the owner. */
  next: usize;

  /** Where it is bound, with the real port from BOUND on. */
  @inline get address(): SocketAddress {
    return changetype<SocketAddress>(changetype<usize>(this) + ADDRESS_AT);
  }
}

const pool = new Pool(ADDRESS_AT + offsetof<SocketAddress>(), 8);

/** Takes `address`. The caller looks at the state, and owns the acceptor until `free`. */
export function bind(
  address: SocketAddress, options: SocketOptions, changed: (acceptor: usize) => void, owner: usize,
): Acceptor {
  const acceptor = changetype<Acceptor>(pool.take());
  acceptor.address.copyFrom(address);
  acceptor.changed = changed.index;
  acceptor.owner = owner;
  acceptor.acceptable = readiness.create(run, changetype<usize>(acceptor));
  acceptor.acceptable.pinned = true;
  let status = tcp.create(address.family);
  if (!status) {
    acceptor.socket = tcp.socket;
    socketOptions.apply(options, acceptor.socket);
    // Before the bind, because some hosts listen from then on; one that refuses keeps its own size.
    tcp.setListenBacklogSize(acceptor.socket, options.backlog ? <u64>options.backlog : LISTEN_BACKLOG);
    status = tcp.startBind(acceptor.socket, instanceNetwork(), address);
  }
  proceed(acceptor, status ? status : finishBind(acceptor), BOUND);
  return acceptor;
}

/** From BOUND on to OPEN, or FAILED. */
export function listen(acceptor: Acceptor): void {
  assert(acceptor.state == BOUND);
  acceptor.state = STARTING;
  const status = tcp.startListen(acceptor.socket);
  proceed(acceptor, status ? status : tcp.finishListen(acceptor.socket), OPEN);
}

/** Waits until it is neither BINDING nor STARTING, for callers that may block. Nothing else runs meanwhile. */
export function finish(acceptor: Acceptor): void {
  while (acceptor.state == BINDING || acceptor.state == STARTING) {
    readiness.rest(acceptor.acceptable);
    poll.block(acceptor.acceptable.pollable);
    step(acceptor);
  }
}

export function free(acceptor: Acceptor): void {
  readiness.free(acceptor.acceptable);
  if (acceptor.socket) tcp.drop(acceptor.socket);
  pool.give(changetype<usize>(acceptor));
}

/** Acceptors that are not freed. */
export function liveCount(): i32 {
  return pool.live;
}

function run(owner: usize): void {
  const acceptor = changetype<Acceptor>(owner);
  step(acceptor);
  if (acceptor.state != BINDING && acceptor.state != STARTING) {
    call_indirect<void>(acceptor.changed, owner);
  }
}

function step(acceptor: Acceptor): void {
  if (acceptor.state == BINDING) proceed(acceptor, finishBind(acceptor), BOUND);
  else if (acceptor.state == STARTING) proceed(acceptor, tcp.finishListen(acceptor.socket), OPEN);
}

function finishBind(acceptor: Acceptor): Status {
  const status = tcp.finishBind(acceptor.socket);
  return status ? status : tcp.localAddress(acceptor.socket, acceptor.address);
}

/** What a step came to: `next`, FAILED, or it waits where it is. */
function proceed(acceptor: Acceptor, status: Status, next: u8): void {
  if (!acceptor.acceptable.pollable && acceptor.socket && (status == errors.WOULD_BLOCK || next == OPEN)) {
    readiness.subscribe(acceptor.acceptable, tcp.subscribe(acceptor.socket));
  }
  if (status == errors.WOULD_BLOCK) {
    readiness.wait(acceptor.acceptable);
    return;
  }
  acceptor.status = status;
  acceptor.state = status ? FAILED : next;
}
