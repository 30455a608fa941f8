// Names: text to wire form and back, every limit, and comparing them whatever their case.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { wireName } from "../../support/dns-message.js";
import { DnsProbe } from "../../support/dns-probe.js";

console.log(`TEST_SEED=${SEED}`);
const dns = await DnsProbe.create();

const reading = suite("fromText");

const GOOD: [string, string][] = [
  ["a", "0161 00"], ["a.", "0161 00"], [".", "00"], ["www.example", "03777777 076578616d706c65 00"],
  ["_sip._tcp.a", "045f736970 045f746370 0161 00"], ["A-b", "03412d62 00"], ["1.2.3.4", "0131 0132 0133 0134 00"],
  ["a\\.b", "03612e62 00"], ["a\\\\b", "03615c62 00"], ["a\\046b", "03612e62 00"], ["\\000\\255", "0200ff 00"],
  ["\\@", "0140 00"], ["a\\;b.", "03613b62 00"], ["~!", "027e21 00"],
];

for (const [text, wire] of GOOD) {
  reading(`should take ${JSON.stringify(text)}`, () => {
    assert.is(dns.fromText(text)?.toString("hex"), wire.replaceAll(" ", ""));
  });
}

const BAD = [
  "", "..", ".a", "a..b", "a..", "a b", " a", "a ", "a\tb", "a\0", "ä", "a\x7f", "\x80", "\\", "a\\", "\\1", "\\12",
  "\\256", "\\999", "\\12a", "\\1a2", "\\ ", "\\ä", "a.\\",
];

for (const text of BAD) {
  reading(`should refuse ${JSON.stringify(text)}`, () => assert.is(dns.fromText(text), null));
}

const label = (length: number): string => "x".repeat(length);

reading("should take a label of 63 bytes and refuse one of 64, wherever it stands", () => {
  for (const [before, behind] of [["", ""], ["a.", ""], ["", ".b"], ["a.", ".b."]]) {
    const taken = dns.fromText(before! + label(63) + behind!);
    assert.is(taken?.equals(wireName(before! + label(63) + behind!)), true);
    assert.is(dns.fromText(before! + label(64) + behind!), null);
  }
});

reading("should take a name of 255 bytes and refuse one of 256", () => {
  const most = [63, 63, 63, 61].map(label).join(".");
  assert.is(dns.fromText(most)?.length, 255);
  assert.is(dns.fromText(`${most}.`)?.length, 255);
  assert.is(dns.fromText(`${most}x`), null);
  assert.is(dns.fromText(`${most}x.`), null);
  const ones = Array.from({ length: 127 }, () => "a").join(".");
  assert.is(dns.fromText(ones)?.length, 255);
  assert.is(dns.fromText(`${ones}.a`), null);
  assert.is(dns.fromText(`${ones}.a.`), null);
  assert.is(dns.fromText("a.".repeat(5000)), null);
});

reading("should write nothing behind a name's room, whatever it reads", () => {
  const random = new Random();
  for (let step = 0; step < 3000; step++) {
    const letters = "abc...\\.\\0255";
    const length = 240 + random.below(40);
    const text = Array.from({ length }, () => letters[random.below(letters.length)]).join("");
    dns.fromText(random.below(2) === 0 ? text.replaceAll("..", ".x") : text);
    assert.is(dns.probe.u8(dns.question + 255), 0xee);
  }
});

reading.run();

// ---

const writing = suite("toText");

writing("should escape what a zone file must", () => {
  assert.is(dns.toText(Buffer.from("\x05a.b\\c\x00", "latin1")), "a\\.b\\\\c");
  assert.is(dns.toText(Buffer.from("\x07\"$();@'\x00", "latin1")), "\\\"\\$\\(\\)\\;\\@'");
  assert.is(dns.toText(Buffer.from("\x04 \x00\x7f\xff\x01z\x00", "latin1")), "\\032\\000\\127\\255.z");
});

writing("should have no text for the root and no dot at the end", () => {
  assert.is(dns.toText(Buffer.of(0)), "");
  assert.is(dns.probe.call.textLength!(), 0);
  assert.is(dns.toText(wireName("a.b")), "a.b");
});

writing("should fit any name in its room", () => {
  const wire = Buffer.concat([63, 63, 63, 61].map((length) => Buffer.from([length, ...Buffer.alloc(length, 7)])));
  assert.is(dns.toText(Buffer.concat([wire, Buffer.of(0)])).length, 1003);
});

writing("should write what is read as the same name again, for random names of any bytes", () => {
  const random = new Random();
  for (let step = 0; step < 5000; step++) {
    const wire = randomWire(random);
    const text = dns.toText(wire);
    assert.match(text, /^[\x21-\x7e]+$/);
    assert.is(dns.probe.call.textLength!(), text.length);
    assert.is(dns.fromText(text)?.toString("hex"), wire.toString("hex"), text);
    assert.is(dns.fromText(`${text}.`)?.toString("hex"), wire.toString("hex"), text);
    assert.is(dns.probe.call.wireLength!(), wire.length);
  }
});

