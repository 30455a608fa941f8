// When a resolver asks whom, and when it gives up: exact, in virtual time. One way takes half a millisecond.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Nameserver, Treatment } from "#host/sim/index.js";
import type { ZoneRecord } from "#host/sim/peers/nameserver-zone.js";
import { World } from "./resolver-world.js";

const RECORDS: readonly ZoneRecord[] = [
  ["a.example.test", "TXT", ["a"]], ["b.example.test", "TXT", ["b"]], ["c.example.test", "TXT", ["c"]],
  ...Array.from({ length: 8 }, (_, index): ZoneRecord =>
    [`long${index}.example.test`, "TXT", Array.from({ length: 8 }, () => `${index}`.repeat(250))]),
];

const silent = (): Partial<Treatment> => ({ fate: "silence" });
const servfail = (): Partial<Treatment> => ({ fate: "servfail" });
const refused = (): Partial<Treatment> => ({ fate: "refused" });

/** Milliseconds of all questions, the first one being 0. */
function times({ queries }: Nameserver, firstMs = queries[0]?.atMs ?? 0): number[] {
  return queries.map(({ atMs }) => Math.round(atMs - firstMs));
}

const tries = suite("tries");

tries("should wait two seconds, then twice as long, and give up after three rounds", async () => {
  const world = await World.create({ records: RECORDS, servers: [{ treat: silent }] });
  const beganMs = world.sim.nowMs;
  const { reason, message, atMs } = await world.look("txt", "a.example.test");
  assert.is(reason, "timeout");
  assert.match(message, /^TXT a\.example\.test: no answer from 10\.0\.0\.53:53 \(3 tries\)$/);
  assert.equal(times(world.server), [0, 2000, 6000]);
  assert.ok(atMs - beganMs >= 14_000 && atMs - beganMs < 14_010, `${atMs - beganMs} ms`);
  await world.over();
});

tries("should wait as long, and as often, as it is told", async () => {
  const world = await World.create({
    records: RECORDS, servers: [{ treat: silent }], resolver: { attemptTimeoutMs: 300, attempts: 2 },
  });
  const beganMs = world.sim.nowMs;
  const { atMs } = await world.look("txt", "a.example.test");
  assert.equal(times(world.server), [0, 300]);
  assert.ok(atMs - beganMs >= 900 && atMs - beganMs < 910, `${atMs - beganMs} ms`);
  await world.over();
});

tries("should go to the next server when one is silent, and ask that one last for ten seconds", async () => {
  const world = await World.create({ records: RECORDS, servers: [{ treat: silent }, {}] });
  const [first, second] = world.servers as [Nameserver, Nameserver];
  assert.is((await world.look("txt", "a.example.test")).reason, "ok");
  assert.equal([first.queries.length, second.queries.length], [1, 1]);
  assert.is(Math.round((second.queries[0]?.atMs ?? 0) - (first.queries[0]?.atMs ?? 0)), 2000);
  await world.look("txt", "b.example.test");
  assert.equal([first.queries.length, second.queries.length], [1, 2]);
  await world.sim.settle(world.sim.nowMs + 10_000);
  await world.look("txt", "c.example.test");
  assert.is(first.queries.length, 2);
  await world.over();
});

tries("should wait less for a server whose answers are quick, yet not less than 200 ms", async () => {
  let asked = 0;
  const world = await World.create({
    records: RECORDS, servers: [{ treat: () => ++asked === 2 ? silent() : {} }],
  });
  await world.look("txt", "a.example.test");
  const firstMs = world.sim.nowMs;
  assert.is((await world.look("txt", "b.example.test")).reason, "ok");
  assert.ok(world.sim.nowMs - firstMs < 300);
  const [, second, third] = world.server.queries;
  assert.is(Math.round((third?.atMs ?? 0) - (second?.atMs ?? 0)), 200);
  await world.over();
});

for (const [what, treat, reason, text] of [
  ["SERVFAIL", servfail, "temporary-resolver-failure", "said"],
  ["REFUSED", refused, "permanent-resolver-failure", "said"],
] as const) {
  tries(`should take ${what} for that server's word, at once, and fail when all say so`, async () => {
    const half = await World.create({ records: RECORDS, servers: [{ treat }, {}] });
    assert.equal((await half.look("txt", "a.example.test")).records, ["a"]);
    assert.is(half.server.queries.length, 1);
    assert.ok(half.sim.nowMs < 100);
    await half.over();
    const all = await World.create({ records: RECORDS, servers: [{ treat }, { treat }] });
    const end = await all.look("txt", "a.example.test");
    assert.is(end.reason, reason);
    assert.match(end.message, new RegExp(`^TXT a\\.example\\.test: .*${text} 10\\.0\\.0\\.5[34]:53`));
    assert.equal(all.servers.map(({ queries }) => queries.length), [1, 1]);
    await all.over();
  });
}

