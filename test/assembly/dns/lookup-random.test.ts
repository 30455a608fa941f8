// Look-ups at random: resolvers come and go, look-ups start, are cancelled, time out and are answered well and badly.
// After every step: nobody is told twice or after a cancel, nobody is told what belongs to another name, equal
// questions are one, and nothing outlives those who want to know it.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Random, SEED } from "../../support/bytes.js";
import { type Handle, LookupProbe, NEVER, type Outcome, type Query, SECOND } from "../../support/dns/lookup-probe.js";

console.log(`TEST_SEED=${SEED}`);

const ZONE = "example.test";
const KINDS = ["hostname", "srv", "txt"] as const;
const ADDRESS = (name: string): string => `10.0.0.${Number(name.slice(1, name.indexOf(".")))}`;

interface Wanted {
  handle: Handle;
  kind: typeof KINDS[number];
  name: string;
  resolver: number;
  deadlineNs: bigint;
  /** Must be told that it was cancelled. */
  isCancelled: boolean;
}

class Round {
  readonly made: LookupProbe;
  readonly #random: Random;
  /** By owner: who was not told and not cancelled. */
  readonly #wanted = new Map<number, Wanted>();
  /** Handles that mean nothing any more. */
  readonly #stale: Handle[] = [];
  readonly #resolvers: number[] = [];
  readonly #searching = new Set<number>();
  #unanswered: Query[] = [];
  #owner = 1;
  #nested = 0;
  told = 0;

  constructor(made: LookupProbe, random: Random) {
    this.made = made;
    this.#random = random;
    made.onEnded = (outcome) => this.#hear(outcome);
  }

