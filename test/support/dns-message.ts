// Messages of DNS byte by byte: unlike dns-packet, which compresses nothing and writes nothing wrong.

export const TYPES = { A: 1, CNAME: 5, SOA: 6, TXT: 16, AAAA: 28, SRV: 33, OPT: 41 };
export type QuestionType = "A" | "AAAA" | "SRV" | "TXT";

/** How a name is written: in full, or with a pointer for what stands in the message already. */
export type Spelling = "plain" | "packed";

export interface Header {
  id?: number;
  flags?: number;
  /** Questions, answers, authorities, additionals; counted when it is not given. */
  counts?: number[];
}

export const RESPONSE = 0x8180;
export const TRUNCATED = 0x0200;

/** Labels of a text without escapes. */
const labelsOf = (name: string): string[] => name.split(".").filter((label) => label !== "");

export function wireName(name: string): Buffer {
  const labels = labelsOf(name).map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, "latin1")]));
  return Buffer.concat([...labels, Buffer.of(0)]);
}

export class MessageWriter {
  readonly #bytes: number[] = new Array<number>(12).fill(0);
  /** Where each name began that could be pointed to. */
  readonly #known = new Map<string, number>();
  readonly #counts = [0, 0, 0, 0];
  readonly #header: Header;

  constructor(header: Header = {}) {
    this.#header = header;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The whole message. */
  finish(): Buffer {
    const message = Buffer.from(this.#bytes);
    message.writeUInt16BE(this.#header.id ?? 0, 0);
    message.writeUInt16BE(this.#header.flags ?? RESPONSE, 2);
    (this.#header.counts ?? this.#counts).forEach((count, index) => message.writeUInt16BE(count, 4 + 2 * index));
    return message;
  }

  word(value: number): this {
    return this.bytes([value >>> 8 & 255, value & 255]);
  }

  bytes(bytes: Iterable<number>): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  pointer(offset: number): this {
    return this.word(0xc000 | offset);
  }

  /** `packed` points to the longest end of the name that was written in that case before. */
  name(name: string, spelling: Spelling = "plain"): this {
    const labels = labelsOf(name);
    for (let index = 0; index < labels.length; index++) {
      const rest = labels.slice(index).join(".");
      const known = this.#known.get(rest);
      if (known !== undefined && spelling === "packed") return this.pointer(known);
      if (known === undefined && this.length < 0x4000) this.#known.set(rest, this.length);
      this.bytes([labels[index]!.length, ...Buffer.from(labels[index]!, "latin1")]);
    }
    return this.bytes([0]);
  }

  question(name: string, type: number, spelling: Spelling = "plain", dnsClass = 1): this {
    this.#counts[0]!++;
    return this.name(name, spelling).word(type).word(dnsClass);
  }

  /** A record in the section `section` (1 answers, 2 authorities, 3 additionals); `data` writes its data. */
  record(
    section: number, owner: () => void, type: number, ttl: number, data: () => void,
    { dnsClass = 1, lengthError = 0 } = {},
  ): this {
    this.#counts[section]!++;
    owner();
    this.word(type).word(dnsClass).word(ttl >>> 16).word(ttl & 0xffff).word(0);
    const start = this.length;
    data();
    const length = this.length - start + lengthError;
    this.#bytes[start - 2] = length >>> 8;
    this.#bytes[start - 1] = length & 255;
    return this;
  }

  // Records of the answer section

  a(owner: string, address: string, ttl = 300, spelling: Spelling = "packed"): this {
    const data = address.split(".").map(Number);
    return this.record(1, () => this.name(owner, spelling), TYPES.A, ttl, () => this.bytes(data));
  }

  aaaa(owner: string, parts: number[], ttl = 300, spelling: Spelling = "packed"): this {
    const data = (): void => parts.forEach((part) => this.word(part));
    return this.record(1, () => this.name(owner, spelling), TYPES.AAAA, ttl, data);
  }

  cname(owner: string, target: string, ttl = 300, spelling: Spelling = "packed"): this {
    return this.record(1, () => this.name(owner, spelling), TYPES.CNAME, ttl, () => this.name(target, spelling));
  }

  srv(owner: string, numbers: number[], target: string, ttl = 300, spelling: Spelling = "packed"): this {
    const data = (): void => {
      numbers.forEach((number) => this.word(number));
      this.name(target, spelling);
    };
    return this.record(1, () => this.name(owner, spelling), TYPES.SRV, ttl, data);
  }

  txt(owner: string, strings: (string | Uint8Array)[], ttl = 300, spelling: Spelling = "packed"): this {
    const data = (): void => strings.map((each) => Buffer.from(each as string)).forEach((each) => {
      this.bytes([each.length, ...each]);
    });
    return this.record(1, () => this.name(owner, spelling), TYPES.TXT, ttl, data);
  }

  soa(zone: string, ttl: number, minimum: number, section = 2): this {
    const data = (): void => {
      this.name("ns.test", "packed").name("admin.test", "packed");
      for (const number of [1, 3600, 600, 86_400, minimum]) this.word(number >>> 16).word(number & 0xffff);
    };
    return this.record(section, () => this.name(zone, "packed"), TYPES.SOA, ttl, data);
  }

  opt(section = 3): this {
    return this.record(section, () => this.name(""), TYPES.OPT, 0, () => {}, { dnsClass: 1232 });
  }
}

/** The answer to a question, so far without records. */
export function answerTo(name: string, type: QuestionType = "A", header: Header = {}): MessageWriter {
  return new MessageWriter(header).question(name, TYPES[type]);
}
