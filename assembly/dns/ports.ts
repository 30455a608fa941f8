// UDP ports that questions leave by. Each is connected to one server, so that nobody else is heard.
//
//   send() --> OPENING -- bound, connected --> FRESH -- DNS_PORT_USES_MAX questions --> SPENT
//                 |                              |                                        |
//                 |                              +-- its last question left --> closed <--+
//                 |                              |                                        |
//                 +-- failed ------------+-------+--- told of a failure, flooded ---------+
//                                        v
//               closed: the questions are lost to their owner; after a flood they leave by other ports
//
// Port numbers come from wasi:random. While fewer than DNS_PORTS_MAX are fresh, each question gets a new port of its
// own; beyond that, a random one of them. What answers no question of its port is counted and otherwise ignored: who
// guesses learns nothing, and the right answer may still come.

import { mark, release } from "../abi/arena";
import {
  DNS_PORTS_MAX, DNS_PORTS_TOTAL_MAX, DNS_PORT_USES_MAX, DNS_RECEIVES_PER_RUN_MAX, DNS_WRONG_MAX,
} from "../base/limits";
import { Pool } from "../base/pool";
import { OK, Reason } from "../net/reason";
import * as readiness from "../poll/readiness";
import { IDLE, Source } from "../poll/source";
import * as clock from "../time/clock";
import * as errors from "../wasi/error-code";
import { Status } from "../wasi/error-code";
import { SocketAddress, liftSocketAddress } from "../wasi/network";
import * as udp from "../wasi/udp";
import * as entropy from "./entropy";
import { Exchange, add, find, lost, received, remove, removeAll } from "./in-flight";
import { word, writeQuery } from "./message";
import { Port, bind } from "./port";
import { Server } from "./server";

/** Datagrams of one call: each may have 64 KiB, and they land in the arena. */
const DATAGRAMS: u64 = 2;

const pool = new Pool(offsetof<Port>());
const query: usize = memory.data(288, 8); // room for QUERY_BYTES_MAX
const outgoingDatagram: usize = memory.data(48, 8);
const sender = changetype<SocketAddress>(memory.data(28, 4));
/** Why the latest `open` returned null. */
let openStatus: Status = errors.OK;

/** Ports that are open or opening. */
export function liveCount(): i32 {
  return pool.live;
}

/**
 * Sends the question of `exchange` by one of the ports, or as soon as that is open. Anything but OK: there is no port
 * for it, and that is why.
 */
export function send(server: Server, exchange: Exchange): Reason {
  const port = choose(server);
  if (!port) return openStatus;
  if (++port.uses >= DNS_PORT_USES_MAX) spend(port);
  add(port, exchange);
  exchange.isStream = false;
  if (!port.unsent) port.unsent = changetype<usize>(exchange);
  if (port.incoming) push(port);
  return OK;
}

/** `exchange` is not to be answered any more by its port. */
export function leave(exchange: Exchange): void {
  const port = changetype<Port>(exchange.carrier);
  if (port.unsent == changetype<usize>(exchange)) port.unsent = exchange.next;
  remove(exchange);
  if (!port.count) close(port);
}

function choose(server: Server): Port | null {
  if (server.freshCount < DNS_PORTS_MAX && server.portCount < DNS_PORTS_TOTAL_MAX) {
    const port = open(server);
    if (port) return port;
  }
  const count = server.freshCount ? server.freshCount : server.portCount;
  return count ? changetype<Port>(server.portAt(entropy.below(count))) : null;
}

function open(server: Server): Port | null {
  openStatus = udp.create(server.address.family);
  if (openStatus) return null;
  const port = changetype<Port>(pool.take());
  port.server = server;
  port.socket = udp.socket;
  port.source = readiness.create(run, changetype<usize>(port));
  port.index = server.portCount++;
  server.setPort(port.index, changetype<usize>(port));
  swap(server, port.index, server.freshCount++);
  openStatus = bind(port);
  if (openStatus == errors.WOULD_BLOCK) {
    readiness.subscribe(port.source, udp.subscribe(port.socket));
    readiness.wait(port.source);
  } else if (openStatus) {
    close(port);
    return null;
  }
  return port;
}

/** Sends what is unsent, as far as the stream takes it: a fresh socket may want a moment before its first datagram. */
function push(port: Port): void {
  while (port.unsent) {
    const exchange = changetype<Exchange>(port.unsent);
    let status = udp.checkSend(port.outgoing);
    if (!status && udp.value) {
      store<usize>(outgoingDatagram, query);
      store<u32>(outgoingDatagram, writeQuery(
        query, exchange.id, exchange.question, exchange.type, exchange.hasEdns,
      ), 4);
      status = udp.send(port.outgoing, outgoingDatagram, 1);
    }
    if (status) {
      spend(port);
      port.failure = status;
      return readiness.hurry(port.source);
    }
    if (!udp.value) return waitWritable(port);
    exchange.sentNs = clock.now();
    port.unsent = exchange.next;
  }
}

