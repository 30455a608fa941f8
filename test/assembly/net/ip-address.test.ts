// IP literals: parsing against Node's own opinion and formatting against that of its URL parser, for every classic
// edge case and for many random and damaged literals.
import { isIP, isIPv4 } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { TextProbe } from "../../support/text-probe.js";

console.log(`TEST_SEED=${SEED}`);
const text = await TextProbe.create();
const MUTATIONS = 60_000;

/** The canonical text by another implementation; URLs write mapped addresses in hexadecimal, as RFC 5952 §5 allows. */
function canonical(literal: string): string {
  return isIPv4(literal) ? literal : new URL(`http://[${literal}]/`).hostname.slice(1, -1);
}

function check(literal: string): void {
  const expected = isIP(literal) !== 0 && !literal.includes("%");
  const parts = text.parseIp(literal);
  assert.is(parts !== null, expected, JSON.stringify(literal));
  if (parts !== null) assert.is(text.get("formatIp"), canonical(literal), JSON.stringify(literal));
}

const GOOD = [
  "0.0.0.0", "127.0.0.1", "255.255.255.255", "1.2.3.4", "10.20.30.40",
  "::", "::1", "1::", "::ffff:1.2.3.4", "::1.2.3.4", "64:ff9b::192.0.2.33", "1:2:3:4:5:6:1.2.3.4",
  "1:2:3:4:5:6:7:8", "1::8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3::5:6:7:8", "2001:DB8::A:b",
  "fe80::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0:0:0:0:0:0:0:0", "0001:0020:0300:4000::",
  "1:0:0:2:0:0:0:3", "1:0:0:2:3:0:0:4", "1:0:2:3:4:5:6:7", "0:0:1::", "::0:0:1", "0::0", "::ffff:0:0",
  "1:2:3:4:5::1.2.3.4", "::ffff:255.255.255.255", "1::1.2.3.4",
];

const BAD = [
  "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.", "1.2.3.256", "1.2.3.1000",
  "01.2.3.4", "1.2.3.00", "1.2.3.04", "1.2.3.-4", "1.2.3.+4", "1.2.3.4 ", " 1.2.3.4", "0x1.2.3.4", "1.2.3.a",
  "1.2.3.4\0",
  "4294967296.1.1.1", "99999999999999999999.1.1.1", "1,2,3,4", "localhost", "１.2.3.4",
  ":", ":::", "::::", "1:", ":1", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7",
  "1::2::3", "1:::2", "::1::", "::1:", ":::1", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2:3:4:5:6:7:8",
  "12345::", "g::", "::g", "1:2:3:4:5:6:7:8 ", "[::1]", "::1%eth0", "fe80::1%1", "::-1", "0x1::", "1:2:3:4:5:6:7:0x8",
  "::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "::01.2.3.4", "::1.2.3.4:5", "1.2.3.4::", "1.2.3.4:5::", "::1.2.3.4::",
  "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6:7::1.2.3.4", "1:2:3:4:5:1.2.3.4", "::ffff:1.2.3.", "::ffff:.1.2.3",
  "1:2:3:4:5:6::1.2.3.4", "1::2:3:4:5:6:1.2.3.4", "::.", "::1.", ":1.2.3.4", ":::1.2.3.4",
  "1:2:3:4:5:6:7:8.", "::1 ::2",
];

const parsing = suite("parseIp");

for (const literal of GOOD) {
  parsing(`should take ${literal}`, () => {
    assert.is.not(isIP(literal), 0, "the test itself is right");
    check(literal);
  });
}
for (const literal of BAD) {
  parsing(`should refuse ${JSON.stringify(literal)}`, () => {
    assert.ok(isIP(literal) === 0 || literal.includes("%"), "the test itself is right");
    check(literal);
  });
}

parsing("should leave no flow and no scope of an earlier address behind", () => {
  text.parseIp("::1");
  assert.is(text.probe.call.scopeAndFlow(), 0);
  text.parseIp("1.2.3.4");
  assert.is(text.probe.call.scopeAndFlow(), 0);
});

parsing("should give the parts of both families", () => {
  assert.equal(text.parseIp("1.20.255.0"), [1, 20, 255, 0]);
  assert.equal(text.parseIp("2001:db8::7:192.0.2.33"), [0x2001, 0xdb8, 0, 0, 0, 7, 0xc000, 0x221]);
  assert.equal(text.parseIp("::ffff:1.2.3.4"), [0, 0, 0, 0, 0, 0xffff, 0x102, 0x304]);
});