  step(): void {
    const { made } = this;
    for (let operations = this.#random.below(6); operations > 0; operations--) this.#operate();
    if (this.#random.below(3)) made.turn();
    if (this.#random.below(3) === 0) made.settle();
    if (this.#random.below(4) === 0) made.advanceMs(this.#random.below(1500));
    if (this.#random.below(3)) this.#answerSome();
    this.check();
  }

  check(): void {
    const { made } = this;
    const waiting = [...this.#wanted.values()].filter(({ isCancelled }) => !isCancelled);
    const questions = new Map(waiting.map((each) => [`${each.kind} ${each.name} ${each.resolver}`, each.resolver]));
    // Where names are searched, those who want one name may be at three places of the list.
    const most = [...questions.values()].reduce((sum, resolver) => sum + (this.#searching.has(resolver) ? 3 : 1), 0);
    assert.ok(made.live("questions") <= most, "equal questions are one");
    assert.ok(made.live("exchanges") <= 2 * made.live("questions"));
    assert.is(made.live("resolvers"), this.#resolvers.length);
    assert.is(made.live("results") - made.live("cache entries") < 0, false);
    for (const resolver of this.#resolvers) {
      const cache = made.call.cacheOf!(resolver);
      assert.is(made.call.cacheIsValid!(cache), 1);
      assert.ok(made.call.cacheBytes!(cache) <= 3000);
    }
    for (const [owner, { handle }] of this.#wanted) {
      assert.is(made.call.ownerOf!(handle.slot, handle.generation), owner);
    }
  }

  /** Everything ends: what is left is cancelled with its resolver, or answered by time. */
  end(): void {
    const { made } = this;
    if (this.#random.below(2)) made.advanceMs(200_000);
    this.#nested = Infinity; // nobody starts anything any more
    while (this.#resolvers.length > 0) this.#destroy(0);
    made.settle();
    assert.is(this.#wanted.size, 0, "somebody was not told");
    for (const handle of this.#stale) assert.is(made.cancel(handle), false);
    made.end();
  }

  #operate(): void {
    const choice = this.#random.below(20);
    if (this.#resolvers.length === 0 || choice === 0) return this.#create();
    if (choice === 1) return this.#destroy(this.#random.below(this.#resolvers.length));
    if (choice < 12) return this.#start();
    const owners = [...this.#wanted.keys()];
    if (owners.length === 0) return;
    const owner = owners[this.#random.below(owners.length)]!;
    const wanted = this.#wanted.get(owner)!;
    if (choice < 15) {
      assert.is(this.made.cancel(wanted.handle), true);
      this.#forget(owner, wanted);
    } else if (choice < 17) {
      this.#willCancel(wanted);
      this.made.tryCancel(wanted.handle);
    } else if (this.#stale.length > 0) {
      const stale = this.#stale[this.#random.below(this.#stale.length)]!;
      assert.is(this.made.cancel(stale), false);
      this.made.tryCancel(stale);
    }
  }

  #create(): void {
    if (this.#resolvers.length === 3) return;
    const search = this.#random.below(3) ? "" : `s.test ${ZONE}`;
    const resolver = this.made.makeResolver({ servers: "192.0.2.53,192.0.2.54", search, tries: 2, cacheBytes: 3000 });
    this.#resolvers.push(resolver);
    this.#searching[search ? "add" : "delete"](resolver);
  }

  #destroy(index: number): void {
    const [resolver] = this.#resolvers.splice(index, 1);
    for (const wanted of this.#wanted.values()) if (wanted.resolver === resolver) this.#willCancel(wanted);
    this.made.call.destroyResolver!(resolver!);
  }

  /** What has ended already keeps its end. */
  #willCancel(wanted: Wanted): void {
    const { slot, generation } = wanted.handle;
    if (this.made.call.isWaiting!(slot, generation)) wanted.isCancelled = true;
  }

  #start(): void {
    const { made } = this;
    const owner = this.#owner++;
    const kind = KINDS[this.#random.below(3)]!;
    const name = `n${this.#random.below(12)}.${ZONE}`;
    const resolver = this.#resolvers[this.#random.below(this.#resolvers.length)]!;
    const passNs = BigInt(this.#random.below(6000)) * 1_000_000n;
    const deadlineNs = this.#random.below(3) ? NEVER : made.host.nowNs + passNs;
    const settings = { deadlineNs, resolver };
    const text = this.#random.below(4) ? name : name.toUpperCase();
    const handle = kind === "hostname"
      ? made.hostname(text, owner, settings)
      : made.records(kind, text, owner, settings);
    this.#wanted.set(owner, { handle, kind, name, resolver, deadlineNs, isCancelled: false });
  }

  #forget(owner: number, { handle }: Wanted): void {
    this.#wanted.delete(owner);
    this.#stale.push(handle);
  }

  #hear({ owner, reason, kind, values }: Outcome): void {
    this.told++;
    const wanted = this.#wanted.get(owner);
    assert.ok(wanted, `${owner} was told twice, or after a cancel`);
    this.#forget(owner, wanted!);
    const { name, isCancelled, deadlineNs } = wanted!;
    if (isCancelled) assert.is(reason, "cancelled");
    else assert.is.not(reason, "cancelled");
    if (reason === "deadline exceeded") assert.ok(deadlineNs !== NEVER && deadlineNs <= this.made.host.nowNs);
    if (kind === "failure") {
      if (reason !== "cancelled") assert.ok(values[0]!.toLowerCase().includes(name), values[0]);
    } else if (kind === "addresses") {
      for (const value of values) assert.is(value, `${ADDRESS(name)}:443`);
    } else {
      for (const value of values) assert.ok(value.endsWith(name), `${value} for ${name}`);
    }
    if (this.#nested > 3) return;
    this.#nested++;
    if (this.#random.below(3) === 0) this.#operate();
    this.#nested--;
  }

  #answerSome(): void {
    this.#unanswered.push(...this.made.queries());
    const later: Query[] = [];
    for (const query of this.#unanswered) {
      if (this.#random.below(3) === 0) later.push(query);
      else if (!query.socket.dropped) this.#answer(query);
    }
    this.#unanswered = later;
  }

  #answer(query: Query): void {
    const { made } = this;
    const [name] = /n\d+\.example\.test/.exec(query.name)!; // without the alias and the domain of a search
    const ttl = this.#random.below(10);
    switch (this.#random.below(10)) {
      case 0: return made.answer(query, () => {}, 0x8182);
      case 1: return made.answer(query, () => {}, 0x8185);
      case 2: return made.answer(query, (message) => message.soa(ZONE, ttl, ttl), 0x8183);
      case 3: return made.answer(query, (message) => message.soa(ZONE, ttl, ttl));
      case 4: return void query.socket.inbox.push({ bytes: Buffer.from("garbage"), from: query.socket.peer! });
      case 5: return made.answer(query, (message) => message.cname(query.name, `alias-${ttl}-${name}`, ttl));
      default: break;
    }
    made.answer(query, (message) => {
      if (query.type === "A") message.a(query.name, ADDRESS(name), ttl);
      else if (query.type === "SRV") message.srv(query.name, [1, 2, 3], name, ttl);
      else if (query.type === "TXT") message.txt(query.name, [`text of ${name}`], ttl);
      else message.soa(ZONE, ttl, ttl);
    });
  }
}

const random = suite("look-up, at random");

random("should tell everybody once and right, and leave nothing", async () => {
  const seeds = new Random();
  let told = 0;
  for (let count = 0; count < 25; count++) {
    const round = new Round(await LookupProbe.bare(), new Random(seeds.next()));
    for (let step = 0; step < 150; step++) round.step();
    round.end();
    told += round.told;
  }
  assert.ok(told > 2000, `${told} were told`);
});

random("should need no more memory for many look-ups than for few", async () => {
  const made = await LookupProbe.create({ servers: "192.0.2.53", cacheBytes: 20_000 });
  const storm = (first: number, count: number): void => {
    for (let index = first; index < first + count; index++) {
      made.hostname(`n${index}.${ZONE}`, index);
      made.records("txt", `n${index % 10}.${ZONE}`, index);
      if (index % 7 === 0) made.hostname(`bad..${index}`, index);
      if (index % 5 === 0) made.cancel(made.records("srv", `n${index}.${ZONE}`, index));
      for (const query of made.queries()) {
        const flags = index % 3 ? 0x8180 : 0x8183;
        if (query.type === "AAAA") made.answer(query, (message) => message.soa(ZONE, 60, 60), flags);
        else made.answer(query, (message) => message.txt(query.name, ["x"], 60).a(query.name, "10.0.0.1", 60));
      }
      made.take();
      made.host.nowNs += SECOND / 10n;
    }
  };
  storm(0, 600);
  const bytes = made.probe.memoryBytes();
  storm(600, 4000);
  assert.is(made.probe.memoryBytes(), bytes);
  made.end();
});

random.run();
