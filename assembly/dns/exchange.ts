// One question, until a server has answered it or every try has failed.
//
//                         +-- next server, next round; EDNS refused: the same server without it
//                         v   |
//   ask() --> WAITING --> ASKING -- an answer --> gone, and `done` runs: OK
//     |       no room  |  UDP |  ^
//     |                |      v  | failed, its time is over, "no"
//     |                +--> ASKING -- an answer --> gone, and `done` runs: OK
//     |                      TCP: the answer was cut off, or came with the name in another case
//     |
//     +--> … every server said no, every round is over --> ENDING -- a later turn --> gone, and `done` runs: a reason
//
//   cancel() in any state: gone, and `done` never runs.
//
// A round asks each server once: those that failed lately come last. A server that said no (SERVFAIL, REFUSED, …) is
// not asked again. A try waits as long as the server's round trip makes likely, twice as long in each round; one of the
// last round at least as long as the caller has a first try wait, as servers that have to ask others are slow at times.
//
// The name is sent with letters of random case ("0x20"), and an answer over UDP must have the same: a guess has to be
// right there too. A server that answers in another case is asked over TCP, where guesses do not get in; if it does so
// there as well, or cannot be asked there, its case says nothing from then on.

import { DNS_TRY_NS_MAX } from "../base/limits";
import { OK, Reason } from "../net/reason";
import * as clock from "../time/clock";
import * as timers from "../time/timer-heap";
import { DIRECT, Timer } from "../time/timer";
import * as errors from "../wasi/error-code";
import { SocketAddress } from "../wasi/network";
import * as answer from "./answer";
import { Channel } from "./channel";
import * as entropy from "./entropy";
import * as inFlight from "./in-flight";
import { Exchange } from "./in-flight";
import {
  FORMAT_ERROR, MALFORMED, MATCH_OTHER_CASE, MISMATCH, NAME_ERROR, NOT_IMPLEMENTED, NO_ERROR, SERVER_FAILURE, check,
  isTruncated, rcode,
} from "./message";
import { lower, randomizeCase } from "./name";
import * as ports from "./ports";
import { SERVER_BYTES, Server } from "./server";
import * as streamChannels from "./stream-channel";

export { Exchange };

// States.
const WAITING: u8 = 0;
const ASKING: u8 = 1;
const ENDING: u8 = 2;

/** Random bytes for the case of a name. */
const CASE_BYTES: u32 = 32;

// While `done` runs: how the exchange ended, and on OK the message (NO_ERROR or NAME_ERROR, whole); good until it ends.
export let lastReason: Reason = OK;
export let message: usize = 0;
export let messageLength: u32 = 0;
/** What `answer.read` said of that message; what it left to be asked for is of that message, too. */
export let lastAnswer: i32 = answer.NO_RECORDS;
/** Who answered, or whose failure the reason is. Good until the next exchange ends. */
export const lastServer = changetype<SocketAddress>(memory.data(28, 4));
/** Times that a server was asked, and messages that came and were not the answer. */
export let lastTries: u32 = 0;
export let lastWrong: u32 = 0;

/** Exchanges that have not ended. */
export function liveCount(): i32 {
  return inFlight.liveCount();
}

/**
 * Asks the servers of `channel` for records of `type` of the wire name at `question`, which is copied. `done` runs
 * exactly once, never within this call, unless `cancel` was in time; the exchange is gone then. Any number may be
 * outstanding: those beyond the channel's window wait in order, and no time runs for them.
 */
export function ask(
  channel: Channel, question: usize, type: u16, done: (owner: usize) => void, owner: usize,
): Exchange {
  inFlight.onNews(received, lost);
  const exchange = inFlight.take(question);
  timers.prepare(exchange, timeIsOver, changetype<usize>(exchange), DIRECT);
  exchange.channel = changetype<usize>(channel);
  exchange.type = type;
  exchange.done = done.index;
  exchange.doneOwner = owner;
  exchange.reasonServer = channel.serverAt(0);
  if (channel.first || channel.inFlight >= channel.window) channel.enqueue(exchange);
  else begin(channel, exchange);
  return exchange;
}

