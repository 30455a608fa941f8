// A client connection in the making: the addresses of one name are tried in order until one answers.
//
//   start() --> CONNECTING(i) --finish-connect ok--> done, status OK, `connected*` hold the connection
//                  |      ^
//                  |      +-- refused, unreachable, timed out: address i + 1
//                  +-- no address left: done, status of the last one
//
//   cancel(): everything is dropped and `done` does not run.

import { CONNECT_TIMEOUT_NS } from "../base/limits";
import { Pool } from "../base/pool";
import * as readiness from "../poll/readiness";
import { Source } from "../poll/source";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import { Timer } from "../time/timer-heap";
import * as errors from "../wasi/error-code";
import { Status } from "../wasi/error-code";
import { instanceNetwork } from "../wasi/network";
import * as tcp from "../wasi/tcp";
import { AddressList } from "./address-list";

@unmanaged
export class Connector {
  /** 0 between two attempts. */
  socket: u32;
  index: i32;
  status: Status;
  source: Source;
  deadline: Timer;
  /** Owned by the caller, who keeps it until `done`. */
  addresses: AddressList;
  /** Table index of a `(owner: usize) => void`, run once. */
  done: u32;
  owner: usize;
}

/** How the connector whose `done` runs now ended. */
export let lastStatus: Status = errors.OK;
/** On OK: the connection, which that function now owns. */
export let connectedSocket: u32 = 0;
export let connectedInput: u32 = 0;
export let connectedOutput: u32 = 0;

const pool = new Pool(offsetof<Connector>());

/** `done` runs once, in a later turn. */
export function start(addresses: AddressList, done: (owner: usize) => void, owner: usize): Connector {
  assert(addresses.length > 0);
  const connector = changetype<Connector>(pool.take());
  connector.addresses = addresses;
  connector.done = done.index;
  connector.owner = owner;
  connector.source = readiness.create(run, changetype<usize>(connector));
  connector.source.pinned = true;
  connector.deadline = timers.create(timedOut, changetype<usize>(connector));
  readiness.hurry(connector.source);
  return connector;
}

export function liveCount(): i32 {
  return pool.live;
}

export function cancel(connector: Connector): void {
  readiness.free(connector.source);
  timers.free(connector.deadline);
  if (connector.socket) tcp.drop(connector.socket);
  pool.give(changetype<usize>(connector));
}

function run(owner: usize): void {
  const connector = changetype<Connector>(owner);
  if (!connector.socket && !attempt(connector)) return;
  const status = tcp.finishConnect(connector.socket);
  if (status == errors.WOULD_BLOCK) {
    readiness.wait(connector.source);
  } else if (status) {
    giveUpAttempt(connector, status);
  } else {
    connectedSocket = connector.socket;
    connectedInput = tcp.input;
    connectedOutput = tcp.output;
    connector.socket = 0;
    finish(connector, errors.OK);
  }
}

/** Begins with the address at `index`. False when that failed at once. */
function attempt(connector: Connector): bool {
  const address = connector.addresses.at(connector.index);
  let status = tcp.create(address.family);
  if (!status) {
    connector.socket = tcp.socket;
    status = tcp.startConnect(connector.socket, instanceNetwork(), address);
  }
  if (status) {
    giveUpAttempt(connector, status);
    return false;
  }
  readiness.subscribe(connector.source, tcp.subscribe(connector.socket));
  timers.schedule(connector.deadline, clock.after(CONNECT_TIMEOUT_NS));
  return true;
}

function timedOut(owner: usize): void {
  giveUpAttempt(changetype<Connector>(owner), errors.TIMEOUT);
}

function giveUpAttempt(connector: Connector, status: Status): void {
  timers.cancel(connector.deadline);
  readiness.unsubscribe(connector.source);
  if (connector.socket) tcp.drop(connector.socket);
  connector.socket = 0;
  if (++connector.index < connector.addresses.length) readiness.hurry(connector.source);
  else finish(connector, status);
}

function finish(connector: Connector, status: Status): void {
  const done = connector.done;
  const owner = connector.owner;
  cancel(connector);
  lastStatus = status;
  call_indirect<void>(done, owner);
}
