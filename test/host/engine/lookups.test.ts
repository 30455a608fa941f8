// Look-ups on the shipped component over a platform of doubles: every order of starting, cancelling, answering,
// destroying and closing; and bounds.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DNSResolver2021 } from "#host/engine/dns-resolver-2021.js";
import type { DNSResolver, LookupHandle, ResolvedAddress, Status } from "#host/engine/interfaces.js";
import { StatusCode } from "#host/engine/status.js";
import { ErrorCode } from "#host/wasi/error-code.js";
import { Family, makeAddress } from "#host/wasi/ip-address.js";
import { readQuery, RecordType, writeAnswer, type WrittenRecord } from "#host/sim/peers/nameserver-message.js";
import { writtenRecord } from "#host/sim/peers/nameserver-zone.js";
import { Random, SEED } from "../../support/bytes.js";
import type { FakeDatagrams } from "../support/fake-platform.js";
import { type DrivenEngine, drivenEngine, nothingIsLeft, onEngine } from "./driven-engine.js";

console.log(`seed ${SEED}`);

/** The doubles' network lets nobody answer by itself. */
const SERVER = "192.0.2.53:53";
const SERVER_ADDRESS = makeAddress(Family.Ipv4, [192, 0, 2, 53], 53);
const STEPS = 4000;
const AT_ONCE_MAX = 65_536;

type Outcome = [status: Status, addresses: readonly ResolvedAddress[] | null];

/** All datagram sockets of an engine, as long as they are open. */
function socketsOf({ platform }: DrivenEngine): Set<FakeDatagrams> {
  const sockets = new Set<FakeDatagrams>();
  const { transport } = platform;
  const bind = transport.bindDatagrams.bind(transport);
  transport.bindDatagrams = (address, events, done) => bind(address, events, (result) => {
    if (typeof result !== "number") sockets.add(result as FakeDatagrams);
    done(result);
  });
  return sockets;
}

/** Answers what was asked since the last time: A with one address, TXT with one text, AAAA with nothing. */
function answerAll(sockets: Set<FakeDatagrams>, ttlSeconds: number): number {
  let count = 0;
  for (const socket of sockets) {
    for (const { bytes } of socket.sent.splice(0)) {
      const query = readQuery(Uint8Array.from(bytes))!;
      const { name } = query;
      const answers: WrittenRecord[] = query.type === RecordType.A
        ? [writtenRecord([name, "A", "192.0.2.1", ttlSeconds])]
        : query.type === RecordType.TXT ? [writtenRecord([name, "TXT", ["a text"], ttlSeconds])] : [];
      const answer = writeAnswer(query, { flags: 0, rcode: 0, answers, authority: [] });
      socket.arrive(SERVER_ADDRESS, ...answer);
      count++;
    }
  }
  return count;
}

const texts = (outcomes: Outcome[]): string[] => outcomes.map(([{ code }, found]) => found?.join() ?? StatusCode[code]);

const lookups = suite("look-ups");

lookups("should be read from the cache for as long as the answer lives, however long the engine slept", onEngine(
  (driven) => {
    const { engine, settle, platform } = driven;
    const sockets = socketsOf(driven);
    const resolver = engine.getDNSResolver({ dnsServer: SERVER });
    engine.runAfter(1e9, () => {}); // so that the core reads the time in every turn
    let asked = 0;
    const found = (): string[] => {
      const seen: string[] = [];
      resolver.lookupTXT(({ code }, found) => seen.push(found?.join() ?? StatusCode[code]), "one.example.test");
      for (let turn = 0; turn < 4; turn++) {
        settle();
        asked += answerAll(sockets, 100);
      }
      settle();
      return seen;
    };
    assert.equal([found(), asked], [["a text"], 1]);
    platform.clock.advanceMs(99_000);
    assert.equal([found(), asked], [["a text"], 1], "nobody was asked");
    platform.clock.advanceMs(2_000); // no turn tells the core
    assert.equal([found(), asked], [["a text"], 2], "asked again");
    resolver.destroy();
  },
));

