// The order of addresses: each rule of RFC 6724 §6 alone, its examples (§10.2), and the laws of sorting.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { DnsProbe } from "../../support/dns-probe.js";
import { orders } from "../../support/orders.js";

console.log(`TEST_SEED=${SEED}`);
const dns = await DnsProbe.create();
const ADDRESS_BYTES = 28;
const UNREACHABLE = 0xff;

/** A destination and the source it would be reached from, or null for none. */
type Way = [destination: string, source: string | null];

/** Parts of an address: four octets, or eight segments. */
function partsOf(text: string): number[] {
  if (!text.includes(":")) return text.split(".").map(Number);
  const segments = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [head = "", tail] = segments.split("::");
  const read = (side: string): number[] => (side === "" ? [] : side.split(":").map((each) => parseInt(each, 16)));
  if (tail === undefined) return read(head);
  const zeros = new Array<number>(8 - read(head).length - read(tail).length).fill(0);
  return [...read(head), ...zeros, ...read(tail)];
}

function record(text: string | null, tag = 0): Buffer {
  const bytes = Buffer.alloc(ADDRESS_BYTES);
  const parts = text === null ? [] : partsOf(text);
  bytes[0] = text === null ? UNREACHABLE : parts.length === 8 ? 1 : 0;
  bytes.writeUInt16LE(tag, 2); // as the port, which must stay with its address
  parts.forEach((part, index) => bytes.writeUInt16LE(part, 12 + 2 * index));
  return bytes;
}

/** The indices of the ways in the order that the core gives them. */
function order(ways: Way[]): number[] {
  const before = ways.map(([destination], index) => record(destination, index + 1));
  dns.probe.write(dns.output, Buffer.concat(before));
  dns.put(Buffer.concat(ways.map(([, source]) => record(source))));
  dns.probe.call.sort!(ways.length);
  const after = dns.get(ways.length * ADDRESS_BYTES);
  return ways.map((_, place) => {
    const bytes = after.subarray(place * ADDRESS_BYTES, (place + 1) * ADDRESS_BYTES);
    const index = bytes.readUInt16LE(2) - 1;
    assert.is(bytes.toString("hex"), before[index]!.toString("hex"), "an address stays whole");
    return index;
  });
}

/** The first comes before the second, whichever stands first. */
function assertBefore(first: Way, second: Way): void {
  assert.equal(order([first, second]), [0, 1], `${first} before ${second}`);
  assert.equal(order([second, first]), [1, 0], `${first} before ${second}, from behind`);
}

function assertEqual(one: Way, other: Way): void {
  assert.equal(order([one, other]), [0, 1], `${one} as good as ${other}`);
  assert.equal(order([other, one]), [0, 1], `${other} as good as ${one}`);
}

const rules = suite("RFC 6724");

const RULES: [rule: string, first: Way, second: Way][] = [
  ["1: what can be reached", ["192.0.2.1", "192.0.2.9"], ["2001:db8::1", null]],
  ["1: what can be reached", ["2001:db8::1", "2001:db8::9"], ["::1", null]],
  ["1: what can be reached, however badly", ["2001:db8::1", "fe80::1"], ["192.0.2.1", null]],
  ["2: a source of its scope", ["192.0.2.1", "192.0.2.9"], ["2001:db8::1", "fe80::1"]],
  ["2: a source of its scope", ["2001:db8::1", "2001:db8::2"], ["192.0.2.1", "169.254.1.1"]],
  ["2: a source of its scope", ["ff05::1", "fec0::1"], ["ff0e::1", "fec0::1"]],
  ["5: a source of its label", ["192.0.2.1", "192.0.2.9"], ["2001:db8::1", "2002:c000:201::1"]],
  ["5: a source of its label", ["2002:c000:201::1", "2002:c000:209::1"], ["2001:db8::1", "2002:c000:209::1"]],
  ["6: a higher precedence", ["::1", "::1"], ["127.0.0.1", "127.0.0.1"]],
  ["6: a higher precedence", ["2001:db8::1", "2001:db8::2"], ["192.0.2.1", "192.0.2.9"]],
  ["6: a higher precedence", ["192.0.2.1", "192.0.2.9"], ["2002:c000:201::1", "2002:c000:209::1"]],
  ["6: a higher precedence", ["2002:c000:201::1", "2002:c000:209::1"], ["2001:0:1::1", "2001:0:2::1"]],
  ["6: a higher precedence", ["2001:0:1::1", "2001:0:2::1"], ["fd00::1", "fd00::2"]],
  ["6: a higher precedence", ["fd00::1", "fd00::2"], ["3ffe::1", "3ffe::2"]],
  ["6: a higher precedence", ["fc00::1", "fdff::2"], ["::192.0.2.1", "::192.0.2.9"]],
  ["6: a higher precedence", ["192.0.2.1", "192.0.2.9"], ["fec0::1", "fec0::2"]],
  ["8: a smaller scope", ["fe80::1", "fe80::2"], ["2001:db8::1", "2001:db8::1"]],
  ["8: a smaller scope", ["ff01::1", "ff01::2"], ["ff02::1", "fe80::1"]],
  ["8: a smaller scope", ["169.254.1.1", "169.254.1.2"], ["192.0.2.1", "192.0.2.2"]],
  ["8: a smaller scope", ["127.0.0.1", "127.0.0.1"], ["10.0.0.1", "10.0.0.2"]],
  ["9: a longer common prefix", ["2001:db8:1::1", "2001:db8:1::9"], ["2001:db8:2::1", "2001:db8:1::9"]],
  ["9: a longer common prefix", ["2001:db8::1", "2001:db8::9"], ["2001:db8:0:1::1", "2001:db8::9"]],
  ["as upstream's test has it", ["::1", "::1"], ["2002::1111", null]],
  ["as upstream's test has it", ["::1", "::1"], ["2002::1111", "2002::2"]],
];

