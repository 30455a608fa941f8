// Look-ups: from the call to the one end of each, with nameservers that the test plays.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { FakeSocket } from "../../support/fake-host.js";
import { LookupProbe, NEVER, SECOND } from "../../support/dns/lookup-probe.js";
import { answerTo, RCODES } from "../../support/dns/wire.js";

const NXDOMAIN = 0x8183;
const SERVFAIL = 0x8182;
const REFUSED = 0x8185;
const EMPTY = (): void => {};
const V6 = [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1];

const hosts = suite("look-up, host names");

hosts("should ask for A and AAAA at once and join the answers, with the port", async () => {
  const made = await LookupProbe.create();
  made.hostname("www.example.test:8080", 3);
  assert.equal(made.outcomes, [], "nothing ends inside of the call");
  const queries = made.queries();
  const asked = queries.map(({ name, type }) => `${type} ${name}`);
  assert.equal(asked.sort(), ["A www.example.test", "AAAA www.example.test"]);
  for (const query of queries) {
    made.answer(query, (message) => (query.type === "A"
      ? message.a("www.example.test", "192.0.2.1").a("www.example.test", "192.0.2.2")
      : message.aaaa("www.example.test", V6)));
    if (query === queries[0]) assert.equal(made.take(), [], "both are waited for");
  }
  assert.equal(made.outcome(), {
    owner: 3, kind: "addresses", reason: "ok",
    values: ["[2001:db8:0:0:0:0:0:1]:8080", "192.0.2.1:8080", "192.0.2.2:8080"],
  });
  made.end();
});

hosts("should give what one type has when the other has nothing or failed", async () => {
  for (const [type, flags] of [["A", 0x8180], ["AAAA", 0x8180], ["A", SERVFAIL], ["AAAA", REFUSED]] as const) {
    const made = await LookupProbe.create({ servers: "192.0.2.53", tries: 1 });
    made.hostname("half.example.test", 1);
    for (const query of made.queries()) {
      if (query.type === type) made.answer(query, EMPTY, flags);
      else if (type === "A") made.answer(query, (message) => message.aaaa(query.name, V6));
      else made.answer(query, (message) => message.a(query.name, "192.0.2.1"));
    }
    assert.equal(made.outcome().values, [type === "A" ? "[2001:db8:0:0:0:0:0:1]:443" : "192.0.2.1:443"]);
    made.end();
  }
});

for (const [text, values] of [
  ["192.0.2.7", ["192.0.2.7:443"]],
  ["192.0.2.7:80", ["192.0.2.7:80"]],
  ["[2001:db8::1]:1", ["[2001:db8:0:0:0:0:0:1]:1"]],
  ["2001:db8::1", ["[2001:db8:0:0:0:0:0:1]:443"]],
  ["localhost", ["[0:0:0:0:0:0:0:1]:443", "127.0.0.1:443"]],
  ["LOCALHOST.:1", ["[0:0:0:0:0:0:0:1]:1", "127.0.0.1:1"]],
  ["a.b.localhost:http", ["[0:0:0:0:0:0:0:1]:80", "127.0.0.1:80"]],
] as const) {
  hosts(`should know ${text} without asking anybody, with servers and without`, async () => {
    for (const servers of ["192.0.2.53", ""]) {
      const made = await LookupProbe.create({ servers, search: "example.test" });
      made.hostname(text, 2);
      assert.equal(made.outcomes, []);
      assert.equal(made.outcome(), { owner: 2, kind: "addresses", reason: "ok", values: [...values] });
      assert.equal(made.datagrams.sockets, []);
      assert.equal(made.systemNames, []);
      made.end();
    }
  });
}

hosts("should end what is no target through done, and say what is wrong", async () => {
  const made = await LookupProbe.create();
  made.hostname("[::1", 1);
  made.hostname("", 2);
  made.hostname("name", 3, { port: "" });
  made.hostname(Buffer.from([0x61, 0xff, 0x0a, 0x22]), 4);
  made.hostname("x".repeat(1000), 5);
  made.records("srv", "192.0.2.1", 6);
  assert.equal(made.outcomes, []);
  assert.equal(made.take().map(({ owner, reason, values }) => [owner, reason, ...values]), [
    [1, "invalid argument", 'A/AAAA "[::1": a bracket is not closed'],
    [2, "invalid argument", 'A/AAAA "": the host is missing'],
    [3, "invalid argument", 'A/AAAA "name": the port is missing, and there is no default'],
    [4, "invalid argument", 'A/AAAA "a\\255\\010"": not a name'],
    [5, "invalid argument", `A/AAAA "${"x".repeat(200)}...": not a name`],
    [6, "invalid argument", 'SRV "192.0.2.1": an address is no name'],
  ]);
  assert.equal(made.datagrams.sockets, []);
  made.end();
});

