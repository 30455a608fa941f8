// What of a message of DNS (RFC 1035) is written and read here: queries for addresses, their answers, and the answer
// that says that the server failed. What comes from outside is read with bounds for each step: pointers lead backwards
// only, all names together take a number of steps, and what breaks a rule makes the whole answer worth nothing.

import { ErrorCode } from "../../wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "../../wasi/ip-address.js";
import { ALIASES_MAX, NAME_BYTES_MAX, NAME_STEPS_MAX } from "./limits.js";

export const HEADER_BYTES = 12;
const CLASS_IN = 1;
const TYPE_A = 1;
const TYPE_CNAME = 5;
const TYPE_AAAA = 28;
const IS_RESPONSE = 0x80;
const IS_TRUNCATED = 2;
/** QR and the four bits of the operation, in the third byte of a message. */
const QR_OPCODE = 0xf8;
const SERVER_FAILURE = 2;
const NAME_ERROR = 3;

/** Asks for addresses, with the identifier 0. `name` is ASCII, in lower case, and fits. */
export function writeQuery(name: string, isIpv6: boolean): Uint8Array {
  const labels = name.replace(/\.?$/, ".").replace(/([^.]*)\./g, (_, label: string) => charOf(label.length) + label);
  const type = charOf(isIpv6 ? TYPE_AAAA : TYPE_A);
  return new TextEncoder().encode(`\0\0\x01\0\0\x01\0\0\0\0\0\0${labels}\0\0${type}\0\x01`);
}

/** Whether it may be the answer to a query with the identifier 0; what it says is another matter. */
export function isResponse(message: Uint8Array): boolean {
  const [high, low, flags = 0] = message;
  return message.length >= HEADER_BYTES && high === 0 && low === 0 && flags >= IS_RESPONSE;
}

/** The answer of a server that could not do it: the query with other flags. */
export function serverFailure(query: Uint8Array): Uint8Array {
  const answer = Uint8Array.from(query);
  answer[2] = (query[2] as number) & ~IS_TRUNCATED | IS_RESPONSE;
  answer[3] = IS_RESPONSE | SERVER_FAILURE; // of this byte that bit says: recursion is available
  return answer;
}

/**
 * The addresses that the answer to that query of ours has for its name, or why there are none. Aliases count in the
 * order in which resolvers write them: each before what it leads to.
 */
export function readAddresses(message: Uint8Array, query: Uint8Array): SocketAddress[] | ErrorCode {
  try {
    return read(message, query);
  } catch {
    return ErrorCode.TemporaryResolverFailure;
  }
}

function charOf(byte: number): string {
  return String.fromCharCode(byte);
}

function broken(): never {
  throw new RangeError("a broken message");
}

function read(message: Uint8Array, query: Uint8Array): SocketAddress[] | ErrorCode {
  const isIpv6 = query.at(-3) === TYPE_AAAA;
  const found: SocketAddress[] = [];
  let at = HEADER_BYTES;
  let steps = NAME_STEPS_MAX;
  const byte = (): number => message[at++] ?? broken();
  const word = (): number => byte() << 8 | byte();
  /** As it stands there, lengths before labels, in lower case and without the zero at its end. */
  const name = (): string => {
    let text = "";
    let start = at;
    let end = 0;
    for (;;) {
      const length = byte();
      if (--steps < 0 || text.length > NAME_BYTES_MAX) broken();
      if (length === 0) break;
      if (length < 0x40) {
        text += String.fromCharCode(...message.subarray(at - 1, at += length));
        continue;
      }
      const target = (length & 0x3f) << 8 | byte();
      if (length < 0xc0 || target >= start) broken();
      end ||= at;
      at = start = target;
    }
    at = end || at;
    return text.toLowerCase();
  };

  const [, , flags = 0, more = 0, zero, questions, high = 0, low = 0] = message;
  const code = more & 15;
  if (code === NAME_ERROR) return ErrorCode.NameUnresolvable;
  if (code === SERVER_FAILURE) broken();
  if (code !== 0) return ErrorCode.PermanentResolverFailure;
  const type = query.at(-3);
  let target = String.fromCharCode(...query.subarray(HEADER_BYTES, -5));
  const isRight = (flags & (QR_OPCODE | IS_TRUNCATED)) === IS_RESPONSE && zero === 0 && questions === 1;
  if (!isRight || name() !== target || word() !== type || word() !== CLASS_IN) broken();
  let aliases = 0;
  for (let left = high << 8 | low; left > 0; left--) {
    const isOwner = name() === target;
    const kind = word();
    const isOurs = word() === CLASS_IN && isOwner;
    at += 4; // how long it lives
    const end = word() + at;
    if (isOurs && kind === TYPE_CNAME) {
      target = name();
      if (++aliases > ALIASES_MAX) return ErrorCode.PermanentResolverFailure;
    } else if (isOurs && kind === type) {
      const parts = Array.from({ length: isIpv6 ? 8 : 4 }, isIpv6 ? word : byte);
      found.push(makeAddress(isIpv6 ? Family.Ipv6 : Family.Ipv4, parts, 0));
    } else {
      at = end;
    }
    if (at !== end || end > message.length) broken();
  }
  return found;
}