writing.run();

// ---

const comparing = suite("comparing names");

function compared(a: Uint8Array, b: Uint8Array): { same: boolean; exactly: boolean } {
  dns.setQuestion(a);
  dns.put(b);
  const { call } = dns.probe;
  return { same: call.nameEquals!() === 1, exactly: call.nameEqualsExactly!() === 1 };
}

function hashOf(wire: Uint8Array): number {
  dns.setQuestion(wire);
  return dns.probe.call.nameHash!();
}

comparing("should fold letters and nothing else", () => {
  for (let byte = 0; byte < 256; byte++) {
    const isLetter = /[A-Za-z]/.test(String.fromCharCode(byte));
    const other = compared(Buffer.of(1, byte, 0), Buffer.of(1, byte ^ 0x20, 0));
    assert.equal(other, { same: isLetter, exactly: false }, `byte ${byte}`);
    assert.equal(compared(Buffer.of(1, byte, 0), Buffer.of(1, byte, 0)), { same: true, exactly: true });
    assert.is(hashOf(Buffer.of(1, byte, 0)) === hashOf(Buffer.of(1, byte ^ 0x20, 0)), isLetter, `byte ${byte}`);
  }
});

comparing("should tell names apart that differ in their labels only", () => {
  const names = ["", "a", "ab", "a.b", "b.a", "ab.c", "a.bc", "a.b.c", "abc", "aab", "a.a"];
  for (const [index, a] of names.entries()) {
    for (const [other, b] of names.entries()) {
      assert.equal(compared(wireName(a), wireName(b)), { same: index === other, exactly: index === other });
    }
  }
  assert.is(compared(Buffer.from("\x03a.b\x00", "latin1"), wireName("a.b")).same, false);
});

comparing("should make a name small, and then it is the same and has the same hash", () => {
  const random = new Random();
  for (let step = 0; step < 2000; step++) {
    const wire = randomWire(random);
    const hash = hashOf(wire);
    dns.probe.call.lower!();
    const small = Buffer.from(dns.probe.bytes(dns.question, wire.length));
    assert.is(small.toString("latin1"), wire.toString("latin1").replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
    assert.is(hashOf(small), hash);
    assert.is(compared(small, wire).same, true);
    assert.is(compared(small, wire).exactly, small.equals(wire));
  }
});

const LOCAL: [string, boolean][] = [
  ["localhost", true], ["LocalHost", true], ["a.localhost", true], ["a.b.LOCALHOST", true], ["localhost.a", false],
  ["xlocalhost", false], ["localhos", false], ["", false], ["a", false], ["localhost.localhost", true],
  ["local.host", false],
];

comparing("should know localhost and what is below it", () => {
  for (const [name, expected] of LOCAL) {
    dns.setQuestion(wireName(name));
    assert.is(dns.probe.call.isLocalhost!() === 1, expected, name);
  }
  dns.setQuestion(Buffer.from("\x0cax\x09localhost\x00", "latin1"));
  assert.is(dns.probe.call.isLocalhost!(), 0, "the end of a label is no label");
});

comparing("should take the case of each letter from its own random bit", () => {
  const random = new Random();
  for (let step = 0; step < 500; step++) {
    const wire = randomWire(random);
    const bits = Buffer.from(Array.from({ length: 32 }, () => random.below(256)));
    dns.setQuestion(wire);
    dns.put(bits);
    dns.probe.call.randomizeCase!();
    const cased = Buffer.from(dns.probe.bytes(dns.question, wire.length));
    const expected = wire.map((byte, index) => {
      if (!/[A-Za-z]/.test(String.fromCharCode(byte))) return byte;
      const isCapital = (bits[index >> 3]! >> (index & 7) & 1) === 1;
      return isCapital ? byte & ~0x20 : byte | 0x20;
    });
    assert.is(cased.toString("hex"), Buffer.from(expected).toString("hex"));
    assert.is(compared(cased, wire).same, true);
  }
});

comparing.run();

/** A name of any bytes, letters of both cases among them. */
function randomWire(random: Random): Buffer {
  const bytes: number[] = [];
  const labels = 1 + random.below(12);
  for (let count = 0; count < labels; count++) {
    const length = 1 + random.below(random.below(8) === 0 ? 63 : 12);
    if (bytes.length + length + 2 > 255) break;
    const isWild = random.below(4) === 0;
    bytes.push(length);
    for (let index = 0; index < length; index++) {
      bytes.push(isWild ? random.below(256) : "abcXYZ-_.\\09".charCodeAt(random.below(12)));
    }
  }
  return Buffer.from([...bytes, 0]);
}
