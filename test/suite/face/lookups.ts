// Bodies about look-ups and their ends: cancelled, late, destroyed, in callbacks, at once, failed, from the cache.
import * as assert from "uvu/assert";
import { EventEngine2021 } from "#host/engine/event-engine-2021.js";
import { LookupHandle } from "#host/engine/handles.js";
import type { LookupOptions, Status } from "#host/engine/interfaces.js";
import { lookupHostname, lookupSRV, lookupTXT } from "#host/engine/promises.js";
import { StatusCode, StatusError } from "#host/engine/status.js";
import { body, type FaceBody, Heard, heardStatus, ROUNDING_MS } from "./body.js";
import { addresses, type Asking, asking, begun, failure, ONCE } from "./names.js";

/** Nobody answers to that name. */
const SILENT = "silent.names.test";
const nothing = (): void => {};

/** A look-up that waits for an answer, and its handle. */
function waiting({ resolver }: Asking, options?: LookupOptions): [Heard<Status>, LookupHandle] {
  const heard = heardStatus();
  const handle = resolver.lookupHostname((status) => heard.hear(status), SILENT, 1, options);
  assert.is(heard.count, 0, "not inside the call");
  return [heard, handle];
}

const codeOf = async (failing: Promise<unknown>): Promise<string> => {
  const error = await failing.then(() => null, (reason: unknown) => reason);
  if (error instanceof StatusError) return error.code;
  throw error;
};

const cancelling: FaceBody[] = [
  body("lookup-cancel", "should never call back when it was cancelled, whenever that was", async (world) => {
    const made = await asking(world);
    const { resolver } = made;
    for (const ms of [0, 1, 20]) {
      const [heard, handle] = waiting(made);
      if (ms > 0) await world.sleep(ms);
      assert.ok(resolver.cancelLookup(handle), `after ${ms} ms`);
      assert.not(resolver.cancelLookup(handle), "twice");
      await world.sleep(5);
      assert.is(heard.count, 0);
    }
    for (const begin of [resolver.lookupSRV, resolver.lookupTXT]) {
      const handle = begin.call(resolver, () => assert.unreachable("it was cancelled"), SILENT);
      assert.ok(resolver.cancelLookup(handle));
    }
    await world.sleep(5);
    resolver.destroy();
  }),

  body("lookup-cancel-late", "should not cancel what is over, stale, foreign or none", async (world) => {
    const { engine, resolver, server } = await asking(world);
    const other = engine.getDNSResolver({ dnsServer: server });
    const ended = new Heard<boolean>();
    const first = resolver.lookupHostname(() => ended.hear(resolver.cancelLookup(first)), "1.2.3.4:5", "");
    assert.is(await ended.first, false, "in its own callback");
    const handle = resolver.lookupHostname(() => assert.unreachable("it was cancelled"), SILENT, 1);
    assert.not(resolver.cancelLookup(first), "its slot is another's now");
    assert.not(resolver.cancelLookup(LookupHandle.invalid));
    assert.not(other.cancelLookup(handle), "it is not the other resolver's");
    assert.ok(handle.equals(handle) && !handle.equals(first));
    assert.equal(LookupHandle.invalid.keys, [-1, -1]);
    assert.ok(resolver.cancelLookup(handle));
    other.destroy();
    resolver.destroy();
    assert.not(resolver.cancelLookup(handle));
  }),

  body("lookup-cancel-neighbour", "should cancel one of several look-ups for one name, and no other", async (world) => {
    const { resolver } = await asking(world);
    const looking = Array.from({ length: 3 }, () => {
      const heard = new Heard<Status>();
      return { heard, handle: resolver.lookupHostname((status) => heard.hear(status), "one.names.test", 1) };
    });
    assert.ok(resolver.cancelLookup(looking[0]!.handle));
    assert.ok((await looking[1]!.heard.first).ok);
    assert.ok((await looking[2]!.heard.first).ok);
    await world.sleep(5);
    assert.equal(looking.map(({ heard }) => heard.count), [0, 1, 1]);
    resolver.destroy();
  }),

  body("lookup-deadline", "should end at its deadline, not before, and not at all when it passed", async (world) => {
    const made = await asking(world);
    const began = world.nowMs();
    const due = new Date(world.date().getTime() + 30);
    const [timeout] = waiting(made, { timeoutMs: 30 });
    const [date] = waiting(made, due);
    const [option] = waiting(made, { deadline: due });
    const [past] = waiting(made, { timeoutMs: -1 });
    assert.is((await past.first).code, StatusCode.DEADLINE_EXCEEDED);
    const status = await timeout.first;
    assert.ok(world.nowMs() - began > 30 - ROUNDING_MS, "early");
    assert.equal([status.code, status.reason], [StatusCode.DEADLINE_EXCEEDED, "deadline-exceeded"]);
    assert.match(status.message, SILENT);
    for (const heard of [date, option]) assert.is((await heard.first).code, StatusCode.DEADLINE_EXCEEDED);
    await world.sleep(5);
    assert.equal([timeout, date, option, past].map(({ count }) => count), [1, 1, 1, 1]);
    assert.equal(await addresses(made.resolver, "one.names.test", 1, { timeoutMs: 3_600_000 }), ["192.0.2.7:1"]);
    made.resolver.destroy();
  }),

  body("lookup-2021", "should call back all the same after tryCancelLookup, with CANCELLED", async (world) => {
    const engine = await world.makeEngine();
    const { address } = await world.nameserver();
    const resolver = new EventEngine2021(engine).getDNSResolver({ dnsServer: address });
    const [heard, over] = [heardStatus(), heardStatus()];
    const handle = resolver.lookupTXT((status) => heard.hear(status), SILENT);
    const literal = resolver.lookupHostname((status) => over.hear(status), "1.2.3.4:5", "");
    assert.ok((await over.first).ok);
    resolver.tryCancelLookup(literal);
    resolver.tryCancelLookup(handle);
    resolver.tryCancelLookup(handle);
    resolver.tryCancelLookup(LookupHandle.invalid);
    assert.is(heard.count, 0, "not inside the call");
    assert.is((await heard.first).code, StatusCode.CANCELLED);
    const late = heardStatus();
    resolver.lookupSRV((status) => late.hear(status), SILENT, new Date(world.date().getTime() + 10));
    assert.is((await late.first).code, StatusCode.DEADLINE_EXCEEDED);
    await world.sleep(5);
    assert.equal([heard.count, over.count, late.count], [1, 1, 1]);
    resolver.destroy();
  }),
];

