// A nameserver that hears and says nothing: a UDP socket of the body's own on loopback.

import { mark, release } from "../../../assembly/abi/arena";
import * as tasks from "../../../assembly/exec/tasks";
import { formatSocketAddress } from "../../../assembly/net/ip-address";
import * as clock from "../../../assembly/time/clock";
import * as errors from "../../../assembly/wasi/error-code";
import { IPV4, SocketAddress, instanceNetwork } from "../../../assembly/wasi/network";
import * as udp from "../../../assembly/wasi/udp";
import { Body, body, equal } from "./harness";
import { setAddress } from "./network";
import { MILLISECOND_NS, close, open } from "./resolving";

const address = changetype<SocketAddress>(memory.data(28, 4));
let socket: u32 = 0;
let incoming: u32 = 0;
let outgoing: u32 = 0;
let total: i32 = 0;

/** A body that begins with a resolver which asks the silent server; `closeBoth` is to end it. */
export function silentBody(name: string, title: string): Body {
  return withSilent(body(name, title)).then((): void => open(where()));
}

export function withSilent(each: Body): Body {
  return each.then(bind).until(isBound);
}

/** Gives the server up, and the resolver with its quota. */
export function closeBoth(): void {
  udp.dropIncoming(incoming);
  udp.dropOutgoing(outgoing);
  udp.drop(socket);
  close();
}

/** As the servers of a resolver are written. */
export function where(): string {
  return formatSocketAddress(address);
}

/** Questions that reached it since this was asked before. */
export function heard(): i32 {
  let count = 0;
  for (let more = true; more;) {
    const position = mark();
    equal(udp.receive(incoming, 2), errors.OK, "as the status of a receive");
    count += <i32>udp.value;
    more = udp.value == 2;
    release(position);
  }
  total += count;
  return count;
}

/** Whether so many questions have reached it in all; to be asked again in a moment when they have not. */
export function isHeard(wanted: i32): bool {
  heard();
  return total >= wanted || comeAgain();
}

/** Not over: there is to be a turn soon, although the engine does not watch this socket. */
function comeAgain(): bool {
  tasks.runAt(clock.after(MILLISECOND_NS), (_owner: usize): void => {}, 0, tasks.SILENT);
  return false;
}

function bind(): void {
  setAddress(address, "127.0.0.1", 0);
  equal(udp.create(IPV4), errors.OK, "as the status of a UDP socket");
  socket = udp.socket;
  equal(udp.startBind(socket, instanceNetwork(), address), errors.OK, "as the status of a bind");
}

function isBound(): bool {
  const status = udp.finishBind(socket);
  if (status == errors.WOULD_BLOCK) return comeAgain();
  equal(status, errors.OK, "as the status of the end of a bind");
  equal(udp.stream(socket, null), errors.OK, "as the status of the streams");
  incoming = udp.incoming;
  outgoing = udp.outgoing;
  equal(udp.localAddress(socket, address), errors.OK, "as the status of its address");
  return true;
}
