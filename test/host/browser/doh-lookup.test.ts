// Addresses that a page looks up by HTTPS for components that use ip-name-lookup.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DohNameserver } from "#host/browser/doh/nameserver.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { addressText } from "#host/wasi/ip-address.js";
import type { Request } from "#host/wasi/transport.js";
import { FakeFetch, type FakeRequest, settle } from "../../support/dns/fake-fetch.js";
import { answerTo, type AnswerParts, query, questionType, RCODES, TYPES } from "../../support/dns/wire.js";

const A: AnswerParts = { answers: [[192, 0, 2, 1], [192, 0, 2, 2]].map((bytes) => {
  return { type: TYPES.A, data: Buffer.from(bytes) };
}) };
const AAAA: AnswerParts = {
  answers: [{ type: TYPES.AAAA, data: Buffer.from("20010db8000000000000000000000007", "hex") }],
};
const V4 = ["192.0.2.1:0", "192.0.2.2:0"];
const V6 = ["[2001:db8:0:0:0:0:0:7]:0"];
const NO_NAME: AnswerParts = { rcode: RCODES.NXDOMAIN };

class World {
  readonly fake = new FakeFetch();
  readonly nameserver = new DohNameserver({ url: "https://dns.example/", fetch: this.fake.fetch });
  readonly results: (string | string[])[] = [];

  begin(name: string): Request {
    const before = this.results.length;
    const request = this.nameserver.lookup(name, (result) => {
      this.results.push(typeof result === "number" ? ErrorCode[result] : result.map(addressText));
    });
    assert.is(this.results.length, before, "nothing is told within a call");
    return request;
  }

  /** The request about this type. */
  asked(type: number): FakeRequest {
    const found = this.fake.requests.find(({ body }) => questionType(body) === type);
    if (found === undefined) throw new Error(`nobody asked for ${type}`);
    return found;
  }

  async answer(type: number, parts: AnswerParts): Promise<void> {
    const request = this.asked(type);
    request.answer([answerTo(request.body, parts)]);
    await settle();
  }
}

const lookups = suite("look-ups by HTTPS");

lookups("should ask for both families at once, and give IPv6 first whichever comes first", async () => {
  for (const order of [[TYPES.A, TYPES.AAAA], [TYPES.AAAA, TYPES.A]]) {
    const world = new World();
    world.begin("a.example.test");
    assert.equal(world.fake.requests.map(({ body }) => body.toString("hex")).sort(), [
      query(0, "a.example.test", TYPES.A).toString("hex"), query(0, "a.example.test", TYPES.AAAA).toString("hex"),
    ]);
    for (const type of order) {
      assert.equal(world.results, []);
      await world.answer(type, type === TYPES.A ? A : AAAA);
    }
    assert.equal(world.results, [[...V6, ...V4]]);
  }
});

type Part = AnswerParts | "status" | "unreachable";
const ENDS: [what: string, v4: Part, v6: Part, expected: string | string[]][] = [
  ["addresses of one family", A, {}, V4],
  ["addresses of the other", {}, AAAA, V6],
  ["addresses, whatever became of the other family", "unreachable", AAAA, V6],
  ["addresses, although the other family does not exist", A, NO_NAME, V4],
  ["no such name", NO_NAME, NO_NAME, "NameUnresolvable"],
  ["a name without addresses", {}, {}, "NameUnresolvable"],
  ["a server that failed for one family", {}, { rcode: RCODES.SERVFAIL }, "TemporaryResolverFailure"],
  ["a server that failed for the other, and knows no such name", { rcode: RCODES.SERVFAIL }, NO_NAME,
    "TemporaryResolverFailure"],
  ["a server that is not reached", "unreachable", "unreachable", "TemporaryResolverFailure"],
  ["a status of failure", "status", "status", "TemporaryResolverFailure"],
  ["a server that refused", { rcode: RCODES.REFUSED }, { rcode: RCODES.REFUSED }, "PermanentResolverFailure"],
];

for (const [what, v4, v6, expected] of ENDS) {
  lookups(`should end with ${what}`, async () => {
    const world = new World();
    world.begin("a.example.test");
    for (const [type, part] of [[TYPES.A, v4], [TYPES.AAAA, v6]] as const) {
      if (part === "unreachable") world.asked(type).fail();
      else if (part === "status") world.asked(type).answer([], { status: 502 });
      else await world.answer(type, part);
    }
    await settle();
    assert.equal(world.results, [expected]);
    assert.ok(world.fake.requests.every(({ isAborted }) => isAborted), "nothing goes on");
  });
}

lookups("should never send literals, localhost and what is no name", async () => {
  const world = new World();
  const loopbacks = ["127.0.0.1:0", "[0:0:0:0:0:0:0:1]:0"];
  const names: [string, string | string[]][] = [
    ["localhost", loopbacks], ["LOCALHOST.", loopbacks], ["a.b.localhost", loopbacks],
    ["192.0.2.7", ["192.0.2.7:0"]], ["127.1", ["127.0.0.1:0"]], ["::1", ["[0:0:0:0:0:0:0:1]:0"]],
    ["a..b", "InvalidArgument"], ["", "InvalidArgument"], ["a b", "InvalidArgument"],
  ];
  for (const [name] of names) world.begin(name);
  world.begin("localhost").cancel();
  await settle();
  assert.equal(world.results, names.map(([, result]) => result));
  assert.is(world.fake.requests.length, 0);
});

lookups("should send names in ASCII, and those that only begin like localhost", () => {
  const world = new World();
  const requests = ["bücher.example", "localhost.example", "notlocalhost"].map((name) => world.begin(name));
  assert.equal(world.fake.requests.filter((_, index) => index % 2 === 1).map(({ body }) => body), [
    query(0, "xn--bcher-kva.example", TYPES.A), query(0, "localhost.example", TYPES.A),
    query(0, "notlocalhost", TYPES.A),
  ]);
  for (const request of requests) request.cancel();
});

lookups("should be broken off when they are cancelled, at any time", async () => {
  for (const half of [false, true]) {
    const world = new World();
    const request = world.begin("a.example.test");
    if (half) await world.answer(TYPES.A, A);
    request.cancel();
    assert.ok(world.fake.requests.every(({ isAborted }) => isAborted));
    await settle();
    request.cancel();
    assert.equal(world.results, []);
  }
});

lookups.run();
