// What the answer to a question says: its records, the end of a chain of aliases, or that there is nothing.
//
//   owner --CNAME--> name --CNAME--> name     at most ALIASES_MAX, in whatever order the message has them
//                                      |
//                                      +--> records of the type
//
// Only records that this chain leads to count: what a message says about other names, and its additional section, is
// not believed. The authority section is asked for the SOA of what is not there, which says how long (RFC 2308).
//
// One pass over the records is enough where each alias stands before what it leads to. Where one does not, the pass is
// made again with the new name, at most once per alias. See compressed-name.ts about what bounds the work.

import { ALIASES_MAX, NEGATIVE_TTL_MAX, TTL_MAX } from "../base/limits";
import { IPV4, IPV6, SocketAddress } from "../wasi/network";
import * as compressed from "./compressed-name";
import { BAD, EQUAL, HEADER_BYTES, OTHER } from "./compressed-name";
import {
  CLASS_IN, NAME_ERROR, NO_ERROR, TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_SOA, TYPE_SRV, TYPE_TXT, rcode, word,
} from "./message";
import * as names from "./name";

/** There are records: `recordCount`, `recordBytes` and `writeRecords`. */
export const ANSWERED: i32 = 0;
/** There are aliases only: the question is to be asked again for `target`. */
export const ALIAS: i32 = 1;
/** The name has no records of the type. */
export const NO_RECORDS: i32 = 2;
/** There is no such name. */
export const NO_NAME: i32 = 3;
/** The aliases lead in a circle, or there are more than ALIASES_MAX. */
export const LOOP: i32 = 4;
/** The message breaks the rules. */
export const MALFORMED: i32 = 5;
/** The server says that it failed, refuses or does not understand: see `message.rcode`. */
export const FAILED: i32 = 6;

/**
 * Seconds that the answer of the latest `read` is valid: the least of its aliases and records, at most TTL_MAX; of
 * NO_RECORDS and NO_NAME at most NEGATIVE_TTL_MAX, and 0 when the server does not say for how long.
 */
export let ttlSeconds: u32 = 0;
/** Aliases in the message. */
export let aliases: u32 = 0;
/** Records, and the bytes that `writeRecords` writes. */
export let recordCount: i32 = 0;
export let recordBytes: u32 = 0;
/** The wire name at the end of the chain, until the next `read`; the owner itself when there is no alias. */
export let target: usize = 0;

const MESSAGE_MAX: u32 = 65535;
const NAME_BYTES: usize = 256;
const ADDRESS_BYTES: u32 = offsetof<SocketAddress>();
/** Type, class, ttl and length of a record. */
const FIXED_BYTES: usize = 10;
/** A TXT record of the root that holds one empty string is the smallest there is. */
const RECORDS_MAX: i32 = <i32>MESSAGE_MAX / 12;

const chain: usize = memory.data(256 * 16, 8); // ALIASES_MAX names
const offsets: usize = memory.data(RECORDS_MAX * 2, 2); // of the records' data in the message
const nameScratch: usize = memory.data(256, 8);

let message: usize = 0;
let messageEnd: usize = 0;
let type: u16 = 0;
let firstName: usize = 0;
/** Where the message itself spells `target`, 0 when it does not: a pointer to there needs no comparing. */
let targetAt: usize = 0;
let chainTtl: u32 = 0;
let recordsTtl: u32 = 0;
/** Where the authority section begins. */
let authoritiesAt: usize = 0;

/**
 * Reads what a message, which `message.check` found to be the answer, says about records of type `wanted` (A, AAAA, SRV
 * or TXT) of the wire name at `owner`. Any bytes may be there: the worst that they make is MALFORMED.
 */
