// Messages of DNS as a page reads and writes them for look-ups of its own: against another parser, and against bytes
// that are made to break it.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as packet from "dns-packet";
import { isResponse, readAddresses, serverFailure, writeQuery } from "#host/browser/doh/message.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Family, hostText, type SocketAddress } from "#host/wasi/ip-address.js";
import { Random, SEED } from "../../support/bytes.js";
import { BROKEN, COSTLY } from "../../support/dns/bombs.js";
import { LONGEST_NAME } from "../../support/dns/zones.js";
import { answerTo, nameBytes, query, RCODES, TYPES } from "../../support/dns/wire.js";
import { partsOfIpv6 } from "../../support/dns-probe.js";
import { randomMessage } from "../../support/dns-generator.js";

console.log(`TEST_SEED=${SEED}`);
const GOOD_MESSAGES = 10_000;
const BROKEN_MESSAGES = 100_000;

type Read = readonly SocketAddress[] | ErrorCode;
const text = (result: Read): string[] | string => typeof result === "number" ? ErrorCode[result] : result.map(hostText);
const asked = Buffer.from(writeQuery("a.example.test", false));
const read = (message: Uint8Array): string[] | string => text(readAddresses(message, asked));

const queries = suite("queries");

queries("should be what other writers write", () => {
  for (const name of ["a", "a.example.test", "a.example.test.", LONGEST_NAME, "_x-1.test"]) {
    assert.equal(Buffer.from(writeQuery(name, false)), query(0, name, TYPES.A), name);
    assert.equal(Buffer.from(writeQuery(name, true)), query(0, name, TYPES.AAAA), name);
  }
});

queries("should become answers that say SERVFAIL, whatever their flags were", () => {
  const failed = packet.decode(Buffer.from(serverFailure(asked)));
  assert.is(failed.type, "response");
  assert.is(failed.flags, 0x0182, "recursion desired and available, SERVFAIL");
  assert.equal(failed.questions, packet.decode(asked).questions);
  const odd = Buffer.from(asked).fill(0xff, 2, 4);
  assert.is(packet.decode(Buffer.from(serverFailure(odd))).flags! & 0x020f, RCODES.SERVFAIL, "not truncated");
  assert.is(asked[2], 1, "the query is left as it was");
  assert.ok(isResponse(serverFailure(asked)));
});

queries("should not pass for answers, and neither should pieces and other identifiers", () => {
  assert.not.ok(isResponse(asked));
  assert.ok(isResponse(answerTo(asked)));
  assert.not.ok(isResponse(answerTo(asked).subarray(0, 11)));
  assert.not.ok(isResponse(new Uint8Array(0)));
  assert.not.ok(isResponse(answerTo(query(1, "a.example.test", TYPES.A))));
  assert.not.ok(isResponse(answerTo(query(256, "a.example.test", TYPES.A))));
});

queries.run();

// ---

const answers = suite("answers");

interface Decoded {
  name: string;
  type: string;
  class?: string;
  data: unknown;
}

/** What readAddresses is to make of a good message: by another parser, in the order of its records. */
function expected(message: Buffer, name: string, type: "A" | "AAAA"): string[] | string {
  const code = message[3]! & 15;
  if (code === 3) return "NameUnresolvable";
  if (code !== 0) return code === 2 ? "TemporaryResolverFailure" : "PermanentResolverFailure";
  const found: string[] = [];
  let [target, aliases] = [name, 0];
  for (const each of packet.decode(message).answers as Decoded[]) {
    if (each.class !== "IN" || each.name.replace(/^\.$/, "").toLowerCase() !== target.toLowerCase()) continue;
    if (each.type === "CNAME") target = (each.data as string).replace(/^\.$/, "");
    if (each.type === "CNAME" && ++aliases > 16) return "PermanentResolverFailure";
    if (each.type === type) found.push(type === "A" ? each.data as string : partsOfIpv6(each.data as string));
  }
  return found;
}

