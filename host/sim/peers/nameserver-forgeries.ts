// Messages that a resolver must not believe: forged answers, whose records are poison, and answers of the right server
// that are broken.

import type { SimRandom } from "../random.js";
import {
  CLASS_IN, HEADER_BYTES, IS_AUTHORITATIVE, IS_RESPONSE, MessageWriter, type Query, RecordType, writeAnswer,
} from "./nameserver-message.js";
import { writtenRecord, type ZoneRecord } from "./nameserver-zone.js";

/** Each is wrong in one thing and right in all others; `garbage` in everything. */
export const FORGERIES = [
  "wrong-id", "wrong-name", "wrong-type", "wrong-class", "no-question", "query", "garbage", "short",
  "wrong-address", "wrong-port",
] as const;
export type Forgery = (typeof FORGERIES)[number];

/** What forged records say. None of it may ever be in a result. */
export const POISON = { ipv4: "6.6.6.6", ipv6: "fd66::6", port: 666, target: "poison.test", text: "poison" } as const;
const POISON_TTL_SECONDS = 86_400;

function poisonFor(name: string, type: number): ZoneRecord {
  if (type === RecordType.AAAA) return [name, "AAAA", POISON.ipv6, POISON_TTL_SECONDS];
  if (type === RecordType.SRV) return [name, "SRV", [0, 0, POISON.port, POISON.target], POISON_TTL_SECONDS];
  if (type === RecordType.TXT) return [name, "TXT", [POISON.text], POISON_TTL_SECONDS];
  return [name, "A", POISON.ipv4, POISON_TTL_SECONDS];
}

function poisoned(query: Query): Uint8Array {
  const answers = [writtenRecord(poisonFor(query.name, query.type))];
  return writeAnswer(query, { flags: IS_AUTHORITATIVE, rcode: 0, answers, authority: [] });
}

/** A forged answer; who is to send it, is not its business. */
export function forge(kind: Forgery, query: Query, random: SimRandom): Uint8Array {
  switch (kind) {
    case "wrong-id":
      return poisoned({ ...query, id: (query.id + random.between([1, 0xffff])) & 0xffff });
    case "wrong-name":
      return poisoned({ ...query, name: `x${query.name}` });
    case "wrong-type":
      return poisoned({ ...query, type: query.type === RecordType.A ? RecordType.AAAA : RecordType.A });
    case "wrong-class":
      return patched(poisoned(query), HEADER_BYTES + query.name.length + 2 + 2, [0, CLASS_IN + 2]);
    case "no-question":
      return withoutQuestion(query);
    case "query":
      return patched(poisoned(query), 2, [0]);
    case "garbage":
      return randomBytes(random, random.between([HEADER_BYTES, 600]));
    case "short":
      return poisoned(query).slice(0, random.between([0, HEADER_BYTES - 1]));
    case "wrong-address":
    case "wrong-port":
      return poisoned(query);
  }
}

function patched(message: Uint8Array, at: number, bytes: readonly number[]): Uint8Array {
  message.set(bytes, at);
  return message;
}

function withoutQuestion(query: Query): Uint8Array {
  const writer = new MessageWriter();
  writer.header(query.id, IS_RESPONSE | IS_AUTHORITATIVE, [0, 1, 0, 0]);
  writer.record(writtenRecord(poisonFor(query.name, query.type)));
  return writer.toUint8Array();
}

function randomBytes(random: SimRandom, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  random.fill(bytes);
  return bytes;
}

/** How the right server's answer is broken. */
export const DAMAGES = ["cut", "miscounted", "self-pointer", "forward-pointer", "pointer-chain", "crowd"] as const;
export type Damage = (typeof DAMAGES)[number];

/** The record of EDNS at the end of an answer: without it alone nothing is missing. */
const OPTIONS_BYTES = 11;
const CHAIN_POINTERS = 2000;
const CROWD_RECORDS = 1500;

/** `answer` is what the server would have said; the crowd and the chain stay within what TCP can carry. */
export function damaged(kind: Damage, query: Query, answer: Uint8Array, random: SimRandom): Uint8Array {
  switch (kind) {
    case "cut":
      return cut(query, answer, random);
    case "miscounted":
      return patched(answer.slice(), 6, [0xff, 0xff]);
    case "self-pointer":
      return bomb(query, query.type, 1, (writer) => writer.pointer(writer.length));
    case "forward-pointer":
      return bomb(query, query.type, 1, (writer) => writer.pointer(writer.length + 12));
    case "pointer-chain":
      return pointerChain(query);
    case "crowd":
      return bomb(query, RecordType.SOA, CROWD_RECORDS, (writer) => writer.pointer(HEADER_BYTES));
  }
}

/** Somewhere behind the question. */
function cut(query: Query, answer: Uint8Array, random: SimRandom): Uint8Array {
  const questionEnd = HEADER_BYTES + query.name.length + 2 + 4;
  return answer.slice(0, random.between([questionEnd, answer.length - (query.hasEdns ? OPTIONS_BYTES : 0) - 1]));
}

/** An answer of `count` records without data, each of whose owners is what `writeOwner` makes of it. */
function bomb(
  query: Query, type: number, count: number, writeOwner: (writer: MessageWriter) => void,
): Uint8Array {
  const writer = new MessageWriter();
  writer.header(query.id, IS_RESPONSE | IS_AUTHORITATIVE, [1, count, 0, 0]);
  writer.question(query.name, query.type);
  for (let record = 0; record < count; record++) {
    writeOwner(writer);
    for (const word of [type, CLASS_IN, 0, POISON_TTL_SECONDS, 0]) writer.word(word);
  }
  return writer.toUint8Array();
}

/** Each record's name is a pointer to the pointer of the record before: backwards only, yet without an end in sight. */
function pointerChain(query: Query): Uint8Array {
  let before = HEADER_BYTES;
  return bomb(query, query.type, CHAIN_POINTERS, (writer) => {
    const here = writer.length;
    writer.pointer(before);
    if (here <= 0x3fff) before = here;
  });
}
