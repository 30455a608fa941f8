// What an answer says: records of every type, what of a message does not count, and how long it is valid.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { asked, NAME, raw, read } from "../../support/dns-answers.js";
import { TYPES } from "../../support/dns-message.js";
import { orders } from "../../support/orders.js";

const records = suite("records");

records("should read addresses of both families in the order of the message", () => {
  const four = read(asked().a(NAME, "192.0.2.2", 300).a(NAME, "192.0.2.1", 200).a(NAME, "255.0.128.7", 250));
  assert.equal(four, {
    result: "answered", ttl: 200, aliases: 0, target: NAME, records: ["192.0.2.2", "192.0.2.1", "255.0.128.7"],
  });
  const six = read(asked(NAME, "AAAA").aaaa(NAME, [0x2001, 0xdb8, 0, 0xff, 0, 0, 0x100, 1]), "AAAA");
  assert.equal(six.records, ["2001:db8:0:ff:0:0:100:1"]);
});

records("should read services, their targets in any spelling", () => {
  for (const spelling of ["plain", "packed"] as const) {
    const message = asked("_x._tcp.example.test", "SRV")
      .srv("_x._tcp.example.test", [1, 2, 65_535], "a.example.test", 60, spelling)
      .srv("_x._tcp.example.test", [65_535, 0, 0], "bb.example.test", 60, spelling)
      .srv("_x._tcp.example.test", [0, 0, 80], "", 60, spelling)
      .srv("_x._tcp.example.test", [0, 0, 81], "_x._tcp.example.test", 60, spelling);
    const answer = read(message, "SRV", "_x._tcp.example.test");
    assert.equal(answer.records, [
      "1 2 65535 a.example.test", "65535 0 0 bb.example.test", "0 0 80 ", "0 0 81 _x._tcp.example.test",
    ]);
  }
});

records("should escape what a target has besides letters", () => {
  const data = [0, 1, 0, 2, 0, 3, 4, 0x2e, 0x5c, 0xff, 0x20, 0];
  assert.equal(read(raw(asked(NAME, "SRV"), TYPES.SRV, data), "SRV").records, ["1 2 3 \\.\\\\\\255\\032"]);
});

records("should join the strings of a text and keep the records apart", () => {
  const long = Buffer.alloc(255, 0xfe);
  const message = asked(NAME, "TXT").txt(NAME, ["ab", "", "c"]).txt(NAME, [""]).txt(NAME, [long, long, "!"])
    .txt(NAME, ["", "", ""]).txt(NAME, [Buffer.of(0, 255)]);
  const hex = (text: string): string => Buffer.from(text).toString("hex");
  assert.equal(read(message, "TXT").records, [hex("abc"), "", "fe".repeat(510) + hex("!"), "", "00ff"]);
});

records("should ignore what is of another name, type, class or section", () => {
  const message = asked().a("other.test", "192.0.2.9").a("example.test", "192.0.2.9").a(`x.${NAME}`, "192.0.2.9")
    .a(NAME, "192.0.2.1").aaaa(NAME, [1, 2, 3, 4, 5, 6, 7, 8], 1).txt(NAME, ["x"], 1).opt(1);
  raw(message, TYPES.A, [1, 2, 3, 4], { dnsClass: 3 });
  raw(message, 255, [1]);
  raw(message, TYPES.CNAME, [0], { dnsClass: 4 });
  message.cname("other.test", "evil.test", 1);
  for (const section of [2, 3]) {
    message.record(section, () => message.name(NAME), TYPES.A, 1, () => message.bytes([192, 0, 2, 9]));
  }
  assert.equal(read(message), { result: "answered", ttl: 300, aliases: 0, target: NAME, records: ["192.0.2.1"] });
});

records("should take names in any case for the same", () => {
  const message = asked("wWw.eXample.TEST").a("WWW.example.test", "192.0.2.1").cname("x.test", "y.test");
  assert.equal(read(message).records, ["192.0.2.1"]);
  assert.equal(read(message, "A", "www.EXAMPLE.test").records, ["192.0.2.1"]);
});

records("should read a message as long as messages can be", () => {
  const message = asked();
  while (message.length + 16 <= 65_535) message.a(NAME, `1.2.${message.length >> 8}.${message.length & 255}`);
  message.bytes(Buffer.alloc(65_535 - message.length));
  const answer = read(message);
  assert.is(answer.records.length, Math.floor((65_535 - 12 - 22) / 16));
  assert.is(answer.records[1], `1.2.0.${12 + 22 + 16}`);
});

records("should read as many of the smallest records as there can be", () => {
  const message = asked("", "TXT");
  while (message.length + 12 <= 65_535) message.txt("", [""]);
  const answer = read(message, "TXT", "");
  assert.is(answer.records.length, Math.floor((65_535 - 12 - 5) / 12));
  assert.is(answer.result, "answered");
});

records("should have read nothing when a later message is no answer", () => {
  read(asked().a(NAME, "192.0.2.1"));
  const answer = read(asked(NAME, "A", { flags: 0x8185 }).a(NAME, "192.0.2.1"));
  assert.equal(answer, { result: "failed", ttl: 0, aliases: 0, target: NAME, records: [] });
});

for (const code of [1, 2, 4, 5, 6, 15]) {
  records(`should call the code ${code} a failure, whatever else there is`, () => {
    assert.is(read(asked(NAME, "A", { flags: 0x8180 | code }).a(NAME, "192.0.2.1")).result, "failed");
  });
}

records.run();

// ---

const lifetimes = suite("time to live");

for (const [ttl, expected] of [
  [0, 0], [1, 1], [86_400, 86_400], [86_401, 86_400], [0x7fff_ffff, 86_400], [0x8000_0000, 0], [0xffff_ffff, 0],
] as const) {
  lifetimes(`should make ${expected} of ${ttl}`, () => {
    assert.is(read(asked().a(NAME, "192.0.2.1", ttl)).ttl, expected);
    assert.is(read(asked().cname(NAME, "b.test", ttl)).ttl, expected);
    assert.is(read(asked().cname(NAME, "b.test", ttl).a("b.test", "192.0.2.1", 86_400)).ttl, expected);
  });
}

lifetimes("should be the least of the records and the aliases", () => {
  for (const order of orders([5, 7, 9])) {
    const [first, second, third] = order as [number, number, number];
    const plain = asked().a(NAME, "192.0.2.1", first).a(NAME, "192.0.2.2", second).a(NAME, "192.0.2.3", third);
    assert.is(read(plain).ttl, 5);
    const chain = asked().cname(NAME, "b.test", first).cname("b.test", "c.test", second);
    assert.is(read(chain.a("c.test", "192.0.2.1", third)).ttl, 5);
  }
});

lifetimes.run();
