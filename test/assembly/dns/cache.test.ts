// The cache: how long it keeps what, what goes first, its bound, and memory that runs short.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LookupProbe, SECOND } from "../../support/dns/lookup-probe.js";
import { Random, SEED } from "../../support/bytes.js";
import { nameBytes } from "../../support/dns/wire.js";

console.log(`TEST_SEED=${SEED}`);

const TXT = 16;
const NXDOMAIN = 0x8183;

/** A cache by itself, with names as text. */
class CacheProbe {
  readonly made: LookupProbe;
  readonly cache: number;

  constructor(made: LookupProbe, bytesMax: number) {
    this.made = made;
    this.cache = made.call.createCache!(made.allocator, bytesMax);
  }

  #key(name: string): [hash: number, length: number] {
    const [length] = this.made.put(nameBytes(name));
    return [this.made.call.hashOf!(length), length];
  }

  put(name: string, mark: number, ttl: number, bytes = 4, type = TXT): void {
    this.made.call.cachePut!(this.cache, ...this.#key(name), type, bytes, mark, ttl);
    this.check();
  }

  find(name: string, type = TXT): number {
    const mark = this.made.call.cacheFind!(this.cache, ...this.#key(name), type);
    this.check();
    return mark;
  }

  get count(): number {
    return this.made.call.cacheCount!(this.cache);
  }

  get bytes(): number {
    return this.made.call.cacheBytes!(this.cache);
  }

  check(): void {
    assert.is(this.made.call.cacheIsValid!(this.cache), 1);
    assert.is(this.made.live("cache entries"), this.count);
  }

  end(): void {
    this.made.call.destroyCache!(this.cache);
    this.made.end();
  }
}

const parts = suite("cache, its parts");

parts("should keep what it was given until its time is over, and no longer", async () => {
  const made = await LookupProbe.bare();
  const cache = new CacheProbe(made, 1 << 16);
  cache.put("a.test", 5, 10);
  cache.put("b.test", 6, 20);
  assert.equal([cache.find("a.test"), cache.find("b.test"), cache.find("c.test")], [5, 6, -1]);
  assert.is(cache.find("a.test", 33), -1, "of another type");
  made.host.nowNs += 10n * SECOND - 1n;
  made.settle();
  assert.is(cache.find("a.test"), 5);
  made.host.nowNs += 1n;
  made.settle();
  assert.equal([cache.find("a.test"), cache.find("b.test")], [-1, 6]);
  assert.is(cache.count, 1, "what is over is gone");
  cache.end();
});

parts("should keep nothing for no time, and replace what is there", async () => {
  const cache = new CacheProbe(await LookupProbe.bare(), 1 << 16);
  cache.put("a.test", 5, 0);
  assert.is(cache.count, 0);
  cache.put("a.test", 6, 10);
  cache.put("a.test", 7, 10);
  assert.equal([cache.find("a.test"), cache.count], [7, 1]);
  cache.put("a.test", 8, 0);
  assert.equal([cache.find("a.test"), cache.count], [-1, 0], "what was there is not true any more");
  cache.end();
});

parts("should let go of what was not wanted for the longest time", async () => {
  const cache = new CacheProbe(await LookupProbe.bare(), 1 << 16);
  cache.put("probe.test", 0, 100);
  const each = cache.bytes;
  cache.end();
  const small = new CacheProbe(await LookupProbe.bare(), 3 * each);
  ["probe1", "probe2", "probe3"].forEach((name, index) => small.put(`${name.slice(0, 4)}${index}.test`, index, 100));
  assert.is(small.count, 3);
  assert.is(small.find("prob0.test"), 0);
  small.put("prob3.test", 3, 100);
  assert.equal(["prob0", "prob1", "prob2", "prob3"].map((name) => small.find(`${name}.test`)), [0, -1, 2, 3]);
  small.put("large.test", 9, 100, 3 * each);
  assert.equal([small.find("large.test"), small.count], [-1, 3], "what is larger than all of it is not kept");
  small.end();
});

parts("should keep nothing when it has no bytes", async () => {
  const cache = new CacheProbe(await LookupProbe.bare(), 0);
  cache.put("a.test", 1, 100);
  assert.is(cache.find("a.test"), -1);
  cache.end();
});

parts("should give everything back when memory is short, and keep again when it is not", async () => {
  const made = await LookupProbe.bare(1n << 20n);
  const cache = new CacheProbe(made, 1 << 18);
  for (let index = 0; index < 100; index++) cache.put(`n${index}.test`, index, 1000, 500);
  assert.is(cache.count, 100);
  assert.is(made.live("reclaimers"), 1);
  made.call.setQuotaSize!(made.quota, 0n);
  made.settle();
  assert.equal([cache.count, cache.bytes, made.live("reclaimers")], [0, 0, 0]);
  cache.put("a.test", 1, 1000);
  assert.is(cache.count, 0, "not now");
  made.call.setQuotaSize!(made.quota, 1n << 20n);
  cache.put("a.test", 1, 1000);
  assert.equal([cache.find("a.test"), made.live("reclaimers")], [1, 1]);
  cache.end();
});

parts("should hash every name to its own place, and by another key in another instance", async () => {
  const [one, other] = [await LookupProbe.bare(), await LookupProbe.bare()];
  other.random.next();
  const hashes = (made: LookupProbe): number[] => Array.from({ length: 2000 }, (_, index) => {
    const [length] = made.put(nameBytes(`name${index}.example.test`));
    return made.call.hashOf!(length) >>> 0;
  });
  const [first, second] = [hashes(one), hashes(other)];
  assert.equal(first, hashes(one), "the same every time");
  assert.ok(new Set(first).size >= 1998);
  assert.ok(first.filter((hash, index) => hash === second[index]).length < 3);
  const buckets = new Array<number>(256).fill(0);
  first.forEach((hash) => void buckets[hash & 255]!++);
  assert.ok(Math.max(...buckets) < 30, "spread over the buckets");
  one.end();
  other.end();
});

/** SipHash-1-3, written from its definition; the two halves of the 64 bits are folded into one number. */
function sipHash([k0, k1]: [bigint, bigint], bytes: Buffer): number {
  const cut = (value: bigint): bigint => BigInt.asUintN(64, value);
  const turn = (value: bigint, by: bigint): bigint => cut(value << by) | value >> (64n - by);
  let [a, b, c, d] = [
    0x736f6d6570736575n ^ k0, 0x646f72616e646f6dn ^ k1, 0x6c7967656e657261n ^ k0, 0x7465646279746573n ^ k1,
  ];
  const mix = (): void => {
    [a, c] = [cut(a + b), cut(c + d)];
    [b, d] = [turn(b, 13n) ^ a, turn(d, 16n) ^ c];
    [a, c] = [cut(turn(a, 32n) + d), cut(c + b)];
    [b, d] = [turn(b, 17n) ^ c, turn(d, 21n) ^ a];
    c = turn(c, 32n);
  };
  const padded = Buffer.concat([bytes, Buffer.alloc(8 - bytes.length % 8)]);
  padded[padded.length - 1] = bytes.length;
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at);
    d ^= word;
    mix();
    a ^= word;
  }
  c ^= 0xffn;
  for (let round = 0; round < 3; round++) mix();
  return Number(BigInt.asUintN(32, a ^ b ^ c ^ d));
}

