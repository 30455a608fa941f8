// Look-ups that end before their answer: cancelled, with their resolver, with the engine.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DNSResolver, EventEngine, type LookupHandle, type Status } from "#host/index.js";
import { Face, lookUp } from "../support/dns/face.js";
import { behind } from "../support/dns/fault-tests.js";
import { type Fault, honest } from "../support/dns/fault-proxy.js";
import * as faults from "../support/dns/faults.js";
import type { NameServer } from "../support/dns/name-server.js";
import { records, same } from "../support/dns/outcome.js";
import { bind } from "../support/dns/server-kinds.js";
import { startAll } from "../support/dns/zone-tests.js";
import { until } from "../support/guard.js";

const A = records("192.0.2.1", "192.0.2.11");
/** Lets the latest `late` answer. */
let letAnswer = (): void => {};

/** Answers when the test says so: however busy the machine is, not while a look-up is to wait. */
function late(): Fault {
  return faults.after(new Promise((resolve) => { letAnswer = resolve; }));
}

/** What a look-up may be waiting for when it ends. */
const WAITS: Record<string, () => Fault> = {
  "an answer by datagram": () => faults.silent,
  "an answer by stream": () => faults.onStreams(() => {}),
  "the rest of an answer by stream": () => faults.onStreams(({ socket }) => void socket.write(Buffer.from([1, 0, 7]))),
  "an answer that comes late": late,
};

const servers = await startAll(bind);
/** Nothing runs without it. */
const server = servers?.[0] as NameServer;

const endings = suite("look-ups that end early");
let face: Face;
endings.before(async () => {
  face = await Face.create();
});
endings.after(async () => {
  await face.close();
  await server.stop();
});

interface Outstanding {
  handles: LookupHandle[];
  statuses: Status[];
}

/** One look-up of each kind. */
function begin(resolver: DNSResolver, index = 0): Outstanding {
  const statuses: Status[] = [];
  const end = (status: Status): void => void statuses.push(status);
  const name = `n${index}.wild.example.test`;
  const handles = [
    resolver.lookupHostname(end, name, 443), resolver.lookupSRV(end, name), resolver.lookupTXT(end, name),
  ];
  return { handles, statuses };
}

const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

for (const [what, fault] of Object.entries(WAITS)) {
  endings(`should be forgotten when they are cancelled, waiting for ${what}`, () => {
    return behind(server, fault(), async (proxy) => {
      await face.withResolver({ dnsServer: proxy.address }, async (resolver) => {
        const { handles, statuses } = begin(resolver);
        await until(() => "nothing was asked", () => proxy.datagrams.length >= 4);
        await breath();
        for (const handle of handles) {
          assert.is(resolver.cancelLookup(handle), true);
          assert.is(resolver.cancelLookup(handle), false, "only once");
        }
        letAnswer();
        await new Promise((resolve) => setTimeout(resolve, 200));
        assert.equal(statuses, []);
        proxy.fault = honest;
        same((await lookUp(resolver, "host", "a.example.test")).outcome, A, "the next one");
      });
      await face.nothingIsLeft();
    });
  });

  endings(`should end with their resolver, each once, waiting for ${what}`, () => {
    return behind(server, fault(), async (proxy) => {
      const resolver = face.engine.getDNSResolver({ dnsServer: proxy.address });
      const all = Array.from({ length: 40 }, (_, index) => begin(resolver, index));
      await until(() => "nothing was asked", () => proxy.datagrams.length >= 40);
      await breath();
      resolver.destroy();
      letAnswer();
      await until(() => "they did not end", () => all.every(({ statuses }) => statuses.length === 3));
      await new Promise((resolve) => setTimeout(resolve, 200));
      for (const { statuses } of all) assert.equal(statuses.map(({ reason }) => reason), Array(3).fill("cancelled"));
      await face.nothingIsLeft();
    });
  });

  endings(`should end with the engine, each once, waiting for ${what}`, () => {
    return behind(server, fault(), async (proxy) => {
      const engine = await EventEngine.create();
      const resolver = engine.getDNSResolver({ dnsServer: proxy.address });
      const { statuses } = begin(resolver);
      await until(() => "nothing was asked", () => proxy.datagrams.length >= 4);
      engine.close();
      letAnswer();
      await until(() => "they did not end", () => statuses.length === 3);
      await breath();
      assert.equal(statuses.map(({ code }) => code), [1, 1, 1]);
      const left = Object.entries(engine.live()).filter(([, count]) => count !== 0);
      assert.equal(left, [], "what is left");
    });
  });
}

endings("should go on for the others who wait for the same answer", () => {
  return behind(server, late(), async (proxy) => {
    await face.withResolver({ dnsServer: proxy.address }, async (resolver) => {
      const other = lookUp(resolver, "host", "a.example.test");
      const handle = resolver.lookupHostname(() => assert.unreachable("it was cancelled"), "a.example.test", 443);
      await until(() => "nothing was asked", () => proxy.datagrams.length >= 2);
      assert.is(resolver.cancelLookup(handle), true);
      letAnswer();
      same((await other).outcome, A, "the one who stays");
      assert.is(proxy.datagrams.length, 2);
    });
  });
});

endings("should not be confused by answers to look-ups before them", () => {
  // Each answer comes after its look-up was cancelled, and while the next one waits.
  return behind(server, faults.delayed(20), async (proxy) => {
    await face.withResolver({ dnsServer: proxy.address }, async (resolver) => {
      for (let round = 0; round < 30; round++) {
        const { handles } = begin(resolver, round);
        await until(() => "nothing was asked", () => proxy.datagrams.length > 0);
        for (const handle of handles) resolver.cancelLookup(handle);
        if (round % 5 === 0) same((await lookUp(resolver, "host", "a.example.test")).outcome, A, `round ${round}`);
      }
    });
    await face.nothingIsLeft();
  });
});

endings("should leave nothing behind", () => face.nothingIsLeft());
if (servers !== undefined) endings.run();
