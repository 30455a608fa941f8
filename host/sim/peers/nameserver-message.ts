// DNS messages (RFC 1035 section 4, RFC 6891) as a scripted nameserver needs them: it reads queries and writes answers.
// Nothing here is shared with the resolver that is tried on it, so both would have to be wrong in the same way.

export enum RecordType {
  A = 1,
  CNAME = 5,
  SOA = 6,
  TXT = 16,
  AAAA = 28,
  SRV = 33,
  OPT = 41,
}

export enum ResponseCode {
  NoError = 0,
  FormatError = 1,
  ServerFailure = 2,
  NameError = 3,
  NotImplemented = 4,
  Refused = 5,
}

export const HEADER_BYTES = 12;
export const IS_RESPONSE = 0x8000;
export const IS_AUTHORITATIVE = 0x0400;
export const IS_TRUNCATED = 0x0200;
const IS_RECURSION_DESIRED = 0x0100;
export const CLASS_IN = 1;
const LABEL_BYTES_MAX = 63;
const POINTER = 0xc000;
/** What fits into a pointer. */
const POINTER_MAX = 0x3fff;
const PLAIN_DATAGRAM_BYTES = 512;
const OWN_DATAGRAM_BYTES = 1232;

export interface Query {
  readonly id: number;
  /** As it was asked, capitals and all: labels joined by dots, none at the end. */
  readonly name: string;
  readonly type: number;
  readonly isRecursionDesired: boolean;
  readonly hasEdns: boolean;
  /** The longest answer that the asker takes by datagram. */
  readonly datagramBytes: number;
}

/** Null when it is no query for one question of the class IN. */
export function readQuery(message: Uint8Array): Query | null {
  if (message.length < HEADER_BYTES) return null;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const flags = view.getUint16(2);
  if ((flags & ~IS_RECURSION_DESIRED) !== 0 || view.getUint16(4) !== 1 || view.getUint32(6) !== 0) return null;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at++]; length !== 0; length = message[at++]) {
    if (length === undefined || length > LABEL_BYTES_MAX || at + length > message.length) return null;
    labels.push(String.fromCharCode(...message.subarray(at, at + length)));
    at += length;
  }
  if (at + 4 > message.length || view.getUint16(at + 2) !== CLASS_IN) return null;
  const type = view.getUint16(at);
  at += 4;
  const common = {
    id: view.getUint16(0), name: labels.join("."), type, isRecursionDesired: (flags & IS_RECURSION_DESIRED) !== 0,
  };
  const extraCount = view.getUint16(10);
  if (extraCount === 0) {
    return at === message.length ? { ...common, hasEdns: false, datagramBytes: PLAIN_DATAGRAM_BYTES } : null;
  }
  // The root as the name, then type, size, flags, length of options.
  if (extraCount !== 1 || at + 11 > message.length || message[at] !== 0) return null;
  if (view.getUint16(at + 1) !== RecordType.OPT || at + 11 + view.getUint16(at + 9) !== message.length) return null;
  return { ...common, hasEdns: true, datagramBytes: Math.max(PLAIN_DATAGRAM_BYTES, view.getUint16(at + 3)) };
}

export interface WrittenRecord {
  readonly name: string;
  readonly type: number;
  readonly ttlSeconds: number;
  writeData(writer: MessageWriter): void;
}

export interface Answer {
  readonly flags: number;
  readonly rcode: number;
  readonly answers: readonly WrittenRecord[];
  readonly authority: readonly WrittenRecord[];
}

/** The answer to a query, with its question as it was asked. */
export function writeAnswer(query: Query, { flags, rcode, answers, authority }: Answer): Uint8Array {
  const writer = new MessageWriter();
  writer.header(query.id, IS_RESPONSE | flags | (query.isRecursionDesired ? IS_RECURSION_DESIRED : 0) | rcode, [
    1, answers.length, authority.length, query.hasEdns ? 1 : 0,
  ]);
  writer.question(query.name, query.type);
  for (const record of [...answers, ...authority]) writer.record(record);
  if (query.hasEdns) writer.options();
  return writer.toUint8Array();
}

export class MessageWriter {
  private readonly bytes: number[] = [];
  /** Where the name that ends a message so begins, in lower case. */
  private readonly names = new Map<string, number>();

  get length(): number {
    return this.bytes.length;
  }

  byte(value: number): void {
    this.bytes.push(value & 0xff);
  }

  word(value: number): void {
    this.bytes.push(value >>> 8 & 0xff, value & 0xff);
  }

  long(value: number): void {
    this.word(value >>> 16);
    this.word(value);
  }

  header(id: number, flags: number, counts: readonly [number, number, number, number]): void {
    for (const word of [id, flags, ...counts]) this.word(word);
  }

  question(name: string, type: number): void {
    this.name(name);
    this.word(type);
    this.word(CLASS_IN);
  }

  /** Compressed where an earlier name ends in the same way, but for `isWhole`. */
  name(text: string, isWhole = false): void {
    const labels = text === "" ? [] : text.split(".");
    for (let index = 0; index < labels.length; index++) {
      const rest = labels.slice(index).join(".").toLowerCase();
      const known = this.names.get(rest);
      if (known !== undefined && !isWhole) return this.word(POINTER | known);
      if (known === undefined && this.length <= POINTER_MAX) this.names.set(rest, this.length);
      this.text(labels[index] as string);
    }
    this.byte(0);
  }

  pointer(offset: number): void {
    this.word(POINTER | offset);
  }

  /** A byte that says the length, and the characters as bytes. */
  text(text: string): void {
    this.byte(text.length);
    for (let index = 0; index < text.length; index++) this.byte(text.charCodeAt(index));
  }

  record({ name, type, ttlSeconds, writeData }: WrittenRecord): void {
    this.name(name);
    this.word(type);
    this.word(CLASS_IN);
    this.long(ttlSeconds);
    this.data(writeData);
  }

  /** A word that says the length, and what `writeData` writes. */
  data(writeData: (writer: MessageWriter) => void): void {
    const lengthAt = this.length;
    this.word(0);
    writeData(this);
    const length = this.length - lengthAt - 2;
    this.bytes[lengthAt] = length >>> 8;
    this.bytes[lengthAt + 1] = length & 0xff;
  }

  /** The OPT record. */
  options(): void {
    this.byte(0);
    this.word(RecordType.OPT);
    this.word(OWN_DATAGRAM_BYTES);
    this.long(0);
    this.word(0);
  }

  toUint8Array(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}