lookups("should leave nothing behind when they are cancelled, without a word from anybody", onEngine((driven) => {
  const { engine, settle, platform } = driven;
  const resolver = engine.getDNSResolver({ dnsServer: SERVER });
  const older = new DNSResolver2021(resolver, engine);
  const seen: StatusCode[] = [];
  for (const end of ["cancelLookup", "tryCancelLookup"] as const) {
    const asked = end === "cancelLookup" ? resolver : older;
    const handle = asked.lookupTXT(({ code }) => seen.push(code), "one.example.test");
    settle();
    assert.is(platform.transport.openCount, 1, "it was asked for");
    if (end === "cancelLookup") resolver.cancelLookup(handle);
    else older.tryCancelLookup(handle);
    settle();
    assert.is(handle.lookup, null, "the handle holds on to nothing");
    driven.passMs(50);
    assert.equal([platform.transport.openCount, platform.clock.timers.size], [0, 0], end);
  }
  assert.equal(seen, [StatusCode.CANCELLED]);
  resolver.destroy();
}));

lookups("should say what the platform does not allow", onEngine((driven) => {
  const { engine, settle, platform } = driven;
  const resolver = engine.getDNSResolver({ dnsServer: SERVER, attempts: 1 });
  const failures: [ErrorCode, StatusCode][] = [
    [ErrorCode.AccessDenied, StatusCode.PERMISSION_DENIED],
    [ErrorCode.NewSocketLimit, StatusCode.RESOURCE_EXHAUSTED],
  ];
  for (const [error, code] of failures) {
    const outcomes: Outcome[] = [];
    platform.transport.bindDatagrams = (_address, _events, done) => platform.transport.finishNow(() => done(error));
    resolver.lookupTXT((status) => outcomes.push([status, null]), "one.example.test");
    settle();
    assert.equal(texts(outcomes), [StatusCode[code]]);
  }
  resolver.destroy();
}));

lookups("should end with RESOURCE_EXHAUSTED when there are too many", onEngine((driven) => {
  const { engine, settle } = driven;
  const resolver = engine.getDNSResolver();
  const codes = new Map<StatusCode, number>();
  const beyond = 10;
  for (let count = 0; count < AT_ONCE_MAX + beyond; count++) {
    resolver.lookupHostname(({ code }) => codes.set(code, (codes.get(code) ?? 0) + 1), "1.2.3.4", count & 0xffff);
  }
  settle();
  assert.equal([...codes], [[StatusCode.OK, AT_ONCE_MAX], [StatusCode.RESOURCE_EXHAUSTED, beyond]]);
  resolver.destroy();
}));

lookups("should end with RESOURCE_EXHAUSTED when the quota is used up", onEngine((driven) => {
  const { engine, settle } = driven;
  const quota = engine.createMemoryQuota({ sizeBytes: 1 << 20 });
  const taker = quota.createAllocator("taker");
  const resolver = engine.getDNSResolver({ allocator: quota.createAllocator("resolver") });
  const outcomes: Outcome[] = [];
  const look = (): unknown => resolver.lookupHostname((...outcome) => outcomes.push(outcome), "1.2.3.4:5", "");
  const taken = taker.makeReservation(2 << 20);
  look();
  settle();
  taken.destroy();
  look();
  settle();
  assert.equal(texts(outcomes), ["RESOURCE_EXHAUSTED", "1.2.3.4:5"]);
  resolver.destroy();
  taker.shutdown();
  quota.destroy();
}));

lookups.run();

// ---

/** What the model knows of a look-up. */
interface Known {
  readonly name: string;
  readonly resolver: DNSResolver;
  readonly handle: LookupHandle;
  readonly codes: StatusCode[];
  isCancelled: boolean;
}

const NAMES = ["1.2.3.4", "localhost", "a..b", "one.example.test", "two.example.test", "three.example.test"];

class Model {
  readonly known: Known[] = [];
  readonly resolvers: DNSResolver[] = [];
  private readonly sockets: Set<FakeDatagrams>;