const ends: FaceBody[] = [
  body("lookup-in-callback", "should be allowed in a callback, also destruction there", async (world) => {
    const { resolver } = await asking(world);
    const again = new Heard<Status>();
    resolver.lookupHostname(() => {
      resolver.lookupHostname((status) => {
        resolver.destroy();
        again.hear(status);
      }, "one.names.test", 1);
    }, "three.names.test", 1);
    assert.ok((await again.first).ok);
    assert.ok(resolver.isDestroyed);
  }),

  body("lookup-throws", "should not be harmed by what a callback throws", async (world) => {
    const { resolver } = await asking(world);
    const second = heardStatus();
    resolver.lookupHostname(() => { throw new Error("of the first"); }, "one.names.test", 1);
    resolver.lookupHostname((status) => second.hear(status), "one.names.test", 1);
    assert.ok((await second.first).ok);
    assert.equal(world.uncaught.splice(0).map(String), ["Error: of the first"]);
    resolver.destroy();
  }),

  body("lookup-destroyed", "should end all kinds of look-ups, once, and take no more", async (world) => {
    const { engine, resolver } = await asking(world);
    const kept = engine.memoryQuota.createAllocator("kept");
    const other = engine.getDNSResolver({ dnsServer: "127.0.0.1:9", allocator: kept });
    const codes: StatusCode[] = [];
    const heard = new Heard<void>();
    const end = (status: Status): void => {
      codes.push(status.code);
      heard.hear();
    };
    resolver.lookupHostname(end, SILENT, 1);
    resolver.lookupHostname(end, SILENT, 1, { timeoutMs: 1000 });
    resolver.lookupSRV(end, SILENT);
    resolver.lookupTXT(end, SILENT);
    resolver.lookupHostname(end, "localhost", 1);
    resolver.destroy();
    resolver.destroy();
    assert.equal(codes, []);
    await heard.times(5);
    const { OK, CANCELLED } = StatusCode;
    assert.equal(codes.sort(), [OK, CANCELLED, CANCELLED, CANCELLED, CANCELLED], "localhost had ended already");
    assert.throws(() => resolver.lookupHostname(nothing, "localhost", 1), /destroyed resolver/);
    assert.throws(() => resolver.lookupSRV(nothing, "localhost"), /destroyed resolver/);
    assert.throws(() => resolver.lookupTXT(nothing, "localhost"), /destroyed resolver/);
    assert.ok(kept.isValid);
    other.destroy();
    assert.not(kept.isValid, "the resolver took it over");
  }),

  body("lookup-close", "should end with the engine, once; resolvers end, too", async (world) => {
    const made = await asking(world);
    const [heard] = waiting(made);
    await world.sleep(2);
    const [fresh] = waiting(made);
    await made.engine.close();
    for (const { values } of [heard, fresh]) {
      assert.equal(values.map(({ code, reason }) => [code, reason]), [[StatusCode.CANCELLED, "shutdown"]]);
    }
    assert.ok(made.resolver.isDestroyed);
    made.resolver.destroy();
    assert.throws(() => waiting(made), /close/);
    assert.throws(() => made.engine.getDNSResolver(), /after close/);
  }),

  body("lookup-two-resolvers", "should keep resolvers apart, of one engine or of two", async (world) => {
    const { engine, resolver, server, asked } = await asking(world);
    const options = { ...ONCE, dnsServer: server };
    const others = [engine, await world.makeEngine()].map((each) => each.getDNSResolver(options));
    const found = await Promise.all([resolver, ...others].map((each) => addresses(each, "one.names.test", 1)));
    assert.equal(found, Array.from({ length: 3 }, () => ["192.0.2.7:1"]));
    assert.is(asked().length, 6, "each asked for itself");
    others[0]!.destroy();
    assert.equal(await addresses(resolver, "three.names.test", 1).then(({ length }) => length), 3);
    for (const each of [resolver, ...others]) each.destroy();
  }),
];

