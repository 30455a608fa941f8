// Failures and their texts: what was looked up, why it failed, and which server said so. Written into a buffer, because
// a failure is no reason to make garbage.

import * as ipText from "../net/ip-text";
import { ALIAS_LOOP, CANCELLED, DEADLINE_EXCEEDED, NO_RECORDS, Reason, STREAM_FAILED } from "../net/reason";
import { MemoryAllocator } from "../quota/memory-allocator";
import * as errors from "../wasi/error-code";
import { SocketAddress } from "../wasi/network";
import { TYPE_SRV, TYPE_TXT } from "./message";
import * as names from "./name";
import * as results from "./result";
import { Result } from "./result";

/** Bytes of what a caller wrote that a text quotes; the rest is cut off. */
const QUOTED_MAX: u32 = 200;
const ADDRESS_BYTES: usize = offsetof<SocketAddress>();

// A name of TEXT_MAX, or four bytes per quoted one; SERVERS_MAX addresses; and the words between.
const buffer: usize = memory.data(2048);
let end: usize = buffer;

/** Begins a text about a name: `A/AAAA a.example: `. */
export function beginName(type: u16, wire: usize): void {
  begin(type);
  end += names.toText(wire, end);
  add(": ");
}

/** Begins a text about what a caller wrote, which may be any bytes: `SRV "a..b": `. */
export function beginQuote(type: u16, text: usize, length: u32): void {
  begin(type);
  quote(text, length);
  add(": ");
}

/** Begins a text about no look-up. */
export function beginWords(words: string): void {
  end = buffer;
  add(words);
}

/** Words of ASCII. */
export function add(words: string): void {
  for (let i = 0; i < words.length; i++) store<u8>(end++, <u8>words.charCodeAt(i));
}

/** Any bytes, those that are not printable as `\DDD`. */
export function quote(text: usize, length: u32): void {
  store<u8>(end++, 34);
  for (let i: u32 = 0; i < min(length, QUOTED_MAX); i++) {
    const byte = load<u8>(text + i);
    if (byte >= 32 && byte < 127) {
      store<u8>(end++, byte);
      continue;
    }
    store<u8>(end, 92);
    store<u8>(end, 48 + byte / 100, 1);
    store<u8>(end, 48 + byte / 10 % 10, 2);
    store<u8>(end, 48 + byte % 10, 3);
    end += 4;
  }
  if (length > QUOTED_MAX) add("...");
  store<u8>(end++, 34);
}

/** Says why: `no such name (said 192.0.2.1:53)`. Without a server, the system said it. */
export function explain(reason: Reason, server: SocketAddress | null): void {
  add(wordsOf(reason));
  addServer(" (said ", server);
  add(")");
}

/**
 * Says that nobody answered, that servers said no, or that the network did: `no answer from 192.0.2.1:53 (3 tries)`,
 * `connection refused (on the way to 192.0.2.1:53, 1 try)`.
 */
export function explainTries(
  reason: Reason, servers: usize, count: i32, last: SocketAddress, tries: u32, wrong: u32,
): void {
  add(wordsOf(reason));
  if (reason == errors.TIMEOUT) {
    for (let i = 0; i < count; i++) {
      addServer(i ? ", " : " from ", changetype<SocketAddress>(servers + <usize>i * ADDRESS_BYTES));
    }
    add(" (");
  } else {
    const isSaid = reason == errors.TEMPORARY_RESOLVER_FAILURE || reason == errors.PERMANENT_RESOLVER_FAILURE;
    addServer(isSaid ? " (said " : " (on the way to ", last);
    add(", ");
  }
  addTries(tries, wrong);
}

/** Says who was asked so far: ` (asked 192.0.2.1:53, 1 try)`. */
export function explainSoFar(server: SocketAddress | null, tries: u32, wrong: u32): void {
  addServer(" (asked ", server);
  if (!server) return add(")");
  add(", ");
  addTries(tries, wrong);
}

function addServer(words: string, server: SocketAddress | null): void {
  add(words);
  if (server) end += ipText.write(server, end);
  else add("the system");
}

function addTries(tries: u32, wrong: u32): void {
  end = ipText.writeDecimal(tries, end);
  add(tries == 1 ? " try" : " tries");
  if (wrong) {
    add(", ");
    end = ipText.writeDecimal(wrong, end);
    add(wrong == 1 ? " wrong answer ignored" : " wrong answers ignored");
  }
  add(")");
}

/** The failure with the text that was begun. */
export function finish(allocator: MemoryAllocator, reason: Reason): Result {
  return results.createFailure(allocator, reason, buffer, <u32>(end - buffer));
}

function begin(type: u16): void {
  end = buffer;
  add(type == TYPE_SRV ? "SRV " : type == TYPE_TXT ? "TXT " : "A/AAAA ");
}

export function wordsOf(reason: Reason): string {
  switch (reason) {
    case errors.NAME_UNRESOLVABLE: return "no such name";
    case NO_RECORDS: return "no records of this type";
    case ALIAS_LOOP: return "its aliases lead in a circle, or on for too long";
    case errors.TIMEOUT: return "no answer";
    case DEADLINE_EXCEEDED: return "the deadline passed first";
    case STREAM_FAILED: return "the connection broke";
    case CANCELLED: return "the look-up was cancelled";
    case errors.NOT_SUPPORTED:
      return "no nameserver is known: set EVENT_ENGINE_DNS_SERVERS, or the servers of the resolver";
    default: return errors.errorText(reason);
  }
}
