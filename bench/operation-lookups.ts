// Look-ups by the engine, from TypeScript: what operation-dns.ts measures, and how late deadlines come under load.
import type { EventEngine, SRVRecord } from "#host/engine/interfaces.js";
import type { ResolvedAddress } from "#host/engine/address.js";
import { DNS_ADDRESSES, DNS_SERVICE, DNS_TEXT, dnsName } from "./dns-answers.js";
import type { LookUp, Lookups } from "./operation-dns.js";
import { RandomWords, verify, type Measure } from "./operation-kit.js";
import { percentile } from "./statistics.js";

const PORT = 443;
/** With deadlines under way at once. */
const WAITING = 64;
const DELAY_MS_MIN = 5;
const DELAY_MS_SPREAD = 200;
const FIRST_SILENT_NAME = 2 ** 30;

export function openLookups(engine: EventEngine, server: string): Lookups {
  const resolver = engine.getDNSResolver({ dnsServer: server });
  return {
    srv: (name, done) => void resolver.lookupSRV((status, records) => done(isService(records), status.message), name),
    txt: (name, done) => void resolver.lookupTXT((status, texts) => {
      done(texts !== null && texts.length === 1 && texts[0] === DNS_TEXT, status.message);
    }, name),
    hostname: (name, done) => void resolver.lookupHostname((status, addresses) => {
      done(areAddresses(addresses), status.message);
    }, name, PORT),
    close: () => resolver.destroy(),
  };
}

function isService(records: readonly SRVRecord[] | null): boolean {
  const record = records?.[0];
  return records?.length === 1 && record !== undefined && record.host === DNS_SERVICE.host
    && record.port === DNS_SERVICE.port && record.priority === DNS_SERVICE.priority
    && record.weight === DNS_SERVICE.weight;
}

/** In whatever order the machine's own addresses make of them. */
function areAddresses(addresses: readonly ResolvedAddress[] | null): boolean {
  return addresses?.length === 2 && addresses.every(({ port }) => port === PORT)
    && DNS_ADDRESSES.every((text) => addresses.some(({ address }) => address === text));
}

/**
 * How late the deadlines of look-ups come: `size` look-ups are under way at a server that answers, and others, with
 * deadlines at random, at one that does not.
 */
export function dnsDeadlinesOf(engine: EventEngine): Measure {
  return async (size, operations, figures, [server = "", silentServer = ""]) => {
    const random = new RandomWords();
    const busy = openLookups(engine, server);
    using silent = engine.getDNSResolver({ dnsServer: silentServer, attemptTimeoutMs: 60_000 });
    const late: number[] = [];
    let started = 0;
    const startOne = (ended: () => void): void => {
      const timeoutMs = DELAY_MS_MIN + random.below(DELAY_MS_SPREAD);
      const dueAt = performance.now() + timeoutMs;
      silent.lookupSRV((status) => {
        const now = performance.now();
        verify(status.reason === "deadline-exceeded", "a look-up did not end by its deadline");
        late.push(now - dueAt);
        if (started < operations) startOne(ended);
        else if (late.length === operations) ended();
      }, dnsName(FIRST_SILENT_NAME + started++), { timeoutMs });
    };
    const load = keepBusy(busy.srv, size);
    await new Promise<void>((resolve) => {
      for (let i = Math.min(WAITING, operations); i > 0; i--) startOne(resolve);
    });
    await load.stop();
    busy.close();
    const sorted = late.sort((a, b) => a - b);
    verify((sorted[0] ?? -1) >= -0.001, "a deadline came early");
    for (const [name, part] of [["late p50", 0.5], ["late p99", 0.99], ["late max", 1]] as const) {
      figures.add(name, percentile(sorted, part), 1);
    }
  };
}

/** Look-ups under way until it is told to stop, which waits for the last ones. */
function keepBusy(lookUp: LookUp, size: number): { stop(): Promise<void> } {
  let names = 0, left = size;
  let stopped: (() => void) | undefined;
  const startOne = (): void => lookUp(dnsName(names++), (isRight) => {
    verify(isRight, "a look-up failed, or a record is wrong");
    if (stopped === undefined) startOne();
    else if (--left === 0) stopped();
  });
  for (let i = 0; i < size; i++) startOne();
  return { stop: () => new Promise((resolve) => { stopped = resolve; }) };
}