const kept: FaceBody[] = [
  body("lookup-joined", "should ask once for what many look up at the same time", async (world) => {
    const { resolver, asked } = await asking(world, { cacheSizeBytes: 0 });
    const looking = Array.from({ length: 50 }, (_, port) => addresses(resolver, "ONE.names.test", port));
    for (const [port, found] of (await Promise.all(looking)).entries()) assert.equal(found, [`192.0.2.7:${port}`]);
    assert.equal(asked(), ["A one.names.test", "AAAA one.names.test"]);
    await addresses(resolver, "one.names.test", 1);
    assert.is(asked().length, 4, "nothing was kept");
    resolver.destroy();
  }),

  body("lookup-kept", "should keep answers as long as they live, also that there is none", async (world) => {
    const { resolver, asked } = await asking(world);
    for (let round = 0; round < 3; round++) {
      assert.equal(await addresses(resolver, "one.names.test", 1 + round), [`192.0.2.7:${1 + round}`]);
      assert.is((await failure(resolver, "no-such-host.names.test", 1)).code, StatusCode.NOT_FOUND);
      const { value } = await begun((onResolve) => resolver.lookupTXT(onResolve, "nothing.names.test")).first;
      assert.equal(value, ["no addresses here"]);
    }
    assert.equal(asked(), [
      "A no-such-host.names.test", "A one.names.test", "AAAA no-such-host.names.test", "AAAA one.names.test",
      "TXT nothing.names.test",
    ]);
    resolver.destroy();
  }),

  body("lookup-searched", "should try the search domains for names without a dot, in order", async (world) => {
    const searchDomains = ["nowhere.names.test", "domain.names.test", "names.test"];
    const { resolver } = await asking(world, { searchDomains });
    assert.equal(await addresses(resolver, "deep", 1), ["192.0.2.8:1"]);
    assert.equal(await addresses(resolver, "one", 1), ["192.0.2.7:1"]);
    assert.is((await failure(resolver, "one.", 1)).ok, false);
    resolver.destroy();
  }),
];

