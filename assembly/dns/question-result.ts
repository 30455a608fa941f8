// What the legs of a question come to together: one result, and how long it is valid.

import { NO_RECORDS, STREAM_FAILED } from "../net/reason";
import * as errors from "../wasi/error-code";
import { SocketAddress } from "../wasi/network";
import * as failure from "./failure";
import { HOST, Leg, Question, legOf, serverOf } from "./question-record";
import * as results from "./result";
import { ADDRESSES, Result } from "./result";
import * as source from "./source-address";

const ADDRESS_BYTES: u32 = offsetof<SocketAddress>();

/** The one result of all legs, with a reference for the caller. */
export function resultOf(question: Question): Result {
  const first = legOf(question, 0);
  const second = question.legs == 2 ? legOf(question, 1) : first;
  if (!first.result && !second.result) return failureOf(rank(second) > rank(first) ? second : first);
  if (question.type != HOST || question.legs == 1) return results.retain(changetype<Result>(first.result));
  return join(question, second.result, first.result);
}

/** IPv6 before IPv4, and then by RFC 6724. */
function join(question: Question, ipv6: usize, ipv4: usize): Result {
  const head = ipv6 ? changetype<Result>(ipv6).bytes : 0;
  const tail = ipv4 ? changetype<Result>(ipv4).bytes : 0;
  const count = (head + tail) / ADDRESS_BYTES;
  const result = results.create(question.resolver.allocator, ADDRESSES, count, head + tail);
  if (head) memory.copy(result.payload, changetype<Result>(ipv6).payload, head);
  if (tail) memory.copy(result.payload + head, changetype<Result>(ipv4).payload, tail);
  source.sort(result.payload, count);
  return result;
}

/** Which of two failures is told: that there is no such name says all; that one type has no records says least. */
function rank(leg: Leg): i32 {
  if (leg.reason == errors.NAME_UNRESOLVABLE) return 2;
  return leg.reason == NO_RECORDS ? 0 : 1;
}

function failureOf(leg: Leg): Result {
  const question = leg.question;
  const resolver = question.resolver;
  failure.beginName(question.type, question.name);
  if (!leg.isSaid) {
    failure.explainTries(
      leg.reason, resolver.servers, resolver.serverCount, serverOf(leg), leg.tries, leg.wrong,
    );
  } else {
    failure.explain(leg.reason, question.type != HOST || resolver.asksForAddresses ? serverOf(leg) : null);
  }
  // A connection that breaks says no more than that this server failed for now.
  const reason = leg.reason == STREAM_FAILED ? errors.TEMPORARY_RESOLVER_FAILURE : leg.reason;
  return failure.finish(resolver.allocator, reason);
}

/**
 * How long the result is valid: as long as its shorter half. Where one half has addresses and nobody says how long the
 * other has none, as small nameservers do, the addresses decide.
 */
export function ttlOf(question: Question): u32 {
  const first = legOf(question, 0);
  if (question.legs == 1) return first.ttlSeconds;
  const second = legOf(question, 1);
  if (first.result && saysNothing(second)) return first.ttlSeconds;
  if (second.result && saysNothing(first)) return second.ttlSeconds;
  return min(first.ttlSeconds, second.ttlSeconds);
}

@inline function saysNothing(leg: Leg): bool {
  return leg.reason == NO_RECORDS && !leg.ttlSeconds;
}
