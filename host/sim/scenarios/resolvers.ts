// Resolvers of the TypeScript face before scripted nameservers: on a network that loses nothing every look-up ends with
// the zone's own records, whatever is forged meanwhile and whatever all servers but one do; on a hostile one it ends
// with them or with a failure that is allowed. Either way each callback runs exactly once, no deadline is early or
// late, nothing poisoned is believed, and nothing is left.

import type { EventEngine } from "../../engine/event-engine.js";
import type { DNSResolver, Status } from "../../engine/interfaces.js";
import { HOSTILE, RAGGED } from "../conditions.js";
import type { SimHost } from "../host.js";
import { Nameserver } from "../peers/nameserver.js";
import { byChance, type NameserverFaults, NO_FAULTS } from "../peers/nameserver-treatment.js";
import { Zone } from "../peers/nameserver-zone.js";
import type { SimRandom } from "../random.js";
import { ORIGIN, type Question, QUESTIONS, RECORDS } from "./resolver-questions.js";
import type { Scenario, Stage } from "./scenario.js";

const CLIENT = "10.0.0.1";
/** Nobody is there. */
const NOBODY = "10.0.0.99";
const SERVERS_MAX = 3;
const RESOLVERS_MAX = 3;
const LOOKUPS_MAX = 60;
const ASKED_WITHIN_MS = 20_000;
const QUOTA_BYTES = [20 * 1024, 1024 * 1024] as const;
/** Timers that are late by conditions, rounding to milliseconds, a turn. */
const LATE_MS_MAX = 10;
/** All tries of all servers, over datagrams and connections, for each of a chain of aliases. */
const CALM_DOWN_MS = 1_200_000;

const FORGED: NameserverFaults = { ...NO_FAULTS, truncate: 0.1, forgery: 0.1, delayMs: [0, 40] };
const FAULTY: NameserverFaults = {
  silence: 0.1, servfail: 0.05, refused: 0.05, truncate: 0.1, damage: 0.08, reset: 0.1, end: 0.1, forgery: 0.2,
  delayMs: [0, 3000],
};
const LAME: readonly Partial<NameserverFaults>[] = [{ silence: 1 }, { servfail: 1 }, { refused: 1 }];
/** How a look-up may end before a hostile network beside the right way. */
const FAILURES = [
  "timeout", "temporary-resolver-failure", "permanent-resolver-failure", "connection-refused", "remote-unreachable",
  "out-of-memory",
];

export const resolvers: Scenario = {
  name: "resolvers",
  summary: "look-ups between forgeries on a ragged network: all end with the zone's own records",
  conditions: RAGGED,
  run: (stage) => new Asking(stage, false).run(),
};

export const resolversHostile: Scenario = {
  name: "resolvers-hostile",
  summary: "look-ups on a hostile network with every fault, cancels and destroys: all end, nothing is left",
  conditions: HOSTILE,
  run: (stage) => new Asking(stage, true).run(),
};

class Asking {
  private readonly host: SimHost;
  private readonly random: SimRandom;
  private readonly laws: string[] = [];
  private readonly servers: Nameserver[] = [];
  private readonly resolvers: DNSResolver[] = [];
  private engine: EventEngine | null = null;
  private begun = 0;
  private ended = 0;

  constructor(
    private readonly stage: Stage,
    private readonly isHostile: boolean,
  ) {
    const { sim } = stage;
    this.host = sim.host(CLIENT);
    this.random = this.host.random;
  }

  async run(): Promise<void> {
    const { stage, isHostile, random, laws } = this;
    const { sim } = stage;
    const onUncaught = (error: unknown): void => this.broken(`uncaught: ${String(error)}`);
    const quota = isHostile && random.chance(0.3) ? random.sizeBetween(QUOTA_BYTES) : Infinity;
    const engine = this.engine = await stage.engine(this.host, onUncaught, quota);
    await sim.settle();
    const atRest = engine.live();
    const addresses = this.startServers();
    for (let count = random.between([1, RESOLVERS_MAX]); count > 0; count--) this.makeResolver(addresses);
    for (let count = random.between([1, LOOKUPS_MAX]); count > 0; count--) {
      sim.at(random.between([1, ASKED_WITHIN_MS]), () => this.ask());
    }
    await sim.settle(CALM_DOWN_MS);
    stage.check(laws.length === 0, laws.join("; "));
    stage.same(this.ended, this.begun, "look-ups that ended");
    stage.same(this.host.transport.openCount, 0, "sockets that are open when nothing is asked");
    for (const resolver of this.resolvers) resolver.destroy();
    await sim.settle();
    if (!engine.isClosed) stage.same(engine.live(), atRest, "what is held when all resolvers are gone");
    await sim.runUntil(engine.close());
    const streams = this.servers.reduce((sum, { streamCount }) => sum + streamCount, 0);
    stage.same(streams, 0, "connections of servers");
    for (const server of this.servers) server.close();
    await sim.settle();
    stage.check(laws.length === 0, laws.join("; "));
    stage.same([this.ended, sim.pendingEvents], [this.begun, 0], "look-ups that ended, events to come");
  }

  private readonly broken = (law: string): void => { this.laws.push(law); };

