// What leaves the engine, as a server sees it: what a forger would have to guess, and what is not sent at all.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Face, lookUp } from "../support/dns/face.js";
import { behind } from "../support/dns/fault-tests.js";
import { type Fault, FaultProxy, honest, questionsOf, type Seen } from "../support/dns/fault-proxy.js";
import * as faults from "../support/dns/faults.js";
import { LOOPBACKS } from "../support/dns/free-port.js";
import type { NameServer } from "../support/dns/name-server.js";
import { failure, records, same } from "../support/dns/outcome.js";
import { bind } from "../support/dns/server-kinds.js";
import { HEADER, questionEnd, questionName, questionType, TYPES } from "../support/dns/wire.js";
import { startAll } from "../support/dns/zone-tests.js";

const A = records("192.0.2.1", "192.0.2.11");
const PORT_QUERIES_MAX = 64;
/** For more queries at once than the proxy answers in the time that tries have. */
const PATIENT = { attempts: 8, attemptTimeoutMs: 500 };

const servers = await startAll(bind);
/** Nothing runs without it. */
const server = servers?.[0] as NameServer;

function distinct<T>(list: readonly T[]): number {
  return new Set(list).size;
}

/** A value per query that nobody can tell from the ones before: spread, and in no steps. */
function unpredictable(values: number[], what: string): void {
  assert.ok(distinct(values) > values.length * 0.9, `${distinct(values)} different ${what} of ${values.length}`);
  const steps = values.slice(1).map((value, index) => value - (values[index] ?? 0));
  assert.ok(distinct(steps) > steps.length * 0.8, `${distinct(steps)} different steps of ${what}`);
  const half = Math.max(...values) / 2;
  const low = values.filter((value) => value < half).length;
  assert.ok(low > 0 && low < values.length, `${what} in both halves of their range`);
}

const queries = suite("what the engine sends");
let face: Face;
queries.before(async () => {
  face = await Face.create();
});
queries.after(async () => {
  await face.close();
  await server.stop();
});

async function seen(count: number, names: (index: number) => string): Promise<Seen[]> {
  let list: Seen[] = [];
  await behind(server, honest, async (proxy) => {
    await face.withResolver({ dnsServer: proxy.address }, async (resolver) => {
      for (let index = 0; index < count; index++) await lookUp(resolver, "txt", names(index));
    });
    list = proxy.datagrams;
  });
  return list;
}

queries("should have ids, ports and letters that cannot be told before", async () => {
  const list = await seen(200, () => "some-name-with-many-letters.example.test");
  assert.ok(list.length >= 200);
  unpredictable(list.map(({ id }) => id), "ids");
  unpredictable(list.map(({ fromPort }) => fromPort), "ports");
  assert.ok(distinct(list.map(({ name }) => name)) > 190, "spellings");
  for (const { name } of list) assert.is(name.toLowerCase(), "some-name-with-many-letters.example.test");
  const letters = [..."some-name-with-many-letters.example.test"];
  letters.forEach((letter, at) => {
    if (!/[a-z]/.test(letter)) return;
    const capitals = list.filter(({ name }) => name[at] !== letter).length;
    assert.ok(capitals > 50 && capitals < list.length - 50, `letter ${at} is a capital ${capitals} times`);
  });
});

queries("should be one question with recursion and 1,232 bytes of EDNS, and no more", async () => {
  for (const { bytes } of await seen(5, (index) => `name-${index}.example.test`)) {
    assert.is(bytes.toString("hex", 2, HEADER), "01000001000000000001");
    assert.is(questionType(bytes), TYPES.TXT);
    assert.is(bytes.toString("hex", questionEnd(bytes)), "00" + "0029" + "04d0" + "00000000" + "0000");
  }
});

queries("should share ports among many, within bounds, and still be answered", async () => {
  await behind(server, honest, async (proxy) => {
    await face.withResolver({ dnsServer: proxy.address, ...PATIENT }, async (resolver) => {
      const names = Array.from({ length: 1000 }, (_, index) => `name-${index}.wild.example.test`);
      const all = await Promise.all(names.map((name) => lookUp(resolver, "host", name)));
      for (const { outcome } of all) same(outcome, records("192.0.2.20"), "each of 1,000");
    });
    const perPort = new Map<number, number>();
    for (const { fromPort } of proxy.datagrams) perPort.set(fromPort, (perPort.get(fromPort) ?? 0) + 1);
    assert.ok(Math.max(...perPort.values()) <= PORT_QUERIES_MAX, "queries of the busiest port");
    assert.ok(perPort.size >= 2000 / PORT_QUERIES_MAX, `${perPort.size} ports`);
    unpredictable(proxy.datagrams.map(({ id }) => id), "ids");
  });
});