export function read(address: usize, length: u32, owner: usize, wanted: u16): i32 {
  ttlSeconds = aliases = recordBytes = 0;
  recordCount = 0;
  firstName = target = owner;
  if (length < <u32>HEADER_BYTES || length > MESSAGE_MAX) return MALFORMED;
  const code = rcode(address);
  if (code != NO_ERROR && code != NAME_ERROR) return FAILED;
  message = address;
  messageEnd = address + length;
  type = wanted;
  chainTtl = TTL_MAX;
  compressed.begin(address, length);
  const questionAt = address + HEADER_BYTES;
  const questionEnd = compressed.skip(questionAt);
  if (word(address + 4) != 1 || !questionEnd) return MALFORMED;
  targetAt = compressed.equals(questionAt, owner) == EQUAL ? questionAt : 0;
  let result = AGAIN;
  while (result == AGAIN) result = pass(questionEnd + 4, word(address + 6));
  if (result == ANSWERED && code == NO_ERROR && recordCount) {
    ttlSeconds = min(chainTtl, recordsTtl);
    return ANSWERED;
  }
  recordCount = 0;
  recordBytes = 0;
  if (result != ANSWERED) return result;
  const seconds = negativeTtl(authoritiesAt, word(address + 8));
  if (seconds == BROKEN) return MALFORMED;
  // The SOA of the zone that the chain ends in says that the server looked there. Without it, it gave what it has.
  if (code == NO_ERROR && aliases && seconds == UNKNOWN) {
    ttlSeconds = chainTtl;
    return ALIAS;
  }
  ttlSeconds = seconds == UNKNOWN ? 0 : min(chainTtl, <u32>seconds);
  return code == NO_ERROR ? NO_RECORDS : NO_NAME;
}

/** Of `pass`: an alias led to a name that may have been passed before. */
const AGAIN: i32 = -1;

/** Follows the aliases and gathers the records among `count` records from `at` on. */
function pass(at: usize, count: u32): i32 {
  let isPassed = false;
  let result = ANSWERED;
  recordCount = 0;
  recordBytes = 0;
  recordsTtl = TTL_MAX;
  for (; count; count--) {
    const fixed = compressed.skip(at);
    if (!fixed || fixed + FIXED_BYTES > messageEnd) return MALFORMED;
    const data = fixed + FIXED_BYTES;
    const next = data + <usize>word(fixed + 8);
    if (next > messageEnd) return MALFORMED;
    const recordType = word(fixed);
    if ((recordType == type || recordType == TYPE_CNAME) && word(fixed + 2) == CLASS_IN) {
      const similarity = isOfTarget(at);
      if (similarity == BAD) return MALFORMED;
      if (similarity == OTHER) {
        isPassed = true;
      } else if (recordType == type) {
        if (!gather(data, next)) return MALFORMED;
        recordsTtl = min(recordsTtl, ttlAt(fixed + 4));
      } else {
        const status = follow(data, next);
        if (status != ANSWERED) return status;
        chainTtl = min(chainTtl, ttlAt(fixed + 4));
        if (isPassed) result = AGAIN;
      }
    }
    at = next;
  }
  authoritiesAt = at;
  return result;
}

function isOfTarget(at: usize): i32 {
  if (load<u8>(at) >= 0xc0 && message + (<usize>word(at) & 0x3fff) == targetAt) return EQUAL;
  return compressed.equals(at, target);
}

/** The name in the data of an alias becomes the target. An owner of an alias has nothing else (RFC 1034 §3.6.2). */
function follow(data: usize, end: usize): i32 {
  if (aliases == ALIASES_MAX) return LOOP;
  const name = chain + <usize>aliases * NAME_BYTES;
  if (!compressed.expand(data, name) || compressed.after != end) return MALFORMED;
  for (let i: usize = 0; i <= aliases; i++) {
    if (names.equals(name, i ? chain + (i - 1) * NAME_BYTES : firstName)) return LOOP;
  }
  aliases++;
  target = name;
  targetAt = load<u8>(data) >= 0xc0 ? message + (<usize>word(data) & 0x3fff) : data;
  recordCount = 0;
  recordBytes = 0;
  recordsTtl = TTL_MAX;
  return ANSWERED;
}

/** Counts one more record with these data; false when they are not what the type asks for. */
function gather(data: usize, end: usize): bool {
  const length = <u32>(end - data);
  if (type == TYPE_A || type == TYPE_AAAA) {
    if (length != (type == TYPE_A ? 4 : 16)) return false;
    recordBytes += ADDRESS_BYTES;
  } else if (type == TYPE_SRV) {
    if (length < 7 || !compressed.expand(data + 6, nameScratch) || compressed.after != end) return false;
    recordBytes += srvBytes(names.textLength(nameScratch));
  } else {
    let text: u32 = 0;
    let at = data;
    do {
      if (at >= end) return false; // no string at all, or one that is longer than the data
      const size = <usize>load<u8>(at);
      at += 1 + size;
      text += <u32>size;
    } while (at != end);
    recordBytes += txtBytes(text);
  }
  store<u16>(offsets + (<usize>recordCount << 1), <u16>(data - message));
  recordCount++;
  return true;
}