  /** The first one is good, so that a network without faults leaves a way. */
  private startServers(): string[] {
    const { random, isHostile, stage: { sim } } = this;
    const zones = [new Zone(ORIGIN, RECORDS, { followsAliases: random.chance(0.7), negativeTtlSeconds: 4 })];
    const addresses: string[] = [];
    for (let count = random.between([1, SERVERS_MAX]), index = 0; index < count; index++) {
      const address = `10.0.0.${53 + index}`;
      const forger = `10.0.0.${66 + index}`;
      const host = sim.host(address);
      const lame = index > 0 && random.chance(0.4) ? LAME[random.between([0, LAME.length - 1])] : {};
      const faults = { ...(isHostile ? FAULTY : FORGED), ...lame };
      this.servers.push(new Nameserver(host, {
        address, zones, stranger: { host: sim.host(forger), address: forger }, treat: byChance(host.random, faults),
        knowsEdns: random.chance(0.8), lowersCase: random.chance(0.2), hasTcp: index === 0 || random.chance(0.8),
      }));
      addresses.push(address);
    }
    if (random.chance(0.2)) addresses.push(NOBODY);
    return addresses;
  }

  private makeResolver(addresses: readonly string[]): void {
    const { random } = this;
    const dnsServer = this.isHostile ? addresses.slice(random.between([0, addresses.length - 1])) : addresses;
    // A first try that a slow answer would outlast is for hostile networks.
    const attemptTimeoutMs = random.between(this.isHostile ? [50, 5000] : [500, 3000]);
    this.resolvers.push((this.engine as EventEngine).getDNSResolver({
      dnsServer, attemptTimeoutMs, attempts: random.between([this.isHostile ? 1 : 3, 4]),
      ...(random.chance(0.5) ? {} : { cacheSizeBytes: random.sizeBetween([0, 4096]) }),
    }));
  }

  private ask(): void {
    const { random, resolvers: all, engine, isHostile, stage: { sim } } = this;
    const resolver = all[random.between([0, all.length - 1])] as DNSResolver;
    if (resolver.isDestroyed || engine === null || engine.isClosed) return;
    const question = QUESTIONS[random.between([0, QUESTIONS.length - 1])] as Question;
    const timeoutMs = random.chance(isHostile ? 0.5 : 0.2) ? random.sizeBetween([0, 60_000]) : Infinity;
    const dueMs = sim.nowMs + timeoutMs;
    let isInside = true, isCancelled = false, calls = 0;
    this.begun++;
    const handle = question.ask(resolver, recased(question.name, random), (status, value) => {
      if (isInside) this.broken(`${question.name}: told inside the call`);
      if (isCancelled) this.broken(`${question.name}: told though it was cancelled`);
      if (++calls > 1) this.broken(`${question.name}: told ${calls} times`);
      if (sim.nowMs > dueMs + LATE_MS_MAX) this.broken(`${question.name}: ${sim.nowMs - dueMs} ms behind its deadline`);
      this.ended++;
      this.judge(question, status, value, { dueMs, isDestroyed: resolver.isDestroyed });
    }, timeoutMs === Infinity ? {} : { timeoutMs });
    isInside = false;
    if (random.chance(0.15)) {
      sim.after(random.sizeBetween([0, 10_000]), () => {
        if (!resolver.cancelLookup(handle)) return;
        if (calls > 0) this.broken(`${question.name}: cancelled though it was told`);
        isCancelled = true;
        this.ended++;
      });
    }
    if (isHostile && random.chance(0.02)) sim.after(random.sizeBetween([0, 5000]), () => resolver.destroy());
  }

  private judge(
    question: Question, status: Status, value: readonly unknown[] | null, end: { dueMs: number; isDestroyed: boolean },
  ): void {
    const { isHostile, stage: { sim } } = this;
    const { name, wanted } = question;
    if (status.ok !== (value !== null)) this.broken(`${name}: records come exactly with OK`);
    const got = value === null ? status.reason : [...value].sort();
    if (JSON.stringify(got) === JSON.stringify(wanted)) return;
    if (isHostile && isOneFamily(got, wanted)) return;
    if (value !== null) return this.broken(`${name}: ${JSON.stringify(value)} is believed`);
    const { reason, message } = status;
    const isAllowed = reason === "deadline-exceeded" ? sim.nowMs >= end.dueMs
      : reason === "cancelled" ? end.isDestroyed
      : isHostile && (FAILURES.includes(reason) || reason === "no-records");
    if (!isAllowed) this.broken(`${name}: ${reason} at ${sim.nowMs} ms (${message})`);
  }
}

/** Where only one of the two questions for addresses was answered, its answer is what there is. */
function isOneFamily(got: readonly unknown[] | string, wanted: readonly string[] | string): boolean {
  if (typeof got === "string" || typeof wanted === "string") return false;
  const isIpv6 = (text: unknown): boolean => String(text).startsWith("[");
  return [true, false].some((six) => got.length > 0
    && JSON.stringify(got) === JSON.stringify(wanted.filter((text) => isIpv6(text) === six)));
}

/** Names mean the same in capitals. */
function recased(name: string, random: SimRandom): string {
  if (random.chance(0.5)) return name;
  return name.replace(/[a-z]/g, (letter) => random.chance(0.5) ? letter.toUpperCase() : letter);
}
