// What each name of the zones must lead to, by the zones themselves: one list for every server and every resolver.
import { failure, type Kind, type Outcome, records, service } from "./outcome.js";
import { ALL_BYTES, crowd, FULL_STRINGS, LONG_LABEL, LONG_TEXTS, LONGEST_NAME } from "./zones.js";

export type ServerName = "BIND" | "Knot" | "Unbound" | "dnsmasq";

export interface Case {
  name: string;
  kind: Kind;
  expected: Outcome;
  /** Where a server has something else to say. */
  at?: Partial<Record<ServerName, Outcome>>;
  /** Where c-ares has another opinion than the engine, and why that is so. */
  oracle?: Difference;
}

export interface Difference {
  /** Undefined: c-ares is not asked. */
  outcome?: Outcome;
  /** On these servers only; on all when it is not given. */
  at?: ServerName[];
  why: string;
}

const A = records("192.0.2.1", "192.0.2.11");
const BOTH = records("192.0.2.2", "2001:db8::2", "2001:db8::22");
const FAR = records("192.0.2.30", "2001:db8::30");
const MANY = records(
  service(10, 60, 5060, "big.example.test"), service(10, 40, 5061, "small.example.test"),
  service(20, 0, 65535, "far.other.test"), service(65535, 65535, 0, "BACKUP.Example.Test"),
);
/** Knot tells names within answers in lower case. */
function lowerCase(outcome: Outcome): Outcome {
  return "records" in outcome ? records(...outcome.records.map((text) => text.toLowerCase())) : outcome;
}

const SERVICES = Array.from({ length: 60 }, (_, index) => {
  return service(index, index * 7, 1000 + index, `host-${index}.servers.example.test`);
});
const CROWD_SERVICES = records(service(1, 1, 1, "a.example.test"), ...SERVICES);
const NO_NAME = failure("no name");
const NO_RECORDS = failure("no records");
const SERVFAIL = failure("server failed");

const inZone = (name: string): string => `${name}.example.test`;
const host = (name: string, expected: Outcome, more: Partial<Case> = {}): Case => {
  return { name: inZone(name), kind: "host", expected, ...more };
};
const srv = (name: string, expected: Outcome, more: Partial<Case> = {}): Case => {
  return { name: inZone(name), kind: "srv", expected, ...more };
};
const txt = (name: string, ...texts: string[]): Case => {
  return { name: inZone(name), kind: "txt", expected: records(...texts) };
};

/** c-ares reads one message and asks no more: the addresses behind an alias must be in it. */
function oneMessage(at: ServerName[], outcome: Outcome = NO_RECORDS): Difference {
  return { outcome, at, why: "c-ares does not ask for the end of a chain of aliases" };
}
const AUTHORITIES: ServerName[] = ["BIND", "Knot"];

const ADDRESSES: Case[] = [
  host("a", A),
  host("a", A, { name: "A.EXAMPLE.TEST" }),
  host("a", A, { name: "a.example.test." }),
  host("aaaa", records("2001:db8::1")),
  host("both", BOTH),
  host("hundred", records(...crowd(100))),
  host("crowd", records(...crowd(500))),
  host("multitude", records(...crowd(3500))),
  host("never", records("192.0.2.3")),
  host("forever", records("192.0.2.4")),
  host("mixed.case", records("192.0.2.5")),
  host("_under_score", records("192.0.2.6")),
  host(LONG_LABEL, records("192.0.2.7")),
  host("", records("192.0.2.8"), { name: LONGEST_NAME }),
  host("dot\\.in\\.label", records("192.0.2.9")),
  host("dot\\046in\\046label", records("192.0.2.9")),
  host("host.ent", records("192.0.2.10")),
  host("any.wild", records("192.0.2.20")),
  host("any.depth.of.wild", records("192.0.2.20")),
  host("localhost.sub", records("192.0.2.21")),
];

const NOTHING: Case[] = [
  host("nowhere", NO_NAME),
  host("below.a", NO_NAME),
  host("ent", NO_RECORDS),
  host("text", NO_RECORDS),
  host("_one._tcp", NO_RECORDS),
  srv("a", NO_RECORDS),
  srv("_absent._tcp", NO_NAME),
  { ...txt("a"), expected: NO_RECORDS },
  { ...txt("nowhere"), expected: NO_NAME },
  { ...txt("any.nowhere"), expected: NO_NAME },
];

const SERVICES_AND_TEXTS: Case[] = [
  srv("_one._tcp", records(service(0, 0, 443, "a.example.test"))),
  srv("_many._tcp", MANY, { at: { Knot: lowerCase(MANY) } }),
  srv("_none._tcp", records(service(0, 0, 0, ""))),
  srv("_odd._tcp", records(
    service(1, 2, 3, "dot\\.in\\.label.example.test"), service(4, 5, 6, "odd\\;\\\"\\200.example.test"),
  )),
  srv("_crowd._tcp", CROWD_SERVICES),
  srv("to-service", records(service(0, 0, 443, "a.example.test"))),
  txt("empty", ""),
  txt("text", "one string", "a second record"),
  txt("parts", "three strings, one record"),
  txt("full", FULL_STRINGS.join("")),
  txt("large", LONG_TEXTS.join("")),
  txt("texts", ...LONG_TEXTS),
  txt("bytes", ALL_BYTES),
  txt("any.wild", "wild"),
  txt("to-text", "one string", "a second record"),
  txt("", "from another zone"),
].map((each) => (each.name === ".example.test" ? { ...each, name: "far.other.test" } : each));