/** Bytes of a record in the payload of a result; dns/result.ts has the layout. */
@inline function srvBytes(hostLength: u32): u32 {
  return (8 + hostLength + 1) & ~1;
}

@inline function txtBytes(length: u32): u32 {
  return (4 + length + 3) & ~3;
}

/** A lifetime; with its highest bit set it means none (RFC 2181 §8). */
function ttlAt(at: usize): u32 {
  const seconds = bswap(load<u32>(at));
  return <i32>seconds < 0 ? 0 : seconds;
}

/** Of `negativeTtl`: nobody says; the section is malformed. */
const UNKNOWN: i64 = -1;
const BROKEN: i64 = -2;

/** How long nothing will be there, as the SOA of a zone that `target` is in says, among `count` records from `at`. */
function negativeTtl(at: usize, count: u32): i64 {
  for (; count; count--) {
    const fixed = compressed.skip(at);
    if (!fixed || fixed + FIXED_BYTES > messageEnd) return BROKEN;
    const data = fixed + FIXED_BYTES;
    const next = data + <usize>word(fixed + 8);
    if (next > messageEnd) return BROKEN;
    if (word(fixed) == TYPE_SOA && word(fixed + 2) == CLASS_IN) {
      const length = compressed.expand(at, nameScratch);
      if (!length) return BROKEN;
      if (isWithin(nameScratch, length)) {
        const second = compressed.skip(data);
        const numbers = second ? compressed.skip(second) : 0;
        if (!numbers || numbers + 20 != next) return BROKEN;
        return min(min(ttlAt(fixed + 4), ttlAt(numbers + 16)), NEGATIVE_TTL_MAX);
      }
    }
    at = next;
  }
  return UNKNOWN;
}

/** Whether `target` is the name `zone` of `length` bytes, or below it. */
function isWithin(zone: usize, length: u32): bool {
  let rest = names.wireLength(target);
  let at = target;
  while (rest > length) {
    const label = 1 + <u32>load<u8>(at);
    at += label;
    rest -= label;
  }
  return names.equals(at, zone);
}

/**
 * Writes the records of the message that was read last, which must still be there, to `to`: `recordBytes` bytes, the
 * payload of a Result, in the order of the message. Addresses have the port 0.
 */
export function writeRecords(to: usize): void {
  memory.fill(to, 0, recordBytes);
  for (let i = 0; i < recordCount; i++) {
    const data = message + <usize>load<u16>(offsets + (<usize>i << 1));
    if (type == TYPE_A || type == TYPE_AAAA) {
      writeAddress(data, changetype<SocketAddress>(to));
      to += ADDRESS_BYTES;
    } else if (type == TYPE_SRV) {
      to += writeSrv(data, to);
    } else {
      to += writeTxt(data, to);
    }
  }
}

function writeAddress(data: usize, to: SocketAddress): void {
  to.family = type == TYPE_A ? IPV4 : IPV6;
  if (type == TYPE_A) {
    for (let i = 0; i < 4; i++) to.setPart(i, load<u8>(data + i));
  } else {
    for (let i = 0; i < 8; i++) to.setPart(i, word(data + (i << 1)));
  }
}

function writeSrv(data: usize, to: usize): u32 {
  for (let i: usize = 0; i < 6; i += 2) store<u16>(to + i, word(data + i));
  compressed.expand(data + 6, nameScratch);
  const length = names.toText(nameScratch, to + 8);
  store<u16>(to, <u16>length, 6);
  return srvBytes(length);
}

function writeTxt(data: usize, to: usize): u32 {
  let length: u32 = 0;
  for (const end = data + word(data - 2); data < end;) {
    const size = <u32>load<u8>(data);
    memory.copy(to + 4 + length, data + 1, size);
    length += size;
    data += 1 + size;
  }
  store<u32>(to, length);
  return txtBytes(length);
}
