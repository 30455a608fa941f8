// Answers that say that there is nothing, and for how long.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { answerTo, type MessageWriter, type QuestionType, RESPONSE, TYPES } from "../../support/dns-message.js";
import { type Answer, DnsProbe } from "../../support/dns-probe.js";

const dns = await DnsProbe.create();
const NAME = "www.example.test";

const read = (message: MessageWriter | Uint8Array, type: QuestionType = "A", name = NAME): Answer =>
  dns.read(message, type, name);
const asked = (name = NAME, type: QuestionType = "A", header = {}): MessageWriter => answerTo(name, type, header);

const negative = suite("nothing there");

for (const [flags, result] of [[RESPONSE, "no-records"], [RESPONSE | 3, "no-name"]] as const) {
  const nothing = (): MessageWriter => asked(NAME, "A", { flags });

  negative(`should be valid for as long as the SOA says: ${result}`, () => {
    for (const [ttl, minimum, expected] of [
      [600, 300, 300], [300, 600, 300], [0, 600, 0], [600, 0, 0], [100_000, 100_000, 10_800], [10_801, 10_800, 10_800],
      [0x8000_0000, 600, 0], [600, 0xffff_ffff, 0], [0x7fff_ffff, 0x7fff_ffff, 10_800],
    ] as const) {
      for (const zone of ["example.test", "test", "", NAME, "WWW.Example.Test"]) {
        const answer = read(nothing().soa(zone, ttl, minimum));
        assert.equal(answer, { result, ttl: expected, aliases: 0, target: NAME, records: [] });
      }
    }
  });

  negative(`should not be kept without an SOA of its zone: ${result}`, () => {
    const others = ["other.test", "xexample.test", `a.${NAME}`, "ww.example.test", "example", "est"];
    for (const zone of others) assert.is(read(nothing().soa(zone, 600, 600)).ttl, 0, zone);
    assert.equal([read(nothing()).result, read(nothing()).ttl], [result, 0]);
    for (const section of [1, 3]) assert.is(read(nothing().soa("test", 600, 600, section)).ttl, 0);
    assert.is(read(nothing().soa("other.test", 1, 1).soa("test", 60, 50)).ttl, 50, "the first of its zone counts");
  });

  negative(`should have the time of the aliases before it: ${result}`, () => {
    const message = nothing().cname(NAME, "b.test", 20).soa("test", 600, 600);
    assert.equal(read(message), { result, ttl: 20, aliases: 1, target: "b.test", records: [] });
    assert.is(read(nothing().cname(NAME, "b.test", 900).soa("b.test", 600, 700)).ttl, 600);
  });

  negative(`should refuse an SOA that is cut or too long: ${result}`, () => {
    const data = [0, 0, ...new Array<number>(20).fill(0)];
    const soa = (bytes: number[]): string => {
      const message = nothing();
      return read(message.record(2, () => message.name("test"), TYPES.SOA, 60, () => message.bytes(bytes))).result;
    };
    assert.is(soa(data), result);
    for (const bytes of [[], [0], data.slice(1), [...data, 0], [0x40, ...data], [1, ...data]]) {
      assert.is(soa(bytes), "malformed", JSON.stringify(bytes));
    }
  });
}

negative("should follow an alias out of the zones that the server knows", () => {
  const outside = asked().cname(NAME, "b.other", 20).soa("test", 600, 600);
  assert.is(read(outside).result, "alias");
  assert.is(read(asked(NAME, "A", { flags: RESPONSE | 3 }).cname(NAME, "b.other", 20)).result, "no-name");
});

negative("should believe the code of a name that is not there, though there are records", () => {
  const message = asked(NAME, "A", { flags: RESPONSE | 3 }).a(NAME, "192.0.2.1");
  assert.equal(read(message), { result: "no-name", ttl: 0, aliases: 0, target: NAME, records: [] });
});

negative("should refuse an authority section that is cut", () => {
  const whole = asked().soa("test", 600, 600).finish();
  for (let length = whole.length - 1; length >= 34; length--) {
    assert.is(read(whole.subarray(0, length)).result, "malformed", `${length} bytes`);
  }
});

negative.run();
