// A question: what one resolver finds out once for everybody who wants to know it.
//
//   ask() ──> ASKING, one leg per type of records ── every leg ended ──> into the cache, every waiter is told, gone
//              leg: exchange ──> answer ──> ended                            │
//                     ^             │                                        │
//                     └─ an alias's target                                   │
//              │ the last waiter left ──> exchanges are cancelled ───────────┴──> gone
//
// Addresses have two legs, A and AAAA, or one that asks the system. Everything else has one. A chain of aliases may go
// over several messages, ALIASES_MAX in all; since that ends it, only the plainest circles are looked for.

import { ADDRESSES_MAX, ALIASES_MAX } from "../base/limits";
import { AddressList } from "../net/address-list";
import { ALIAS_LOOP, NO_RECORDS, OK, Reason } from "../net/reason";
import * as records from "../quota/record";
import * as errors from "../wasi/error-code";
import { SocketAddress } from "../wasi/network";
import * as answer from "./answer";
import * as cache from "./cache";
import { Channel } from "./channel";
import * as exchange from "./exchange";
import { Exchange } from "./exchange";
import * as failure from "./failure";
import { TYPE_AAAA, TYPE_SRV, TYPE_TXT } from "./message";
import * as names from "./name";
import * as tables from "./name-table";
import { HOST, LEG_BYTES, Leg, QUESTION_BYTES, Question, Waiter, legOf, serverOf } from "./question-record";
import { resultOf, ttlOf } from "./question-result";
import { Resolver } from "./resolver-record";
import * as results from "./result";
import { ADDRESSES, Result, SRV, TXT } from "./result";
import { sortByPriority } from "./srv-order";
import * as systemLookup from "./system-lookup";
import { SystemLookup } from "./system-lookup";

const ADDRESS_BYTES: u32 = offsetof<SocketAddress>();
const LIST_BYTES: u32 = offsetof<AddressList>() + <u32>ADDRESSES_MAX * ADDRESS_BYTES;
/** Bytes that a question for the longest name takes. */
export const QUESTION_BYTES_MAX: u32 = QUESTION_BYTES + 2 * LEG_BYTES + 256 + LIST_BYTES;

let live: i32 = 0;

/** What the waiter that is called now is told. The question keeps its reference. */
export let lastResult: Result = changetype<Result>(0);

/** Questions that are under way. */
export function liveCount(): i32 {
  return live;
}

/**
 * `waiter` is told the answer once, later and never inside of this call, unless it leaves before. `name` is a wire name
 * in small letters, which is copied; `hash` is its place in tables.
 */
export function ask(resolver: Resolver, hash: u32, name: usize, length: u32, type: u16, waiter: Waiter): void {
  const known = tables.find(resolver.questions, hash, name, length, type);
  const question = known ? changetype<Question>(known) : create(resolver, hash, name, length, type);
  waiter.question = changetype<usize>(question);
  waiter.nextWaiter = 0;
  waiter.previousWaiter = question.lastWaiter;
  if (question.lastWaiter) changetype<Waiter>(question.lastWaiter).nextWaiter = changetype<usize>(waiter);
  else question.firstWaiter = changetype<usize>(waiter);
  question.lastWaiter = changetype<usize>(waiter);
}

/** The waiter wants to know no more. */
export function leave(waiter: Waiter): void {
  const question = changetype<Question>(waiter.question);
  waiter.question = 0;
  if (waiter.nextWaiter) changetype<Waiter>(waiter.nextWaiter).previousWaiter = waiter.previousWaiter;
  else question.lastWaiter = waiter.previousWaiter;
  if (waiter.previousWaiter) changetype<Waiter>(waiter.previousWaiter).nextWaiter = waiter.nextWaiter;
  else question.firstWaiter = waiter.nextWaiter;
  if (question.firstWaiter) return;
  tables.remove(question.resolver.questions, question);
  free(question);
}

/** The wire name that a waiter waits for. */
export function nameOf(waiter: Waiter): usize {
  return changetype<Question>(waiter.question).name;
}

/** Adds to the text of a failure who was asked so far. */
export function explainSoFar(waiter: Waiter): void {
  const question = changetype<Question>(waiter.question);
  for (let i: u32 = 0; i < question.legs; i++) {
    const leg = legOf(question, i);
    if (leg.system) return failure.explainSoFar(null, 0, 0);
    if (!leg.exchange) continue;
    const asking = changetype<Exchange>(leg.exchange);
    if (asking.tries) return failure.explainSoFar(asking.server.address, asking.tries, asking.wrong);
  }
}

function create(resolver: Resolver, hash: u32, name: usize, length: u32, type: u16): Question {
  const asksSystem = type == HOST && !resolver.asksForAddresses;
  const legs: u32 = type == HOST && !asksSystem ? 2 : 1;
  const bytes = QUESTION_BYTES + legs * LEG_BYTES;
  const question = changetype<Question>(records.createBytes(resolver.allocator, bytes + length));
  live++;
  question.name = changetype<usize>(question) + bytes;
  memory.copy(question.name, name, length);
  question.nameLength = length;
  question.hash = hash;
  question.type = type;
  question.resolver = resolver;
  question.legs = legs;
  question.open = legs;
  tables.add(resolver.questions, question);
  for (let i: u32 = 0; i < legs; i++) {
    const leg = legOf(question, i);
    leg.question = question;
    leg.name = question.name;
    leg.type = i ? TYPE_AAAA : type;
    if (asksSystem) beginSystem(leg);
    else begin(leg);
  }
  return question;
}