parsing(`should agree with Node about ${MUTATIONS} damaged literals`, () => {
  const random = new Random();
  const letters = "0123456789abcdefABCDEFxg.:.:.:::%-+ [](/\0é１";
  for (let step = 0; step < MUTATIONS; step++) {
    let literal = GOOD[random.below(GOOD.length)]!;
    for (let change = random.below(5); change > 0; change--) {
      const at = random.below(literal.length + 1);
      const letter = letters[random.below(letters.length)]!;
      const cut = random.below(3); // Insert, replace, or delete.
      literal = literal.slice(0, at) + (cut === 2 ? "" : letter) + literal.slice(at + (cut === 0 ? 0 : 1));
    }
    check(literal);
    if (step % 2000 === 0) text.probe.call.collect();
  }
});

parsing.run();

// ---

const formatting = suite("formatIp");

formatting("should write what it parsed, for random addresses of both families", () => {
  const random = new Random();
  for (let step = 0; step < 20_000; step++) {
    const parts = random.below(4) === 0
      ? Array.from({ length: 4 }, () => random.below(256))
      : Array.from({ length: 8 }, () => (random.below(2) === 0 ? 0 : random.next() >>> (16 + random.below(16))));
    const written = text.formatIp(parts);
    assert.is.not(isIP(written), 0, written);
    assert.is(canonical(written), written);
    assert.equal(text.parseIp(written), parts, written);
    if (step % 2000 === 0) text.probe.call.collect();
  }
});

const RFC_5952: [number[], string][] = [
  [[0x2001, 0xdb8, 0, 0, 0, 0, 2, 1], "2001:db8::2:1"],
  [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], "2001:db8:0:1:1:1:1:1"],
  [[0x2001, 0, 0, 1, 0, 0, 0, 1], "2001:0:0:1::1"],
  [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], "2001:db8::1:0:0:1"],
  [[0, 0, 0, 0, 0, 0, 0, 0], "::"],
  [[0, 0, 0, 0, 0, 0, 0, 1], "::1"],
  [[1, 0, 0, 0, 0, 0, 0, 0], "1::"],
  [[0, 1, 0, 1, 0, 1, 0, 1], "0:1:0:1:0:1:0:1"],
  [[0, 0, 1, 1, 1, 1, 0, 0], "::1:1:1:1:0:0"],
  [[0xabcd, 0xef, 0xa, 0, 0, 0, 0, 0xffff], "abcd:ef:a::ffff"],
];

for (const [parts, expected] of RFC_5952) {
  formatting(`should write ${expected}`, () => assert.is(text.formatIp(parts), expected));
}

formatting("should put the port behind, with brackets around IPv6", () => {
  text.setAddress([127, 0, 0, 1], 8080);
  assert.is(text.get("formatSocketAddress"), "127.0.0.1:8080");
  text.setAddress([0, 0, 0, 0, 0, 0, 0, 1], 0);
  assert.is(text.get("formatSocketAddress"), "[::1]:0");
  text.setAddress([0, 0, 0, 0, 0, 0, 0, 0], 65_535);
  assert.is(text.get("formatSocketAddress"), "[::]:65535");
});

formatting.run();

// ---

const decimals = suite("parseDecimal");
const DECIMALS: [string, number, number][] = [
  ["0", 10, 0], ["7", 10, 7], ["10", 10, 10], ["11", 10, -1], ["", 10, -1], ["00", 10, -1], ["01", 10, -1],
  ["-1", 10, -1], ["+1", 10, -1], [" 1", 10, -1], ["1 ", 10, -1], ["1e1", 100, -1], ["0x1", 100, -1],
  ["65535", 65_535, 65_535], ["65536", 65_535, -1], ["4294967297", 65_535, -1], ["9".repeat(500), 65_535, -1],
  ["２", 10, -1],
];

for (const [word, max, expected] of DECIMALS) {
  decimals(`should read ${JSON.stringify(word.slice(0, 12))} of at most ${max} as ${expected}`, () => {
    assert.is(text.probe.call.parseDecimal(text.put(word), 0, word.length, max), expected);
  });
}

decimals("should read only the part it was given", () => {
  assert.is(text.probe.call.parseDecimal(text.put("a12b"), 1, 3, 99), 12);
  assert.is(text.probe.call.parseDecimal(text.put("a12b"), 3, 3, 99), -1);
});

decimals.run();
