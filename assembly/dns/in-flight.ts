// Questions that are on their way, and what carries them: a UDP port (ports.ts) or a connection (stream-channel.ts).
// The records, and the list of a carrier; what may happen to a question is in exchange.ts.

import { Pool } from "../base/pool";
import { Reason } from "../net/reason";
import { Timer } from "../time/timer";
import * as entropy from "./entropy";
import { NAME_MAX, wireLength } from "./name";
import { Server } from "./server";

@unmanaged
export class Carrier {
  server: Server;
  /** The questions it carries, oldest first. */
  first: usize;
  last: usize;
  count: i32;
  /** Messages that came and answer none of them. */
  wrong: u32;
  /** What broke it, told in a later turn; OK while nothing did. */
  failure: Reason;
  /** Its function is at work: the record must stay, even closed. */
  isRunning: bool;
}

/** A timer, which ends the try. The wire name of the question follows the record. */
@unmanaged
export class Exchange extends Timer {
  /** exchange.ts says what this is. */
  state: u8;
  /** Tries per server are numbered from 0. */
  round: u8;
  /** Servers that were asked in this round, and those that said no for good: a bit each. */
  asked: u8;
  refused: u8;
  id: u16;
  type: u16;
  isStream: bool;
  /** Whether the query that is under way has EDNS, and letters whose case is random. */
  hasEdns: bool;
  isCased: bool;
  /** It is asked by TCP because an answer came in another case. */
  isDoubted: bool;
  /** Its connection ended under it once. */
  wasCutOff: bool;
  channel: usize;
  server: Server;
  /** 0 while it is in no carrier's list. */
  carrier: usize;
  previous: usize;
  next: usize;
  sentNs: u64;
  tries: u32;
  /** Wrong answers that came where it waited, and what the carrier had counted before. */
  wrong: u32;
  wrongBefore: u32;
  /** The best reason so far, and whose. */
  reason: Reason;
  reasonServer: Server;
  /** Table index of a `(owner: usize) => void`, run once. */
  done: u32;
  doneOwner: usize;

  @inline get question(): usize {
    return changetype<usize>(this) + offsetof<Exchange>();
  }
}

/** Most names fit in here; the rest get a larger record, so that many that wait do not take the room of the longest. */
const SHORT_NAME_MAX: u32 = 64;

const shortPool = new Pool(offsetof<Exchange>() + SHORT_NAME_MAX);
const longPool = new Pool(offsetof<Exchange>() + NAME_MAX, 16);

/** A record with a copy of the wire name at `question`. */
export function take(question: usize): Exchange {
  const length = wireLength(question);
  const exchange = changetype<Exchange>(poolOf(length).take());
  memory.copy(exchange.question, question, length);
  return exchange;
}

export function give(exchange: Exchange): void {
  poolOf(wireLength(exchange.question)).give(changetype<usize>(exchange));
}

export function liveCount(): i32 {
  return shortPool.live + longPool.live;
}

@inline function poolOf(length: u32): Pool {
  return length <= SHORT_NAME_MAX ? shortPool : longPool;
}

let receivedRun: u32 = 0;
let lostRun: u32 = 0;

/** Who hears of messages and of losses. */
export function onNews(
  received: (exchange: Exchange, message: usize, length: u32) => bool,
  lost: (exchange: Exchange, reason: Reason) => void,
): void {
  receivedRun = received.index;
  lostRun = lost.index;
}

/** A message came for `exchange`; false when it is not the answer. The exchange and its carrier may be gone after. */
@inline export function received(exchange: Exchange, message: usize, length: u32): bool {
  return call_indirect<bool>(receivedRun, exchange, message, length);
}

/** `exchange` is in no list any more and its query is lost. Nobody's `done` runs in here. */
@inline export function lost(exchange: Exchange, reason: Reason): void {
  call_indirect<void>(lostRun, exchange, reason);
}

/** Puts `exchange` at the end of the list, with an identifier that no other there has. */
export function add(carrier: Carrier, exchange: Exchange): void {
  assert(!exchange.carrier);
  exchange.id = load<u16>(entropy.take(2));
  while (find(carrier, exchange.id)) exchange.id++; // not another draw: a host's random numbers may be bad ones
  exchange.carrier = changetype<usize>(carrier);
  exchange.wrongBefore = carrier.wrong;
  exchange.previous = carrier.last;
  exchange.next = 0;
  if (carrier.last) changetype<Exchange>(carrier.last).next = changetype<usize>(exchange);
  else carrier.first = changetype<usize>(exchange);
  carrier.last = changetype<usize>(exchange);
  carrier.count++;
}

/** Takes `exchange` out of the list of its carrier. */
export function remove(exchange: Exchange): void {
  const carrier = changetype<Carrier>(exchange.carrier);
  if (exchange.previous) changetype<Exchange>(exchange.previous).next = exchange.next;
  else carrier.first = exchange.next;
  if (exchange.next) changetype<Exchange>(exchange.next).previous = exchange.previous;
  else carrier.last = exchange.previous;
  exchange.carrier = 0;
  exchange.wrong += carrier.wrong - exchange.wrongBefore;
  carrier.count--;
}

/** The question with the identifier `id`, or null. */
export function find(carrier: Carrier, id: u16): Exchange | null {
  for (let at = carrier.first; at; at = changetype<Exchange>(at).next) {
    if (changetype<Exchange>(at).id == id) return changetype<Exchange>(at);
  }
  return null;
}

/** Takes all out of the list: the oldest, from which `next` leads to the others. */
export function removeAll(carrier: Carrier): usize {
  const first = carrier.first;
  let previous: usize = 0;
  while (carrier.first) {
    const exchange = changetype<Exchange>(carrier.first);
    remove(exchange);
    if (previous) changetype<Exchange>(previous).next = changetype<usize>(exchange);
    exchange.next = 0;
    previous = changetype<usize>(exchange);
  }
  return first;
}
