// What is kept, for how long and for whom: seen by what a server is asked, and what it is not.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DNSResolver, ResolverOptions } from "#host/index.js";
import { Face, lookUp } from "../support/dns/face.js";
import { behind } from "../support/dns/fault-tests.js";
import { type Fault, type FaultProxy, honest, questionsOf } from "../support/dns/fault-proxy.js";
import * as faults from "../support/dns/faults.js";
import type { NameServer } from "../support/dns/name-server.js";
import { failure, type Kind, type Outcome, records, same, service } from "../support/dns/outcome.js";
import { bind } from "../support/dns/server-kinds.js";
import { answerTo, nameBytes, questionName, questionType, RCODES, TYPES } from "../support/dns/wire.js";
import { startAll } from "../support/dns/zone-tests.js";

const A = records("192.0.2.1", "192.0.2.11");
const CACHE = { cacheSizeBytes: 64 << 10 };

const servers = await startAll(bind);
/** Nothing runs without it. */
const server = servers?.[0] as NameServer;

const cache = suite("answers that are kept");
let face: Face;
cache.before(async () => {
  face = await Face.create();
});
cache.after(async () => {
  await face.close();
  await server.stop();
});

function resolving(
  fault: Fault, body: (resolver: DNSResolver, proxy: FaultProxy) => Promise<void>, options: ResolverOptions = CACHE,
): Promise<void> {
  return behind(server, fault, (proxy) => {
    return face.withResolver({ ...options, dnsServer: proxy.address }, (resolver) => body(resolver, proxy));
  });
}

/** Looks the name up twice, and tells how many questions the server was asked each time. */
async function twice(
  fault: Fault, kind: Kind, name: string, expected: Outcome, options: ResolverOptions = CACHE,
): Promise<number[]> {
  const counts: number[] = [];
  await resolving(fault, async (resolver, proxy) => {
    for (let time = 0; time < 2; time++) {
      same((await lookUp(resolver, kind, name)).outcome, expected, `time ${time + 1}`);
      counts.push(questionsOf(proxy.datagrams.splice(0)).length);
    }
  }, options);
  return counts;
}

cache("should answer the second look-up of each kind", async () => {
  assert.equal(await twice(honest, "host", "a.example.test", A), [2, 0]);
  assert.equal(await twice(honest, "txt", "text.example.test", records("one string", "a second record")), [1, 0]);
  assert.equal(await twice(honest, "srv", "_one._tcp.example.test",
    records(service(0, 0, 443, "a.example.test"))), [1, 0]);
});

cache("should know a name in whatever letters, with a dot or without", () => {
  return resolving(honest, async (resolver, proxy) => {
    for (const name of ["a.example.test", "A.Example.TEST", "a.example.test."]) {
      same((await lookUp(resolver, "host", name)).outcome, A, name);
    }
    assert.is(proxy.datagrams.length, 2);
  });
});

cache("should be of one type and one name", () => resolving(honest, async (resolver, proxy) => {
  same((await lookUp(resolver, "txt", "any.wild.example.test")).outcome, records("wild"), "a text");
  same((await lookUp(resolver, "host", "any.wild.example.test")).outcome, records("192.0.2.20"), "an address");
  same((await lookUp(resolver, "srv", "any.wild.example.test")).outcome, failure("no records"), "no service");
  same((await lookUp(resolver, "txt", "other.wild.example.test")).outcome, records("wild"), "another name");
  assert.is(questionsOf(proxy.datagrams).length, 5);
}));

cache("should keep what is not there as long as the zone says", async () => {
  assert.equal(await twice(honest, "txt", "nowhere.example.test", failure("no name")), [1, 0]);
  assert.equal(await twice(honest, "txt", "a.example.test", failure("no records")), [1, 0]);
});

cache("should keep nothing that has no lifetime", async () => {
  // Addresses of both families are one answer.
  assert.equal(await twice(honest, "host", "never.example.test", records("192.0.2.3")), [2, 2]);
  assert.equal(await twice(faults.rcode(RCODES.NXDOMAIN), "txt", "x.example.test", failure("no name")), [1, 1]);
  assert.equal(await twice(faults.rcode(RCODES.NOERROR), "txt", "x.example.test", failure("no records")), [1, 1]);
  const huge = faults.scripted(() => [{ type: TYPES.TXT, ttl: 0x80000000, data: Buffer.from([1, 0x61]) }]);
  assert.equal(await twice(huge, "txt", "x.example.test", records("a")), [1, 1]);
});

