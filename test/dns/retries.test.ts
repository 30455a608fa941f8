// Servers that are silent, late or out of order: who is asked next, when it is over, and what the message says.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Face, lookUp } from "../support/dns/face.js";
import { behind } from "../support/dns/fault-tests.js";
import { type Fault, FaultProxy, honest, reset } from "../support/dns/fault-proxy.js";
import * as faults from "../support/dns/faults.js";
import { freePort } from "../support/dns/free-port.js";
import type { NameServer } from "../support/dns/name-server.js";
import { failure, records, same } from "../support/dns/outcome.js";
import { bind } from "../support/dns/server-kinds.js";
import { questionName, questionType, RCODES } from "../support/dns/wire.js";
import { startAll } from "../support/dns/zone-tests.js";

const A = records("192.0.2.1", "192.0.2.11");
/** Short first tries: what is never answered is given up soon. */
const HASTY = { attemptTimeoutMs: 50, attempts: 3 };

const servers = await startAll(bind);
/** Nothing runs without it. */
const server = servers?.[0] as NameServer;

const retries = suite("servers in trouble");
let face: Face;
retries.before(async () => {
  face = await Face.create();
});
retries.after(async () => {
  await face.close();
  await server.stop();
});

/** Several proxies, in the order in which the resolver is given them. */
async function among(
  faultsOf: Fault[], body: (proxies: FaultProxy[], addresses: string[]) => Promise<void>,
): Promise<void> {
  const proxies: FaultProxy[] = [];
  const next = async (): Promise<void> => {
    const fault = faultsOf[proxies.length];
    if (fault === undefined) return body(proxies, proxies.map(({ address }) => address));
    await behind(server, fault, async (proxy) => {
      proxies.push(proxy);
      await next();
    });
  };
  await next();
}

/** Answers nothing until the same question came this often. */
function deafFor(times: number): Fault {
  const asked = new Map<string, number>();
  return {
    ...honest,
    datagram: async (each) => {
      const key = `${questionType(each.bytes)} ${questionName(each.bytes).toLowerCase()}`;
      const before = asked.get(key) ?? 0;
      asked.set(key, before + 1);
      if (before >= times) each.reply(await each.truth());
    },
  };
}

retries("should be asked again until they answer", () => behind(server, deafFor(4), async (proxy) => {
  const { outcome } = await face.ask([proxy.address], "host", "a.example.test", { ...HASTY, attempts: 8 });
  same(outcome, A, "after four drops");
  assert.ok(proxy.datagrams.length >= 10, `${proxy.datagrams.length} queries`);
  assert.is(new Set(proxy.datagrams.map(({ id, fromPort }) => `${id} ${fromPort}`)).size, proxy.datagrams.length);
}));

retries("should be given up after their tries, by name", () => {
  return among([faults.silent, faults.silent], async (both, at) => {
    const { outcome, status } = await face.ask(at, "srv", "_one._tcp.example.test", HASTY);
    same(outcome, failure("no answer"), "silent servers");
    assert.equal(both.map(({ datagrams }) => datagrams.length), [3, 3]);
    for (const part of ["SRV", "_one._tcp.example.test", ...at]) assert.match(status.message, part);
  });
});

retries("should be passed by when nobody listens there", async () => {
  const nobody = `127.0.0.1:${await freePort()}`;
  await behind(server, honest, async (proxy) => {
    same((await face.ask([nobody, proxy.address], "host", "a.example.test", HASTY)).outcome, A, "the second");
  });
  const { outcome, status } = await face.ask([nobody], "host", "a.example.test", HASTY);
  assert.ok("failure" in outcome && outcome.failure !== "no name", JSON.stringify(outcome));
  assert.match(status.message, nobody);
});

for (const [first, second] of [[RCODES.SERVFAIL, RCODES.REFUSED], [RCODES.REFUSED, RCODES.SERVFAIL]] as const) {
  retries(`should be passed by with codes ${first} and ${second}, for one that knows`, () => {
    return among([faults.rcode(first), faults.rcode(second), honest], async (proxies, at) => {
      same((await face.ask(at, "host", "both.example.test")).outcome,
        records("192.0.2.2", "2001:db8::2", "2001:db8::22"), "the third");
      assert.equal(proxies.map(({ datagrams }) => datagrams.length > 0), [true, true, true]);
    });
  });
}

retries("should be passed by when they answer nonsense", () => {
  return among([faults.instead(faults.cut(3)), honest], async (_proxies, at) => {
    same((await face.ask(at, "host", "a.example.test")).outcome, A, "the second");
  });
});

retries("should not be asked for a second opinion about a name that is not there", () => {
  return among([honest, honest], async (proxies, at) => {
    same((await face.ask(at, "txt", "nowhere.example.test")).outcome, failure("no name"), "the first");
    same((await face.ask(at, "txt", "a.example.test")).outcome, failure("no records"), "the first");
    assert.is(proxies[0]?.datagrams.length, 2);
    assert.is(proxies[1]?.datagrams.length, 0);
  });
});

retries("should be believed when they are late", () => behind(server, faults.delayed(400), async (proxy) => {
  same((await face.ask([proxy.address], "host", "a.example.test", { ...HASTY, attempts: 6 })).outcome, A, "late");
}));

retries("should be left at the deadline, by UDP and by TCP", async () => {
  for (const fault of [faults.silent, faults.onStreams(() => {}), faults.delayed(30_000)]) {
    const proxy = await FaultProxy.start(server.port, fault);
    await face.withResolver({ dnsServer: proxy.address }, async (resolver) => {
      const { outcome, status } = await lookUp(resolver, "host", "a.example.test", 150);
      same(outcome, failure("past its deadline"), "a deadline");
      assert.match(status.message, "a.example.test");
      same((await lookUp(resolver, "host", "localhost")).outcome, records("127.0.0.1", "::1"), "afterwards");
    });
    await face.nothingIsLeft();
    await proxy.stop();
  }
});

for (const after of [0, 1, 2, 7, 13, 40]) {
  for (const [how, fault] of [["reset", faults.resetInMessage], ["ended", faults.endInMessage]] as const) {
    retries(`should be passed by when their stream is ${how} after ${after} bytes`, () => {
      return among([fault(after), honest], async (_proxies, at) => {
        same((await face.ask(at, "host", "a.example.test")).outcome, A, "the second");
      });
    });
  }
}

retries("should be failures when their streams break off every time", () => {
  return behind(server, faults.resetInMessage(20), async (proxy) => {
    const { outcome, status } = await face.ask([proxy.address], "host", "a.example.test");
    assert.ok("failure" in outcome && outcome.failure !== "no name", JSON.stringify(outcome));
    assert.match(status.message, proxy.address);
  });
});

retries("should be asked by stream again when one connection breaks", () => {
  const fault = faults.onStreams(async (asked) => {
    if (asked.connection === 0) reset(asked.socket);
    else asked.reply(await asked.truth());
  });
  return behind(server, fault, async (proxy) => {
    same((await face.ask([proxy.address], "host", "a.example.test")).outcome, A, "by the second connection");
    assert.ok(proxy.connections >= 2, `${proxy.connections} connections`);
  });
});

retries("should leave nothing behind", () => face.nothingIsLeft());
if (servers !== undefined) retries.run();
