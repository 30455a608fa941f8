// Messages of DNS (RFC 1035 §4.1): writing a question, and telling whether a message is the answer to it.
//
//   0 id | 2 flags | 4 questions | 6 answers | 8 authorities | 10 additionals     big-endian u16 each
//   12 name, type u16, class u16: the question; then records: name, type, class, ttl u32, length u16, data

import { HEADER_BYTES } from "./compressed-name";
import { DIFFERENT, SAME_BYTES, compare, wireLength } from "./name";

export const TYPE_A: u16 = 1;
export const TYPE_CNAME: u16 = 5;
export const TYPE_SOA: u16 = 6;
export const TYPE_TXT: u16 = 16;
export const TYPE_AAAA: u16 = 28;
export const TYPE_SRV: u16 = 33;
const TYPE_OPT: u16 = 41;
/** The only class that is in use, the Internet. */
export const CLASS_IN: u16 = 1;

export const NO_ERROR: u8 = 0;
export const FORMAT_ERROR: u8 = 1;
export const SERVER_FAILURE: u8 = 2;
export const NAME_ERROR: u8 = 3;
export const NOT_IMPLEMENTED: u8 = 4;
export const REFUSED: u8 = 5;

/** Bytes of an answer over UDP that we say we take: fits every path without fragments (RFC 9715). */
export const EDNS_BYTES: u16 = 1232;

/** Bytes of the longest query. */
export const QUERY_BYTES_MAX: u32 = 12 + 255 + 4 + 11;

/** What `check` says of a message: the answer; the answer, but the name's case is not ours; not the answer; broken. */
export const MATCH: i32 = 0;
export const MATCH_OTHER_CASE: i32 = 1;
export const MISMATCH: i32 = 2;
export const MALFORMED: i32 = 3;

const QR: u16 = 0x8000;
const OPCODE: u16 = 0x7800;
const TRUNCATED: u16 = 0x0200;
const RECURSION_DESIRED: u16 = 0x0100;
/** The least that a record takes: the root's name, type, class, ttl and length. */
const RECORD_BYTES_MIN: u32 = 11;

/** A big-endian number in a message. */
@inline export function word(at: usize): u16 {
  return bswap(load<u16>(at));
}

@inline function setWord(at: usize, value: u16): void {
  store<u16>(at, bswap(value));
}

/**
 * Writes the query with the identifier `id` for records of `type` of the wire name at `question`, cased as it is, to
 * `target`, and returns its length, at most QUERY_BYTES_MAX. With `edns` it says that EDNS_BYTES may come (RFC 6891).
 */
export function writeQuery(target: usize, id: u16, question: usize, type: u16, edns: bool): u32 {
  const length = wireLength(question);
  setWord(target, id);
  setWord(target + 2, RECURSION_DESIRED);
  setWord(target + 4, 1);
  store<u32>(target, 0, 6);
  setWord(target + 10, <u16>edns);
  let at = target + HEADER_BYTES;
  memory.copy(at, question, length);
  at += length;
  setWord(at, type);
  setWord(at + 2, CLASS_IN);
  at += 4;
  if (edns) {
    store<u8>(at, 0);
    setWord(at + 1, TYPE_OPT);
    setWord(at + 3, EDNS_BYTES);
    store<u32>(at, 0, 5);
    store<u16>(at, 0, 9);
    at += 11;
  }
  return <u32>(at - target);
}

/**
 * Whether the message is the answer to the query `id` for records of `type` of the wire name `question`: a response to
 * a query, with that identifier and just that question. MATCH_OTHER_CASE when the name is spelt in another case, so
 * that letters that were random say nothing. MALFORMED when the message has more questions, or fewer bytes than the
 * records need that it counts; one that says it was cut off may.
 *
 * A server that does not understand us need not repeat the question (it may not know where that ends): the header alone
 * with FORMAT_ERROR or NOT_IMPLEMENTED is a match.
 */
export function check(message: usize, length: u32, id: u16, question: usize, type: u16): i32 {
  if (length < <u32>HEADER_BYTES || word(message) != id) return MISMATCH;
  if ((word(message + 2) & (QR | OPCODE)) != QR) return MISMATCH;
  const questions = word(message + 4);
  if (!questions) {
    const code = rcode(message);
    const isBare = length == <u32>HEADER_BYTES && !load<u16>(message, 6) && !load<u32>(message, 8);
    return isBare && (code == FORMAT_ERROR || code == NOT_IMPLEMENTED) ? MATCH : MISMATCH;
  }
  const nameLength = wireLength(question);
  const recordsAt = <u32>HEADER_BYTES + nameLength + 4;
  if (length < recordsAt) return MISMATCH;
  const similarity = compare(question, message + HEADER_BYTES, nameLength);
  const typeAt = message + recordsAt - 4;
  if (similarity == DIFFERENT || word(typeAt) != type || word(typeAt + 2) != CLASS_IN) return MISMATCH;
  if (questions != 1) return MALFORMED;
  const records = <u32>word(message + 6) + word(message + 8) + word(message + 10);
  if (records * RECORD_BYTES_MIN > length - recordsAt && !isTruncated(message)) return MALFORMED;
  return similarity == SAME_BYTES ? MATCH : MATCH_OTHER_CASE;
}

/** The code of a response: NO_ERROR, NAME_ERROR … What EDNS adds to it is not looked at. */
export function rcode(message: usize): u8 {
  return load<u8>(message, 3) & 15;
}

/** Whether the sender cut records off, so that the whole answer is to be had over TCP only. */
export function isTruncated(message: usize): bool {
  return (word(message + 2) & TRUNCATED) != 0;
}
