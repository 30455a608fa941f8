// A zone as a small table, and what it says about a name and a type.

import { Family, hostText } from "../../wasi/ip-address.js";
import { parseAddress } from "../host.js";
import { type MessageWriter, RecordType, ResponseCode, type WrittenRecord } from "./nameserver-message.js";

/** Names without a dot at the end. Seconds of life are `TTL_SECONDS` when left out. */
export type ZoneRecord =
  | readonly [name: string, type: "A" | "AAAA" | "CNAME", value: string, ttlSeconds?: number]
  | readonly [name: string, type: "SRV", value: ServiceValue, ttlSeconds?: number]
  | readonly [name: string, type: "TXT", strings: readonly string[], ttlSeconds?: number];

export type ServiceValue = readonly [priority: number, weight: number, port: number, target: string];

export interface ZoneAnswer {
  readonly rcode: number;
  /** Aliases first. */
  readonly answers: readonly WrittenRecord[];
  /** The SOA record, where the answer is that there is nothing. */
  readonly authority: readonly WrittenRecord[];
}

export interface ZoneOptions {
  /** Seconds for which it may be remembered that there is nothing. */
  readonly negativeTtlSeconds?: number;
  /** Gives the records that an alias leads to, too. Default: true. */
  readonly followsAliases?: boolean;
}

const TTL_SECONDS = 300;
const NEGATIVE_TTL_SECONDS = 60;
/** BIND gives up there, too. */
const ALIASES_MAX = 16;

export class Zone {
  private readonly byName = new Map<string, WrittenRecord[]>();
  /** Names above others that have no records themselves. */
  private readonly hollow = new Set<string>();
  private readonly authority: WrittenRecord;
  private readonly followsAliases: boolean;

  constructor(readonly origin: string, records: readonly ZoneRecord[], options: ZoneOptions = {}) {
    const { negativeTtlSeconds = NEGATIVE_TTL_SECONDS, followsAliases = true } = options;
    this.followsAliases = followsAliases;
    this.authority = authorityRecord(origin, negativeTtlSeconds);
    this.byName.set(origin, [this.authority]);
    for (const record of records) this.add(record);
  }

  has(name: string): boolean {
    return this.byName.has(name.toLowerCase());
  }

  /** What is asked beyond the origin is refused. */
  find(name: string, type: number): ZoneAnswer {
    const answers: WrittenRecord[] = [];
    let current = name.toLowerCase();
    for (let aliases = 0; ; aliases++) {
      if (!this.covers(current)) return found(aliases === 0 ? ResponseCode.Refused : ResponseCode.NoError, answers);
      const records = this.byName.get(current);
      const [alias] = records?.filter((record) => record.type === RecordType.CNAME) ?? [];
      if (alias === undefined || type === RecordType.CNAME) {
        answers.push(...records?.filter((record) => record.type === type) ?? []);
        const isThere = records !== undefined || this.hollow.has(current);
        const isMet = answers.at(-1)?.type === type;
        return found(isThere ? ResponseCode.NoError : ResponseCode.NameError, answers, isMet ? [] : [this.authority]);
      }
      answers.push(alias);
      if (!this.followsAliases || aliases === ALIASES_MAX) return found(ResponseCode.NoError, answers);
      current = (alias as AliasRecord).target.toLowerCase();
    }
  }

  private covers(name: string): boolean {
    return name === this.origin || name.endsWith(`.${this.origin}`);
  }

  private add(record: ZoneRecord): void {
    const name = record[0].toLowerCase();
    if (!this.covers(name)) throw new Error(`${name} is not in the zone ${this.origin}`);
    const written = writtenRecord(record);
    const known = this.byName.get(name);
    if (known === undefined) this.byName.set(name, [written]);
    else known.push(written);
    for (let above = parentOf(name); above !== this.origin && name !== this.origin; above = parentOf(above)) {
      this.hollow.add(above);
    }
  }
}

interface AliasRecord extends WrittenRecord {
  readonly target: string;
}

function found(
  rcode: number, answers: readonly WrittenRecord[], authority: readonly WrittenRecord[] = [],
): ZoneAnswer {
  return { rcode, answers, authority };
}

function parentOf(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}

function authorityRecord(origin: string, negativeTtlSeconds: number): WrittenRecord {
  return {
    name: origin, type: RecordType.SOA, ttlSeconds: TTL_SECONDS,
    writeData: (writer) => {
      for (const label of ["ns", "hostmaster"]) writer.name(`${label}.${origin}`);
      for (const value of [1, 3600, 600, 86_400, negativeTtlSeconds]) writer.long(value);
    },
  };
}

export function writtenRecord(record: ZoneRecord): WrittenRecord {
  const [name, type, value, ttlSeconds = TTL_SECONDS] = record;
  const common = { name, type: RecordType[type], ttlSeconds };
  if (type === "CNAME") {
    return { ...common, target: value, writeData: (writer: MessageWriter) => writer.name(value) } as AliasRecord;
  }
  if (type === "SRV") return { ...common, writeData: (writer) => writeService(writer, value) };
  if (type === "TXT") return { ...common, writeData: (writer) => value.forEach((text) => writer.text(text)) };
  return { ...common, writeData: (writer) => writeAddress(writer, value, type) };
}

function writeService(writer: MessageWriter, [priority, weight, port, target]: ServiceValue): void {
  for (const word of [priority, weight, port]) writer.word(word);
  writer.name(target, true); // RFC 2782: never compressed
}

function writeAddress(writer: MessageWriter, text: string, type: "A" | "AAAA"): void {
  const address = parseAddress(text);
  const isIpv4 = address.family === Family.Ipv4;
  if (isIpv4 !== (type === "A")) throw new Error(`${hostText(address)} does not belong into a record ${type}`);
  for (const part of address.parts) {
    if (isIpv4) writer.byte(part);
    else writer.word(part);
  }
}