tries("should tell a server that is not there from one that is silent", async () => {
  const world = await World.create({ records: RECORDS, servers: [], resolver: { dnsServer: "10.9.9.9" } });
  const { reason, message } = await world.look("txt", "a.example.test");
  assert.is(reason, "remote-unreachable");
  assert.match(message, /10\.9\.9\.9:53/);
  await world.over();
});

tries("should ask without EDNS where that is not known, and remember it", async () => {
  const world = await World.create({ records: RECORDS, servers: [{ knowsEdns: false }] });
  assert.equal((await world.look("txt", "a.example.test")).records, ["a"]);
  assert.equal((await world.look("txt", "b.example.test")).records, ["b"]);
  assert.equal(world.server.queries.map(({ hasEdns }) => hasEdns), [true, false, false]);
  await world.over();
});

tries.run();

// ---

const streams = suite("connections");

streams("should carry what datagrams cannot, many questions in one, and close when idle for two seconds", async () => {
  const world = await World.create({ records: RECORDS, resolver: { cacheSizeBytes: 0 } });
  const begun = Array.from({ length: 8 }, (_, index) => world.begin("txt", `long${index}.example.test`));
  await world.sim.settle(world.sim.nowMs + 100);
  for (const [index, { end }] of begun.entries()) assert.equal(end?.records, [`${index}`.repeat(2000)]);
  const carriers = world.server.queries.map(({ carrier }) => carrier);
  const byTcp = carriers.filter((carrier) => carrier === "tcp").length;
  assert.equal([carriers.length, byTcp], [16, 8]);
  assert.is(world.server.streamCount, 1);
  await world.sim.settle(world.sim.nowMs + 1500);
  assert.is(world.server.streamCount, 1);
  await world.sim.settle(world.sim.nowMs + 600);
  assert.equal([world.server.streamCount, world.openCount], [0, 0]);
  await world.over();
});

for (const fate of ["reset", "end"] as const) {
  streams(`should be given up for the next server when they ${fate} in the middle of an answer`, async () => {
    const treat = (_query: unknown, carrier: string): Partial<Treatment> => carrier === "tcp" ? { fate } : {};
    const world = await World.create({ records: RECORDS, servers: [{ treat }, {}] });
    assert.equal((await world.look("txt", "long3.example.test")).records, ["3".repeat(2000)]);
    await world.over();
    const alone = await World.create({ records: RECORDS, servers: [{ treat }] });
    const { reason } = await alone.look("txt", "long3.example.test");
    assert.is(reason, "temporary-resolver-failure");
    await alone.over();
  });
}

streams("should bring answers that come byte by byte", async () => {
  const world = await World.create({ records: RECORDS, conditions: { segmentBytes: [1, 1], readBytes: [1, 3] } });
  assert.equal((await world.look("txt", "long5.example.test")).records, ["5".repeat(2000)]);
  await world.over();
});

streams.run();

// ---

const ends = suite("ends");

ends("should come at the deadline, neither before nor a turn later", async () => {
  for (const timeoutMs of [1, 7, 1500, 2000, 9999]) {
    const world = await World.create({ records: RECORDS, servers: [{ treat: silent }] });
    const beganMs = world.sim.nowMs;
    const { reason, message, atMs } = await world.look("txt", "a.example.test", { timeoutMs });
    assert.is(reason, "deadline-exceeded");
    assert.match(message, /^TXT a\.example\.test: .*deadline/);
    assert.ok(atMs - beganMs >= timeoutMs && atMs - beganMs <= timeoutMs + 1, `${timeoutMs}: ${atMs - beganMs} ms`);
    await world.over();
  }
});

ends("should be an answer that came first, however little before the deadline", async () => {
  const world = await World.create({ records: RECORDS, servers: [{ treat: () => ({ delayMs: 48 }) }] });
  assert.is((await world.look("txt", "a.example.test", { timeoutMs: 50 })).reason, "ok");
  assert.is((await world.look("txt", "b.example.test", { timeoutMs: 48 })).reason, "deadline-exceeded");
  await world.over();
});

ends("should never come to who cancelled, and leave nothing", async () => {
  const world = await World.create({ records: RECORDS, servers: [{ treat: () => ({ delayMs: 500 }) }] });
  const begun = world.begin("txt", "a.example.test");
  await world.sim.settle(world.sim.nowMs + 100);
  assert.ok(world.resolver.cancelLookup(begun.handle));
  assert.not(world.resolver.cancelLookup(begun.handle));
  await world.sim.settle(world.sim.nowMs + 5000);
  assert.equal([begun.end, world.openCount], [null, 0]);
  await world.over();
});

ends("should be CANCELLED for all when the resolver goes", async () => {
  const world = await World.create({ records: RECORDS, servers: [{ treat: silent }] });
  const begun = ["a", "b", "c"].map((name) => world.begin("txt", `${name}.example.test`));
  await world.sim.settle(world.sim.nowMs + 100);
  world.resolver.destroy();
  assert.ok(begun.every(({ end }) => end === null));
  await world.sim.settle(world.sim.nowMs + 1);
  assert.equal(begun.map(({ end }) => end?.reason), ["cancelled", "cancelled", "cancelled"]);
  await world.over();
});

ends.run();
