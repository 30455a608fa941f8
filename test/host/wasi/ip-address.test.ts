// Addresses: reading literals, writing them, and what counts as mapped, unspecified and unicast.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isIPv4, isIPv6 } from "node:net";
import {
  addressText, covers, Family, hostText, isIpv4Mapped, isLoopback, isUnicast, isUnspecified, makeAddress, parseIp,
  withPort,
} from "#host/wasi/ip-address.js";
import { Random, SEED } from "../../support/bytes.js";

console.log(`seed ${SEED}`);

const parsing = suite("parseIp");

const good: [string, number[]][] = [
  ["127.0.0.1", [127, 0, 0, 1]], ["0.0.0.0", [0, 0, 0, 0]], ["255.255.255.255", [255, 255, 255, 255]],
  ["::", [0, 0, 0, 0, 0, 0, 0, 0]], ["::1", [0, 0, 0, 0, 0, 0, 0, 1]], ["1::", [1, 0, 0, 0, 0, 0, 0, 0]],
  ["2001:DB8::a:b", [0x2001, 0xdb8, 0, 0, 0, 0, 0xa, 0xb]], ["1:2:3:4:5:6:7:8", [1, 2, 3, 4, 5, 6, 7, 8]],
  ["::ffff:192.0.2.1", [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201]], ["fe80::1%eth0", [0xfe80, 0, 0, 0, 0, 0, 0, 1]],
];

parsing("should read literals of both families", () => {
  for (const [text, parts] of good) {
    assert.equal(parseIp(text), { family: parts.length === 4 ? Family.Ipv4 : Family.Ipv6, parts }, text);
  }
});

parsing("should read nothing else", () => {
  const bad = ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.x", "1.2.3.-4", ":", ":::", "1::2::3",
    "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "1.2.3.4::", "::1.2.3", "localhost", "[::1]", " ::1"];
  for (const text of bad) assert.is(parseIp(text), null, text);
});

parsing("should agree with Node on random texts", () => {
  const random = new Random();
  const alphabet = ["1", "0", "f", "25", "255", ":", "::", ".", "ffff"];
  for (let round = 0; round < 50_000; round++) {
    const text = Array.from({ length: random.below(16) }, () => alphabet[random.below(alphabet.length)]).join("");
    const found = parseIp(text);
    const expected = isIPv4(text) ? Family.Ipv4 : isIPv6(text) ? Family.Ipv6 : undefined;
    assert.is(found?.family, expected, text);
  }
});

parsing.run();

// ---

const text = suite("hostText and addressText");

text("should be read back as the same address", () => {
  for (const [, parts] of good) {
    const family = parts.length === 4 ? Family.Ipv4 : Family.Ipv6;
    assert.equal(parseIp(hostText(makeAddress(family, parts, 1)))?.parts, parts);
  }
});

text("should put IPv6 into brackets before a port", () => {
  assert.is(addressText(makeAddress(Family.Ipv4, [1, 2, 3, 4], 80)), "1.2.3.4:80");
  assert.is(addressText(makeAddress(Family.Ipv6, [1, 0, 0, 0, 0, 0, 0, 0xff], 80)), "[1:0:0:0:0:0:0:ff]:80");
});

text.run();

// ---

const kinds = suite("kinds of addresses");

kinds("should be told apart", () => {
  const of = (literal: string) => {
    const { family, parts } = parseIp(literal)!;
    const address = makeAddress(family, parts, 0);
    return [isUnspecified(address), isIpv4Mapped(address), isUnicast(address)];
  };
  assert.equal(of("0.0.0.0"), [true, false, true]);
  assert.equal(of("::"), [true, false, true]);
  assert.equal(of("10.0.0.1"), [false, false, true]);
  assert.equal(of("::ffff:10.0.0.1"), [false, true, true]);
  assert.equal(of("223.255.255.255"), [false, false, true]);
  for (const literal of ["224.0.0.1", "239.1.1.1", "255.255.255.255", "ff02::1"]) {
    assert.equal(of(literal), [false, false, false], literal);
  }
});

kinds("should tell loopback from what only looks like it", () => {
  for (const [literal, expected] of [
    ["127.0.0.1", true], ["127.255.0.9", true], ["128.0.0.1", false], ["0.0.0.0", false], ["::1", true], ["::", false],
    ["::2", false], ["1::1", false], ["::ffff:127.0.0.1", false],
  ] as const) {
    const { family, parts } = parseIp(literal)!;
    assert.is(isLoopback(makeAddress(family, parts, 80)), expected, literal);
  }
});

kinds("should cover an address that is the same, or all of the family", () => {
  const at = (literal: string, port: number) => {
    const { family, parts } = parseIp(literal)!;
    return makeAddress(family, parts, port);
  };
  const [here, all, all6] = [at("127.0.0.1", 80), at("0.0.0.0", 80), at("::", 80)];
  assert.equal([covers(here, here), covers(all, here)], [true, true]);
  assert.equal([covers(here, all), covers(all6, here)], [false, false]);
  assert.equal([covers(all6, at("::1", 80)), covers(all, at("127.0.0.1", 81))], [true, false]);
  assert.equal(withPort(here, 81), at("127.0.0.1", 81));
});

kinds.run();