const failures: FaceBody[] = [
  body("lookup-failures", "should tell apart how look-ups fail", async (world) => {
    const { engine, resolver, server } = await asking(world);
    const hasty = engine.getDNSResolver({ dnsServer: server, attemptTimeoutMs: 250 });
    const expected: [string, StatusCode, string][] = [
      ["nothing.names.test", StatusCode.NOT_FOUND, "no-records"],
      ["circle-1.names.test", StatusCode.FAILED_PRECONDITION, "alias-loop"],
      ["servfail.names.test", StatusCode.UNAVAILABLE, "temporary-resolver-failure"],
      ["refused.names.test", StatusCode.UNKNOWN, "permanent-resolver-failure"],
      [SILENT, StatusCode.UNAVAILABLE, "timeout"],
    ];
    for (const [name, code, reason] of expected) {
      const status = await failure(name === SILENT ? hasty : resolver, name, 1);
      assert.equal([status.code, status.reason], [code, reason], status.message);
      for (const part of [name, server]) assert.match(status.message, part);
    }
    assert.equal(await addresses(resolver, "chain-5.names.test", 1), ["192.0.2.7:1"]);
    const { value } = await begun((onResolve) => resolver.lookupTXT(onResolve, "bytes.names.test")).first;
    assert.equal(value, ["gr\u00fc\u00dfe \ufffd"]);
    hasty.destroy();
    resolver.destroy();
  }),

  body("lookup-arguments", "should throw only for what no text could be, and begin nothing", async (world) => {
    const { engine, resolver } = await asking(world);
    const bad: (() => unknown)[] = [
      () => resolver.lookupHostname(null as never, "a", 1),
      () => resolver.lookupHostname(nothing, 1 as never, 1),
      () => resolver.lookupHostname(nothing, "a", null as never),
      () => resolver.lookupSRV(nothing, undefined as never),
      () => resolver.lookupTXT(nothing, "a", new Date(NaN)),
      () => resolver.lookupTXT(nothing, "a", { timeoutMs: NaN }),
      () => resolver.lookupTXT(nothing, "a", { timeoutMs: 1, deadline: world.date() }),
      () => engine.getDNSResolver({ attempts: 0 }),
      () => engine.getDNSResolver({ attemptTimeoutMs: 1.5 }),
      () => engine.getDNSResolver({ cacheSizeBytes: -1 }),
      () => engine.getDNSResolver({ dnsServer: [1] as never }),
      () => engine.getDNSResolver({ dnsServer: "1".repeat(5000) }),
      () => engine.getDNSResolver({ searchDomains: ["a".repeat(5000)] }),
      () => engine.getDNSResolver({ allocator: {} as never }),
    ];
    for (const call of bad) {
      assert.throws(call, (error: unknown) => error instanceof StatusError);
      assert.equal([engine.live().lookups, engine.live().resolvers], [0, 1]);
    }
    resolver.destroy();
  }),

  body("lookup-promises", "should have promises that signals end", async (world) => {
    const { resolver } = await asking(world);
    assert.equal((await lookupHostname(resolver, "one.names.test", 1)).map(String), ["192.0.2.7:1"]);
    assert.is((await lookupSRV(resolver, "_service._tcp.names.test")).length, 2);
    assert.equal(await lookupTXT(resolver, "nothing.names.test"), ["no addresses here"]);
    assert.is(await codeOf(lookupTXT(resolver, "no-such-host.names.test")), "NOT_FOUND");
    assert.is(await codeOf(lookupHostname(resolver, SILENT, 1, { timeoutMs: 5 })), "DEADLINE_EXCEEDED");
    const aborter = new AbortController();
    const aborted = lookupSRV(resolver, SILENT, { signal: aborter.signal }).catch((reason: unknown) => reason);
    aborter.abort("enough");
    assert.is(await aborted, "enough");
    resolver.destroy();
    assert.is(await codeOf(lookupTXT(resolver, "a")), "FAILED_PRECONDITION");
  }),
];

export const lookupBodies: readonly FaceBody[] = [...cancelling, ...ends, ...kept, ...failures];
