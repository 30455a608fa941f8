// The probe of DNS with texts and objects on both sides.
import { MessageWriter, type QuestionType, TYPES, wireName } from "./dns-message.js";
import { compileProbe, Probe } from "./probe.js";

const module = await compileProbe("dns");


/** What `check` says, by its number. */
export const CHECKS = ["match", "match-other-case", "mismatch", "malformed"] as const;
/** What `read` says, by its number. */
export const READS = ["answered", "alias", "no-records", "no-name", "loop", "malformed", "failed"] as const;

export interface Answer {
  result: typeof READS[number];
  ttl: number;
  aliases: number;
  target: string;
  /** `192.0.2.1` in eight-segment notation for IPv6; `PRIORITY WEIGHT PORT HOST`; bytes of a TXT in hexadecimal. */
  records: string[];
}

export class DnsProbe {
  readonly probe: Probe;
  readonly input: number;
  readonly question: number;
  readonly output: number;

  private constructor(probe: Probe) {
    this.probe = probe;
    this.input = probe.call.inputAddress!();
    this.question = probe.call.questionAddress!();
    this.output = probe.call.outputAddress!();
  }

  static async create(): Promise<DnsProbe> {
    return new DnsProbe(await Probe.create(module));
  }

  put(bytes: Uint8Array | string): number {
    const written = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    this.probe.write(this.input, written);
    return written.length;
  }

  get(length: number): Buffer {
    return Buffer.from(this.probe.bytes(this.output, length));
  }

  /** The wire form that the core makes of a text, which becomes the question; null when it refuses the text. */
  fromText(text: string | Uint8Array): Buffer | null {
    this.probe.write(this.question, new Uint8Array(256).fill(0xee));
    const length = this.probe.call.fromText!(this.put(text));
    return length === 0 ? null : Buffer.from(this.probe.bytes(this.question, length));
  }

  toText(wire?: Uint8Array): string {
    if (wire !== undefined) this.setQuestion(wire);
    return this.get(this.probe.call.toText!()).toString("latin1");
  }

  setQuestion(wire: Uint8Array): void {
    this.probe.write(this.question, wire);
  }

  /** Asks about a message, which is laid where memory ends, so that to read over its end would trap. */
  at(message: Uint8Array): number {
    const address = (this.probe.call.end!() >>> 0) - message.length;
    this.probe.write(address, message);
    return address;
  }

  check(message: Uint8Array, id: number, type: QuestionType): typeof CHECKS[number] {
    return CHECKS[this.probe.call.check!(this.at(message), message.length, id, TYPES[type])]!;
  }

  /** What a message says about records of the type of `name`. */
  read(from: MessageWriter | Uint8Array, type: QuestionType, name: string): Answer {
    const { call } = this.probe;
    const message = from instanceof Uint8Array ? from : from.finish();
    this.setQuestion(wireName(name));
    const result = READS[call.read!(this.at(message), message.length, TYPES[type])]!;
    const target = this.get(call.targetText!()).toString("latin1");
    const count = call.recordCount!();
    const bytes = call.recordBytes!();
    this.probe.write(this.output, new Uint8Array(bytes + 16).fill(0xee));
    call.writeRecords!();
    const payload = this.get(bytes + 16);
    if (payload.subarray(bytes).some((byte) => byte !== 0xee)) throw new Error("more was written than announced");
    const records = decodePayload(payload.subarray(0, bytes), count, type);
    return { result, ttl: call.ttlSeconds!() >>> 0, aliases: call.aliases!(), target, records };
  }
}

/** The payload of a Result as assembly/dns/result.ts lays it out. */
export function decodePayload(payload: Buffer, count: number, type: QuestionType): string[] {
  let at = 0;
  const take = (): string => {
    if (type === "A" || type === "AAAA") {
      const address = payload.subarray(at, at += 28);
      const isIpv6 = type === "AAAA";
      const parts = Array.from({ length: 8 }, (_, index) => address.readUInt16LE(12 + 2 * index));
      const rest = isIpv6 ? [] : parts.splice(4);
      if (address[0] !== Number(isIpv6)) throw new Error(`family ${address[0]}`);
      if (address.subarray(1, 12).some((byte) => byte !== 0) || rest.some((part) => part !== 0)) {
        throw new Error(`an address has more than a family and its parts: ${address.toString("hex")}`);
      }
      return isIpv6 ? parts.map((part) => part.toString(16)).join(":") : parts.join(".");
    }
    const start = at;
    if (type === "SRV") {
      const [priority, weight, port, length] = [0, 2, 4, 6].map((offset) => payload.readUInt16LE(start + offset));
      at += 8 + length! + (length! & 1);
      return `${priority} ${weight} ${port} ${payload.toString("latin1", start + 8, start + 8 + length!)}`;
    }
    const length = payload.readUInt32LE(start);
    at += (4 + length + 3) & ~3;
    return payload.toString("hex", start + 4, start + 4 + length);
  };
  const records = Array.from({ length: count }, take);
  if (at !== payload.length) throw new Error(`${payload.length} bytes of records are announced, ${at} are there`);
  return records;
}

/** The eight segments of a literal, as `decodePayload` writes them. */
export function partsOfIpv6(literal: string): string {
  const [head = "", tail] = new URL(`http://[${literal}]/`).hostname.slice(1, -1).split("::");
  const read = (side: string): string[] => (side === "" ? [] : side.split(":"));
  const behind = read(tail ?? "");
  const zeros = new Array<string>(8 - read(head).length - behind.length).fill("0");
  return [...read(head), ...zeros, ...behind].join(":");
}