/** `done` will never run. What still comes for it is a wrong answer to whoever shares its port. */
export function cancel(exchange: Exchange): void {
  const channel = channelOf(exchange);
  free(exchange);
  if (!channel.first) return;
  // Later: whoever cancels one may cancel all.
  if (!channel.release) channel.release = changetype<usize>(timers.create(letOut, changetype<usize>(channel)));
  const timer = changetype<Timer>(channel.release);
  if (!timer.order) timers.schedule(timer, clock.now());
}

@inline function channelOf(exchange: Exchange): Channel {
  return changetype<Channel>(exchange.channel);
}

function letOut(owner: usize): void {
  const channel = changetype<Channel>(owner);
  while (channel.first && channel.inFlight < channel.window) {
    const exchange = changetype<Exchange>(channel.first);
    channel.dequeue(exchange);
    begin(channel, exchange);
  }
}

function begin(channel: Channel, exchange: Exchange): void {
  channel.inFlight++;
  exchange.state = ASKING;
  goOn(channel, exchange);
}

/** Asks the next server that a query can be sent to; when there is none, it is over. */
function goOn(channel: Channel, exchange: Exchange): void {
  while (next(channel, exchange)) {
    exchange.tries++;
    const reason = send(channel, exchange);
    if (!reason) return;
    note(exchange, reason);
    if (reason == errors.ACCESS_DENIED) break;
  }
  exchange.state = ENDING;
  timers.schedule(exchange, clock.now());
}

/** Chooses the server that is to be asked. False when each has been asked in every round, or said no. */
function next(channel: Channel, exchange: Exchange): bool {
  const willing = ((1 << channel.count) - 1) & ~<u32>exchange.refused;
  if (!(willing & ~<u32>exchange.asked)) {
    if (!willing || ++exchange.round >= channel.rounds) return false;
    exchange.asked = 0;
  }
  const left = willing & ~<u32>exchange.asked;
  let index = ctz(left);
  for (let i = channel.count - 1; i >= 0; i--) {
    if (left >> i & 1 && !channel.serverAt(i).isResting()) index = i;
  }
  exchange.asked |= 1 << <u8>index;
  exchange.server = channel.serverAt(index);
  return true;
}

/** Sends a query to the server by UDP. */
function send(channel: Channel, exchange: Exchange): Reason {
  const server = exchange.server;
  exchange.hasEdns = !server.isPlain;
  exchange.isCased = !server.changesCase;
  if (exchange.isCased) randomizeCase(exchange.question, entropy.take(CASE_BYTES));
  else lower(exchange.question);
  const reason = ports.send(server, exchange);
  if (!reason) schedule(channel, exchange, server.tryNs(channel.tryNs));
  return reason;
}

/** The try ends after `firstNs`, or later in later rounds. */
function schedule(channel: Channel, exchange: Exchange, firstNs: u64): void {
  let spanNs = firstNs << min<u64>(exchange.round, 16);
  if (exchange.round + 1 == channel.rounds) spanNs = max(spanNs, channel.tryNs);
  timers.schedule(exchange, clock.after(min(spanNs, DNS_TRY_NS_MAX)));
}

/** The same question goes to the same server by TCP. */
function sendByStream(exchange: Exchange): void {
  const channel = channelOf(exchange);
  streamChannels.ask(exchange.server, exchange);
  schedule(channel, exchange, channel.tryNs);
}

function timeIsOver(owner: usize): void {
  const exchange = changetype<Exchange>(owner);
  if (exchange.state == ENDING) return finish(exchange, exchange.reason, exchange.reasonServer, 0, 0);
  if (exchange.isStream) streamChannels.leaveSilent(exchange);
  else ports.leave(exchange);
  channelOf(exchange).narrow();
  lost(exchange, errors.TIMEOUT);
}