hosts("should ask the system when no server is configured, and keep its order", async () => {
  const made = await LookupProbe.create({});
  made.host.resolved = [{ family: 0, port: 0, parts: [192, 0, 2, 9] }, { family: 1, port: 0, parts: V6 }];
  made.hostname("WWW.Example.test:70000", 1);
  made.hostname("WWW.Example.test:70", 2);
  made.hostname("www.example.test.", 3);
  assert.is(made.live("questions"), 1, "asked once");
  assert.equal(made.take().map(({ owner, values }) => [owner, values.length]).sort(), [[1, 1], [2, 2], [3, 2]]);
  assert.equal(made.systemNames, ["www.example.test"]);
  made.host.resolved = [{ family: 0, port: 0, parts: [192, 0, 2, 10] }];
  made.hostname("www.example.test:70", 4);
  assert.equal(made.outcome().values, ["192.0.2.10:70"], "and it is not remembered");
  made.end();
});

hosts("should tell what the system's look-up ended with", async () => {
  for (const [error, reason, words] of [
    [18, "name unresolvable", "no such name"], [1, "access denied", "access denied"],
    [19, "temporary", "temporary resolver failure"],
  ] as const) {
    const made = await LookupProbe.create({});
    made.host.script("resolve-addresses", error);
    made.hostname("gone.example.test", 1);
    assert.equal(made.outcome(), {
      owner: 1, kind: "failure", reason, values: [`A/AAAA gone.example.test: ${words} (said the system)`],
    });
    made.end();
  }
});

hosts.run();

// ---

const kinds = suite("look-up, SRV and TXT");

kinds("should give SRV records by priority, and of one priority as they came", async () => {
  const made = await LookupProbe.create();
  made.records("srv", "_x._tcp.Example.test", 4);
  const query = made.query("SRV");
  made.answer(query, (message) => message
    .srv(query.name, [20, 1, 1001], "late.example.test").srv(query.name, [10, 5, 1002], "b.example.test")
    .srv(query.name, [10, 90, 1003], "a.example.test").srv(query.name, [0, 0, 1004], ""));
  assert.equal(made.outcome(), {
    owner: 4, kind: "srv", reason: "ok",
    values: ["0 0 1004 ", "10 5 1002 b.example.test", "10 90 1003 a.example.test", "20 1 1001 late.example.test"],
  });
  made.end();
});

kinds("should sort many SRV records", async () => {
  const made = await LookupProbe.create();
  made.records("srv", "many.example.test");
  const query = made.query("SRV");
  const priorities = Array.from({ length: 500 }, () => made.random.below(7));
  made.answer(query, (message) => priorities.forEach((priority, index) => {
    message.srv(query.name, [priority, 0, index], "h".repeat(index % 5 + 1), 60);
  }));
  const expected = priorities.map((priority, index) => ({ priority, index }))
    .sort((a, b) => a.priority - b.priority || a.index - b.index)
    .map(({ priority, index }) => `${priority} 0 ${index} ${"h".repeat(index % 5 + 1)}`);
  assert.equal(made.outcome().values, expected);
  made.end();
});

kinds("should join the strings of a TXT record, one entry per record", async () => {
  const made = await LookupProbe.create();
  made.records("txt", "t.example.test", 5);
  const query = made.query("TXT");
  made.answer(query, (message) => message.txt(query.name, ["ab", "", "cde"]).txt(query.name, ["x".repeat(255), "y"]));
  assert.equal(made.outcome(), { owner: 5, kind: "txt", reason: "ok", values: ["abcde", `${"x".repeat(255)}y`] });
  made.end();
});

kinds("should find nothing at localhost, and look past a port", async () => {
  const made = await LookupProbe.create({});
  for (const kind of ["srv", "txt"] as const) {
    for (const name of ["localhost", "localhost:1000", "x.localhost."]) {
      made.records(kind, name);
      assert.equal(made.outcome(), { owner: 1, kind, reason: "ok", values: [] });
    }
  }
  made.end();
});

