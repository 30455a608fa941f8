// Address ranges: what lies in which, which addresses hide in another, and what is not the public Internet.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Cidr, contains, formsOf, liesInside, parseCidr, specialRangeOf } from "#host/gateway/server/ranges.js";
import { addressText, makeAddress, parseIp, type SocketAddress } from "#host/wasi/ip-address.js";
import { Random, SEED } from "../../support/bytes.js";

const ranges = suite("address ranges");

function address(text: string, port = 80): SocketAddress {
  const ip = parseIp(text);
  if (ip === null) throw new Error(text);
  return makeAddress(ip.family, ip.parts, port);
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
}

ranges("should read ranges and say what is wrong with one", () => {
  assert.equal(cidr("10.0.0.0/8"), { family: 0, parts: [10, 0, 0, 0], bits: 8 });
  assert.is(cidr("10.1.2.3").bits, 32);
  assert.is(cidr("fd00::1").bits, 128);
  assert.is(cidr("::/0").bits, 0);
  for (const [text, why] of [
    ["10.0.0.1/8", /bits beyond its length/], ["10.0.0.0/33", /from 0 to 32/], ["fd00::/129", /from 0 to 128/],
    ["10.0.0.0/", /from 0 to 32/], ["10.0.0.0/8/8", /from 0 to 32/], ["example.com", /is not an IP address/],
    ["::ffff:10.0.0.1", /is written as IPv4/], ["::ffff:0:0/96", /is written as IPv4/],
    ["fe80::1%eth0", /is not an IP address/], ["10.0.0.0/-1", /from 0 to 32/], ["", /is not an IP address/],
  ] as const) {
    assert.match(String(parseCidr(text)), why);
  }
});

ranges("should know what lies inside", () => {
  const inside = (range: string, text: string): boolean => contains(cidr(range), address(text));
  assert.ok(inside("172.16.0.0/12", "172.31.255.255"));
  assert.not(inside("172.16.0.0/12", "172.32.0.0"));
  assert.ok(inside("fc00::/7", "fdff::1"));
  assert.not(inside("fc00::/7", "fe00::1"));
  assert.ok(inside("0.0.0.0/0", "255.255.255.255"));
  assert.not(inside("0.0.0.0/0", "::1"));
  assert.ok(inside("2001:db8:8000::/33", "2001:db8:ffff::1"));
  assert.not(inside("2001:db8:8000::/33", "2001:db8:7fff::1"));
  assert.ok(liesInside(cidr("10.1.0.0/16"), cidr("10.0.0.0/8")));
  assert.ok(liesInside(cidr("10.0.0.0/8"), cidr("10.0.0.0/8")));
  assert.not(liesInside(cidr("10.0.0.0/7"), cidr("10.0.0.0/8")));
  assert.not(liesInside(cidr("0.0.0.0/0"), cidr("10.0.0.0/8")));
});

ranges(`should agree with counting bits one by one (seed ${SEED})`, () => {
  const random = new Random();
  const bitsOf = ({ parts }: { parts: readonly number[] }, width: number): string =>
    parts.map((part) => part.toString(2).padStart(width, "0")).join("");
  for (let round = 0; round < 2000; round++) {
    const isIpv6 = random.below(2) === 1;
    const [width, count] = isIpv6 ? [16, 8] : [8, 4];
    const make = (): SocketAddress =>
      makeAddress(isIpv6 ? 1 : 0, Array.from({ length: count }, () => random.below(1 << width)), 0);
    const one = make();
    const other = random.below(2) === 0 ? make() : { ...one, parts: [...one.parts] };
    if (random.below(2) === 0) other.parts[random.below(count)] = random.below(1 << width);
    const bits = random.below(width * count + 1);
    const kept = bitsOf(one, width).slice(0, bits).padEnd(width * count, "0");
    const parts = Array.from({ length: count }, (_, index) =>
      Number.parseInt(kept.slice(index * width, (index + 1) * width), 2));
    const expected = bitsOf(one, width).slice(0, bits) === bitsOf(other, width).slice(0, bits);
    assert.is(contains({ family: one.family, parts, bits }, other), expected, `round ${round}`);
  }
});

const SPECIAL: [string, string[]][] = [
  ["unspecified", ["0.0.0.0", "0.1.2.3", "::"]],
  ["private", ["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"]],
  ["carrier-grade NAT", ["100.64.0.0", "100.127.255.255"]],
  ["cloud platform", ["168.63.129.16"]],
  ["loopback", ["127.0.0.1", "127.255.255.255", "::1"]],
  ["link-local", ["169.254.169.254", "169.254.0.0", "fe80::1", "febf::1"]],
  ["protocol assignments", ["192.0.0.1", "2001:1ff::1"]],
  ["documentation", ["192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff:fff::1"]],
  ["6to4 relay", ["192.88.99.1"]],
  ["benchmarking", ["198.18.0.1", "198.19.255.255", "2001:2::1"]],
  ["multicast", ["224.0.0.1", "239.255.255.255", "ff02::1", "ffff::1"]],
  ["reserved", ["240.0.0.0", "255.255.255.254", "::2", "::ffff:0:127.0.0.1", "100::1", "1fff::1", "4000::1", "5f00::1",
    "e000::1", "fbff::1", "fe00::1", "fec0::1"]],
  ["broadcast", ["255.255.255.255"]],
  ["local NAT64", ["64:ff9b:1::1"]],
  ["Teredo", ["2001::1"]],
  ["6to4", ["2002:808:808::1"]],
  ["unique local", ["fc00::1", "fdff::1"]],
];

ranges("should know what is not the public Internet", () => {
  for (const [name, texts] of SPECIAL) {
    for (const text of texts) assert.is(specialRangeOf(address(text))?.name, name, text);
  }
  for (const text of [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "223.255.255.255", "2000::1", "2001:200::1", "2606:4700::1111", "2a00:1450::1",
    "3ffe::1", "64:ff9b::808:808",
  ]) {
    assert.is(specialRangeOf(address(text)), null, text);
  }
});

ranges("should find the IPv4 addresses that hide in an address", () => {
  const forms = (text: string): string[] => formsOf(address(text)).map(addressText);
  assert.equal(forms("127.0.0.1"), ["127.0.0.1:80"]);
  assert.equal(forms("2606:4700::1"), ["[2606:4700:0:0:0:0:0:1]:80"]);
  assert.equal(forms("::ffff:127.0.0.1"), ["127.0.0.1:80"], "it is that address");
  assert.equal(forms("64:ff9b::7f00:1").slice(1), ["127.0.0.1:80"]);
  assert.equal(forms("64:ff9b:1::10.1.2.3").slice(1), ["10.1.2.3:80"]);
  assert.equal(forms("2002:a9fe:a9fe::1").slice(1), ["169.254.169.254:80"]);
  // Teredo keeps the client's address inverted: 127.0.0.1 is 80ff:fffe.
  assert.equal(forms("2001:0:c0a8:1::80ff:fffe").slice(1), ["192.168.0.1:80", "127.0.0.1:80"]);
  assert.equal(forms("::10.0.0.1").slice(1), ["10.0.0.1:80"], "the form that nobody uses any more");
  assert.is(forms("::1").length, 1);
  assert.is(forms("::").length, 1);
});

ranges.run();
