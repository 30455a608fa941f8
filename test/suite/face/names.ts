// The names that the bodies about look-ups ask for, whoever serves them, and look-ups as promises.
import * as assert from "uvu/assert";
import type { Treatment } from "#host/sim/peers/nameserver-treatment.js";
import { type Query, RecordType } from "#host/sim/peers/nameserver-message.js";
import { writtenRecord, Zone, type ZoneAnswer, type ZoneRecord } from "#host/sim/peers/nameserver-zone.js";
import type { DNSResolver, EventEngine, LookupOptions, ResolverOptions, Status } from "#host/engine/interfaces.js";
import { Heard, type World } from "./body.js";

export const LONG_TEXT = Array.from({ length: 3 }, (_, index) => "abc"[index]!.repeat(255));
/** How many names `h0.names.test`, `h1.names.test` … there are, each with an address of its own. */
export const MANY = 500;

export const addressOf = (index: number): string => `198.18.${index >> 8}.${index & 255}`;

const COUNTING = "count.names.test";

/** Has another text for every question about one of its names, so that who is told it knows whether it asked. */
class CountingZone extends Zone {
  private asked = 0;

  override find(name: string, type: number): ZoneAnswer {
    const answer = super.find(name, type);
    if (name.toLowerCase() !== COUNTING || type !== RecordType.TXT) return answer;
    return { ...answer, answers: [writtenRecord([COUNTING, "TXT", [`question ${++this.asked}`]])] };
  }
}

const chain = (length: number): ZoneRecord[] => Array.from({ length }, (_, index): ZoneRecord => {
  return [`chain-${index + 1}.names.test`, "CNAME", index === 0 ? "one.names.test" : `chain-${index}.names.test`];
});

export const ZONE = new CountingZone("names.test", [
  ["three.names.test", "A", "192.0.2.1"], ["three.names.test", "A", "192.0.2.2"],
  ["three.names.test", "A", "192.0.2.3"],
  ["six.names.test", "AAAA", "2001:db8::1"], ["six.names.test", "AAAA", "2001:db8::2"],
  ["six.names.test", "AAAA", "2001:db8::3"],
  ["sorted.names.test", "AAAA", "2002::1111"], ["sorted.names.test", "AAAA", "::1"],
  ["one.names.test", "A", "192.0.2.7"],
  ["both.names.test", "A", "192.0.2.9"], ["both.names.test", "AAAA", "2001:db8::9"],
  ["long.names.test", "TXT", Array.from({ length: 100 }, () => "0123456789".repeat(20))],
  [COUNTING, "TXT", ["question 0"]],
  ["_service._tcp.names.test", "SRV", [0, 5, 1234, "h1.names.test"]],
  ["_service._tcp.names.test", "SRV", [1, 3, 1235, "h2.names.test"]],
  ["text.names.test", "TXT", ["a short text"]], ["text.names.test", "TXT", LONG_TEXT],
  ["bytes.names.test", "TXT", ["gr\u00c3\u00bc\u00c3\u009fe \u00ff"]],
  ["nothing.names.test", "TXT", ["no addresses here"]],
  ["circle-1.names.test", "CNAME", "circle-2.names.test"], ["circle-2.names.test", "CNAME", "circle-1.names.test"],
  ["deep.domain.names.test", "A", "192.0.2.8"],
  ...chain(5),
  ...Array.from({ length: MANY }, (_, index): ZoneRecord => [`h${index}.names.test`, "A", addressOf(index)]),
]);

/** What becomes of a question, by the first label of its name. */
export function treat({ name }: Query): Partial<Treatment> {
  switch (name.split(".", 1)[0]!.toLowerCase()) {
    case "silent": return { fate: "silence" };
    case "servfail": return { fate: "servfail" };
    case "refused": return { fate: "refused" };
    default: return {};
  }
}

export interface Asking {
  readonly engine: EventEngine;
  readonly resolver: DNSResolver;
  /** The server's address. */
  readonly server: string;
  /** All questions that reached it so far: type and name, in small letters, sorted. */
  asked(): string[];
}

/** For a resolver that asks once, however long a busy machine takes to answer: then its questions can be counted. */
export const ONCE: ResolverOptions = { attempts: 1, attemptTimeoutMs: 30_000 };

/** An engine and a resolver that asks the arm's nameserver, once unless told otherwise. */
export async function asking(world: World, options: ResolverOptions = {}): Promise<Asking> {
  const engine = await world.makeEngine();
  const { address, asked } = await world.nameserver();
  const resolver = engine.getDNSResolver({ ...ONCE, dnsServer: address, ...options });
  return { engine, resolver, server: address, asked };
}

/** How a look-up ended. */
export interface Ended<T> {
  readonly status: Status;
  readonly value: T;
}

type Begin<T> = (onResolve: (status: Status, value: T | null) => void) => unknown;

/** Begins a look-up, which must neither end inside the call nor give a value with a failure or none without one. */
export function begun<T>(begin: Begin<T>): Heard<Ended<T | null>> {
  const heard = new Heard<Ended<T | null>>();
  begin((status, value) => {
    assert.is(value !== null, status.ok, "a value exactly when all is well");
    heard.hear({ status, value });
  });
  assert.is(heard.count, 0, "not inside the call");
  return heard;
}

export async function addresses(
  resolver: DNSResolver, name: string, port: string | number = "", options?: LookupOptions,
): Promise<string[]> {
  const { status, value } = await begun<readonly object[]>(
    (onResolve) => resolver.lookupHostname(onResolve, name, port, options)).first;
  if (value === null) throw new Error(`${name}: ${status.message}`);
  return value.map(String);
}

/** The status of a look-up that must fail. */
export async function failure(
  resolver: DNSResolver, name: string, port: string | number = "", options?: LookupOptions,
): Promise<Status> {
  const { status, value } = await begun<readonly object[]>(
    (onResolve) => resolver.lookupHostname(onResolve, name, port, options)).first;
  assert.is(value, null, `${name} is no name: ${String(value)}`);
  return status;
}
