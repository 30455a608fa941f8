// Names in a message: every legal spelling, and each way to break one, a length or a count. Messages lie where memory
// ends, so a byte read too far is a trap.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { answerTo, MessageWriter, type QuestionType, RESPONSE, TYPES, wireName } from "../../support/dns-message.js";
import { type Answer, DnsProbe } from "../../support/dns-probe.js";

const dns = await DnsProbe.create();
const NAME = "www.example.test";
/** Where the question's name begins, and its labels `example` and `test`. */
const NAME_AT = 12;
const EXAMPLE_AT = 16;
const TEST_AT = 24;
/** Where the first record begins. */
const RECORD_AT = 34;

const read = (message: MessageWriter | Uint8Array, type: QuestionType = "A", name = NAME): Answer =>
  dns.read(message, type, name);
const asked = (type: QuestionType = "A"): MessageWriter => answerTo(NAME, type);

/** What is said of one record whose owner and data are these bytes, behind the question. */
function one(
  owner: Iterable<number>, data: Iterable<number>, type: QuestionType | "CNAME" = "A", options = {},
): Answer {
  const question = type === "CNAME" ? "A" : type;
  const message = asked(question);
  message.record(1, () => message.bytes(owner), TYPES[type], 300, () => message.bytes(data), options);
  return read(message, question);
}

const ADDRESS = [192, 0, 2, 1];
const pointer = (offset: number): number[] => [0xc0 | offset >> 8, offset & 255];
const labels = (name: string): number[] => [...wireName(name).subarray(0, -1)];
const owned = (owner: number[]): string => one(owner, ADDRESS).result;

// ---

const spellings = suite("spellings");

spellings("should follow pointers to a whole name and to the end of one", () => {
  for (const owner of [
    [...wireName(NAME)], pointer(NAME_AT), [...labels("www"), ...pointer(EXAMPLE_AT)],
    [...labels("www.example"), ...pointer(TEST_AT)], [...labels("WWW"), ...pointer(EXAMPLE_AT)],
    [...labels(NAME), ...pointer(TEST_AT + 5)], // to the root
  ]) {
    assert.is(owned(owner), "answered", JSON.stringify(owner));
  }
});

spellings("should follow pointers to pointers", () => {
  const message = asked();
  let before = NAME_AT;
  for (let count = 0; count < 100; count++) {
    const at = message.length;
    message.record(1, () => message.pointer(before), TYPES.A, 300, () => message.bytes(ADDRESS));
    before = at;
  }
  assert.is(read(message).records.length, 100);
});

spellings("should follow a pointer into the data of another record", () => {
  const inAlias = asked().cname(NAME, "b.test", 300, "plain");
  inAlias.record(1, () => inAlias.pointer(RECORD_AT + 18 + 10), TYPES.A, 300, () => inAlias.bytes(ADDRESS));
  assert.equal([read(inAlias).result, read(inAlias).target], ["answered", "b.test"]);
});

spellings("should follow an alias whose name is a pointer, and records that point to either", () => {
  const message = asked("A").a("b.test", "192.0.2.9", 300, "plain"); // its owner is at RECORD_AT
  message.record(1, () => message.pointer(NAME_AT), TYPES.CNAME, 300, () => message.pointer(RECORD_AT));
  const dataAt = message.length - 2;
  for (const offset of [RECORD_AT, dataAt]) {
    message.record(1, () => message.pointer(offset), TYPES.A, 300, () => message.bytes(ADDRESS));
  }
  assert.equal(read(message).records, ["192.0.2.9", "192.0.2.1", "192.0.2.1"]);
});

spellings("should not take a pointer to the old name for the new one", () => {
  const message = asked().cname(NAME, "b.test");
  message.record(1, () => message.pointer(NAME_AT), TYPES.A, 300, () => message.bytes(ADDRESS));
  assert.is(read(message).result, "alias");
});

spellings("should not take a question of another name for ours", () => {
  const message = answerTo("other.test");
  message.record(1, () => message.pointer(NAME_AT), TYPES.A, 300, () => message.bytes(ADDRESS));
  assert.is(read(message).result, "no-records");
});

