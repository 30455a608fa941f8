// What an answer says, by another parser (dns-packet) and the rules written down as plainly as they can be.
import * as packet from "dns-packet";
import type { QuestionType } from "./dns-message.js";
import { type Answer, partsOfIpv6 } from "./dns-probe.js";

const ALIASES_MAX = 16;
const TTL_MAX = 86_400;
const NEGATIVE_TTL_MAX = 10_800;

/** A record as dns-packet gives it, whatever its type. */
interface Decoded {
  name: string;
  type: string;
  class?: string;
  ttl?: number;
  data: unknown;
}

interface Soa {
  minimum: number;
}

interface Srv {
  priority: number;
  weight: number;
  port: number;
  target: string;
}

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
const textOf = (name: string): string => (name === "." ? "" : name);
const lifetime = (ttl: number): number => (ttl >= 0x8000_0000 ? 0 : Math.min(ttl, TTL_MAX));

export function referenceAnswer(message: Buffer, name: string, type: QuestionType): Answer {
  const { flags, answers, authorities } = packet.decode(message);
  const code = flags! & 15;
  const none = (result: Answer["result"], target: string, aliases: number, ttl: number): Answer =>
    ({ result, ttl, aliases, target, records: [] });
  if (code !== 0 && code !== 3) return none("failed", name, 0, 0);
  const records = (answers as Decoded[]).filter((each) => each.class === "IN");
  const chain = [name];
  let least = TTL_MAX;
  for (;;) {
    const owner = chain.at(-1)!;
    const alias = records.find((each) => each.type === "CNAME" && isSame(textOf(each.name), owner));
    if (alias === undefined) break;
    const target = textOf(alias.data as string);
    if (chain.length > ALIASES_MAX || chain.some((each) => isSame(each, target))) {
      return none("loop", owner, chain.length - 1, 0);
    }
    least = Math.min(least, lifetime(alias.ttl!));
    chain.push(target);
  }
  const target = chain.at(-1)!;
  const aliases = chain.length - 1;
  const found = records.filter((each) => each.type === type && isSame(textOf(each.name), target));
  if (code === 0 && found.length > 0) {
    const ttl = Math.min(least, ...found.map((each) => lifetime(each.ttl!)));
    return { result: "answered", ttl, aliases, target, records: found.map((each) => recordText(each)) };
  }
  const soa = (authorities as Decoded[]).find((each) =>
    each.type === "SOA" && each.class === "IN" && isWithin(target, textOf(each.name)));
  if (code === 0 && aliases > 0 && soa === undefined) return none("alias", target, aliases, least);
  const bounds = soa === undefined ? [0] : [lifetime(soa.ttl!), lifetime((soa.data as Soa).minimum), NEGATIVE_TTL_MAX];
  return none(code === 0 ? "no-records" : "no-name", target, aliases, Math.min(least, ...bounds));
}

function isWithin(name: string, zone: string): boolean {
  return zone === "" || isSame(name, zone) || name.toLowerCase().endsWith(`.${zone.toLowerCase()}`);
}

function recordText({ type, data }: Decoded): string {
  if (type === "A") return data as string;
  if (type === "AAAA") return partsOfIpv6(data as string);
  if (type === "TXT") return Buffer.concat(data as Buffer[]).toString("hex");
  const { priority, weight, port, target } = data as Srv;
  return `${priority} ${weight} ${port} ${textOf(target)}`;
}