function waitWritable(port: Port): void {
  if (!port.writable) {
    const source = readiness.create(pushLater, changetype<usize>(port));
    port.writable = changetype<usize>(source);
    readiness.subscribe(source, udp.subscribeOutgoing(port.outgoing));
  }
  const source = changetype<Source>(port.writable);
  if (source.state == IDLE) readiness.wait(source);
}

function pushLater(owner: usize): void {
  push(changetype<Port>(owner));
}

function run(owner: usize): void {
  const port = changetype<Port>(owner);
  if (port.failure) return fail(port, port.failure);
  if (!port.incoming) return goOn(port);
  port.isRunning = true;
  const status = receive(port);
  port.isRunning = false;
  if (!port.socket) pool.give(owner);
  else if (status) fail(port, status);
  else if (port.wrong >= DNS_WRONG_MAX) renew(port);
}

/** The host had wanted time for the bind. */
function goOn(port: Port): void {
  const status = bind(port);
  if (status == errors.WOULD_BLOCK) return readiness.wait(port.source);
  if (status) return fail(port, status);
  push(port);
}

/** Hears what came, and waits for more. Owners run in here, who may close the port. */
function receive(port: Port): Status {
  for (let round = 0; round < DNS_RECEIVES_PER_RUN_MAX; round++) {
    const position = mark();
    const status = udp.receive(port.incoming, DATAGRAMS);
    const count = status ? 0 : udp.value;
    let datagram = udp.datagrams;
    for (let i: u64 = 0; i < count && port.socket; i++, datagram += udp.INCOMING_BYTES) {
      hear(port, datagram, load<usize>(datagram), load<u32>(datagram, 4));
    }
    release(position);
    if (status || !port.socket) return status;
    if (count < DATAGRAMS) {
      if (port.source.state == IDLE) readiness.wait(port.source);
      return status;
    }
    if (port.wrong >= DNS_WRONG_MAX) return status;
  }
  readiness.hurry(port.source);
  return errors.OK;
}

function hear(port: Port, datagram: usize, message: usize, length: u32): void {
  if (isFrom(datagram + 8, port.server.address) && length >= 12) {
    const exchange = find(port, word(message));
    if (exchange && received(exchange, message, length)) return;
  }
  port.wrong++;
}

/** Whether the `ip-socket-address` at `source` is `address`. */
function isFrom(source: usize, address: SocketAddress): bool {
  liftSocketAddress(source, sender);
  if (sender.family != address.family || sender.port != address.port) return false;
  const parts = address.family ? 8 : 4;
  for (let i = 0; i < parts; i++) if (sender.part(i) != address.part(i)) return false;
  return true;
}

/** Every question of the port is lost. */
function fail(port: Port, reason: Reason): void {
  let at = removeAll(port);
  close(port);
  while (at) {
    const exchange = changetype<Exchange>(at);
    at = exchange.next;
    lost(exchange, reason);
  }
}

/** Somebody floods the port: its questions leave by others, and their time runs on. */
function renew(port: Port): void {
  const server = port.server;
  let at = removeAll(port);
  close(port);
  while (at) {
    const exchange = changetype<Exchange>(at);
    at = exchange.next;
    const reason = send(server, exchange);
    if (reason) lost(exchange, reason);
  }
}

/** Drops children before parents: pollables, streams, socket. */
function close(port: Port): void {
  assert(!port.count);
  port.unsent = 0;
  const server = port.server;
  spend(port);
  swap(server, port.index, --server.portCount);
  readiness.free(port.source);
  if (port.writable) readiness.free(changetype<Source>(port.writable));
  if (port.incoming) {
    udp.dropIncoming(port.incoming);
    udp.dropOutgoing(port.outgoing);
  }
  udp.drop(port.socket);
  port.socket = 0;
  if (!port.isRunning) pool.give(changetype<usize>(port));
}

/** The port takes no more questions. */
function spend(port: Port): void {
  const server = port.server;
  if (port.index < server.freshCount) swap(server, port.index, --server.freshCount);
}

function swap(server: Server, i: i32, j: i32): void {
  const a = changetype<Port>(server.portAt(i));
  const b = changetype<Port>(server.portAt(j));
  server.setPort(i, changetype<usize>(b));
  server.setPort(j, changetype<usize>(a));
  a.index = j;
  b.index = i;
}