kinds("should not ask the system, and name the setting that is missing", async () => {
  const made = await LookupProbe.create({});
  for (const kind of ["srv", "txt"] as const) {
    made.records(kind, "a.example.test");
    const { reason, values } = made.outcome();
    assert.is(reason, "not supported");
    assert.match(values[0], new RegExp(`^${kind.toUpperCase()} "a.example.test": .*EVENT_ENGINE_DNS_SERVERS`));
  }
  assert.equal(made.systemNames, []);
  made.end();
});

kinds.run();

// ---

const failures = suite("look-up, failures");

for (const [what, flags, reason, words] of [
  ["no such name", NXDOMAIN, "name unresolvable", "no such name (said 192.0.2.53:53)"],
  ["no records", 0x8180, "no records", "no records of this type (said 192.0.2.53:53)"],
  ["SERVFAIL", SERVFAIL, "temporary", "temporary resolver failure (said 192.0.2.53:53, 1 try)"],
  ["REFUSED", REFUSED, "permanent", "permanent resolver failure (said 192.0.2.53:53, 1 try)"],
] as const) {
  failures(`should say who said ${what}`, async () => {
    const made = await LookupProbe.create({ servers: "192.0.2.53", tries: 1 });
    made.hostname("a.example.test", 1);
    for (const query of made.queries()) made.answer(query, EMPTY, flags);
    assert.equal(made.outcome(), { owner: 1, kind: "failure", reason, values: [`A/AAAA a.example.test: ${words}`] });
    made.records("txt", "b.example.test", 2);
    made.answer(made.query("TXT"), EMPTY, flags);
    assert.equal(made.outcome(), { owner: 2, kind: "failure", reason, values: [`TXT b.example.test: ${words}`] });
    made.end();
  });
}

failures("should tell of two failures the one that says more", async () => {
  for (const [a, aaaa, reason] of [
    [NXDOMAIN, 0x8180, "name unresolvable"], [0x8180, NXDOMAIN, "name unresolvable"],
    [NXDOMAIN, SERVFAIL, "name unresolvable"], [SERVFAIL, 0x8180, "temporary"], [0x8180, REFUSED, "permanent"],
    [0x8180, 0x8180, "no records"],
  ] as const) {
    const made = await LookupProbe.create({ servers: "192.0.2.53", tries: 1 });
    made.hostname("a.example.test", 1);
    for (const query of made.queries()) made.answer(query, EMPTY, query.type === "A" ? a : aaaa);
    assert.is(made.outcome().reason, reason);
    made.end();
  }
});

failures("should name every server when nobody answers, and what was tried", async () => {
  const made = await LookupProbe.create({ servers: "192.0.2.53:5300,[2001:db8::53]", tries: 2 });
  made.records("srv", "a.example.test", 1);
  const query = made.query("SRV");
  query.socket.inbox.push({ bytes: Buffer.from("not an answer"), from: query.socket.peer! });
  made.advanceMs(100_000);
  assert.equal(made.outcome(), {
    owner: 1, kind: "failure", reason: "timeout",
    values: ["SRV a.example.test: no answer from 192.0.2.53:5300, [2001:db8::53]:53 (4 tries, 1 wrong answer ignored)"],
  });
  made.end();
});

failures("should say what the network said, and on whose way", async () => {
  const made = await LookupProbe.create({ servers: "192.0.2.53", tries: 1 });
  made.datagrams.script("create", 1);
  made.records("txt", "a.example.test", 1);
  assert.equal(made.outcome(), {
    owner: 1, kind: "failure", reason: "access denied",
    values: ["TXT a.example.test: access denied (on the way to 192.0.2.53:53, 1 try)"],
  });
  made.end();
});