spellings("should take names of 255 bytes, and no longer ones", () => {
  const tail = "x".repeat(61);
  const longest = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${tail}`;
  const packed = answerTo(longest).a(longest, "192.0.2.1").a(longest, "192.0.2.2", 300, "plain");
  assert.is(read(packed, "A", longest).records.length, 2);
  const alias = asked().cname(NAME, longest);
  assert.equal([read(alias).result, read(alias).target], ["alias", longest]);
  const tooLong = asked().cname(NAME, `${longest}x`);
  assert.is(read(tooLong).result, "malformed");
  const byPointer = asked().txt(longest, [""]);
  const target = (): MessageWriter => byPointer.bytes(labels("y")).pointer(RECORD_AT);
  byPointer.record(1, () => byPointer.pointer(NAME_AT), TYPES.CNAME, 300, target);
  assert.is(read(byPointer).result, "malformed");
  const foreign = asked().txt(`${longest}x`, [""]).a(NAME, "192.0.2.1");
  assert.is(read(foreign).result, "malformed", "the owner of a record that does not count");
});

spellings("should take labels of 63 bytes; a longer length is another type of label", () => {
  const label = "x".repeat(63);
  assert.is(read(asked().cname(NAME, `${label}.test`)).target, `${label}.test`);
  for (const type of [0x40, 0x41, 0x7f, 0x80, 0xbf]) {
    const bytes = [type, ...Buffer.alloc(type & 63, 0x78), 0];
    assert.is(owned(bytes), "malformed", `owner ${type}`);
    assert.is(owned([...labels("www"), ...bytes]), "malformed", `behind a label ${type}`);
    assert.is(one(pointer(NAME_AT), bytes, "CNAME").result, "malformed", `alias ${type}`);
    assert.is(one(pointer(NAME_AT), [0, 1, 0, 2, 0, 3, ...bytes], "SRV").result, "malformed", `target ${type}`);
  }
});

spellings.run();

// ---

const broken = suite("what is refused");

broken("should follow no pointer to itself, forwards, into the header or to where its own name begins", () => {
  const dataAt = RECORD_AT + 12;
  assert.is(owned(pointer(NAME_AT + 1)), "malformed", "a letter is no label's length");
  for (const offset of [0, 1, 11, dataAt, dataAt + 1, dataAt + 2, 0x3fff]) {
    assert.is(owned(pointer(offset)), "malformed", `${offset}`);
    assert.is(one(pointer(NAME_AT), pointer(offset), "CNAME").result, "malformed", `${offset}`);
  }
  for (const offset of [RECORD_AT, RECORD_AT + 1, RECORD_AT + 2]) assert.is(owned(pointer(offset)), "malformed");
  assert.is(owned([...labels("www"), ...pointer(RECORD_AT)]), "malformed", "www.www.www…");
  assert.is(owned([...labels("www"), ...pointer(RECORD_AT + 4)]), "malformed");
  assert.is(owned([...labels("www"), ...pointer(RECORD_AT + 1)]), "malformed");
});

broken("should end where two pointers lead to each other", () => {
  const message = asked().txt("x.test", [""], 300, "plain");
  const at = message.length;
  message.record(1, () => message.pointer(at + 12), TYPES.CNAME, 300, () => message.pointer(at));
  assert.is(read(message).result, "malformed");
});

for (const [type, right, wrong] of [
  ["A", [1, 2, 3, 4], [[], [1], [1, 2, 3], [1, 2, 3, 4, 5], [...Buffer.alloc(16)]]],
  ["AAAA", [...Buffer.alloc(16, 1)], [[], [1, 2, 3, 4], [...Buffer.alloc(15)], [...Buffer.alloc(17)]]],
  ["SRV", [0, 1, 0, 2, 0, 3, 1, 0x61, 0], [
    [], [0, 1, 0, 2, 0, 3], [0, 1, 0, 2, 0], [0, 1, 0, 2, 0, 3, 1], [0, 1, 0, 2, 0, 3, 1, 0x61],
    [0, 1, 0, 2, 0, 3, 0, 0], [0, 1, 0, 2, 0, 3, 0xc0], [0, 1, 0, 2, 0, 3, 0xc0, 12, 0],
  ]],
  ["TXT", [2, 0x61, 0x62, 1, 0x63], [[], [1], [2, 0x61], [255], [0, 0, 1], [1, 0x61, 2, 0x61]]],
] as const) {
  broken(`should refuse data of ${type} that are too short, too long or overrun`, () => {
    assert.is(one(pointer(NAME_AT), right, type).result, "answered");
    for (const data of wrong) assert.is(one(pointer(NAME_AT), data, type).result, "malformed", JSON.stringify(data));
  });

  broken(`should refuse a length of ${type} that is wrong`, () => {
    for (const lengthError of [-1, 1, 2, 100, 0xff00]) {
      assert.is(one(pointer(NAME_AT), right, type, { lengthError }).result, "malformed", `${lengthError}`);
    }
  });

  broken(`should refuse a message with ${type} that is cut anywhere`, () => {
    const whole = asked(type);
    whole.record(1, () => whole.pointer(NAME_AT), TYPES[type], 300, () => whole.bytes(right));
    const bytes = whole.finish();
    assert.is(read(bytes, type).result, "answered");
    for (let length = 0; length < bytes.length; length++) {
      assert.is(read(bytes.subarray(0, length), type).result, "malformed", `${length} bytes`);
    }
  });
}

broken("should not read a TXT that overruns into the next record", () => {
  const message = asked("TXT");
  message.record(1, () => message.pointer(NAME_AT), TYPES.TXT, 300, () => message.bytes([20, 0x61]));
  message.txt(NAME, ["good"]).txt(NAME, ["good"]);
  assert.equal([read(message, "TXT").result, read(message, "TXT").records], ["malformed", []]);
});

broken("should refuse more records than there are, and ignore bytes behind the last", () => {
  const two = (counts: number[]): string =>
    read(new MessageWriter({ counts }).question(NAME, TYPES.A).a(NAME, "192.0.2.1").a(NAME, "192.0.2.2")).result;
  assert.is(two([1, 2, 0, 0]), "answered");
  assert.is(two([1, 1, 0, 0]), "answered");
  for (const count of [3, 100, 0xffff]) assert.is(two([1, count, 0, 0]), "malformed");
  assert.is(two([1, 0, 3, 0]), "malformed", "who says that there is nothing must say it in order");
  assert.is(two([1, 2, 0xffff, 0xffff]), "answered", "nobody looks at the rest");
  for (const questions of [0, 2, 0xffff]) assert.is(two([questions, 2, 0, 0]), "malformed");
});

broken("should refuse whatever is longer than a message can be", () => {
  const { call } = dns.probe;
  dns.setQuestion(wireName(NAME));
  const address = dns.at(Buffer.concat([asked().finish(), Buffer.alloc(65_502)]));
  assert.is(call.read!(address, 65_536, TYPES.A), 5);
  assert.is(call.read!(address, 65_535, TYPES.A), 2);
});

broken.run();

// ---

const bombs = suite("bombs");

/** `count` addresses whose owner is written by `owner`, or as many as fit. */
function fill(message: MessageWriter, owner: () => unknown, count = Infinity): MessageWriter {
  for (; count > 0 && message.length < 65_500; count--) {
    message.record(1, owner as () => void, TYPES.A, 300, () => message.bytes(ADDRESS));
  }
  return message;
}

bombs("should give up on thousands of walks along thousands of pointers", () => {
  const bomb = (count: number): string => {
    const message = asked();
    message.record(1, () => message.name(""), 10, 0, () => {
      message.pointer(NAME_AT);
      while (message.length < 0x3ffe) message.pointer(message.length - 2);
    });
    const last = message.length - 2;
    return read(fill(message, () => message.pointer(last), count)).result;
  };
  assert.is(bomb(16), "answered");
  assert.is(bomb(64), "malformed");
  assert.is(bomb(Infinity), "malformed");
});

bombs("should give up on thousands of names that differ from ours in their last label only", () => {
  const middle = [63, 63, 63].map((length) => "x".repeat(length)).join(".");
  const bomb = (count: number): string => {
    const message = answerTo(`${middle}.aa`);
    const at = message.length;
    message.txt(`${middle}.ab`, [""], 300, "plain");
    return read(fill(message, () => message.pointer(at), count), "A", `${middle}.aa`).result;
  };
  assert.is(bomb(1000), "no-records");
  assert.is(bomb(Infinity), "malformed");
});

bombs("should give up on aliases in the worst order among thousands of other records", () => {
  const message = asked();
  for (let index = 16; index > 0; index--) message.cname(`n${index}.test`, `n${index + 1}.test`);
  message.cname(NAME, "n1.test");
  fill(message, () => message.bytes([1, 0x78, 0]));
  assert.ok(["loop", "malformed"].includes(read(message).result));
});

bombs("should read thousands of services, each with its own target", () => {
  const message = asked("SRV");
  for (let index = 0; message.length < 65_000; index++) {
    message.srv(NAME, [0, 0, index & 0xffff], `h${index}.a.long.name.of.a.zone.example.test`);
  }
  const answer = read(message, "SRV");
  assert.is(answer.result, "answered");
  assert.ok(answer.records.length > 2000);
  assert.is(answer.records[1234], "0 0 1234 h1234.a.long.name.of.a.zone.example.test");
});

bombs("should say the same of a message after a bomb as before", () => {
  const plain = (): Answer => read(asked().a(NAME, "192.0.2.1").finish());
  const before = plain();
  read(new MessageWriter({ flags: RESPONSE, counts: [1, 0xffff, 0, 0] }).bytes(Buffer.alloc(65_000, 0xc0)));
  assert.equal(plain(), before);
});

bombs.run();