/** BIND and Unbound follow 11 aliases themselves and then fail; Knot gives 5 at a time. */
const TOO_LONG = { at: { BIND: SERVFAIL, Unbound: SERVFAIL } };
const ALIASES: Case[] = [
  host("chain-1", A),
  host("chain-2", A),
  host("chain-5", A),
  host("chain-8", A, { oracle: oneMessage(["Knot"]) }),
  host("chain-11", A, { oracle: oneMessage(["Knot"]) }),
  host("chain-12", A, { ...TOO_LONG, oracle: oneMessage(["Knot"]) }),
  host("chain-16", A, { ...TOO_LONG, oracle: oneMessage(["Knot"]) }),
  host("chain-17", failure("alias loop"), { ...TOO_LONG, oracle: oneMessage(["Knot"]) }),
  host("to-crowd", records(...crowd(500))),
  host("to-aaaa", records("2001:db8::1")),
  host("to-nowhere", NO_NAME),
  { ...txt("to-aaaa"), expected: NO_RECORDS },
  host("across", FAR, { oracle: oneMessage(AUTHORITIES) }),
  host("there-and-back", A, { oracle: oneMessage(AUTHORITIES) }),
  host("outside", failure("server refused"), { at: { Unbound: SERVFAIL }, oracle: oneMessage(AUTHORITIES) }),
  host("self", failure("alias loop"), { ...TOO_LONG, oracle: oneMessage(["Knot"]) }),
  host("loop-1", failure("alias loop"), { ...TOO_LONG, oracle: oneMessage(["Knot"]) }),
];

const elsewhere = (name: string, expected: Outcome, more: Partial<Case> = {}): Case => {
  return { name, kind: "host", expected, ...more };
};
const NEVER_ASKED = "localhost never leaves the engine, whatever a server says of it";
const FAILURES: Case[] = [
  elsewhere("a.broken.test", SERVFAIL),
  elsewhere("a.unknown.invalid", failure("server refused"), { at: { Unbound: NO_NAME } }),
  elsewhere("a.lame.test", failure("server refused"), { at: { Unbound: SERVFAIL } }),
  elsewhere("a.dead.test", failure("server refused"), { at: { Unbound: SERVFAIL } }),
];
const LOCAL: Case[] = [
  elsewhere("localhost", records("127.0.0.1", "::1"), {
    oracle: { outcome: records("192.0.2.66"), at: AUTHORITIES, why: NEVER_ASKED },
  }),
  elsewhere("any.localhost", records("127.0.0.1", "::1"), {
    oracle: { outcome: records("192.0.2.66"), at: AUTHORITIES, why: NEVER_ASKED },
  }),
  { name: "localhost", kind: "txt", expected: records(), oracle: { why: NEVER_ASKED } },
  { name: "_one._tcp.localhost", kind: "srv", expected: records(), oracle: { why: NEVER_ASKED } },
];
const IDN = "c-ares in Node writes names beyond ASCII as punycode; the engine leaves that to its caller";
const BAD: Case[] = [
  elsewhere("a..example.test", failure("bad name")),
  elsewhere("two words.example.test", failure("bad name")),
  elsewhere(`${"x".repeat(64)}.example.test`, failure("bad name")),
  elsewhere(`a.${LONGEST_NAME}`, failure("bad name"), { oracle: { why: "c-ares sends names that are too long" } }),
  elsewhere("\u00fc.example.test", failure("bad name"), { oracle: { outcome: NO_NAME, why: IDN } }),
];

export const ZONE_CASES: Case[] = [
  ...ADDRESSES, ...NOTHING, ...SERVICES_AND_TEXTS, ...ALIASES, ...FAILURES, ...LOCAL, ...BAD,
];

export const DNSMASQ_CASES: Case[] = [
  ...ADDRESSES.slice(0, 5),
  ...NOTHING.slice(0, 2), host("text", NO_RECORDS), srv("a", NO_RECORDS), srv("_absent._tcp", NO_NAME),
  srv("_one._tcp", records(service(0, 0, 443, "a.example.test"))),
  srv("_two._tcp", records(service(10, 60, 5060, "big.example.test"), service(10, 40, 5061, "small.example.test"))),
  txt("text", "one string"), txt("parts", "three strings, one record"), txt("texts", ...LONG_TEXTS),
  host("chain-1", A), txt("to-text", "one string"),
  elsewhere("a.elsewhere.test", failure("server refused")),
];

/** What the engine must answer when it asks that server. */
export function expectedAt(server: ServerName, { expected, at }: Case): Outcome {
  return at?.[server] ?? expected;
}

/** What c-ares answers there; undefined when it is better not asked. */
export function oracleAt(server: ServerName, each: Case): Outcome | undefined {
  const { oracle } = each;
  const differs = oracle !== undefined && (oracle.at === undefined || oracle.at.includes(server));
  return differs ? oracle.outcome : expectedAt(server, each);
}

export function titleOf({ name, kind }: Case): string {
  return `${kind} ${name.length > 60 ? `${name.slice(0, 57)}…` : JSON.stringify(name).slice(1, -1)}`;
}
