// Resolvers: where their servers come from, what they refuse, and what they pay for.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LookupProbe } from "../../support/dns/lookup-probe.js";

const NAME = "a.example.test";
const V4 = { family: 0 as const, port: 0, parts: [192, 0, 2, 9] };

const resolvers = suite("resolver");

/** Whom a fresh resolver asks for TXT, `192.0.2.1:53`, and whether addresses are asked for there too. */
async function asked(servers: string, environment: Record<string, string>): Promise<[string | undefined, boolean]> {
  const made = await LookupProbe.bare();
  made.environment = environment;
  made.resolver = made.makeResolver({ servers });
  assert.ok(made.resolver);
  made.records("txt", NAME, 1);
  const peer = made.queries()[0]?.socket.peer;
  made.host.resolved = [V4];
  made.hostname(NAME, 2);
  const isAsked = made.queries().length > 0;
  assert.is(made.systemNames.length, isAsked ? 0 : 1);
  made.end();
  return [peer && `${peer.parts.join(".")}:${peer.port}`, isAsked];
}

resolvers("should ask the servers of the options, then of the environment, then of the host", async () => {
  const own = { EVENT_ENGINE_DNS_SERVERS: "192.0.2.2:5302" };
  const host = { EVENT_ENGINE_HOST_DNS_SERVERS: "192.0.2.3" };
  assert.equal(await asked("192.0.2.1", { ...own, ...host }), ["192.0.2.1:53", true]);
  assert.equal(await asked("", { ...host, ...own }), ["192.0.2.2:5302", true]);
  assert.equal(await asked("", host), ["192.0.2.3:53", false]);
  assert.equal(await asked("", { EVENT_ENGINE_DNS_SERVERS: "", ...host }), ["192.0.2.3:53", false]);
  assert.equal(await asked("", { EVENT_ENGINE_DNS_SERVER: "192.0.2.4", PATH: "/" }), [undefined, false]);
});

resolvers("should say which piece of what it cannot read", async () => {
  const made = await LookupProbe.bare();
  const refused = (settings: object, environment: Record<string, string> = {}): string => {
    made.environment = environment;
    assert.is(made.makeResolver(settings), 0);
    const { kind, reason, values } = made.takeResult(made.call.failure!());
    assert.equal([kind, reason], ["failure", "invalid argument"]);
    return values[0]!;
  };
  assert.is(refused({ servers: "192.0.2.1, nonsense" }), 'cannot read the servers: "nonsense"');
  assert.is(refused({ servers: "192.0.2.1:0" }), 'cannot read the servers: "192.0.2.1:0"');
  assert.is(refused({ servers: "dns.example" }), 'cannot read the servers: "dns.example"');
  assert.is(refused({}, { EVENT_ENGINE_DNS_SERVERS: "[::1" }), 'cannot read EVENT_ENGINE_DNS_SERVERS: "[::1"');
  assert.is(
    refused({}, { EVENT_ENGINE_HOST_DNS_SERVERS: "\n" }), 'cannot read EVENT_ENGINE_HOST_DNS_SERVERS: "\\010"',
  );
  assert.is(refused({ search: "example.test, a..b" }), 'cannot read the search list: "a..b"');
  assert.is(refused({ search: "a,b.LocalHost" }), 'cannot read the search list: "b.LocalHost"');
  assert.is(refused({ search: "a b c d e f g h i" }), 'cannot read the search list: "i"');
  made.end();
});

resolvers("should charge its allocator for itself and give everything back", async () => {
  const made = await LookupProbe.bare();
  const before = made.call.outstanding!(made.allocator);
  const resolver = made.makeResolver({ servers: "192.0.2.1,192.0.2.2", search: "a b" });
  const own = made.call.outstanding!(made.allocator) - before;
  assert.ok(own > 200 && own < 2000, `${own} bytes`);
  made.records("txt", NAME, 1, { resolver });
  assert.ok(made.call.outstanding!(made.allocator) > before + own);
  made.answer(made.query("TXT"), (message) => message.txt(NAME, ["x".repeat(200)], 60));
  made.outcome();
  assert.ok(made.call.outstanding!(made.allocator) >= before + own + 200, "what is cached is charged");
  made.call.destroyResolver!(resolver);
  assert.is(made.call.outstanding!(made.allocator), before);
  made.end();
});

