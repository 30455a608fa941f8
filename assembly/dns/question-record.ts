// The records of a question, for those who work on it. What may happen to one is in question.ts.

import { Reason } from "../net/reason";
import { SocketAddress } from "../wasi/network";
import { TYPE_A } from "./message";
import { NameEntry } from "./name-table";
import { Resolver } from "./resolver-record";

/** The types of questions: addresses of both kinds go by the name of the first. */
export const HOST: u16 = TYPE_A;

/** Somebody who waits for the answer: the beginning of a larger record. */
@unmanaged
export class Waiter {
  /** The question, 0 when it waits for none. */
  question: usize;
  nextWaiter: usize;
  previousWaiter: usize;
  /** Table index of a `(waiter: usize) => void`. */
  answered: u32;
}

@unmanaged
export class Question extends NameEntry {
  resolver: Resolver;
  /** In the order in which they came. */
  firstWaiter: usize;
  lastWaiter: usize;
  /** How many there are; they stand behind the record, and behind them the name. */
  legs: u32;
  /** Legs that did not end. */
  open: u32;
}

@unmanaged
export class Leg {
  question: Question;
  /** The exchange or the system's look-up that is under way, or 0. */
  exchange: usize;
  system: usize;
  /** What the system's look-up fills. */
  list: usize;
  /** The name that is asked for: the question's, or a record of its own. */
  name: usize;
  type: u16;
  /** Aliases so far. */
  aliases: u32;
  /** How it ended; after OK there is a result. */
  reason: Reason;
  result: usize;
  /** How long that is valid: 0 if nobody says. */
  ttlSeconds: u32;
  tries: u32;
  wrong: u32;
  /** An answer said it; otherwise there was none to be had. */
  isSaid: bool;
}

const ADDRESS_BYTES: u32 = offsetof<SocketAddress>();
/** A leg, and behind it the server that it heard of last. */
const SERVER_AT: u32 = (offsetof<Leg>() + 3) & ~3;
export const LEG_BYTES: u32 = SERVER_AT + ADDRESS_BYTES;
export const QUESTION_BYTES: u32 = (offsetof<Question>() + 3) & ~3;

@inline export function legOf(question: Question, index: u32): Leg {
  return changetype<Leg>(changetype<usize>(question) + QUESTION_BYTES + index * LEG_BYTES);
}

@inline export function serverOf(leg: Leg): SocketAddress {
  return changetype<SocketAddress>(changetype<usize>(leg) + SERVER_AT);
}
