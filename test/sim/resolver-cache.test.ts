// What a resolver keeps, for how long, and what it asks only once: counted at the nameserver, in virtual time.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Treatment } from "#host/sim/index.js";
import type { ZoneRecord } from "#host/sim/peers/nameserver-zone.js";
import { type Kind, World } from "./resolver-world.js";

const RECORDS: readonly ZoneRecord[] = [
  ["brief.example.test", "TXT", ["x"], 30],
  ["never.example.test", "TXT", ["x"], 0],
  ["both.example.test", "A", "192.0.2.1", 20], ["both.example.test", "AAAA", "fd00::1", 40],
  ["one.example.test", "CNAME", "two.example.test", 100], ["two.example.test", "CNAME", "three.example.test", 7],
  ["three.example.test", "TXT", ["x"], 100],
  ["_x._tcp.example.test", "SRV", [1, 2, 3, "brief.example.test"], 1_000_000],
];

const cache = suite("cache");

/** Looks up at each of these times and tells how many questions the server had got by then. */
async function counts(world: World, kind: Kind, name: string, seconds: number[]): Promise<number[]> {
  const beganMs = world.sim.nowMs;
  const found: number[] = [];
  for (const second of seconds) {
    await world.sim.settle(beganMs + second * 1000);
    await world.look(kind, name);
    found.push(world.server.queries.length);
  }
  return found;
}

for (const [what, kind, name, seconds, wanted] of [
  ["for their time to live", "txt", "brief.example.test", [0, 29, 31, 60, 62], [1, 1, 2, 2, 3]],
  ["not at all when that is nothing", "txt", "never.example.test", [0, 1, 2], [1, 2, 3]],
  ["for the shorter one of two families", "hostname", "both.example.test", [0, 19, 21], [2, 2, 4]],
  ["for the least of a chain of aliases", "txt", "one.example.test", [0, 6, 8], [1, 1, 2]],
  ["for a day at most", "srv", "_x._tcp.example.test", [0, 86_300, 86_500], [1, 1, 2]],
  ["as long as the zone says, when there is nothing", "txt", "nothing.example.test", [0, 59, 61], [1, 1, 2]],
  ["the same, when there is nothing of the kind", "srv", "brief.example.test", [0, 59, 61], [1, 1, 2]],
] as const) {
  cache(`should keep answers ${what}`, async () => {
    const world = await World.create({ records: RECORDS });
    assert.equal(await counts(world, kind, name, [...seconds]), wanted);
    await world.over();
  });
}

cache("should keep what is not there for three hours at most", async () => {
  const world = await World.create({ records: RECORDS, zone: { negativeTtlSeconds: 1_000_000 } });
  // The SOA record itself lives for five minutes, which is less.
  assert.equal(await counts(world, "txt", "nothing.example.test", [0, 299, 301]), [1, 1, 2]);
  await world.over();
});

cache("should not keep failures of servers", async () => {
  let asked = 0;
  const treat = (): Partial<Treatment> => ++asked === 1 ? { fate: "servfail" } : {};
  const world = await World.create({ records: RECORDS, servers: [{ treat }] });
  assert.is((await world.look("txt", "brief.example.test")).reason, "temporary-resolver-failure");
  assert.is((await world.look("txt", "brief.example.test")).reason, "ok");
  await world.over();
});

cache("should keep nothing when it may not, and little when it may keep little", async () => {
  const none = await World.create({ records: RECORDS, resolver: { cacheSizeBytes: 0 } });
  assert.equal(await counts(none, "txt", "brief.example.test", [0, 1, 2]), [1, 2, 3]);
  await none.over();
  const little = await World.create({ records: RECORDS, resolver: { cacheSizeBytes: 300 } });
  for (const name of ["brief", "one", "nothing", "brief"]) await little.look("txt", `${name}.example.test`);
  assert.ok(little.server.queries.length > 3, "the first one had to go");
  await little.over();
});

cache("should tell from the cache in a later turn, and without the network", async () => {
  const world = await World.create({ records: RECORDS });
  const first = await world.look("srv", "_x._tcp.example.test");
  world.server.close();
  const begun = world.begin("srv", "_X._TCP.Example.Test");
  assert.is(begun.end, null);
  await world.sim.settle(world.sim.nowMs);
  assert.equal([begun.end?.records, begun.end?.atMs], [first.records, world.sim.nowMs]);
  world.resolver.destroy();
  await world.sim.runUntil(world.engine.close());
});

cache.run();

// ---

const joining = suite("joining");

joining("should ask once for many that want the same at the same time, and tell all of them", async () => {
  const world = await World.create({ records: RECORDS, servers: [{ treat: () => ({ delayMs: 20 }) }] });
  const begun = Array.from({ length: 50 }, (_, index) =>
    world.begin("txt", index % 2 === 0 ? "never.example.test" : "NEVER.example.test."));
  await world.sim.settle(world.sim.nowMs + 100);
  assert.ok(begun.every(({ end }) => end?.records.join() === "x"));
  assert.is(world.server.queries.length, 1);
  await world.over();
});

joining("should go on for the others when one is cancelled or at its deadline", async () => {
  const world = await World.create({ records: RECORDS, servers: [{ treat: () => ({ delayMs: 20 }) }] });
  const cancelled = world.begin("txt", "brief.example.test");
  const late = world.begin("txt", "brief.example.test", { timeoutMs: 5 });
  const patient = world.begin("txt", "brief.example.test");
  assert.ok(world.resolver.cancelLookup(cancelled.handle));
  await world.sim.settle(world.sim.nowMs + 100);
  assert.equal([cancelled.end, late.end?.reason, patient.end?.reason], [null, "deadline-exceeded", "ok"]);
  assert.is(world.server.queries.length, 1);
  await world.over();
});

joining("should follow aliases from message to message", async () => {
  const world = await World.create({ records: RECORDS, zone: { followsAliases: false } });
  assert.equal((await world.look("txt", "one.example.test")).records, ["x"]);
  assert.equal(world.server.queries.map(({ name }) => name.toLowerCase()), [
    "one.example.test", "two.example.test", "three.example.test",
  ]);
  await world.over();
});

for (const [aliases, reason] of [[16, "ok"], [17, "alias-loop"]] as const) {
  joining(`should find ${aliases} aliases, one to a message, to be ${reason}`, async () => {
    const chain = Array.from({ length: aliases }, (_, index): ZoneRecord =>
      [`n${index}.example.test`, "CNAME", `n${index + 1}.example.test`]);
    const end: ZoneRecord = [`n${aliases}.example.test`, "TXT", ["end"]];
    const world = await World.create({ records: [...chain, end], zone: { followsAliases: false } });
    assert.is((await world.look("txt", "n0.example.test")).reason, reason);
    await world.over();
  });
}

joining.run();
