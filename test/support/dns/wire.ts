// Messages of DNS for the tests: queries, answers to a query, and where in a message its question ends.
//
// Written without a look at the engine's own parser, so that the two do not share a mistake.

export const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, TXT: 16, AAAA: 28, SRV: 33, OPT: 41 } as const;
export const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
export const HEADER = 12;

/** A name of plain labels in its wire form. */
export function nameBytes(name: string): Buffer {
  const labels = name.split(".").filter((label) => label !== "");
  const parts = labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, "latin1")]);
  return Buffer.concat([...parts, Buffer.from([0])]);
}

export function query(id: number, name: string, type: number): Buffer {
  const header = Buffer.from([id >> 8, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, nameBytes(name), Buffer.from([0, type, 0, 1])]);
}

/** Behind the question of a message that has one; its names are not compressed. */
export function questionEnd(message: Buffer): number {
  let at = HEADER;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) at += 1 + length;
  return at + 5;
}

/** The name that a message asks for, as it is spelled there. */
export function questionName(message: Buffer): string {
  const labels: string[] = [];
  let at = HEADER;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return labels.join(".");
}

export const questionType = (message: Buffer): number => message.readUInt16BE(questionEnd(message) - 4);

/** Whether a query has an OPT record: ours have nothing else behind the question. */
export const hasOpt = (message: Buffer): boolean => message.readUInt16BE(10) > 0;

export interface ResourceRecord {
  /** In wire form; the default is a pointer to the question. */
  name?: Buffer;
  type: number;
  /** Default IN. */
  class?: number;
  ttl?: number;
  data: Buffer;
}

const TO_QUESTION = Buffer.from([0xc0, HEADER]);

function recordBytes({ name = TO_QUESTION, type, class: group = 1, ttl = 60, data }: ResourceRecord): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(group, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([name, fixed, data]);
}

export interface AnswerParts {
  rcode?: number;
  truncated?: boolean;
  answers?: ResourceRecord[];
  authority?: ResourceRecord[];
}

/** An answer to a query, with its id and its question as they are there. */
export function answerTo(asked: Buffer, parts: AnswerParts = {}): Buffer {
  const { rcode = 0, truncated = false, answers = [], authority = [] } = parts;
  const head = Buffer.from(asked.subarray(0, questionEnd(asked)));
  head[2] = 0x85 | (truncated ? 2 : 0);
  head[3] = 0x80 | rcode;
  head.writeUInt16BE(answers.length, 6);
  head.writeUInt16BE(authority.length, 8);
  head.writeUInt16BE(0, 10);
  return Buffer.concat([head, ...answers.map(recordBytes), ...authority.map(recordBytes)]);
}