cache("should keep addresses when the other family is not there, and nobody says for how long", async () => {
  const half: Fault = { ...honest, datagram: async (asked) => {
    asked.reply(questionType(asked.bytes) === TYPES.AAAA ? answerTo(asked.bytes) : await asked.truth());
  } };
  assert.equal(await twice(half, "host", "a.example.test", A), [2, 0]);
});

cache("should go by the shortest lifetime of a chain", async () => {
  const chain = (first: number, second: number): Fault => ({ ...honest, datagram: (asked) => {
    asked.reply(answerTo(asked.bytes, { answers: [
      { type: TYPES.CNAME, ttl: first, data: nameBytes("y.test") },
      { name: nameBytes("y.test"), type: TYPES.TXT, ttl: second, data: Buffer.from([1, 0x61]) },
    ] }));
  } });
  assert.equal(await twice(chain(300, 300), "txt", "x.test", records("a")), [1, 0]);
  assert.equal(await twice(chain(0, 300), "txt", "x.test", records("a")), [1, 1]);
  assert.equal(await twice(chain(300, 0), "txt", "x.test", records("a")), [1, 1]);
});

cache("should never keep the trouble of a server", async () => {
  const failing = { SERVFAIL: "server failed", REFUSED: "server refused" } as const;
  for (const code of ["SERVFAIL", "REFUSED"] as const) {
    const [first = 0, second = 0] = await twice(
      faults.rcode(RCODES[code]), "txt", "x.example.test", failure(failing[code]));
    assert.ok(first > 0 && second > 0, `${first} and ${second} queries`);
  }
});

cache("should be none where it is not wanted", async () => {
  assert.equal(await twice(honest, "host", "a.example.test", A, { cacheSizeBytes: 0 }), [2, 2]);
});

cache("should be of one resolver", () => behind(server, honest, async (proxy) => {
  for (let time = 0; time < 2; time++) {
    same((await face.ask([proxy.address], "host", "a.example.test", CACHE)).outcome, A, "another resolver");
  }
  assert.is(proxy.datagrams.length, 4);
}));

cache("should have a bound, and forget what is older", () => resolving(honest, async (resolver, proxy) => {
  const count = 500;
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < count; index++) {
      same((await lookUp(resolver, "txt", `n${index}.wild.example.test`)).outcome, records("wild"), `${index}`);
    }
  }
  assert.ok(proxy.datagrams.length > count, "not all were kept");
  same((await lookUp(resolver, "txt", `n${count - 1}.wild.example.test`)).outcome, records("wild"), "the latest");
  const before = proxy.datagrams.length;
  await lookUp(resolver, "txt", `n${count - 1}.wild.example.test`);
  assert.is(proxy.datagrams.length, before, "the latest was kept");
}, { cacheSizeBytes: 16 << 10 }));

cache("should not take what stands beside an answer", () => {
  const beside: Fault = { ...honest, datagram: async (asked) => {
    const isFirst = questionName(asked.bytes).toLowerCase() === "first.example.test";
    if (!isFirst) return asked.reply(await asked.truth());
    asked.reply(answerTo(asked.bytes, {
      answers: [
        { type: TYPES.TXT, data: Buffer.from([1, 0x61]) },
        { name: nameBytes("text.example.test"), type: TYPES.TXT, data: Buffer.from([4, 0x65, 0x76, 0x69, 0x6c]) },
      ],
      authority: [{ name: nameBytes("text.example.test"), type: TYPES.TXT, data: Buffer.from([1, 0x65]) }],
    }));
  } };
  return resolving(beside, async (resolver) => {
    same((await lookUp(resolver, "txt", "first.example.test")).outcome, records("a"), "the answer");
    same((await lookUp(resolver, "txt", "text.example.test")).outcome,
      records("one string", "a second record"), "what it said of another name");
  });
});

cache("should leave nothing behind", () => face.nothingIsLeft());
if (servers !== undefined) cache.run();