parts("should hash by SipHash-1-3 and a key that the host drew", async () => {
  const made = await LookupProbe.bare();
  const drawn = new Random(11); // as the probe's host draws
  const word = (): bigint => BigInt(drawn.next()) << 32n | BigInt(drawn.next());
  const key: [bigint, bigint] = [word(), word() | 1n];
  for (let length = 0; length <= 255; length++) {
    const bytes = Buffer.from(Array.from({ length }, () => drawn.below(256)));
    made.put(bytes);
    assert.is(made.call.hashOf!(length) >>> 0, sipHash(key, bytes), `${length} bytes`);
  }
  made.end();
});

parts("should do what a model does", async () => {
  const seeds = new Random();
  for (let round = 0; round < 20; round++) {
    const random = new Random(seeds.next());
    const made = await LookupProbe.bare();
    const cache = new CacheProbe(made, 2000 + random.below(20_000));
    /** By name: mark and end, the one that was used last at the end. */
    const model = new Map<string, { mark: number; endNs: bigint }>();
    for (let step = 0; step < 400; step++) {
      const name = `${"n".repeat(1 + random.below(40))}${random.below(10)}.test`;
      if (random.below(3) === 0) {
        const ttl = random.below(20);
        cache.put(name, step, ttl, 4 + random.below(200));
        model.delete(name);
        if (ttl) model.set(name, { mark: step, endNs: made.host.nowNs + BigInt(ttl) * SECOND });
      } else {
        const known = model.get(name);
        const found = cache.find(name);
        if (found === -1) {
          model.delete(name);
        } else {
          assert.is(found, known?.mark);
          assert.ok(known!.endNs > made.host.nowNs, "not past its time");
          model.delete(name);
          model.set(name, known!);
        }
      }
      // What the model has beyond the cache was evicted: always the ones that were used longest ago.
      const dropped = [...model.keys()].slice(0, Math.max(model.size - cache.count, 0));
      for (const gone of dropped) model.delete(gone);
      if (random.below(8) === 0) {
        made.host.nowNs += BigInt(random.below(4)) * SECOND;
        made.settle();
      }
    }
    assert.is(cache.count, model.size);
    for (const [name, { mark, endNs }] of [...model]) {
      assert.is(cache.find(name), endNs > made.host.nowNs ? mark : -1);
    }
    cache.end();
  }
});

parts.run();

// ---

const whole = suite("cache, of a resolver");

whole("should answer from what it knows, whatever the case, the port and the dot", async () => {
  const made = await LookupProbe.create();
  made.hostname("a.example.test", 1);
  made.answerHost(
    (message) => message.a("a.example.test", "192.0.2.1", 100), (message) => message.soa("example.test", 60, 60),
  );
  made.take();
  for (const [name, port] of [["A.Example.TEST:1", 1], ["a.example.test.:2", 2], ["a.example.test", 443]] as const) {
    made.hostname(name, 2);
    assert.equal(made.outcomes, [], "in a later turn");
    assert.equal(made.outcome().values, [`192.0.2.1:${port}`]);
  }
  assert.equal(made.queries(), []);
  made.records("txt", "a.example.test", 3);
  made.query("TXT");
  made.end();
});