failures("should take a connection that breaks for a failure of that time", async () => {
  const made = await LookupProbe.create({ servers: "192.0.2.53", tries: 1 });
  made.records("txt", "a.example.test", 1);
  made.answer(made.query("TXT"), EMPTY, 0x8380);
  for (let connections = 0; made.outcomes.length === 0; connections++) {
    assert.ok(connections < 5);
    made.settle();
    for (const left of made.host.resources.left().filter((each) => each.startsWith("tcp-socket"))) {
      const socket = made.host.resources.get<FakeSocket>(Number(left.split(" ")[1]), "tcp-socket");
      socket.settled = true;
      made.settle();
      socket.connection?.output.take(Infinity);
      socket.connection!.input.ended = true;
    }
    made.settle();
  }
  const { reason, values } = made.outcome();
  assert.is(reason, "temporary");
  assert.match(values[0], /^TXT a\.example\.test: the connection broke \(on the way to 192\.0\.2\.53:53, \d tr/);
  made.end();
});

failures("should refuse more look-ups than there may be, and take them again later", async () => {
  const made = await LookupProbe.create();
  const [length, portLength] = made.put("127.0.0.1", "1");
  const begin = (): number => made.call.hostname!(made.resolver, length, portLength, NEVER, 1);
  let ended = 0;
  made.onEnded = () => void ended++;
  for (let count = 0; count < 65_536; count++) begin();
  assert.is(made.live("look-ups"), 65_536);
  begin();
  const reasons = made.take().map(({ reason }) => reason);
  assert.is(ended, 65_537);
  assert.equal(reasons.slice(-2), ["ok", "out of memory"]);
  assert.is(reasons.indexOf("out of memory"), 65_536);
  begin();
  assert.is(made.outcome().reason, "ok");
  made.end();
});

failures("should not lose a name that must be escaped", async () => {
  const made = await LookupProbe.create();
  made.records("txt", "a\\.b\\001.example.test", 1);
  const { bytes, socket } = made.query("TXT");
  assert.is(bytes.toString("latin1", 12, 17).toLowerCase(), "\x04a.b\x01", "one label");
  socket.inbox.push({ bytes: answerTo(bytes, { rcode: RCODES.NXDOMAIN }), from: socket.peer! });
  assert.equal(made.outcome().values, ["TXT a\\.b\\001.example.test: no such name (said 192.0.2.53:53)"]);
  made.end();
});

failures.run();

// ---

const aliases = suite("look-up, aliases");

aliases("should follow aliases over several messages", async () => {
  const made = await LookupProbe.create();
  made.records("txt", "a.example.test", 1);
  const first = made.query("TXT");
  made.answer(first, (message) => message.cname(first.name, "b.other.test"));
  const second = made.query("TXT");
  assert.is(second.name, "b.other.test");
  made.answer(second, (message) => message.cname("b.other.test", "C.third.test").txt("C.third.test", ["found"]));
  assert.equal(made.outcome().values, ["found"]);
  made.end();
});

aliases("should find circles, and chains without an end", async () => {
  const made = await LookupProbe.create();
  made.records("txt", "a.example.test", 1);
  made.answer(made.query("TXT"), (message) => message.cname("a.example.test", "b.example.test"));
  made.answer(made.query("TXT"), (message) => message.cname("b.example.test", "A.example.test"));
  assert.is(made.outcome().reason, "alias loop");
  made.records("txt", "n0.example.test", 2);
  let asked = 0;
  for (let queries = made.queries(); queries.length > 0; queries = made.queries()) {
    made.answer(queries[0]!, (message) => message.cname(queries[0]!.name, `n${++asked}.example.test`));
  }
  assert.is(asked, 17, "16 are followed, the next one is too many");
  const { reason, values } = made.outcome();
  assert.is(reason, "alias loop");
  assert.match(values[0], /^TXT n0\.example\.test: its aliases lead in a circle, or on for too long \(said /);
  made.end();
});

aliases("should follow 16 aliases to the records at their end", async () => {
  const made = await LookupProbe.create();
  made.records("txt", "n0.example.test", 2);
  for (let hop = 1; hop <= 16; hop++) {
    const query = made.query("TXT");
    made.answer(query, (message) => message.cname(query.name, `n${hop}.example.test`));
  }
  const last = made.query("TXT");
  made.answer(last, (message) => message.txt(last.name, ["end"]));
  assert.equal(made.outcome().values, ["end"]);
  made.end();
});

aliases("should not be led to localhost", async () => {
  const made = await LookupProbe.create();
  for (const target of ["localhost", "a.LocalHost"]) {
    made.records("txt", "a.example.test", 1);
    made.answer(made.query("TXT"), (message) => message.cname("a.example.test", target, 0));
    assert.is(made.outcome().reason, "no records");
    assert.equal(made.queries(), []);
  }
  made.end();
});

aliases("should believe the shortest life along the way", async () => {
  const made = await LookupProbe.create();
  made.records("txt", "a.example.test", 1);
  made.answer(made.query("TXT"), (message) => message.cname("a.example.test", "b.example.test", 10));
  made.answer(made.query("TXT"), (message) => message.txt("b.example.test", ["x"], 500));
  made.outcome();
  made.host.nowNs += 9n * SECOND;
  made.records("txt", "a.example.test", 1);
  assert.equal(made.outcome().values, ["x"], "from the cache");
  made.host.nowNs += 2n * SECOND;
  made.records("txt", "a.example.test", 1);
  assert.is(made.queries().length, 1);
  made.end();
});

aliases.run();