queries("should be one for all who ask the same at once, however they spell it", async () => {
  await behind(server, honest, async (proxy) => {
    await face.withResolver({ dnsServer: proxy.address }, async (resolver) => {
      const names = ["a.example.test", "A.example.TEST", "a.example.test."];
      const all = await Promise.all(Array.from({ length: 300 }, (_, index) => {
        return lookUp(resolver, "host", names[index % names.length] ?? "");
      }));
      for (const { outcome } of all) same(outcome, A, "each of 300");
    });
    assert.is(proxy.datagrams.length, 2);
    assert.equal(questionsOf(proxy.datagrams), [`${TYPES.A} a.example.test`, `${TYPES.AAAA} a.example.test`]);
  });
});

queries("should be none for literals, localhost and names that are none", async () => {
  await behind(server, honest, async (proxy) => {
    await face.withResolver({ dnsServer: proxy.address }, async (resolver) => {
      const asked = async (name: string): Promise<unknown> => (await lookUp(resolver, "host", name)).list;
      assert.equal(await asked("192.0.2.7"), ["192.0.2.7"]);
      assert.equal(await asked("192.0.2.7:80"), ["192.0.2.7"]);
      assert.equal(await asked("2001:db8::7"), ["2001:db8::7"]);
      assert.equal(await asked("[2001:db8::7]:80"), ["2001:db8::7"]);
      for (const name of ["localhost", "LocalHost", "localhost.", "deep.below.localhost", "localhost:80"]) {
        assert.equal(await asked(name), ["::1", "127.0.0.1"], name);
      }
      for (const name of ["", ".", "a..b", "[::1", "[::1]bad", "[1.2.3.4]", "[localhost]", ":443", "256.0.0.1"]) {
        same((await lookUp(resolver, "host", name)).outcome, failure("bad name"), JSON.stringify(name));
      }
      same((await lookUp(resolver, "srv", "localhost")).outcome, records(), "services of localhost");
      same((await lookUp(resolver, "txt", "sub.localhost")).outcome, records(), "texts below localhost");
    });
    assert.is(proxy.datagrams.length + proxy.streams.length, 0);
  });
});

queries("should go over few connections when datagrams do not do", async () => {
  await behind(server, faults.truncated, async (proxy) => {
    await face.withResolver({ dnsServer: proxy.address }, async (resolver) => {
      const names = Array.from({ length: 100 }, (_, index) => `name-${index}.wild.example.test`);
      const all = await Promise.all(names.map((name) => lookUp(resolver, "host", name)));
      for (const { outcome } of all) same(outcome, records("192.0.2.20"), "each of 100");
    });
    assert.is(questionsOf(proxy.streams).length, 200);
    assert.ok(proxy.connections <= 4, `${proxy.connections} connections`);
    unpredictable(proxy.streams.map(({ id }) => id), "ids by stream");
  });
});

queries("should leave a server alone that changes letters, and its answers be taken by stream", async () => {
  await behind(server, faults.instead(faults.spelled(true)), async (proxy) => {
    same((await face.ask([proxy.address], "txt", "text.example.test")).outcome,
      records("one string", "a second record"), "by stream");
    assert.ok(proxy.streams.length > 0, "asked by stream");
    assert.is(questionName(proxy.streams[0]?.bytes as Buffer).toLowerCase(), "text.example.test");
  });
});

queries("should be few in spite of a flood of forgeries", async () => {
  const flood = faults.spoofFlood(3000);
  const once: Fault = { ...honest, datagram: (asked) => (asked.index < 2 ? flood : honest).datagram(asked) };
  await behind(server, once, async (proxy) => {
    same((await face.ask([proxy.address], "host", "a.example.test", PATIENT)).outcome, A, "in a flood");
    assert.ok(proxy.datagrams.length <= 16, `${proxy.datagrams.length} queries`);
  });
});

queries("should be made with the domains of a search list, for names without dots", () => {
  return behind(server, honest, async (proxy) => {
    const searchDomains = ["nowhere.example.test", "example.test"];
    await face.withResolver({ dnsServer: proxy.address, searchDomains }, async (resolver) => {
      same((await lookUp(resolver, "host", "a")).outcome, A, "a name without dots");
      const names = proxy.datagrams.map(({ name }) => name.toLowerCase());
      assert.equal([...new Set(names)], ["a.nowhere.example.test", "a.example.test"]);
      same((await lookUp(resolver, "host", "a.")).outcome, failure("server refused"), "one that is complete");
      same((await lookUp(resolver, "host", "b")).outcome, failure("server refused"), "one that is nowhere");
    });
  });
});

if (LOOPBACKS.includes("::1")) {
  queries("should be as careful over IPv6", async () => {
    for (const fault of [faults.spoofFlood(300), faults.fromElsewhere, faults.truncated, faults.byteByByte]) {
      const proxy = await FaultProxy.start(server.port, fault, "::1");
      same((await face.ask([proxy.address], "host", "a.example.test", PATIENT)).outcome, A, "over IPv6");
      await proxy.stop();
    }
  });
}

queries("should leave nothing behind", () => face.nothingIsLeft());
if (servers !== undefined) queries.run();