/** The try failed, and is in no list any more. */
function lost(exchange: Exchange, reason: Reason): void {
  const channel = channelOf(exchange);
  timers.cancel(exchange);
  note(exchange, reason);
  if (exchange.isDoubted) { // it answers by UDP alone, and no other doubt about it can be settled
    exchange.isDoubted = false;
    exchange.server.changesCase = true;
    if (!send(channel, exchange)) return;
  }
  exchange.server.rest();
  goOn(channel, exchange);
}

/** Keeps the reason if it says more than the one before. */
function note(exchange: Exchange, reason: Reason): void {
  if (worth(reason) < worth(exchange.reason)) return;
  exchange.reason = reason;
  exchange.reasonServer = exchange.server;
}

/** What a server said is worth more than what the network did, and that more than silence. */
function worth(reason: Reason): i32 {
  switch (reason) {
    case OK: return 0;
    case errors.TIMEOUT: return 1;
    case errors.PERMANENT_RESOLVER_FAILURE: return 3;
    case errors.TEMPORARY_RESOLVER_FAILURE: return 4;
    default: return 2;
  }
}

/** A message with its identifier came where the question waits. False when it is not the answer. */
function received(exchange: Exchange, bytes: usize, length: u32): bool {
  const match = check(bytes, length, exchange.id, exchange.question, exchange.type);
  if (match == MISMATCH) return false;
  const server = exchange.server;
  const isStream = exchange.isStream;
  leave(exchange);
  server.restUntilNs = 0;
  if (!isStream) server.measure(clock.now() - exchange.sentNs);
  const isOtherCase = match == MATCH_OTHER_CASE && exchange.isCased;
  if (!isStream && (isOtherCase || (match != MALFORMED && isTruncated(bytes)))) {
    exchange.isDoubted = isOtherCase;
    sendByStream(exchange);
    return true;
  }
  exchange.isDoubted = false;
  if (isOtherCase) server.changesCase = true;
  judge(exchange, match == MALFORMED || isTruncated(bytes), bytes, length);
  return true;
}

/** The server's word: an answer, or no. */
function judge(exchange: Exchange, isBroken: bool, bytes: usize, length: u32): void {
  const channel = channelOf(exchange);
  const code = rcode(bytes);
  if (!isBroken && (code == NO_ERROR || code == NAME_ERROR)) {
    lastAnswer = answer.read(bytes, length, exchange.question, exchange.type);
    if (lastAnswer != answer.MALFORMED) {
      channel.widen();
      finish(exchange, OK, exchange.server, bytes, length);
      return;
    }
    isBroken = true;
  }
  if ((code == FORMAT_ERROR || code == NOT_IMPLEMENTED) && exchange.hasEdns) {
    exchange.server.isPlain = true;
    if (!send(channel, exchange)) return;
  }
  const index = (changetype<usize>(exchange.server) - changetype<usize>(channel.serverAt(0))) / SERVER_BYTES;
  exchange.refused |= 1 << <u8>index;
  note(exchange, isBroken || code == SERVER_FAILURE
    ? errors.TEMPORARY_RESOLVER_FAILURE : errors.PERMANENT_RESOLVER_FAILURE);
  goOn(channel, exchange);
}

function leave(exchange: Exchange): void {
  timers.cancel(exchange);
  if (exchange.isStream) streamChannels.leave(exchange);
  else ports.leave(exchange);
}

function finish(exchange: Exchange, reason: Reason, server: Server, bytes: usize, length: u32): void {
  const channel = channelOf(exchange);
  const done = exchange.done;
  const owner = exchange.doneOwner;
  const tries = exchange.tries;
  const wrong = exchange.wrong;
  lastServer.copyFrom(server.address);
  free(exchange);
  letOut(changetype<usize>(channel));
  lastReason = reason;
  message = bytes;
  messageLength = length;
  lastTries = tries;
  lastWrong = wrong;
  call_indirect<void>(done, owner);
}

/** Takes the exchange out of whatever it is in. */
function free(exchange: Exchange): void {
  const channel = channelOf(exchange);
  if (exchange.state == WAITING) {
    channel.dequeue(exchange);
  } else {
    channel.inFlight--;
    timers.cancel(exchange);
    if (exchange.carrier) leave(exchange);
  }
  inFlight.give(exchange);
}
