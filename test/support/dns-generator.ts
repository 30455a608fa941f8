// Random answers, all of them legal: chains of aliases, in circles too, records in any order, others among them, every
// spelling of names, and all kinds of authority sections.
import type { Random } from "./bytes.js";
import { MessageWriter, type QuestionType, RESPONSE, type Spelling, TYPES } from "./dns-message.js";

/** The last is as long as it can be, with three of the longest labels before it. */
const ZONES = ["test", "example.test", "a.b.c.test", "other.invalid", "", "z".repeat(61)];
const LABELS = ["www", "a", "b", "mail", "x-1", "_tcp", "LongLabel", "w".repeat(63), "v".repeat(63)];
const TYPE_NAMES: QuestionType[] = ["A", "AAAA", "SRV", "TXT"];
const TTLS = [0, 1, 60, 300, 86_400, 86_401, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

export interface RandomMessage {
  message: Buffer;
  name: string;
  type: QuestionType;
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)]!;
const chance = (random: Random, of: number): boolean => random.below(of) === 0;

function randomName(random: Random): string {
  const labels = Array.from({ length: 1 + random.below(3) }, () => pick(random, LABELS));
  return [...labels, pick(random, ZONES)].filter((each) => each !== "").join(".");
}

/** The name with other capitals, sometimes. */
function recased(random: Random, name: string): string {
  if (!chance(random, 3)) return name;
  return [...name].map((letter) => (chance(random, 2) ? letter.toUpperCase() : letter.toLowerCase())).join("");
}

const spelling = (random: Random): Spelling => (chance(random, 3) ? "plain" : "packed");
const ttlOf = (random: Random): number => (chance(random, 3) ? pick(random, TTLS) : random.below(100_000));

function writeRecord(random: Random, message: MessageWriter, owner: string, type: QuestionType): void {
  const name = recased(random, owner);
  const word = (): number => random.next() & 0xffff;
  const ttl = ttlOf(random);
  const spelt = spelling(random);
  if (type === "A") {
    message.a(name, Array.from({ length: 4 }, () => random.below(256)).join("."), ttl, spelt);
  } else if (type === "AAAA") {
    message.aaaa(name, Array.from({ length: 8 }, () => (chance(random, 2) ? 0 : word())), ttl, spelt);
  } else if (type === "SRV") {
    message.srv(name, [word(), word(), word()], chance(random, 9) ? "" : randomName(random), ttl, spelt);
  } else {
    const text = (): Buffer => Buffer.alloc(chance(random, 9) ? 255 : random.below(12), random.next() & 255);
    message.txt(name, Array.from({ length: 1 + random.below(4) }, text), ttl, spelt);
  }
}

/** Names from the question on, each an alias of the next one; sometimes the last leads back to an earlier one. */
function randomChain(random: Random, name: string): string[] {
  const length = chance(random, 20) ? 14 + random.below(5) : random.below(4);
  const chain = new Map([[name.toLowerCase(), name]]);
  while (chain.size <= length) {
    const next = chain.size > 4 ? `n${chain.size}.${pick(random, ZONES)}`.replace(/\.$/, "") : randomName(random);
    chain.set(next.toLowerCase(), next);
  }
  const names = [...chain.values()];
  return chance(random, 8) ? [...names, pick(random, names)] : names;
}

export function randomMessage(random: Random): RandomMessage {
  const name = randomName(random);
  const type = pick(random, TYPE_NAMES);
  const code = chance(random, 12) ? random.below(16) : chance(random, 5) ? 3 : 0;
  const message = new MessageWriter({ id: random.next() & 0xffff, flags: RESPONSE | code });
  message.question(recased(random, name), TYPES[type]);
  const chain = randomChain(random, name);
  const end = chain.at(-1)!;
  const writes = chain.slice(0, -1).map((owner, index) => (): void => void message.cname(
    recased(random, owner), recased(random, chain[index + 1]!), ttlOf(random), spelling(random),
  ));
  const owners = new Set(chain.map((each) => each.toLowerCase()));
  const noise = (): void => {
    const other = randomName(random);
    const isForeign = !owners.has(other.toLowerCase());
    const kind = pick(random, TYPE_NAMES);
    if (isForeign && chance(random, 4)) {
      owners.add(other.toLowerCase());
      message.cname(other, randomName(random), ttlOf(random), spelling(random));
    } else if (isForeign || kind !== type) {
      writeRecord(random, message, isForeign ? other : end, kind);
    }
  };
  for (let count = random.below(4); count > 0; count--) writes.push(noise);
  const hasRecords = !chance(random, 3);
  for (let count = hasRecords ? 1 + random.below(5) : 0; count > 0; count--) {
    writes.push(() => writeRecord(random, message, end, type));
  }
  const keepsOrder = chance(random, 2);
  while (writes.length > 0) writes.splice(keepsOrder ? 0 : random.below(writes.length), 1)[0]!();
  for (let count = random.below(3); count > 0; count--) {
    message.soa(chance(random, 2) ? pick(random, ZONES) : randomName(random), ttlOf(random), ttlOf(random));
  }
  if (chance(random, 2)) message.opt();
  return { message: message.finish(), name, type };
}