  constructor(
    private readonly driven: DrivenEngine,
    private readonly random: Random,
  ) {
    this.sockets = socketsOf(driven);
  }

  get pending(): Known[] {
    return this.known.filter(({ isCancelled, codes }) => !isCancelled && codes.length === 0);
  }

  step(): void {
    const { random, driven } = this;
    const open = this.resolvers.filter(({ isDestroyed }) => !isDestroyed);
    switch (random.below(11)) {
      case 0: if (open.length < 3) this.open(); break;
      case 1: if (random.below(8) === 0) pick(random, open)?.destroy(); break;
      case 2: this.cancel(pick(random, this.known)); break;
      case 3: answerAll(this.sockets, random.below(3)); break;
      case 4: driven.settle(); break;
      case 5: driven.passMs(random.below(40)); break;
      case 6: if (random.below(10) === 0) driven.platform.clock.advanceMs(5_000); break;
      default: this.start(pick(random, open));
    }
  }

  check(): void {
    const { live } = this.driven.engine;
    const counts = live.call(this.driven.engine);
    assert.is(counts.lookups, this.pending.length);
    assert.is(counts.resolvers, this.resolvers.filter(({ isDestroyed }) => !isDestroyed).length);
    for (const { codes, isCancelled, name } of this.known) {
      assert.ok(codes.length <= (isCancelled ? 0 : 1), `${name} called back ${codes.length} times`);
    }
  }

  private open(): void {
    const cacheSizeBytes = this.random.below(2) * 4096;
    const made = this.driven.engine.getDNSResolver({ dnsServer: SERVER, cacheSizeBytes });
    this.resolvers.push(made);
  }

  private start(resolver: DNSResolver | undefined): void {
    if (resolver === undefined) return;
    const { random } = this;
    const name = pick(random, NAMES)!;
    const codes: StatusCode[] = [];
    const onResolve = ({ code }: Status): void => {
      codes.push(code);
      if (random.below(8) === 0 && !this.driven.engine.isClosed) this.step(); // in the callback
    };
    const options = random.below(3) === 0 ? { timeoutMs: random.below(100) } : undefined;
    const handle = random.below(3) === 0 ? resolver.lookupTXT(onResolve, name, options)
      : resolver.lookupHostname(onResolve, name, 80, options);
    assert.equal(codes, [], "not inside the call");
    this.known.push({ name, resolver, handle, codes, isCancelled: false });
  }

  private cancel(known: Known | undefined): void {
    if (known === undefined) return;
    const isPending = !known.isCancelled && known.codes.length === 0;
    const answer = known.resolver.cancelLookup(known.handle);
    // In a callback the entry of another look-up may be in the ring already.
    if (!this.driven.engine.core.isInTurn) assert.is(answer, isPending);
    assert.ok(isPending || !answer);
    known.isCancelled ||= answer;
  }
}

function pick<T>(random: Random, from: readonly T[]): T | undefined {
  return from[random.below(Math.max(1, from.length))];
}

const model = suite("look-ups against a model");

model("should call back once each, or not at all when cancelled, in every order", async () => {
  const driven = await drivenEngine();
  driven.platform.clock.advanceMs(1);
  const random = new Random();
  const made = new Model(driven, random);
  for (let step = 0; step < STEPS; step++) {
    made.step();
    made.check();
  }
  assert.ok(made.known.length > STEPS / 6, `${made.known.length} look-ups`);
  const isClosedFirst = random.below(2) === 0;
  if (!isClosedFirst) for (const resolver of made.resolvers) resolver.destroy();
  await driven.close();
  made.check();
  for (const { name, codes, isCancelled } of made.known) {
    assert.is(codes.length, isCancelled ? 0 : 1, `${name} at the end`);
    assert.ok(name !== "a..b" || isCancelled || codes[0] !== StatusCode.OK);
  }
  assert.equal(driven.thrown, []);
  nothingIsLeft(driven.engine, driven.platform);
});

model.run();