answers(`should mean what another parser says, ${GOOD_MESSAGES} of them`, () => {
  const random = new Random();
  const ends = new Map<string, number>();
  for (let count = 0; count < GOOD_MESSAGES;) {
    const { message, name, type } = randomMessage(random);
    if (type !== "A" && type !== "AAAA") continue;
    count++;
    const got = text(readAddresses(message, writeQuery(name.toLowerCase(), type === "AAAA")));
    const wanted = expected(message, name, type);
    assert.equal(got, wanted, `${type} ${name} in ${message.toString("hex")}`);
    const end = typeof wanted === "string" ? wanted : wanted.length > 0 ? "addresses" : "none";
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  for (const end of ["addresses", "none", "NameUnresolvable", "TemporaryResolverFailure", "PermanentResolverFailure"]) {
    assert.ok((ends.get(end) ?? 0) > GOOD_MESSAGES / 400, `${end} came up: ${JSON.stringify([...ends])}`);
  }
});

const A = { type: TYPES.A, data: Buffer.from([192, 0, 2, 1]) };

answers("should count for the very question only", () => {
  assert.equal(read(answerTo(asked, { answers: [A] })), ["192.0.2.1"]);
  const recased = Buffer.from(asked);
  recased[13] = 0x41;
  assert.equal(read(answerTo(recased, { answers: [A] })), ["192.0.2.1"], "in another case it is the same name");
  for (const other of [query(0, "b.example.test", TYPES.A), query(0, "a.example.test", TYPES.AAAA)]) {
    assert.is(read(answerTo(other, { answers: [A] })), "TemporaryResolverFailure");
  }
  const changed = (at: number, value: number): string[] | string => {
    const message = answerTo(asked, { answers: [A] });
    message[at] = value;
    return read(message);
  };
  assert.is(changed(5, 0), "TemporaryResolverFailure", "no question");
  assert.is(changed(5, 2), "TemporaryResolverFailure", "two questions");
  assert.is(changed(asked.length - 1, 3), "TemporaryResolverFailure", "another class");
  assert.is(changed(2, 0x8d), "TemporaryResolverFailure", "another operation");
  assert.is(changed(2, 0x05), "TemporaryResolverFailure", "a query");
  assert.is(read(answerTo(asked, { answers: [A], truncated: true })), "TemporaryResolverFailure", "cut off");
});

answers("should tell why there are no addresses", () => {
  assert.equal(read(answerTo(asked)), []);
  assert.is(read(answerTo(asked, { rcode: RCODES.NXDOMAIN })), "NameUnresolvable");
  assert.is(read(answerTo(asked, { rcode: RCODES.SERVFAIL })), "TemporaryResolverFailure");
  for (const rcode of [RCODES.REFUSED, RCODES.NOTIMP, RCODES.FORMERR, 15]) {
    assert.is(read(answerTo(asked, { rcode })), "PermanentResolverFailure");
  }
});

answers("should follow sixteen aliases, each before what it leads to, and no more", () => {
  const chain = (hops: number): Buffer => {
    const name = (index: number): Buffer => nameBytes(index === 0 ? "a.example.test" : `alias-${index}.test`);
    const aliases = Array.from({ length: hops }, (_, index) => {
      return { name: name(index), type: TYPES.CNAME, data: name(index + 1) };
    });
    return answerTo(asked, { answers: [...aliases, { ...A, name: name(hops) }] });
  };
  assert.equal(read(chain(1)), ["192.0.2.1"]);
  assert.equal(read(chain(16)), ["192.0.2.1"]);
  assert.is(read(chain(17)), "PermanentResolverFailure");
  const self = { type: TYPES.CNAME, data: nameBytes("a.example.test") };
  assert.equal(read(answerTo(asked, { answers: [self, self, A] })), ["192.0.2.1"], "a circle leads nowhere else");
  assert.is(read(answerTo(asked, { answers: Array.from({ length: 17 }, () => self) })), "PermanentResolverFailure");
});

answers("should take nothing about names that nobody asked for, nor of other classes", () => {
  const other = { ...A, name: nameBytes("b.example.test"), data: Buffer.from([6, 6, 6, 6]) };
  const parent = { name: nameBytes("example.test"), type: TYPES.CNAME, data: nameBytes("evil.test") };
  assert.equal(read(answerTo(asked, { answers: [other, parent, A] })), ["192.0.2.1"]);
  assert.equal(read(answerTo(asked, { answers: [{ ...A, class: 3 }] })), []);
});

for (const [what, bomb] of Object.entries(BROKEN)) {
  answers(`should be worth nothing with ${what}`, () => {
    assert.is(read(bomb(asked)), "TemporaryResolverFailure");
  });
}

answers("should cost no more than a fixed number of steps", () => {
  assert.equal(read(COSTLY["a name of 8,000 pointers"]!(asked)), ["192.0.2.1"]);
  assert.is(read(COSTLY["2,001 records with names of 126 pointers"]!(asked)), "TemporaryResolverFailure");
  assert.is(read(COSTLY["as many aliases as a message holds"]!(asked)), "PermanentResolverFailure");
});

answers.run();

// ---

const fuzz = suite("broken answers");

function mutate(random: Random, message: Buffer): Buffer {
  const bytes = Buffer.from(message);
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(bytes.length);
    switch (random.below(5)) {
      case 0: bytes[at] = random.next(); break;
      case 1: bytes[at]! ^= 1 << random.below(8); break;
      case 2: bytes[at] = 0xc0 | random.below(2); break;
      case 3: bytes.copyWithin(at, random.below(bytes.length)); break;
      default: return bytes.subarray(0, at);
    }
  }
  return bytes;
}

fuzz(`should be read without a throw and give addresses or a reason, ${BROKEN_MESSAGES} of them`, () => {
  const random = new Random();
  const ends = new Map<string, number>();
  for (let count = 0; count < BROKEN_MESSAGES;) {
    const { message, name, type } = randomMessage(random);
    if (type !== "A" && type !== "AAAA") continue;
    const family = type === "A" ? Family.Ipv4 : Family.Ipv6;
    const own = writeQuery(name.toLowerCase(), family === Family.Ipv6);
    for (let round = 0; round < 20; round++, count++) {
      const bad = mutate(random, message);
      const result = readAddresses(bad, own);
      const end = typeof result === "number" ? ErrorCode[result] : "addresses";
      ends.set(end, (ends.get(end) ?? 0) + 1);
      if (typeof result === "number") continue;
      for (const { parts, port } of result) {
        const most = family === Family.Ipv4 ? 255 : 65_535;
        const isWhole = parts.length === (family === Family.Ipv4 ? 4 : 8) && port === 0;
        assert.ok(isWhole && parts.every((part) => part >= 0 && part <= most), bad.toString("hex"));
      }
    }
  }
  const known = ["NameUnresolvable", "PermanentResolverFailure", "TemporaryResolverFailure", "addresses"];
  assert.equal([...ends.keys()].sort(), known);
  for (const end of known) assert.ok(ends.get(end)! > BROKEN_MESSAGES / 1000, JSON.stringify([...ends]));
});

fuzz.run();
