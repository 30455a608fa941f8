// Questions as dns-packet reads them, and whether a message is the answer to one: each part that must match, alone.
import * as packet from "dns-packet";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MessageWriter, type QuestionType, RESPONSE, TRUNCATED, TYPES, wireName } from "../../support/dns-message.js";
import { DnsProbe } from "../../support/dns-probe.js";

const dns = await DnsProbe.create();
const QUESTION_TYPES = ["A", "AAAA", "SRV", "TXT"] as const;
const LONGEST = [63, 63, 63, 61].map((length) => "x".repeat(length)).join(".");

const writing = suite("writeQuery");

for (const type of QUESTION_TYPES) {
  for (const edns of [false, true]) {
    writing(`should ask for ${type} ${edns ? "with" : "without"} EDNS`, () => {
      for (const name of ["Www.eXample.test", "a", ".", LONGEST]) {
        dns.fromText(name);
        dns.probe.write(dns.output, new Uint8Array(400).fill(0xee));
        const length = dns.probe.call.writeQuery!(0xbeef, TYPES[type], Number(edns));
        const query = dns.get(length);
        const { id, flags, questions, answers, authorities, additionals } = packet.decode(query);
        assert.equal([id, flags], [0xbeef, packet.RECURSION_DESIRED]);
        assert.equal(questions, [{ name, type, class: "IN" }], "cased as it was given");
        assert.equal([answers, authorities], [[], []]);
        const opt = additionals![0] as { type: string; udpPayloadSize: number; ednsVersion: number; flags: number };
        assert.is(additionals!.length, Number(edns));
        if (edns) assert.equal([opt.type, opt.udpPayloadSize, opt.ednsVersion, opt.flags], ["OPT", 1232, 0, 0]);
        assert.is(length, packet.encodingLength({ type: "query", questions: [{ name, type }] }) + (edns ? 11 : 0));
        assert.is(dns.probe.u8(dns.output + length), 0xee);
        assert.ok(length <= 282);
      }
    });
  }
}

writing.run();

// ---

const checking = suite("check");
const ID = 0x1234;
const NAME = "www.example.test";

/** What the core says of a message, where the question was `name` and `type`. */
function checked(message: Uint8Array, name = NAME, type: QuestionType = "A"): string {
  dns.setQuestion(wireName(name));
  return dns.check(message, ID, type);
}

const answerTo = (name: string, header = {}): MessageWriter =>
  new MessageWriter({ id: ID, ...header }).question(name, TYPES.A);

checking("should know the answer", () => {
  assert.is(checked(answerTo(NAME).finish()), "match");
  assert.is(checked(answerTo(NAME).a(NAME, "192.0.2.1").finish()), "match");
  assert.is(checked(answerTo(NAME).a(NAME, "192.0.2.1").soa("test", 1, 2).opt().finish()), "match");
  assert.is(checked(answerTo("").finish(), ""), "match");
  assert.is(checked(answerTo(LONGEST).finish(), LONGEST), "match");
});

for (const type of QUESTION_TYPES) {
  checking(`should know a question of ${type} as dns-packet writes it`, () => {
    const message = packet.encode({ type: "response", id: ID, questions: [{ name: NAME, type }] });
    for (const asked of QUESTION_TYPES) {
      assert.is(checked(message, NAME, asked), asked === type ? "match" : "mismatch");
    }
  });
}

checking("should take no other identifier", () => {
  for (let bit = 0; bit < 16; bit++) {
    assert.is(checked(answerTo(NAME, { id: ID ^ 1 << bit }).finish()), "mismatch", `bit ${bit}`);
  }
});

checking("should take no question, no other opcode, and whatever else the flags say", () => {
  for (let bit = 0; bit < 16; bit++) {
    const isFixed = bit >= 11;
    const result = checked(answerTo(NAME, { flags: RESPONSE ^ 1 << bit }).finish());
    assert.is(result, isFixed ? "mismatch" : "match", `bit ${bit}`);
  }
});