function begin(leg: Leg): void {
  const channel = changetype<Channel>(leg.question.resolver.channel);
  leg.exchange = changetype<usize>(exchange.ask(channel, leg.name, leg.type, exchanged, changetype<usize>(leg)));
}

function exchanged(owner: usize): void {
  const leg = changetype<Leg>(owner);
  leg.exchange = 0;
  serverOf(leg).copyFrom(exchange.lastServer);
  leg.tries = exchange.lastTries;
  leg.wrong = exchange.lastWrong;
  leg.isSaid = exchange.lastReason == OK;
  if (!leg.isSaid) return end(leg, exchange.lastReason);
  const said = exchange.lastAnswer;
  leg.aliases += answer.aliases;
  leg.ttlSeconds = leg.name == leg.question.name ? answer.ttlSeconds : min(leg.ttlSeconds, answer.ttlSeconds);
  if (leg.aliases > <u32>ALIASES_MAX || said == answer.LOOP) return end(leg, ALIAS_LOOP);
  switch (said) {
    case answer.ANSWERED: return keep(leg);
    case answer.ALIAS: return follow(leg);
    case answer.NO_RECORDS: return end(leg, NO_RECORDS);
    case answer.NO_NAME: return end(leg, errors.NAME_UNRESOLVABLE);
    case answer.FAILED: return end(leg, errors.PERMANENT_RESOLVER_FAILURE);
    default: return end(leg, errors.TEMPORARY_RESOLVER_FAILURE);
  }
}

function keep(leg: Leg): void {
  const kind = leg.type == TYPE_SRV ? SRV : leg.type == TYPE_TXT ? TXT : ADDRESSES;
  const result = results.create(leg.question.resolver.allocator, kind, answer.recordCount, answer.recordBytes);
  answer.writeRecords(result.payload);
  if (kind == SRV) sortByPriority(result);
  leg.result = changetype<usize>(result);
  end(leg, OK);
}

function follow(leg: Leg): void {
  const target = answer.target;
  const question = leg.question;
  if (names.equals(target, leg.name) || names.equals(target, question.name)) return end(leg, ALIAS_LOOP);
  if (names.isLocalhost(target)) return end(leg, NO_RECORDS); // which is nobody's to say
  const length = names.wireLength(target);
  const name = records.createBytes(question.resolver.allocator, length);
  memory.copy(name, target, length);
  names.lower(name);
  forgetName(leg);
  leg.name = name;
  begin(leg);
}

function beginSystem(leg: Leg): void {
  const list = changetype<AddressList>(records.createBytes(leg.question.resolver.allocator, LIST_BYTES));
  leg.list = changetype<usize>(list);
  leg.system = changetype<usize>(systemLookup.startName(leg.name, list, systemAnswered, changetype<usize>(leg)));
}

function systemAnswered(owner: usize): void {
  const leg = changetype<Leg>(owner);
  const list = changetype<AddressList>(leg.list);
  leg.system = 0;
  leg.isSaid = true;
  if (!systemLookup.lastStatus) {
    const bytes = <u32>list.length * ADDRESS_BYTES;
    const result = results.create(leg.question.resolver.allocator, ADDRESSES, list.length, bytes);
    memory.copy(result.payload, list.start, bytes);
    leg.result = changetype<usize>(result);
  }
  end(leg, systemLookup.lastStatus);
}

function end(leg: Leg, reason: Reason): void {
  const question = leg.question;
  leg.reason = reason;
  if (reason && reason != NO_RECORDS && reason != errors.NAME_UNRESOLVABLE) leg.ttlSeconds = 0;
  if (--question.open == 0) complete(question);
}

function complete(question: Question): void {
  const resolver = question.resolver;
  const result = resultOf(question);
  cache.put(
    resolver.cache, question.hash, question.name, question.nameLength, question.type, result, ttlOf(question),
  );
  tables.remove(resolver.questions, question);
  while (question.firstWaiter) {
    const waiter = changetype<Waiter>(question.firstWaiter);
    question.firstWaiter = waiter.nextWaiter;
    waiter.question = 0;
    lastResult = result;
    call_indirect<void>(waiter.answered, changetype<usize>(waiter));
  }
  results.release(result);
  free(question);
}

function free(question: Question): void {
  for (let i: u32 = 0; i < question.legs; i++) {
    const leg = legOf(question, i);
    if (leg.exchange) exchange.cancel(changetype<Exchange>(leg.exchange));
    if (leg.system) systemLookup.cancel(changetype<SystemLookup>(leg.system));
    if (leg.list) records.destroy(leg.list);
    if (leg.result) results.release(changetype<Result>(leg.result));
    forgetName(leg);
  }
  live--;
  records.destroy(changetype<usize>(question));
}

function forgetName(leg: Leg): void {
  if (leg.name != leg.question.name) records.destroy(leg.name);
}