resolvers("should live with many others", async () => {
  const made = await LookupProbe.bare();
  const all = Array.from({ length: 50 }, (_, index) => made.makeResolver({ servers: `192.0.2.${index + 1}` }));
  all.forEach((resolver, index) => made.records("txt", NAME, index, { resolver }));
  assert.is(made.queries().length, 50);
  for (const resolver of all) made.call.destroyResolver!(resolver);
  assert.is(made.take().length, 50);
  made.end();
});

resolvers.run();

// ---

const searching = suite("resolver, search lists");

/** Which names are asked for until `found` is found; the outcome's text or first value. */
async function search(name: string, found: string, settings = {}): Promise<[string[], string]> {
  const made = await LookupProbe.create({ servers: "192.0.2.53", search: "One.test two.test", ...settings });
  made.records("txt", name, 1);
  const names: string[] = [];
  for (let queries = made.queries(); queries.length > 0; queries = made.queries()) {
    const [query] = queries;
    names.push(query!.name);
    if (query!.name === found) made.answer(query!, (message) => message.txt(query!.name, ["found"]));
    else made.answer(query!, () => {}, names.length % 2 ? 0x8183 : 0x8180);
  }
  const { values } = made.outcome();
  made.end();
  return [names, values[0]!];
}

searching("should try short names with each domain first, and long ones as they are", async () => {
  assert.equal(await search("a", "a.two.test"), [["a.one.test", "a.two.test"], "found"]);
  assert.equal(await search("a", "a"), [["a.one.test", "a.two.test", "a"], "found"]);
  assert.equal(await search("a.b", "a.b"), [["a.b"], "found"]);
  assert.equal(await search("a.b", "a.b.two.test"), [["a.b", "a.b.one.test", "a.b.two.test"], "found"]);
});

searching("should tell the failure of the name itself when all fail", async () => {
  const [names, text] = await search("a", "nothing");
  assert.equal(names, ["a.one.test", "a.two.test", "a"]);
  assert.is(text, "TXT a: no such name (said 192.0.2.53:53)");
  assert.is((await search("a.b", "nothing"))[1], "TXT a.b: no such name (said 192.0.2.53:53)");
});

searching("should never search a name with a dot at its end", async () => {
  assert.equal((await search("a.", "nothing"))[0], ["a"]);
  assert.equal((await search("a.b.", "nothing"))[0], ["a.b"]);
});

searching("should pass over names that would be too long", async () => {
  const long = Array.from({ length: 4 }, () => "x".repeat(61)).join(".");
  assert.equal((await search(long, "nothing"))[0], [long]);
  assert.equal((await search("a", "nothing", { search: `${long}, one.test` }))[0], [`a.${long}`, "a.one.test", "a"]);
  assert.equal((await search("ab.c", "nothing", { search: `y.${long}, one.test` }))[0], ["ab.c", "ab.c.one.test"]);
});

searching("should end with a failure that says nothing about the name", async () => {
  const made = await LookupProbe.create({ servers: "192.0.2.53", search: "one.test", tries: 1 });
  made.records("txt", "a", 1);
  made.answer(made.query("TXT"), () => {}, 0x8182);
  assert.is(made.outcome().reason, "temporary");
  made.end();
});

searching("should search for addresses, from the system too, and never for SRV", async () => {
  const made = await LookupProbe.create({ search: "one.test" });
  made.host.script("resolve-addresses", 18);
  made.host.resolved = [V4];
  made.hostname("a", 1);
  assert.equal(made.outcome().values, ["192.0.2.9:443"]);
  assert.equal(made.systemNames, ["a.one.test", "a"]);
  made.end();
  const other = await LookupProbe.create({ servers: "192.0.2.53", search: "one.test" });
  other.records("srv", "a", 1);
  assert.is(other.query("SRV").name, "a");
  other.end();
});

searching("should be cancelled between two names, and end at its deadline", async () => {
  const made = await LookupProbe.create({ servers: "192.0.2.53", search: "one.test two.test" });
  const handle = made.records("txt", "a", 1, { deadlineNs: made.host.nowNs + 1_000_000_000n });
  made.answer(made.query("TXT"), () => {}, 0x8183);
  made.query("TXT");
  assert.is(made.cancel(handle), true);
  made.advanceMs(2000);
  assert.equal(made.take(), []);
  made.records("txt", "b", 2, { deadlineNs: made.host.nowNs + 1_000_000_000n });
  made.answer(made.query("TXT"), () => {}, 0x8183);
  made.query("TXT");
  made.advanceMs(1000);
  assert.match(made.outcome().values[0], /^TXT b\.two\.test: the deadline passed first \(asked/);
  made.end();
});

searching.run();