checking("should take no other name, type or class", () => {
  const others = ["ww.example.test", "wwww.example.test", "www.example.tes", "www.example", "", "example.test",
    "www.example.test.a", "www.examplf.test"];
  for (const other of others) assert.is(checked(answerTo(other).finish()), "mismatch", other);
  for (const type of [0, 2, TYPES.CNAME, TYPES.AAAA, 0x100, 255]) {
    assert.is(checked(new MessageWriter({ id: ID }).question(NAME, type).finish()), "mismatch", `type ${type}`);
  }
  for (const dnsClass of [0, 2, 3, 0x100, 254, 255, 0x8001]) {
    const message = new MessageWriter({ id: ID }).question(NAME, TYPES.A, "plain", dnsClass).finish();
    assert.is(checked(message), "mismatch", `class ${dnsClass}`);
  }
});

checking("should tell another case of any letter from the same one", () => {
  for (let index = 0; index < NAME.length; index++) {
    if (NAME[index] === ".") continue;
    const cased = NAME.slice(0, index) + NAME[index]!.toUpperCase() + NAME.slice(index + 1);
    assert.is(checked(answerTo(cased).finish()), "match-other-case", cased);
    assert.is(checked(answerTo(NAME).finish(), cased), "match-other-case", cased);
    assert.is(checked(answerTo(cased).finish(), cased), "match");
  }
  assert.is(checked(answerTo("a`b").finish(), "a@b"), "mismatch", "@ and ` are no letters, though 0x20 apart");
});

checking("should take no question that is compressed", () => {
  const message = new MessageWriter({ id: ID, counts: [1, 0, 0, 0] }).pointer(12).word(TYPES.A).word(1).finish();
  assert.is(checked(message), "mismatch");
  const inHeader = new MessageWriter({ id: ID, counts: [1, 0, 0, 0] }).pointer(4).word(TYPES.A).word(1).finish();
  assert.is(checked(inHeader, ""), "mismatch");
});

checking("should take no message that ends before its question does", () => {
  const message = answerTo(NAME).finish();
  for (let length = 0; length < message.length; length++) {
    assert.is(checked(message.subarray(0, length)), "mismatch", `${length} bytes`);
  }
});

checking("should find more questions than one malformed", () => {
  assert.is(checked(answerTo(NAME).question(NAME, TYPES.A).finish()), "malformed");
  assert.is(checked(answerTo(NAME, { counts: [0xffff, 0, 0, 0] }).finish()), "malformed");
});

checking("should find counts malformed that the message has no room for", () => {
  const tail = (bytes: number, counts: number[], flags = RESPONSE): string =>
    checked(answerTo(NAME, { counts: [1, ...counts], flags }).bytes(Buffer.alloc(bytes)).finish());
  for (const section of [0, 1, 2]) {
    const counts = [0, 0, 0];
    counts[section] = 3;
    assert.is(tail(33, counts), "match");
    assert.is(tail(32, counts), "malformed");
    counts[section] = 0xffff;
    assert.is(tail(33, counts), "malformed");
    assert.is(tail(33, counts, RESPONSE | TRUNCATED), "match", "the rest was cut off");
  }
  assert.is(tail(32, [1, 1, 1]), "malformed");
  assert.is(tail(11, [0xffff, 0xffff, 0xffff]), "malformed");
});

checking("should take a bare header from a server that did not understand", () => {
  for (let code = 0; code < 16; code++) {
    const header = { id: ID, flags: 0x8100 | code };
    assert.is(checked(new MessageWriter(header).finish()), code === 1 || code === 4 ? "match" : "mismatch");
    assert.is(checked(new MessageWriter(header).bytes([0]).finish()), "mismatch");
    for (const section of [1, 2, 3]) {
      const counts = [0, 0, 0, 0];
      counts[section] = 1;
      assert.is(checked(new MessageWriter({ ...header, counts }).finish()), "mismatch");
    }
  }
  assert.is(checked(new MessageWriter({ id: ID ^ 1, flags: 0x8101 }).finish()), "mismatch");
  assert.is(checked(new MessageWriter({ id: ID, flags: 0x0101 }).finish()), "mismatch");
});

checking("should read the code and whether the message was cut off", () => {
  for (let bit = 0; bit < 16; bit++) {
    const address = dns.at(answerTo(NAME, { flags: 1 << bit }).finish());
    assert.is(dns.probe.call.rcode!(address), bit < 4 ? 1 << bit : 0);
    assert.is(dns.probe.call.isTruncated!(address) === 1, 1 << bit === TRUNCATED);
  }
});

checking.run();