whole("should let a host name live as long as the shorter of its two answers, if both say how long", async () => {
  for (const [ipv4, ipv6, seconds] of [[100, 30, 30], [20, 60, 20], [100, undefined, 100], [0, 60, 0]] as const) {
    const made = await LookupProbe.create();
    made.hostname("a.example.test", 1);
    made.answerHost((message) => message.a("a.example.test", "192.0.2.1", ipv4), (message) => {
      if (ipv6 !== undefined) message.soa("example.test", 3600, ipv6);
    });
    made.take();
    made.host.nowNs += BigInt(seconds) * SECOND - (seconds ? 1n : 0n);
    made.hostname("a.example.test", 2);
    assert.is(made.queries().length, seconds ? 0 : 2);
    made.host.nowNs += 1n;
    made.take();
    made.hostname("a.example.test", 3);
    assert.is(made.live("questions"), 1);
    made.end();
  }
});

whole("should remember that there is nothing, as long as the SOA says", async () => {
  for (const [flags, reason] of [[NXDOMAIN, "name unresolvable"], [0x8180, "no records"]] as const) {
    const made = await LookupProbe.create();
    const look = (): string[] => {
      made.records("txt", "gone.example.test", 1);
      return made.queries().map((query) => {
        made.answer(query, (message) => message.soa("example.test", 900, 40), flags);
        return query.name;
      });
    };
    assert.is(look().length, 1);
    const first = made.outcome();
    made.host.nowNs += 40n * SECOND - 1n;
    assert.is(look().length, 0);
    assert.equal(made.outcome(), first, "the same text");
    assert.is(first.reason, reason);
    made.host.nowNs += 1n;
    made.settle();
    assert.is(look().length, 1);
    made.take();
    made.end();
  }
});

whole("should not remember failures of servers, nor that there is nothing without an SOA", async () => {
  for (const flags of [0x8182, 0x8185, NXDOMAIN, 0x8180]) {
    const made = await LookupProbe.create({ servers: "192.0.2.53", tries: 1 });
    for (let round = 0; round < 2; round++) {
      made.records("txt", "a.example.test", 1);
      made.answer(made.query("TXT"), () => {}, flags);
      assert.is(made.outcome().kind, "failure");
      assert.is(made.live("cache entries"), 0);
    }
    made.end();
  }
});

whole("should not remember a failure for as long as the alias that led to it", async () => {
  const made = await LookupProbe.create({ servers: "192.0.2.53", tries: 1 });
  for (const end of ["loop", "SERVFAIL", "silence"]) {
    made.records("txt", "a.example.test", 1);
    made.answer(made.query("TXT"), (message) => message.cname("a.example.test", "b.example.test", 1000));
    const query = made.query("TXT");
    if (end === "loop") made.answer(query, (message) => message.cname(query.name, "a.example.test", 1000));
    else if (end === "SERVFAIL") made.answer(query, () => {}, 0x8182);
    else made.advanceMs(20_000);
    assert.is(made.outcome().kind, "failure");
    assert.is(made.live("cache entries"), 0, end);
  }
  made.end();
});

whole("should share what it keeps with those who hold it longer", async () => {
  const made = await LookupProbe.create();
  made.records("txt", "a.example.test", 1);
  made.answer(made.query("TXT"), (message) => message.txt("a.example.test", ["kept"], 1000));
  made.outcome();
  made.records("txt", "a.example.test", 2);
  made.onEnded = () => assert.is(made.live("results"), 1, "the cache's own, after it was read and released");
  assert.equal(made.outcome().values, ["kept"]);
  made.end();
});

whole("should make room for look-ups when the quota has none, and refuse what does not fit", async () => {
  const made = await LookupProbe.create({ servers: "192.0.2.53" }, 65_536n);
  for (let index = 0; index < 40; index++) {
    made.records("txt", `n${index}.example.test`, 1);
    const texts = ["x".repeat(250), "y".repeat(250)];
    made.answer(made.query("TXT"), (message) => message.txt(`n${index}.example.test`, texts, 1000));
    assert.is(made.outcome().reason, "ok");
  }
  const kept = made.live("cache entries");
  assert.ok(kept > 20, `${kept} entries`);
  for (let index = 0; index < 400; index++) made.records("txt", `m${index}.example.test`, 100 + index);
  assert.is(made.live("cache entries"), 0, "emptied for them");
  const refused = made.take();
  assert.ok(refused.length > 100 && refused.length < 350, `${refused.length} refused`);
  assert.equal([...new Set(refused.map(({ reason }) => reason))], ["out of memory"]);
  assert.is(refused[0]!.values[0], `TXT "m${refused[0]!.owner - 100}.example.test": out of memory`);
  made.end();
});

whole.run();
