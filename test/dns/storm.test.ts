// Hundreds of look-ups through servers that do everything wrong, with cancellations and resolvers that end meanwhile:
// each ends once, with the truth or an honest failure, and nothing stays open.
//
// TEST_SEED repeats what the servers and the test choose, though not the order in which packets arrive.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DNSResolver, LookupHandle } from "#host/index.js";
import { Random, SEED } from "../support/bytes.js";
import { type Case, expectedAt, titleOf, ZONE_CASES } from "../support/dns/cases.js";
import { chaos } from "../support/dns/chaos.js";
import { asFaceReads, Face, lookUp, type LookedUp } from "../support/dns/face.js";
import { FaultProxy } from "../support/dns/fault-proxy.js";
import type { NameServer } from "../support/dns/name-server.js";
import { same } from "../support/dns/outcome.js";
import { bind } from "../support/dns/server-kinds.js";
import { startAll } from "../support/dns/zone-tests.js";
import { until } from "../support/guard.js";

const ROUNDS = 6;
const LOOKUPS = 150;
const HASTY = { attemptTimeoutMs: 60, attempts: 4 };
/** What servers that fail may make of a question that has an answer. */
const HONEST_FAILURES = [
  "no answer", "not reached", "server failed", "server refused", "past its deadline", "cancelled",
];

const servers = await startAll(bind);
/** Nothing runs without it. */
const server = servers?.[0] as NameServer;

function hostSockets(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /^(UDP|TCP|Connect|SendWrap|Datagram)/.test(name));
}

const storm = suite("a storm");
const cases = ZONE_CASES.filter(({ name }) => !name.startsWith("multitude"));
let face: Face;
storm.before(async () => {
  face = await Face.create();
});
storm.after(async () => {
  await face.close();
  await server.stop();
});

/** The truth, or a failure that says who failed; never what a forger said. */
function check(each: Case, { outcome, status }: LookedUp): void {
  if ("failure" in outcome && HONEST_FAILURES.includes(outcome.failure)) {
    assert.ok(status.message.length > 10, `a message: ${status.message}`);
    return;
  }
  // Where two questions belong to a look-up, one of them may have failed.
  const expected = asFaceReads(each.kind, expectedAt("BIND", each));
  const isPart = each.kind === "host" && "records" in outcome && "records" in expected
    && outcome.records.length > 0 && outcome.records.every((text) => expected.records.includes(text));
  if (!isPart) same(outcome, expected, titleOf(each));
}

async function round(seed: number): Promise<void> {
  const proxies = await Promise.all([40, 20, 60].map((percent, index) => {
    return FaultProxy.start(server.port, chaos(seed + index, percent));
  }));
  try {
    await through(proxies, new Random(seed));
  } finally {
    for (const proxy of proxies) await proxy.stop();
  }
  await until(() => `sockets of the host: ${hostSockets()}`, () => hostSockets().length === 0);
}

async function through(proxies: FaultProxy[], random: Random): Promise<void> {
  const dnsServer = proxies.map(({ address }) => address);
  const resolvers = [0, 1, 2].map((index) => {
    return face.engine.getDNSResolver({ ...HASTY, dnsServer, cacheSizeBytes: index << 14 });
  });
  const ended: (LookedUp | undefined)[] = [];
  const asked: Case[] = [];
  for (let index = 0; index < LOOKUPS; index++) {
    const each = cases[random.below(cases.length)] as Case;
    const resolver = resolvers[random.below(resolvers.length)] as DNSResolver;
    asked.push(each);
    const deadline = random.below(5) === 0 ? 1 + random.below(200) : undefined;
    void lookUp(resolver, each.kind, each.name, deadline).then((looked) => {
      assert.is(ended[index], undefined);
      ended[index] = looked;
    });
    if (random.below(4) === 0) cancelled(resolver, each, random.below(150));
    if (random.below(10) === 0) await new Promise((resolve) => setTimeout(resolve, random.below(20)));
  }
  setTimeout(() => resolvers[2]?.destroy(), 300);
  await until(() => `${LOOKUPS - ended.filter(Boolean).length} did not end`,
    () => ended.filter((each) => each !== undefined).length === LOOKUPS);
  ended.forEach((looked, index) => check(asked[index] as Case, looked as LookedUp));
  for (const resolver of resolvers) resolver.destroy();
  await face.nothingIsLeft();
}

/** One more look-up that is cancelled later, unless it ended before. */
function cancelled(resolver: DNSResolver, { name }: Case, afterMs: number): void {
  let ran = 0;
  const handle: LookupHandle = resolver.lookupHostname(() => void ran++, name, 443);
  setTimeout(() => {
    const before = ran;
    if (resolver.cancelLookup(handle)) {
      assert.is(before, 0, "it had not ended");
      setTimeout(() => assert.is(ran, 0, "it never ends"), 100);
    }
  }, afterMs);
}

for (let index = 0; index < ROUNDS; index++) {
  const seed = SEED + index * 1000;
  storm(`should leave nothing behind (TEST_SEED=${seed})`, () => round(seed));
}
if (servers !== undefined) storm.run();
