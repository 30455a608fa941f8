// c-ares, which is in every Node, as the second opinion about servers, faults and the engine.
import { Resolver } from "node:dns/promises";
import { type Failure, failure, type Kind, type Outcome, records, service } from "./outcome.js";

/** What c-ares calls a failure, and what that is here. Whatever is not in this table fails the test. */
const FAILURES: Record<string, Failure> = {
  ENOTFOUND: "no name",
  ENODATA: "no records",
  ESERVFAIL: "server failed",
  EBADRESP: "server failed",
  EREFUSED: "server refused",
  ENOTIMP: "server refused",
  EFORMERR: "server refused",
  ETIMEOUT: "no answer",
  ECONNREFUSED: "not reached",
  EBADNAME: "bad name",
  ECANCELLED: "cancelled",
};

/** Of two failures the one that counts: a server in trouble says nothing about names. */
const WORST: Failure[] = [
  "cancelled", "bad name", "no answer", "not reached", "server failed", "server refused", "no name",
];

export interface OracleOptions {
  /** The first try's patience, in milliseconds. */
  timeoutMs?: number;
  /** How often each server is tried. */
  tries?: number;
}

/** Looks up at these servers. Node's c-ares keeps no answers. */
export async function ask(
  servers: string[], kind: Kind, name: string, { timeoutMs = 5000, tries = 2 }: OracleOptions = {},
): Promise<Outcome> {
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  resolver.setServers(servers);
  if (kind === "host") return both(await Promise.all([
    listed(resolver.resolve4(name), (address) => address), listed(resolver.resolve6(name), (address) => address),
  ]));
  if (kind === "txt") return listed(resolver.resolveTxt(name), (strings) => strings.join(""));
  return listed(resolver.resolveSrv(name), (each) => service(each.priority, each.weight, each.port, each.name));
}

async function listed<T>(answer: Promise<T[]>, text: (record: T) => string): Promise<Outcome> {
  try {
    const list = await answer;
    // An alias that leads to nothing is an empty list in c-ares.
    return list.length === 0 ? failure("no records") : records(...list.map(text));
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const name = FAILURES[code];
    if (name === undefined) throw error;
    return failure(name);
  }
}

/** Addresses of both families are one answer. */
function both(outcomes: Outcome[]): Outcome {
  const all = outcomes.flatMap((each) => ("records" in each ? each.records : []));
  if (all.length > 0) return records(...all);
  const failures = outcomes.map((each) => ("failure" in each ? each.failure : "no records"));
  return failure(WORST.find((each) => failures.includes(each)) ?? "no records");
}