for (const [rule, first, second] of RULES) {
  rules(`should put ${first[0]} before ${second[0]} by rule ${rule}`, () => assertBefore(first, second));
}

/** The examples of RFC 6724 §10.2, where the sources that are given are those of that section. */
const EXAMPLES: [first: Way, second: Way][] = [
  [["2001:db8:1::1", "2001:db8:1::2"], ["198.51.100.121", "169.254.13.78"]],
  [["198.51.100.121", "198.51.100.117"], ["2001:db8:1::1", "fe80::1"]],
  [["2001:db8:1::1", "2001:db8:1::2"], ["10.1.2.3", "10.1.2.4"]],
  [["2002:c633:6401::1", "2002:c633:6401::2"], ["2001:db8:1::1", "2002:c633:6401::2"]],
  [["2001:db8:1::1", "2001:db8:1::2"], ["2002:c633:6401::1", "2002:c633:6401::2"]],
  [["fe80::1", "fe80::2"], ["2001:db8:1::1", "2001:db8:1::2"]],
];

for (const [first, second] of EXAMPLES) {
  rules(`should put ${first[0]} before ${second[0]} from ${first[1]} as the RFC does`, () => {
    assertBefore(first, second);
  });
}

rules("should leave the order of addresses that no rule tells apart", () => {
  assertEqual(["192.0.2.1", "192.0.2.9"], ["198.51.100.1", "192.0.2.9"]);
  assertEqual(["192.0.2.1", "192.0.2.1"], ["203.0.113.1", "192.0.2.1"]);
  assertEqual(["2001:db8::1", "2001:db8::9"], ["2001:db8::ffff:0:0:1", "2001:db8::9"]);
  assertEqual(["2001:db8::1", null], ["2001:db8:1::1", null]);
  assertEqual(["::ffff:192.0.2.1", "::ffff:192.0.2.9"], ["192.0.2.1", "192.0.2.9"]);
  assertEqual(["::ffff:127.0.0.1", "::ffff:127.0.0.1"], ["127.0.0.2", "127.0.0.1"]);
});

rules("should do nothing to an empty list and to a list of one", () => {
  assert.equal(order([]), []);
  assert.equal(order([["192.0.2.1", null]]), [0]);
});

rules.run();

// ---

const POOL: Way[] = [
  ["::1", "::1"], ["127.0.0.1", "127.0.0.1"], ["2001:db8::1", "2001:db8::9"], ["2001:db8:1::1", "2001:db8::9"],
  ["2001:db8:8000::1", "2001:db8::9"], ["192.0.2.1", "192.0.2.9"], ["192.0.2.2", null], ["2001:db8::2", null],
  ["fe80::1", "fe80::2"], ["2002:c000:201::1", "2001:db8::9"], ["fd00::1", "fd00::2"], ["fd00::2", "2001:db8::9"],
  ["169.254.1.1", "192.0.2.9"], ["10.0.0.1", "192.0.2.9"], ["2001:0:1::1", "2001:db8::9"], ["2001:db8::3", "fe80::1"],
];

const laws = suite("laws of sorting");

laws("should come to one order from every order of four that differ", () => {
  for (let start = 0; start + 4 <= POOL.length; start += 2) {
    const four = POOL.slice(start, start + 4);
    const all = orders(four).map((ways) => order(ways).map((index) => ways[index]!));
    const isSame = (a: Way, b: Way): boolean => order([a, b])[0] === 0 && order([b, a])[0] === 0;
    for (const one of all) {
      one.forEach((way, place) => assert.ok(way === all[0]![place] || isSame(way, all[0]![place]!)));
    }
  }
});

laws("should agree with itself pair by pair, keep every address, and keep equal ones in order", () => {
  const random = new Random();
  for (let step = 0; step < 2000; step++) {
    const ways = Array.from({ length: 1 + random.below(40) }, () => POOL[random.below(POOL.length)]!);
    const sorted = order(ways);
    assert.equal([...sorted].sort((a, b) => a - b), ways.map((_, index) => index), "a permutation");
    for (let place = 1; place < sorted.length; place++) {
      const [first, second] = [sorted[place - 1]!, sorted[place]!];
      const expected = first < second ? [0, 1] : [1, 0];
      const pair = [ways[Math.min(first, second)]!, ways[Math.max(first, second)]!];
      if (step % 20 === 0) assert.equal(order(pair), expected, JSON.stringify(pair));
      if (ways[first] === ways[second]) assert.ok(first < second, "equal addresses keep their order");
    }
  }
});

laws("should sort thousands", () => {
  const ways = Array.from({ length: 4000 }, (_, index) => POOL[index % POOL.length]!);
  const sorted = order(ways);
  const ranks = sorted.map((index) => ways[index]!);
  const groups = ranks.filter((way, place) => way !== ranks[place - 1]);
  assert.is(new Set(sorted).size, ways.length);
  assert.ok(groups.length >= 10);
});

laws.run();
