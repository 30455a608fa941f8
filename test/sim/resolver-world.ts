// An engine on a simulated host before scripted nameservers, and look-ups whose end is noted with its virtual time.
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { EventEngine } from "#host/engine/event-engine.js";
import type { DNSResolver, LookupHandle, LookupOptions, ResolverOptions, Status } from "#host/engine/interfaces.js";
import { type Conditions, Nameserver, type NameserverOptions, Simulation, Zone } from "#host/sim/index.js";
import type { ZoneOptions, ZoneRecord } from "#host/sim/peers/nameserver-zone.js";
import { COMPONENT } from "../support/arms.js";

const wasm = readFileSync(COMPONENT);

export interface End {
  /** The reason of a failure, or "ok". */
  reason: string;
  message: string;
  /** Records as texts. */
  records: string[];
  atMs: number;
}

export type Kind = "hostname" | "srv" | "txt";

export interface Begun {
  end: End | null;
  handle: LookupHandle;
}

export interface WorldOptions {
  readonly records: readonly ZoneRecord[];
  /** One nameserver for each, at 10.0.0.53 and behind. Default: one that does well. */
  readonly servers?: readonly Partial<Omit<NameserverOptions, "zones" | "address">>[];
  readonly resolver?: ResolverOptions;
  readonly conditions?: Partial<Conditions>;
  readonly zone?: ZoneOptions;
  readonly seed?: number;
}

export class World {
  readonly servers: Nameserver[] = [];
  readonly uncaught: unknown[] = [];

  private constructor(
    readonly sim: Simulation,
    readonly engine: EventEngine,
    readonly resolver: DNSResolver,
    private readonly atRest: Record<string, number>,
  ) {}

  static async create(options: WorldOptions): Promise<World> {
    const { records, servers = [{}], seed = 1, conditions = {} } = options;
    const sim = new Simulation({ seed, conditions, name: "resolver" });
    const uncaught: unknown[] = [];
    const engine = await EventEngine.create({
      wasm, platform: sim.host("10.0.0.1"), onUncaught: (error) => uncaught.push(error),
    });
    await sim.settle();
    const atRest = engine.live();
    const zones = [new Zone("example.test", records, options.zone)];
    const addresses = servers.map((_, index) => `10.0.0.${53 + index}`);
    const resolver = engine.getDNSResolver({ dnsServer: addresses, ...options.resolver });
    const world = new World(sim, engine, resolver, atRest);
    for (const [index, server] of servers.entries()) {
      const address = addresses[index] as string;
      const forger = `10.0.0.${66 + index}`;
      const stranger = { host: sim.host(forger), address: forger };
      world.servers.push(new Nameserver(sim.host(address), { address, zones, stranger, ...server }));
    }
    return world;
  }

  get server(): Nameserver {
    return this.servers[0] as Nameserver;
  }

  /** Sockets of the resolver's host. */
  get openCount(): number {
    return this.sim.host("10.0.0.1").transport.openCount;
  }

  /** Starts a look-up; its end is filled in when it comes, once. */
  begin(kind: Kind, name: string, options: LookupOptions = {}): Begun {
    const begun: Begun = { end: null, handle: null as never };
    const told = (status: Status, records: readonly unknown[] | null): void => {
      assert.is(begun.end, null, `${name}: told twice`);
      const texts = (records ?? []).map((record) => typeof record === "string" ? record : textOf(record as object));
      begun.end = {
        reason: status.ok ? "ok" : status.reason, message: status.message, records: texts, atMs: this.sim.nowMs,
      };
    };
    const { resolver } = this;
    if (kind === "hostname") begun.handle = resolver.lookupHostname(told, name, 80, options);
    else if (kind === "srv") begun.handle = resolver.lookupSRV(told, name, options);
    else begun.handle = resolver.lookupTXT(told, name, options);
    return begun;
  }

  /** Looks up and lets time pass until the end. */
  async look(kind: Kind, name: string, options: LookupOptions = {}): Promise<End> {
    const begun = this.begin(kind, name, options);
    while (begun.end === null) {
      if (this.sim.pendingEvents === 0) throw this.sim.error(`${name} waits for ever`);
      await this.sim.settle(this.sim.nowMs + 50);
    }
    return begun.end;
  }

  /** Nothing may be left: sockets first, then the resolver goes, the engine, the servers. */
  async over(): Promise<void> {
    const { sim, engine, resolver, servers } = this;
    resolver.destroy();
    await sim.settle();
    assert.equal(engine.live(), this.atRest);
    assert.is(this.openCount, 0);
    await sim.runUntil(engine.close());
    assert.equal(servers.map(({ streamCount }) => streamCount), servers.map(() => 0));
    for (const server of servers) server.close();
    await sim.settle();
    assert.equal([this.uncaught, sim.pendingEvents], [[], 0]);
  }
}

function textOf(record: object): string {
  if (!("priority" in record)) return String(record);
  const { priority, weight, port, host } = record as Record<string, string>;
  return `${priority} ${weight} ${port} ${host}`;
}
