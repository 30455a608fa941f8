// What of a message of DNS (RFC 1035) is written and read here: queries for addresses, their answers, and the answer
// that says that the server failed. What comes from outside is read with bounds for each step: pointers lead backwards
// only, all names together take a number of steps, and what breaks a rule makes the whole answer worth nothing.

import { ErrorCode } from "../../wasi/error-code.js";
import { Family, makeAddress, type SocketAddress } from "../../wasi/ip-address.js";
import { ALIASES_MAX, NAME_BYTES_MAX, NAME_STEPS_MAX } from "./limits.js";

export const HEADER_BYTES = 12;
const CLASS_IN = 1;
const TYPE_CNAME = 5;
const RECURSION_DESIRED = 1;
const IS_TRUNCATED = 2;
/** QR and the four bits of the operation, in the third byte of a message. */
const QR_OPCODE = 0xf8;
const IS_RESPONSE = 0x80;
const SERVER_FAILURE = 2;
const NAME_ERROR = 3;

/** Asks for the addresses of one family, with the identifier 0. `name` is ASCII, in lower case, and fits. */
export function writeQuery(name: string, family: Family): Uint8Array {
  const labels = name.replace(/\.$/, "").split(".");
  const bytes = [0, 0, RECURSION_DESIRED, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const label of labels) bytes.push(label.length, ...Array.from(label, (letter) => letter.charCodeAt(0)));
  return Uint8Array.of(...bytes, 0, 0, typeOf(family), 0, CLASS_IN);
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

/** The addresses that the answer to that query of ours has for its name, or why there are none. */
export function readAddresses(message: Uint8Array, query: Uint8Array, family: Family): SocketAddress[] | ErrorCode {
  const [, , flags = 0, more = 0] = message;
  const code = more & 15;
  if (code === NAME_ERROR) return ErrorCode.NameUnresolvable;
  if (code !== 0 && code !== SERVER_FAILURE) return ErrorCode.PermanentResolverFailure;
  try {
    if (code !== 0 || (flags & (QR_OPCODE | IS_TRUNCATED)) !== IS_RESPONSE) broken();
    return new AnswerReader(message).read(query, family);
  } catch {
    return ErrorCode.TemporaryResolverFailure;
  }
}

function typeOf(family: Family): number {
  return family === Family.Ipv6 ? 28 : 1;
}

function broken(): never {
  throw new RangeError("a broken message");
}

class AnswerReader {
  private at = HEADER_BYTES;
  private steps = NAME_STEPS_MAX;

  constructor(private readonly message: Uint8Array) {}

  read(query: Uint8Array, family: Family): SocketAddress[] | ErrorCode {
    const { message } = this;
    const type = typeOf(family);
    const asked = new AnswerReader(query).name();
    if (message[4] !== 0 || message[5] !== 1 || this.name() !== asked) broken();
    if (this.word() !== type || this.word() !== CLASS_IN) broken();
    const aliases = new Map<string, string>();
    const found: { readonly owner: string; readonly address: SocketAddress }[] = [];
    for (let left = (message[6] as number) << 8 | (message[7] as number); left > 0; left--) {
      const owner = this.name();
      const isType = this.word();
      const isIn = this.word() === CLASS_IN;
      this.at += 4; // how long it lives
      const end = this.word() + this.at;
      if (isIn && isType === TYPE_CNAME) aliases.set(owner, this.name());
      else if (isIn && isType === type) found.push({ owner, address: this.address(family) });
      else this.at = end;
      if (this.at !== end || end > message.length) broken();
    }
    let target = asked;
    for (let hops = 0; aliases.has(target); hops++) {
      if (hops === ALIASES_MAX) return ErrorCode.PermanentResolverFailure;
      target = aliases.get(target) as string;
    }
    return found.filter(({ owner }) => owner === target).map(({ address }) => address);
  }

  /** As it stands there, lengths before labels, in lower case and without the zero at its end. */
  private name(): string {
    const { message } = this;
    let text = "";
    let start = this.at;
    let end = 0;
    for (;;) {
      if (--this.steps < 0) broken();
      const length = this.byte();
      if (length === 0) break;
      if (length >= 0xc0) {
        const target = (length & 0x3f) << 8 | this.byte();
        if (end === 0) end = this.at;
        if (target >= start) broken();
        this.at = start = target;
        continue;
      }
      if (length >= 0x40) broken();
      text += String.fromCharCode(...message.subarray(this.at - 1, this.at += length));
      if (text.length > NAME_BYTES_MAX) broken();
    }
    if (end !== 0) this.at = end;
    return text.toLowerCase();
  }

  private address(family: Family): SocketAddress {
    const isIpv6 = family === Family.Ipv6;
    return makeAddress(family, Array.from({ length: isIpv6 ? 8 : 4 }, () => isIpv6 ? this.word() : this.byte()), 0);
  }

  private word(): number {
    return this.byte() << 8 | this.byte();
  }

  private byte(): number {
    return this.message[this.at++] ?? broken();
  }
}
